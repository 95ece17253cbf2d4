package batch

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
)

// subgraph is what is under way to one subgraph.
type subgraph struct {
	settings Settings
	seed     maphash.Seed
	loader   *dataloader.Loader[*call, struct{}]

	duplicates, batched, resent, refused prometheus.Counter

	mu sync.Mutex // also guards waiting and finished of its calls
	// joinable are the calls whose answer others may share, by hash; calls of one
	// hash are linked.
	joinable map[uint64]*call
}

// call is one request on behalf of one or more callers.
type call struct {
	fetch *executor.Fetch
	// ctx has the values of the first caller's context and ends when nobody
	// waits any more, or when the call has finished.
	ctx    context.Context
	cancel context.CancelFunc

	hash      uint64
	mutations uint64 // how many had ended when the call began
	began     time.Time
	next      *call // of the same hash

	waiting  int
	finished bool

	// done is closed when answer or err is set.
	done   chan struct{}
	answer *executor.Answer
	err    error
	// shared is set where several callers get the answer, holders counts those
	// that have not given it back.
	shared  bool
	holders atomic.Int32
}

// maxJoinAge is how long after its beginning others may still join a call: when a
// subgraph hangs and works again, new requests must not hang with the old.
const maxJoinAge = time.Second

// join gives the call for a request: an equal one that is under way, or a first
// one, which the caller has to start.
func (s *subgraph) join(ctx context.Context, f *executor.Fetch, mutations uint64) (c *call, first bool) {
	c = &call{fetch: f, mutations: mutations, waiting: 1}
	if !s.settings.Deduplicate {
		c.open(ctx)
		return c, true
	}
	c.hash, c.began = s.hash(f), time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := s.joinable[c.hash]; other != nil; other = other.next {
		if other.mutations == mutations && c.began.Sub(other.began) < maxJoinAge && equal(other.fetch, f) {
			other.waiting++
			return other, false
		}
	}
	c.open(ctx)
	c.next = s.joinable[c.hash]
	s.joinable[c.hash] = c
	return c, true
}

func (c *call) open(ctx context.Context) {
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.done = make(chan struct{})
}

// leave is what a caller does that waits no longer.
func (s *subgraph) leave(c *call) {
	s.mu.Lock()
	if c.finished {
		s.mu.Unlock()
		if c.err == nil {
			c.giveBack()
		}
		return
	}
	c.waiting--
	last := c.waiting == 0
	if last {
		s.forget(c)
	}
	s.mu.Unlock()
	if last {
		c.cancel()
	}
}

// finish gives a call's outcome to all who wait, once.
func (s *subgraph) finish(c *call, answer *executor.Answer, err error) {
	s.mu.Lock()
	if c.finished || c.waiting == 0 {
		s.mu.Unlock()
		if answer != nil && answer.Release != nil {
			answer.Release()
		}
		return
	}
	c.finished = true
	c.answer, c.err = answer, err
	c.shared = c.waiting > 1
	c.holders.Store(int32(c.waiting))
	s.forget(c)
	s.mu.Unlock()
	c.cancel()
	close(c.done)
}

// abandon ends a call that got no outcome: merging it has panicked, and the
// loader recovers from that.
func (s *subgraph) abandon(c *call) {
	s.mu.Lock()
	open := !c.finished && c.waiting > 0
	s.mu.Unlock()
	if open {
		s.finish(c, nil, &executor.FetchError{Subgraph: c.fetch.Subgraph, Code: subgraphs.CodeHTTP,
			Message: fmt.Sprintf("the request to subgraph %q ended without an outcome", c.fetch.Subgraph)})
	}
}

// forget keeps others from joining a call; mu is held.
func (s *subgraph) forget(c *call) {
	first := s.joinable[c.hash]
	if first == c {
		if c.next == nil {
			delete(s.joinable, c.hash)
		} else {
			s.joinable[c.hash] = c.next
		}
		return
	}
	for ; first != nil; first = first.next {
		if first.next == c {
			first.next = c.next
			return
		}
	}
}

// take gives a caller the outcome.
func (c *call) take() (*executor.Answer, error) {
	if c.err != nil || !c.shared {
		return c.answer, c.err
	}
	answer := *c.answer
	answer.Body = slices.Clip(answer.Body) // who appends to it must not write into what others read
	answer.Release = sync.OnceFunc(c.giveBack)
	return &answer, nil
}

// giveBack is what a caller does that needs the answer no longer.
func (c *call) giveBack() {
	if c.holders.Add(-1) == 0 && c.answer.Release != nil {
		c.answer.Release()
	}
}

// equal reports whether a subgraph cannot tell two requests apart.
func equal(a, b *executor.Fetch) bool {
	return a.URL == b.URL && bytes.Equal(a.Body, b.Body) && equalHeaders(a.Header, b.Header)
}

func equalHeaders(a, b http.Header) bool {
	return maps.EqualFunc(a, b, slices.Equal)
}

func (s *subgraph) hash(f *executor.Fetch) uint64 {
	return maphash.Bytes(s.seed, f.Body) ^ s.hashRest(f)
}

// hashRest hashes what is outside the body. The order of a map is not its
// content, so the headers' hashes are summed.
func (s *subgraph) hashRest(f *executor.Fetch) uint64 {
	sum := maphash.String(s.seed, f.URL)
	for name, values := range f.Header {
		h := maphash.String(s.seed, name)
		for _, v := range values {
			h = h*31 + maphash.String(s.seed, v)
		}
		sum += h
	}
	return sum
}
