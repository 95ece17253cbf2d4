package executor

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner"
)

// execution is one run of a program. Executions are pooled with their memory.
//
// Steps run at the same time. A subgraph's answer is parsed by the goroutine
// that fetched it into a tape of its own; mu guards the merged tree, which is
// read when a step looks for its entities and written when its answer is linked in.
type execution struct {
	e       *Executor
	p       *Program
	r       *Request
	ctx     context.Context // ends at the deadline, too
	started time.Time
	// deadline is when the answer is given with what has arrived.
	deadline time.Time

	wg       sync.WaitGroup
	waiting  []atomic.Int32 // dependencies that each step still waits for
	requests atomic.Int64

	mu      sync.Mutex
	docs    tape.Docs // 0 is the merged root; see answerDoc and ownDoc
	root    tape.Value
	steps   []stepState
	errors  []answerError
	dropped int    // errors beyond the limit
	id      string // in logs and in masked errors; see requestID
	// broken is set where a step panicked: what is null may be what it did not give.
	broken bool

	// whole is a subgraph's answer that is the client's as it is, wholeCost its cost.
	whole     []byte
	wholeCost float64
	// cut is what entities are put into without a tree; usual is set where that was
	// tried and did not do.
	cut   splice
	usual bool

	w *writer // nil until the answer is written
}

// answerDoc is the tape of a step's answer, ownDoc that of what the gateway had
// itself: cached values, or introspection.
func answerDoc(step int) uint16 { return uint16(1 + 2*step) }
func ownDoc(step int) uint16    { return uint16(2 + 2*step) }

// stepState is what one step has during an execution.
type stepState struct {
	parts []partState
	// sets are how many fields of the request each part is.
	sets   []int32
	answer *Answer
	// failure is why there is none, where the answer may still be spliced.
	failure *FetchError
	own     []byte // bytes of ownDoc
	trace   StepTrace
	// fresh is the strictest of all that the step gave; storable that of its answer alone.
	fresh     Freshness
	hasFresh  bool
	storable  Freshness
	header    http.Header
	hasHeader bool
	// broken is set where the step panicked, or one that it depends on.
	broken bool
}

// Run carries out a program for one request and gives the answer to the sink.
// A subgraph's failure is part of the answer; Run itself fails only where the
// context ends or the sink fails. Every goroutine that it starts has ended when
// it returns.
func (e *Executor) Run(ctx context.Context, p *Program, r *Request, s Sink) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("executor: the request ended before it was carried out: %w", context.Cause(ctx))
	}
	if n := 1 + 2*len(p.steps); n > 1<<16-1 {
		return fmt.Errorf("executor: the plan has %d steps, more than can be carried out", len(p.steps))
	}
	x := e.acquire(p, r)
	returned := false
	defer func() { e.release(x, returned) }()
	var cancel context.CancelFunc
	x.ctx, cancel = context.WithDeadline(ctx, x.deadline)
	defer cancel()
	x.run()
	err := ctx.Err()
	if err != nil {
		err = fmt.Errorf("executor: the request ended before its answer was complete: %w", context.Cause(ctx))
	} else {
		body, result := x.finish()
		// The body has what it needs of them: a client that reads slowly holds no more
		// than that.
		if x.whole == nil {
			x.releaseAnswers()
		}
		err = s.Payload(ctx, Payload{Body: body, Result: result})
	}
	returned = true
	return err
}

func (e *Executor) acquire(p *Program, r *Request) *execution {
	x, _ := e.pool.Get().(*execution)
	if x == nil {
		x = &execution{e: e}
	}
	x.p, x.r, x.started = p, r, time.Now()
	if x.deadline = r.Deadline; x.deadline.IsZero() {
		x.deadline = x.started.Add(e.limits.Duration)
	}
	for len(x.docs) < 1+2*len(p.steps) {
		x.docs = append(x.docs, &tape.Tape{ID: uint16(len(x.docs))})
	}
	for len(x.steps) < len(p.steps) {
		x.steps = append(x.steps, stepState{})
	}
	if len(x.waiting) < len(p.steps) {
		x.waiting = make([]atomic.Int32, len(p.steps))
	}
	for i := range p.steps {
		x.waiting[i].Store(int32(len(p.steps[i].step.DependsOn)))
		st := &x.steps[i]
		for len(st.parts) < len(p.steps[i].parts) {
			st.parts = append(st.parts, partState{})
		}
	}
	x.root = x.docs[0].NewObject(p.rootSlots, p.rootTag)
	return x
}

// valueSize is the size of a tape.Value.
const valueSize = 16

