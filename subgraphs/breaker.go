package subgraphs

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// breaker stops requests to a subgraph that mostly fails. gobreaker keeps its
// states and counts failures and probes; what succeeds while it is closed, which
// is nearly everything, only counts in a window of this type, with one atomic
// addition and without the lock.
//
// A probe that takes longer than the breaker stays open makes room for another:
// one that hangs must not keep a subgraph shut out that works again.
type breaker struct {
	settings Breaker
	steps    *gobreaker.TwoStepCircuitBreaker[struct{}]
	// phase counts the changes of state, above two bits that are the state.
	phase     atomic.Uint64
	successes window
	row       atomic.Int64 // failures since the last success
	start     time.Time
}

var (
	errFailed   = errors.New("the request has failed")
	errExcluded = errors.New("the request says nothing of the subgraph")
)

// newBreaker makes a closed breaker; changed is told each new state, and must
// not call the breaker.
func newBreaker(s Breaker, changed func(from, to gobreaker.State)) *breaker {
	b := &breaker{settings: s, start: time.Now()}
	b.steps = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  uint32(s.Probes),
		Interval:     s.Window,
		BucketPeriod: max(s.Window/windowBuckets, time.Nanosecond),
		Timeout:      s.Open,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			failed := uint64(c.TotalFailures)
			all := failed + b.successes.sum(b.bucket())
			// One that was busy and dies must not be asked for as long again.
			return b.row.Load() >= int64(s.MinRequests) || all >= uint64(s.MinRequests) && failed*100 >= uint64(s.FailurePercent)*all
		},
		OnStateChange: func(_ string, from, to gobreaker.State) {
			b.phase.Store((b.phase.Load()>>2+1)<<2 | uint64(to))
			b.successes.clear()
			b.row.Store(0)
			changed(from, to)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errExcluded) },
	})
	return b
}

// permit is what a request has that the breaker let through.
type permit struct {
	phase uint64
	probe func(outcome error) // nil while the breaker is closed
}

// allow lets a request through, or says that the breaker is open. Whoever is let
// through must tell its outcome by done.
func (b *breaker) allow() (permit, bool) {
	phase := b.phase.Load()
	if gobreaker.State(phase&3) == gobreaker.StateClosed {
		return permit{phase: phase}, true
	}
	done, err := b.steps.Allow()
	if err != nil {
		return permit{}, false
	}
	var once sync.Once
	tell := func(outcome error) { once.Do(func() { done(outcome) }) }
	overdue := time.AfterFunc(b.settings.Open, func() { tell(errExcluded) })
	return permit{probe: func(outcome error) {
		overdue.Stop()
		tell(outcome)
	}}, true
}

// done tells the outcome of a request that was let through: nil, errFailed or
// errExcluded.
func (b *breaker) done(p permit, outcome error) {
	switch {
	case p.probe != nil:
		p.probe(outcome)
	case b.phase.Load() != p.phase || errors.Is(outcome, errExcluded):
		// What was sent before the breaker opened tells nothing of what is now.
	case outcome == nil:
		b.successes.add(b.bucket())
		if b.row.Load() != 0 {
			b.row.Store(0)
		}
	default:
		b.row.Add(1)
		if done, err := b.steps.Allow(); err == nil {
			done(errFailed)
		}
	}
}

func (b *breaker) bucket() uint64 {
	return uint64(time.Since(b.start) / max(b.settings.Window/windowBuckets, time.Nanosecond))
}

// windowBuckets is how many parts a window has. The oldest is forgotten as a whole.
const windowBuckets = 10

// window counts events of the last windowBuckets parts of time.
type window struct {
	// buckets are by number of the part: its low 32 bits above the count.
	buckets [windowBuckets]atomic.Uint64
}

func (w *window) add(part uint64) {
	b := &w.buckets[part%windowBuckets]
	for {
		v := b.Load()
		if v>>32 == part&0xffffffff {
			b.Add(1)
			return
		}
		if b.CompareAndSwap(v, part<<32|1) {
			return
		}
	}
}

func (w *window) sum(now uint64) uint64 {
	n := uint64(0)
	for i := range w.buckets {
		v := w.buckets[i].Load()
		if (now-v>>32)&0xffffffff < windowBuckets {
			n += v & 0xffffffff
		}
	}
	return n
}

func (w *window) clear() {
	for i := range w.buckets {
		w.buckets[i].Store(0)
	}
}
