package batch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

// watching tells the contexts that requests are made with.
type watching struct {
	executor.Fetcher
	contexts chan context.Context
}

func (w watching) Fetch(ctx context.Context, f *executor.Fetch) (*executor.Answer, error) {
	w.contexts <- ctx
	return w.Fetcher.Fetch(ctx, f)
}

type callerKey struct{}

func TestABatchRunsUnderAContextOfItsOwn(t *testing.T) {
	s := newSubgraph(t)
	s.hold, s.ended = make(chan struct{}), make(chan struct{}, 9)
	client, err := subgraphs.New(subgraphs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w := watching{client, make(chan context.Context, 9)}
	f := batch.New(w, batch.Options{ByName: map[string]batch.Settings{"products": merging(3)}})
	defer f.Close()
	var cancel [3]context.CancelFunc
	var results [3]chan error
	for i := range 3 {
		ctx, stop := context.WithCancel(context.WithValue(t.Context(), callerKey{}, i))
		defer stop()
		cancel[i], results[i] = stop, make(chan error, 1)
		go func() {
			_, err := f.Fetch(ctx, entityFetch(s.URL, nil, product(i)))
			results[i] <- err
		}()
	}
	ctx := <-w.contexts
	first, ok := ctx.Value(callerKey{}).(int)
	if !ok {
		t.Error("the batch's context has no caller's values")
	}
	if _, ok := ctx.Deadline(); !ok {
		t.Error("the batch has no deadline")
	}
	cancel[first]()
	if err := <-results[first]; !errors.Is(err, context.Canceled) {
		t.Errorf("the first caller: %v", err)
	}
	if ctx.Err() != nil {
		t.Error("the batch has ended with its first caller")
	}
	close(s.hold)
	for i := range 3 {
		if i != first {
			if err := <-results[i]; err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
	}
	<-ctx.Done() // nothing is kept once it is over
}

func TestABatchThatTakesTooLongIsSentApart(t *testing.T) {
	var requests atomic.Int32
	s := newSubgraph(t)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		s.serve(w, r)
	}))
	defer slow.Close()
	settings := merging(2)
	settings.Timeout = 50 * time.Millisecond
	f, client := newFetcher(t, settings)
	fetches := []*executor.Fetch{entityFetch(slow.URL, nil, product(1)), entityFetch(slow.URL, nil, product(2))}
	got := together(t, f, fetches)
	if n := requests.Load(); n != 3 {
		t.Errorf("%d requests, want one for both and one for each", n)
	}
	for i, want := range alone(t, client, fetches) {
		if !cmp.Equal(got[i], want, exact) {
			t.Errorf("caller %d: %s", i, cmp.Diff(want, got[i], exact))
		}
	}
}

func TestNothingIsKeptOfWhatIsOver(t *testing.T) {
	s := newSubgraph(t)
	f, _ := newFetcher(t, batch.Settings{Deduplicate: true, Window: time.Millisecond})
	for range 2 {
		for _, fetch := range []*executor.Fetch{entityFetch(s.URL, nil, product(1)), rootFetch(s.URL, nil)} {
			if got := fetched(t, f, fetch); got.failed != "" {
				t.Error(got.failed)
			}
		}
		f.Retain(nil)
	}
	if n := len(s.requests()); n != 4 {
		t.Errorf("%d requests, want all four", n)
	}
}

func TestAFailureReachesAllWhoShareIt(t *testing.T) {
	s := newSubgraph(t)
	s.hold, s.arrived = make(chan struct{}), make(chan struct{}, 9)
	s.fail = func(w http.ResponseWriter) { http.Error(w, "no", http.StatusBadGateway) }
	f, _ := newFetcher(t, batch.Settings{Deduplicate: true})
	poison := entityFetch(s.URL, nil, `{"upc":"poison"}`)
	done := make(chan []outcome)
	go func() { done <- together(t, f, []*executor.Fetch{poison, poison, poison}) }()
	until(t, "two have joined", func() bool { return metric(t, f, "weft_subgraph_deduplicated_requests_total") == 2 })
	close(s.hold)
	for i, got := range <-done {
		if !strings.Contains(got.failed, `"products"`) {
			t.Errorf("caller %d got %+v", i, got)
		}
	}
}

func TestStreamsAreThoseOfTheNextFetcher(t *testing.T) {
	f, _ := newFetcher(t, batch.Settings{})
	if _, err := f.Subscribe(t.Context(), rootFetch("", nil)); !errors.Is(err, subgraphs.ErrNoSubscriptions) {
		t.Errorf("got %v", err)
	}
}
