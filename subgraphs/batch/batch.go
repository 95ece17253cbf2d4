// Package batch stands between the executor and the client for subgraphs. It
// lets equal queries that are under way at the same time be one request, and
// carries every entity request through a dataloader: at once, or, where a
// subgraph has a window, merged with those of other clients.
//
// Requests become one only if everything that the subgraph sees of them is
// equal, compared in full and not by hash: for a merged request everything but
// the lists of representations. What is one request for several callers runs
// under a context of its own, which ends when the last of them has left.
package batch

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/subgraphs"
)

// Settings are what can be set for one subgraph. The zero value sends each
// request by itself and at once.
type Settings struct {
	// Window is how long an entity request waits for others to be merged with. 0
	// dispatches at once.
	Window time.Duration
	// MaxEntities is how many distinct representations a merged request may carry,
	// and how many requests a window gathers before it ends early. A request that
	// brings more goes alone. 0 means [DefaultMaxEntities].
	MaxEntities int
	// Timeout bounds a merged request; should its parts be sent again apart, each
	// has the time that the next Fetcher gives it. 0 means [subgraphs.DefaultTimeout].
	Timeout time.Duration
	// Deduplicate lets a query share the answer of an equal one that is under way.
	Deduplicate bool
}

// DefaultMaxEntities is the most distinct representations of a merged request.
const DefaultMaxEntities = 500

// Options configure a Fetcher. The zero value works.
type Options struct {
	// All is what holds for every subgraph that ByName does not have.
	All    Settings
	ByName map[string]Settings
	// Split is how many representations one request may carry, merged or not: one
	// that has more is split into several. 0 splits nothing.
	Split int
	// Budget bounds the requests that are sent again apart. nil does not.
	Budget Budget
}

// Budget is what requests that are sent again are paid from.
type Budget interface {
	// Earn counts requests to a subgraph that were not sent by themselves, but as
	// parts of another.
	Earn(subgraph string, requests int)
	// Spend reports whether there is room for sending one again, and takes it.
	Spend(subgraph string) bool
}

// Fetcher merges and deduplicates requests on their way to the next Fetcher.
type Fetcher struct {
	next    executor.Fetcher
	options Options
	metrics *metrics
	tapes   sync.Pool // of *tape.Tape
	workers *workers

	// mutations counts those that have ended. A query does not share the answer
	// of one that began before the last of them: it may have been answered
	// before it, and a client must see what it has written.
	mutations atomic.Uint64
	// calls are those that have not finished. They may outlive their callers for
	// as long as it takes to cancel them.
	calls sync.WaitGroup

	mu        sync.RWMutex
	subgraphs map[string]*subgraph
}

var _ executor.Fetcher = (*Fetcher)(nil)

// New makes a Fetcher in front of the next one, which has to end a request when
// its context ends. Close it when no request is left.
func New(next executor.Fetcher, o Options) *Fetcher {
	return &Fetcher{
		next: next, options: o, metrics: newMetrics(), subgraphs: map[string]*subgraph{},
		tapes: sync.Pool{New: func() any { return new(tape.Tape) }}, workers: newWorkers(),
	}
}

// Collectors are the Fetcher's metrics.
func (b *Fetcher) Collectors() []prometheus.Collector { return b.metrics.collectors() }

// Close waits until nothing is left of requests whose callers have gone: at most
// the longest window.
func (b *Fetcher) Close() {
	b.calls.Wait()
	b.workers.close()
}

// Retain forgets the subgraphs that are not among names: a new supergraph may
// have left them out. Requests under way are not touched.
func (b *Fetcher) Retain(names []string) {
	keep := make(map[string]bool, len(names))
	for _, n := range names {
		keep[n] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.subgraphs {
		if !keep[name] {
			delete(b.subgraphs, name)
		}
	}
}

// Fetch gives the answer to one request. It returns as soon as ctx ends, whoever
// else waits for the same answer.
func (b *Fetcher) Fetch(ctx context.Context, f *executor.Fetch) (*executor.Answer, error) {
	if f.Mutation {
		defer b.mutations.Add(1)
		return b.next.Fetch(ctx, f)
	}
	if b.options.Split > 0 && f.Entities > b.options.Split && f.Lists != nil {
		return b.fetchPieces(ctx, f)
	}
	s := b.subgraph(f.Subgraph)
	if f.Entities == 0 && !s.settings.Deduplicate {
		return b.next.Fetch(ctx, f)
	}
	c, first := s.join(ctx, f, b.mutations.Load())
	switch {
	case !first:
		s.duplicates.Inc()
	case f.Entities > 0:
		b.calls.Add(1)
		s.loader.Load(c.ctx, c)
	default:
		b.calls.Add(1)
		b.workers.submit(job{s, c}, b.alone)
	}
	select {
	case <-c.done:
		return c.take()
	case <-ctx.Done():
		s.leave(c)
		return nil, &executor.FetchError{Subgraph: f.Subgraph, Code: subgraphs.CodeCancelled, Err: context.Cause(ctx),
			Message: fmt.Sprintf("the request to subgraph %q was given up", f.Subgraph)}
	}
}

// Subscribe starts a stream of the next Fetcher. Streams are not shared.
func (b *Fetcher) Subscribe(ctx context.Context, f *executor.Fetch) (executor.Stream, error) {
	return b.next.Subscribe(ctx, f)
}

func (b *Fetcher) subgraph(name string) *subgraph {
	b.mu.RLock()
	s := b.subgraphs[name]
	b.mu.RUnlock()
	if s != nil {
		return s
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.subgraphs[name]; s != nil {
		return s
	}
	settings, ok := b.options.ByName[name]
	if !ok {
		settings = b.options.All
	}
	settings.MaxEntities = cmp.Or(settings.MaxEntities, DefaultMaxEntities)
	if b.options.Split > 0 {
		settings.MaxEntities = min(settings.MaxEntities, b.options.Split)
	}
	settings.Timeout = cmp.Or(settings.Timeout, subgraphs.DefaultTimeout)
	s = newSubgraph(b, name, settings)
	b.subgraphs[name] = s
	return s
}
