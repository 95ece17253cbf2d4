package batch

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/subgraphs"
)

// newSubgraph makes a subgraph's loader. Its keys are whole requests: what
// representations they have in common is found when they are merged, for a
// fraction of what a key for each of them would cost. A key is never the same
// as another, so the loader needs no cache to keep them apart.
func newSubgraph(b *Fetcher, name string, settings Settings) *subgraph {
	s := &subgraph{
		settings: settings, seed: maphash.MakeSeed(), joinable: map[uint64]*call{},
		duplicates: b.metrics.duplicates.WithLabelValues(name),
		batched:    b.metrics.batched.WithLabelValues(name),
		resent:     b.metrics.resent.WithLabelValues(name),
		refused:    b.metrics.refused.WithLabelValues(name),
	}
	// A batch of one is full at once: the loader's timer is never waited for.
	capacity, wait := 1, time.Hour
	if settings.Window > 0 {
		capacity, wait = settings.MaxEntities, settings.Window
	}
	// Outcomes reach callers through their calls, each as soon as it is there: the
	// loader's results say nothing.
	one := []*dataloader.Result[struct{}]{{}}
	dispatch := func(ctx context.Context, calls []*call) []*dataloader.Result[struct{}] {
		if len(calls) == 1 {
			b.workers.submit(job{s, calls[0]}, b.alone)
			return one
		}
		b.dispatch(ctx, s, calls)
		return slices.Repeat(one, len(calls))
	}
	s.loader = dataloader.NewBatchedLoader(dispatch,
		dataloader.WithCache(&dataloader.NoCache[*call, struct{}]{}),
		dataloader.WithInputCapacity[*call, struct{}](1),
		dataloader.WithBatchCapacity[*call, struct{}](capacity),
		dataloader.WithWait[*call, struct{}](wait))
	return s
}

// dispatch sends what a window has gathered.
func (b *Fetcher) dispatch(ctx context.Context, s *subgraph, calls []*call) {
	// The loader recovers from a panic; nobody may be left waiting by it.
	defer b.calls.Add(-len(calls))
	defer func() {
		for _, c := range calls {
			s.abandon(c)
		}
	}()
	merges := b.group(s, calls)
	var wg sync.WaitGroup
	for _, m := range merges {
		wg.Go(func() { b.send(ctx, s, m) })
	}
	wg.Wait()
}

// alone sends one call by itself and ends it.
func (b *Fetcher) alone(j job) {
	defer b.calls.Done()
	b.fetch(j.s, j.c)
}

func (b *Fetcher) fetch(s *subgraph, c *call) {
	if c.ctx.Err() != nil {
		return
	}
	answer, err := b.next.Fetch(c.ctx, c.fetch)
	s.finish(c, answer, err)
}

// send sends a merged request and gives each part its own answer. Where the
// whole has failed, the parts are sent again apart: one of them may be what
// failed it. That is a retry like any other, for which the budget must have
// room; a part for which it has none fails as the whole did.
func (b *Fetcher) send(ctx context.Context, s *subgraph, m *merge) {
	if len(m.parts) == 1 {
		b.fetch(s, m.parts[0].call)
		return
	}
	s.batched.Add(float64(len(m.parts)))
	failure := b.sendMerged(ctx, s, m)
	if failure == nil {
		return
	}
	name := m.parts[0].call.fetch.Subgraph
	if b.options.Budget != nil {
		b.options.Budget.Earn(name, len(m.parts)-1) // the merged request counts as the first's
	}
	var wg sync.WaitGroup
	for _, p := range m.parts {
		switch {
		case p.call.ctx.Err() != nil:
		case hopeless(failure) || b.options.Budget != nil && !b.options.Budget.Spend(name):
			s.refused.Inc()
			s.finish(p.call, nil, failure)
		default:
			s.resent.Inc()
			wg.Go(func() { b.fetch(s, p.call) })
		}
	}
	wg.Wait()
}

// hopeless reports whether the parts of a request that failed would fail alike:
// it was not even sent.
func hopeless(err error) bool {
	var failed *executor.FetchError
	return errors.As(err, &failed) && (failed.Code == subgraphs.CodeCircuitOpen || failed.Code == subgraphs.CodeConcurrency)
}

// sendMerged gives every part its answer, or says why it cannot. The loader hands
// over the context of whoever came first: of that only the values are kept.
func (b *Fetcher) sendMerged(ctx context.Context, s *subgraph, m *merge) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.settings.Timeout)
	defer cancel()
	var staying atomic.Int64
	staying.Store(int64(len(m.parts)))
	for _, p := range m.parts {
		stop := context.AfterFunc(p.call.ctx, func() {
			if staying.Add(-1) == 0 {
				cancel()
			}
		})
		defer stop()
	}
	answer, err := b.next.Fetch(ctx, m.fetch())
	if err != nil {
		return err
	}
	if answer.Release != nil {
		defer answer.Release()
	}
	if answer.Status < http.StatusOK || answer.Status > 299 {
		return m.unusable(fmt.Sprintf("answered with HTTP status %d", answer.Status))
	}
	t := b.tapes.Get().(*tape.Tape)
	defer b.free(t)
	bodies, ok := m.split(t, answer.Body)
	if !ok {
		return m.unusable("failed it as a whole")
	}
	for i, p := range m.parts {
		s.finish(p.call, &executor.Answer{Status: answer.Status, Header: answer.Header, Body: bodies[i]}, nil)
	}
	return nil
}

// unusable is what a part is told that got no answer of its own.
func (m *merge) unusable(what string) error {
	name := m.parts[0].call.fetch.Subgraph
	return &executor.FetchError{Subgraph: name, Code: subgraphs.CodeHTTP, Message: fmt.Sprintf(
		"subgraph %q was sent this request together with those of others and %s, and its retry budget is used up (subgraphs.%s.retries.budget)",
		name, what, name)}
}

// maxPooled is how many values a tape may keep for the next use.
const maxPooled = 1 << 18

func (b *Fetcher) free(t *tape.Tape) {
	t.Reset(maxPooled, false)
	b.tapes.Put(t)
}
