package batch_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

func rootFetch(url string, header http.Header) *executor.Fetch {
	return &executor.Fetch{Subgraph: "products", URL: url, Header: header, Body: []byte(`{"query":"{ root }"}`)}
}

// until polls: that a request has joined another shows only in the count.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in 10 s it has not happened that %s", what)
		}
	}
}

func TestEqualQueriesUnderWayAreOneRequest(t *testing.T) {
	s := newSubgraph(t)
	s.hold, s.arrived = make(chan struct{}), make(chan struct{}, 99)
	f, _ := newFetcher(t, batch.Settings{Deduplicate: true})
	x, y := http.Header{"Authorization": {"x"}}, http.Header{"Authorization": {"y"}}
	kinds := []*executor.Fetch{
		rootFetch(s.URL, x), rootFetch(s.URL, y), rootFetch(s.URL, nil), entityFetch(s.URL, x, product(1)), entityFetch(s.URL, x, product(2)),
	}
	var fetches []*executor.Fetch
	for range 10 {
		fetches = append(fetches, kinds...)
	}
	done := make(chan []outcome)
	go func() { done <- together(t, f, fetches) }()
	until(t, "all but the first of each kind have joined", func() bool {
		return metric(t, f, "weft_subgraph_deduplicated_requests_total") == 45
	})
	close(s.hold)
	got := <-done
	if n := len(s.requests()); n != len(kinds) {
		t.Errorf("%d requests, want %d", n, len(kinds))
	}
	_, client := newFetcher(t, batch.Settings{})
	for i, want := range alone(t, client, fetches) {
		if !cmp.Equal(got[i], want, exact) {
			t.Errorf("caller %d: %s", i, cmp.Diff(want, got[i], exact))
		}
	}
}

func TestQueriesAreNotSharedWhereThatIsSwitchedOff(t *testing.T) {
	s := newSubgraph(t)
	s.hold, s.arrived = make(chan struct{}), make(chan struct{}, 99)
	f, _ := newFetcher(t, batch.Settings{})
	fetches := []*executor.Fetch{rootFetch(s.URL, nil), rootFetch(s.URL, nil), entityFetch(s.URL, nil, product(1)), entityFetch(s.URL, nil, product(1))}
	done := make(chan []outcome)
	go func() { done <- together(t, f, fetches) }()
	for range fetches {
		<-s.arrived
	}
	close(s.hold)
	<-done
}

func TestMutationsAreNeverShared(t *testing.T) {
	s := newSubgraph(t)
	s.hold, s.arrived = make(chan struct{}), make(chan struct{}, 99)
	f, _ := newFetcher(t, batch.Settings{Deduplicate: true, Window: forever})
	m := rootFetch(s.URL, nil)
	m.Mutation = true
	done := make(chan []outcome)
	go func() { done <- together(t, f, []*executor.Fetch{m, m, m}) }()
	for range 3 {
		<-s.arrived
	}
	close(s.hold)
	<-done
}

func TestAQueryAfterAMutationDoesNotShareWhatBeganBeforeIt(t *testing.T) {
	s := newSubgraph(t)
	s.hold, s.arrived = make(chan struct{}), make(chan struct{}, 99)
	f, _ := newFetcher(t, batch.Settings{Deduplicate: true})
	var wg sync.WaitGroup
	wg.Go(func() { fetched(t, f, rootFetch(s.URL, nil)) })
	<-s.arrived

	other := newSubgraph(t)
	m := rootFetch(other.URL, nil)
	m.Mutation = true
	fetched(t, f, m)

	wg.Go(func() { fetched(t, f, rootFetch(s.URL, nil)) })
	<-s.arrived // a second request, although the first is under way
	close(s.hold)
	wg.Wait()
}

func TestTheFirstCallerOfASharedQueryMayLeave(t *testing.T) {
	s := newSubgraph(t)
	f, cancel, results := cancelling(t, s, batch.Settings{Deduplicate: true}, rootFetch(s.URL, nil))
	<-s.arrived
	second := make(chan outcome)
	go func() { second <- fetched(t, f, rootFetch(s.URL, nil)) }()
	until(t, "the second caller has joined", func() bool {
		return metric(t, f, "weft_subgraph_deduplicated_requests_total") == 1
	})
	cancel[0]()
	if err := <-results[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("the first caller: %v", err)
	}
	close(s.hold)
	if got := <-second; got.failed != "" {
		t.Errorf("the second caller: %s", got.failed)
	}
}

// releasing is a Fetcher whose answers tell when they are given back.
type releasing struct {
	begun   chan struct{}
	answer  chan struct{}
	release atomic.Int32
}

func (r *releasing) Fetch(context.Context, *executor.Fetch) (*executor.Answer, error) {
	r.begun <- struct{}{}
	<-r.answer
	body := []byte(`{"data":null}`)
	return &executor.Answer{Status: 200, Body: body[:5:len(body)], Release: func() { r.release.Add(1) }}, nil
}

func (r *releasing) Subscribe(context.Context, *executor.Fetch) (executor.Stream, error) {
	return nil, errors.ErrUnsupported
}

func TestASharedAnswerIsGivenBackOnceAllHaveGivenItBack(t *testing.T) {
	next := &releasing{begun: make(chan struct{}, 1), answer: make(chan struct{})}
	f := batch.New(next, batch.Options{All: batch.Settings{Deduplicate: true}})
	defer f.Close()
	answers := make(chan *executor.Answer)
	for range 3 {
		go func() {
			answer, err := f.Fetch(t.Context(), rootFetch("", nil))
			if err != nil {
				t.Error(err)
			}
			answers <- answer
		}()
	}
	<-next.begun
	until(t, "two have joined", func() bool { return metric(t, f, "weft_subgraph_deduplicated_requests_total") == 2 })
	close(next.answer)
	for range 3 {
		answer := <-answers
		if next.release.Load() != 0 {
			t.Fatal("the answer was given back while it was in use")
		}
		if cap(answer.Body) != len(answer.Body) {
			t.Error("appending to the answer would write into memory that others read")
		}
		defer func() {
			answer.Release()
			answer.Release()
		}()
	}
	t.Cleanup(func() {
		if n := next.release.Load(); n != 1 {
			t.Errorf("given back %d times", n)
		}
	})
}

func TestNobodyWaitsForRequestsThatCannotBeMerged(t *testing.T) {
	f := batch.New(instant{}, batch.Options{All: merging(2)})
	defer f.Close()
	wrong := entityFetch("", nil, product(1))
	wrong.Lists[0].End = cap(wrong.Body) + 1 // the loader recovers from the panic, and says nothing
	for i, got := range together(t, f, []*executor.Fetch{wrong, wrong}) {
		if !strings.Contains(got.failed, "without an outcome") {
			t.Errorf("caller %d got %+v", i, got)
		}
	}
}

func TestWorkersBeyondTheIdleLimitEnd(t *testing.T) {
	s := newSubgraph(t)
	s.hold, s.arrived = make(chan struct{}), make(chan struct{}, 200)
	f, _ := newFetcher(t, batch.Settings{})
	var fetches []*executor.Fetch
	for i := range 100 {
		fetches = append(fetches, entityFetch(s.URL, nil, product(i)))
	}
	done := make(chan []outcome)
	go func() { done <- together(t, f, fetches) }()
	for range fetches {
		<-s.arrived
	}
	close(s.hold)
	for range 2 { // the second time by those that were kept
		for i, got := range <-done {
			if got.failed != "" {
				t.Errorf("caller %d: %s", i, got.failed)
			}
		}
		go func() { done <- together(t, f, fetches) }()
	}
	<-done
}