// release gives the subgraphs' answers back and keeps the memory, up to a cap,
// unless something panicked: nobody knows then in what state it is.
func (e *Executor) release(x *execution, returned bool) {
	if !returned {
		x.wg.Wait()
	}
	x.releaseAnswers()
	if !returned || x.broken {
		return
	}
	for i := range x.p.steps {
		st := &x.steps[i]
		parts := st.parts
		for j := range x.p.steps[i].parts {
			parts[j].reset(e.limits.Pooled)
		}
		own := st.own
		if e.poison {
			poison(own)
		}
		if cap(own) > e.limits.Pooled {
			own = nil
		}
		*st = stepState{parts: parts, sets: st.sets[:0], own: own[:0]}
	}
	for _, d := range x.docs[:1+2*len(x.p.steps)] {
		d.Reset(e.limits.Pooled/valueSize, e.poison)
	}
	clear(x.errors)
	x.errors, x.dropped, x.id = x.errors[:0], 0, ""
	x.requests.Store(0)
	if x.w != nil {
		x.w.reset(e.limits.Pooled, e.poison)
		e.writers.Put(x.w)
	}
	x.w, x.p, x.r, x.ctx = nil, nil, nil, nil
	x.whole, x.wholeCost, x.usual = nil, 0, false
	x.cut.reset(x.e.limits.Pooled)
	e.pool.Put(x)
}

// releaseAnswers gives the memory of the subgraphs' answers back. The tapes must
// not be read after it.
func (x *execution) releaseAnswers() {
	for i := range x.p.steps {
		st := &x.steps[i]
		if st.answer != nil && st.answer.Release != nil {
			st.answer.Release()
		}
		st.answer = nil
	}
}

func poison(b []byte) {
	b = b[:cap(b)]
	for i := range b {
		b[i] = '!'
	}
}

// run starts the steps that depend on nothing and waits for all to end.
func (x *execution) run() {
	own := -1
	for i := range x.p.steps {
		if len(x.p.steps[i].step.DependsOn) > 0 {
			continue
		}
		if own < 0 {
			own = i
			continue
		}
		x.wg.Go(func() {
			stretch()
			x.follow(i)
		})
	}
	if own >= 0 {
		x.follow(own)
	}
	x.wg.Wait()
}

// follow runs a step and then, while it is the last one that a next step waited
// for, that one, too; further steps that have become ready get goroutines.
func (x *execution) follow(i int) {
	for i >= 0 {
		x.attempt(i)
		next := -1
		for _, d := range x.p.steps[i].dependents {
			if x.waiting[d].Add(-1) > 0 {
				continue
			}
			if next < 0 {
				next = d
				continue
			}
			x.wg.Go(func() {
				stretch()
				x.follow(d)
			})
		}
		i = next
	}
}

// stretch grows a new goroutine's stack while there is nothing on it. A step is
// deep: doubled on the way, the stack is copied three times with all its frames,
// which took more than a third of the executor's time for the small operation.
//
//go:noinline
func stretch() {
	var frame [12 << 10]byte
	fill(&frame)
}

// fill keeps the frame from being optimized away.
//
//go:noinline
func fill(*[12 << 10]byte) {}

// attempt runs a step so that a mistake in the program costs the step and those
// that depend on it, and not the process.
func (x *execution) attempt(i int) {
	st := &x.steps[i]
	for _, d := range x.p.steps[i].step.DependsOn {
		if x.steps[d].broken {
			st.broken = true
			st.trace = StepTrace{Step: i, Graph: x.p.steps[i].name, Start: time.Since(x.started), Skipped: true}
			return
		}
	}
	x.guarded(i, func() { x.step(i) })
}

// guarded does something for a step; a panic costs no more than the step.
func (x *execution) guarded(i int, do func()) {
	defer func() {
		if cause := recover(); cause != nil {
			x.steps[i].broken = true
			x.panicked(i, cause)
		}
	}()
	do()
}

// panicked reports that a step met a mistake in the program; the log has what
// is not for clients.
func (x *execution) panicked(i int, cause any) {
	x.e.options.Logger.LogAttrs(x.ctx, slog.LevelError, "a step of a plan met a mistake in the program",
		slog.String("subgraph", x.p.steps[i].name), slog.Any("panic", cause), slog.String("stack", string(debug.Stack())))
	x.mu.Lock()
	defer x.mu.Unlock()
	x.broken = true
	x.report(answerError{step: i, code: codeInternal, path: x.fetchPath(i), message: "The gateway made a mistake; its log says more."})
}

// step runs one step from its guards to linking its answer in.
func (x *execution) step(i int) {
	sp, st := &x.p.steps[i], &x.steps[i]
	st.trace = StepTrace{Step: i, Graph: sp.name, Start: time.Since(x.started), Skipped: true}
	if !sp.step.Guards.Hold(x.r.Conditions) {
		return
	}
	for j := range sp.parts {
		st.parts[j].active = sp.parts[j].part.Guards.Hold(x.r.Conditions)
	}
	defer func() { st.trace.Duration = time.Since(x.started) - st.trace.Start }()
	if sp.step.Graph == planner.Local {
		x.local(i)
		return
	}
	x.collect(i)
	x.lookup(i)
	needed := 0
	for j := range sp.parts {
		ps := &st.parts[j]
		ps.asked = ps.active && (sp.parts[j].part.Entity == nil && ps.cached == 0 || len(ps.misses) > 0)
		if ps.asked {
			needed++
		}
		st.trace.Entities += len(ps.unique)
		st.trace.Cached += ps.cached
	}
	if needed > 0 {
		x.fetch(i, needed == len(sp.parts))
		x.store(i)
		return
	}
	st.trace.Skipped = st.trace.Cached == 0
	if x.cut.on {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.link(i)
}
