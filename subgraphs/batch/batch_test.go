package batch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

// A window that no test waits for: it ends when as many requests as may be
// merged are there.
const forever = time.Hour

func merging(calls int) batch.Settings { return batch.Settings{Window: forever, MaxEntities: calls} }

// together makes all requests at the same time.
func together(t testing.TB, f executor.Fetcher, fetches []*executor.Fetch) []outcome {
	out := make([]outcome, len(fetches))
	var wg sync.WaitGroup
	for i := range fetches {
		wg.Go(func() { out[i] = fetched(t, f, fetches[i]) })
	}
	wg.Wait()
	return out
}

func alone(t testing.TB, next executor.Fetcher, fetches []*executor.Fetch) []outcome {
	out := make([]outcome, len(fetches))
	for i, f := range fetches {
		out[i] = fetched(t, next, f)
	}
	return out
}

func metric(t testing.TB, f *batch.Fetcher, name string) float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(f.Collectors()...)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			sum := 0.0
			for _, m := range family.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
			return sum
		}
	}
	return 0
}

func TestEntityRequestsAreSentAtOnceWithoutAWindow(t *testing.T) {
	s := newSubgraph(t)
	f, client := newFetcher(t, batch.Settings{})
	fetch := entityFetch(s.URL, nil, product(1), product(2), product(1))
	if got, want := fetched(t, f, fetch), fetched(t, client, fetch); !cmp.Equal(got, want, exact) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, body := range s.requests() {
		if body != string(fetch.Body) {
			t.Errorf("the subgraph got %s", body)
		}
	}
}

var exact = cmp.AllowUnexported(outcome{})

func TestAWindowMergesTheRequestsOfManyClients(t *testing.T) {
	s := newSubgraph(t)
	f, client := newFetcher(t, merging(50))
	header := http.Header{"Authorization": {"Bearer x"}}
	var fetches []*executor.Fetch
	for i := range 50 {
		fetches = append(fetches, entityFetch(s.URL, header, product(i%7), product(100+i%9), product(i%7), `{"upc":"missing"}`, `{"upc":"broken"}`, `{"upc":"dear"}`))
	}
	got := together(t, f, fetches)
	requests := s.requests()
	if len(requests) != 1 {
		t.Fatalf("%d requests for 50 callers", len(requests))
	}
	if n := strings.Count(requests[0], `"upc"`); n != 7+9+3 {
		t.Errorf("%d representations in %s, want each once", n, requests[0])
	}
	for i, want := range alone(t, client, fetches) {
		if !cmp.Equal(got[i], want, exact) {
			t.Errorf("caller %d: %s", i, cmp.Diff(want, got[i], exact))
		}
		if got[i].freshness == "" {
			t.Errorf("caller %d has no freshness", i)
		}
	}
	if n := metric(t, f, "weft_subgraph_batched_requests_total"); n != 50 {
		t.Errorf("%v requests counted as batched", n)
	}
}

// TestBothAreSwitchedOffForOneSubgraph would wait for ever in the window that all
// others have.
func TestBothAreSwitchedOffForOneSubgraph(t *testing.T) {
	s := newSubgraph(t)
	s.hold, s.arrived = make(chan struct{}), make(chan struct{})
	_, client := newFetcher(t, batch.Settings{})
	f := batch.New(client, batch.Options{
		All:    batch.Settings{Window: forever, MaxEntities: 100, Deduplicate: true},
		ByName: map[string]batch.Settings{"products": {}},
	})
	t.Cleanup(f.Close)
	fetches := []*executor.Fetch{entityFetch(s.URL, nil, product(1)), entityFetch(s.URL, nil, product(1)), rootFetch(s.URL, nil), rootFetch(s.URL, nil)}
	go func() {
		for range fetches { // all are under way at the same time
			<-s.arrived
		}
		close(s.hold)
	}()
	for i, got := range together(t, f, fetches) {
		if got.failed != "" || got.status != http.StatusOK {
			t.Errorf("caller %d: %+v", i, got)
		}
	}
	if n := len(s.requests()); n != 4 {
		t.Errorf("%d requests for 4 callers", n)
	}
}

func TestAWindowEndsByItself(t *testing.T) {
	s := newSubgraph(t)
	f, client := newFetcher(t, batch.Settings{Window: time.Millisecond})
	fetch := entityFetch(s.URL, nil, product(1))
	if got, want := fetched(t, f, fetch), fetched(t, client, fetch); !cmp.Equal(got, want, exact) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRequestsThatDifferInWhatTheSubgraphSeesAreNotMerged(t *testing.T) {
	s, other := newSubgraph(t), newSubgraph(t)
	list := []string{product(1), product(2)}
	with := func(name string, values ...string) http.Header { return http.Header{name: values} }
	fetches := []*executor.Fetch{
		entityFetches(s.URL, nil, "{ price }", "", list),
		entityFetches(s.URL, with("Authorization", "a"), "{ price }", "", list),
		entityFetches(s.URL, with("Authorization", "b"), "{ price }", "", list),
		entityFetches(s.URL, with("Authorization", "a", "b"), "{ price }", "", list),
		entityFetches(s.URL, with("X-Other", "a"), "{ price }", "", list),
		// These two have one hash: values are compared with the names that they belong to.
		entityFetches(s.URL, http.Header{"X-A": {"1"}, "X-B": {"2"}}, "{ price }", "", list),
		entityFetches(s.URL, http.Header{"X-A": {"2"}, "X-B": {"1"}}, "{ price }", "", list),
		entityFetches(s.URL, nil, "{ name price }", "", list),
		entityFetches(s.URL, nil, "{ price }", `"first":1`, list),
		entityFetches(s.URL, nil, "{ price }", `"first":10`, list),
		entityFetches(s.URL, nil, "{ price }", "", list, list),
		entityFetches(s.URL, nil, "{ price }", `"_c0_0":"Ada","_c0_1":"Bob"`, list, list), // values from contexts
		entityFetches(s.URL, nil, "{ price }", `"_c0_0":"Bob","_c0_1":"Ada"`, list, list),
		entityFetches(other.URL, nil, "{ price }", "", list),
	}
	f, client := newFetcher(t, merging(2*len(fetches)))
	twice := append(append([]*executor.Fetch(nil), fetches...), fetches...)
	got := together(t, f, twice)
	if n, m := len(s.requests()), len(other.requests()); n != len(fetches)-1 || m != 1 {
		t.Errorf("%d and %d requests, want one for each kind", n, m)
	}
	for i, want := range alone(t, client, twice) {
		if !cmp.Equal(got[i], want, exact) {
			t.Errorf("caller %d: %s", i, cmp.Diff(want, got[i], exact))
		}
	}
}

func TestAMergedRequestCarriesNoMoreEntitiesThanAllowed(t *testing.T) {
	s := newSubgraph(t)
	f, client := newFetcher(t, merging(4))
	fetches := []*executor.Fetch{
		entityFetch(s.URL, nil, product(1), product(2), product(3)),
		entityFetch(s.URL, nil, product(4), product(5), product(6)),
		entityFetch(s.URL, nil, product(7), product(8), product(9), product(10), product(11), product(12)),
		entityFetch(s.URL, nil, product(1)),
	}
	got := together(t, f, fetches)
	for _, body := range s.requests() {
		if n := strings.Count(body, `"upc"`); n > 4 && n != 6 {
			t.Errorf("%d representations in %s", n, body)
		}
	}
	for i, want := range alone(t, client, fetches) {
		if !cmp.Equal(got[i], want, exact) {
			t.Errorf("caller %d: %s", i, cmp.Diff(want, got[i], exact))
		}
	}
}

func TestAPoisonousCallerHarmsNobodyElse(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter){
		"status": func(w http.ResponseWriter) { w.WriteHeader(500); io.WriteString(w, `{"data":{"_e0":[null,null]}}`) },
		"HTML": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(502)
		},
		"transport": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"null data": func(w http.ResponseWriter) {
			io.WriteString(w, `{"data":null,"errors":[{"message":"no","path":["_e0",0]}]}`)
		},
		"error without path": func(w http.ResponseWriter) { io.WriteString(w, `{"errors":[{"message":"no"}],"data":{"_e0":[{},{}]}}`) },
		"error of the list": func(w http.ResponseWriter) {
			io.WriteString(w, `{"errors":[{"message":"no","path":["_e0"]}],"data":{"_e0":[{},{}]}}`)
		},
		"error beyond": func(w http.ResponseWriter) {
			io.WriteString(w, `{"errors":[{"path":["_e0",7]}],"data":{"_e0":[{},{}]}}`)
		},
		"error of a number": func(w http.ResponseWriter) { io.WriteString(w, `{"errors":[7],"data":{"_e0":[{},{}]}}`) },
		"too few entities":  func(w http.ResponseWriter) { io.WriteString(w, `{"data":{"_e0":[{}]}}`) },
		"no entities":       func(w http.ResponseWriter) { io.WriteString(w, `{"data":{}}`) },
		"garbage":           func(w http.ResponseWriter) { io.WriteString(w, `{"data":{"_e0":[{},{}]}`) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSubgraph(t)
			s.fail = fail
			f, client := newFetcher(t, merging(2))
			fetches := []*executor.Fetch{
				entityFetch(s.URL, nil, product(1)),
				entityFetch(s.URL, nil, `{"upc":"poison"}`),
			}
			got := together(t, f, fetches)
			if n := len(s.requests()); n != 3 {
				t.Errorf("%d requests, want one for both and one for each", n)
			}
			want := alone(t, client, fetches)
			if !cmp.Equal(got[0], want[0], exact) || got[0].failed != "" {
				t.Errorf("the good caller: %s", cmp.Diff(want[0], got[0], exact))
			}
			if got[1].failed == "" && !cmp.Equal(got[1], want[1], exact) || (got[1].failed == "") != (want[1].failed == "") {
				t.Errorf("the poisonous caller: %s", cmp.Diff(want[1], got[1], exact))
			}
			if n := metric(t, f, "weft_subgraph_batch_resends_total"); n != 2 {
				t.Errorf("%v parts counted as sent again", n)
			}
		})
	}
}

// cancelling starts requests that the subgraph holds, each with a context of its own.
func cancelling(t *testing.T, s *subgraph, settings batch.Settings, fetches ...*executor.Fetch) (f *batch.Fetcher, cancel []context.CancelFunc, results []chan error) {
	t.Helper()
	s.hold, s.arrived, s.ended = make(chan struct{}), make(chan struct{}, 9), make(chan struct{}, 9)
	f, _ = newFetcher(t, settings)
	for i, fetch := range fetches {
		ctx, stop := context.WithCancel(t.Context())
		results = append(results, make(chan error, 1))
		cancel = append(cancel, stop)
		go func() {
			answer, err := f.Fetch(ctx, fetch)
			if err == nil {
				if want := product(i); fetch.Entities > 0 && !strings.Contains(string(answer.Body), want) {
					err = fmt.Errorf("the answer %s lacks %s", answer.Body, want)
				}
				if answer.Release != nil {
					answer.Release()
				}
			}
			results[i] <- err
		}()
	}
	return f, cancel, results
}

func TestACallerWhoLeavesABatchFailsNobodyElse(t *testing.T) {
	s := newSubgraph(t)
	_, cancel, results := cancelling(t, s, merging(3),
		entityFetch(s.URL, nil, product(0)), entityFetch(s.URL, nil, product(1)), entityFetch(s.URL, nil, product(2)))
	<-s.arrived
	for i := range 2 { // among them whoever's context the loader took
		cancel[i]()
		var failed *executor.FetchError
		if err := <-results[i]; !errors.As(err, &failed) || failed.Code != subgraphs.CodeCancelled || !errors.Is(err, context.Canceled) {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	close(s.hold)
	if err := <-results[2]; err != nil {
		t.Errorf("the caller who stayed: %v", err)
	}
	cancel[2]()
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestARequestEndsWhenItsLastCallerLeaves(t *testing.T) {
	s := newSubgraph(t)
	entities := entityFetch(s.URL, nil, product(0))
	root := &executor.Fetch{Subgraph: "products", URL: s.URL, Body: []byte(`{"query":"{ root }"}`)}
	for name, c := range map[string]struct {
		settings batch.Settings
		fetches  []*executor.Fetch
	}{
		"entities, at once": {batch.Settings{}, []*executor.Fetch{entities}},
		"entities, merged":  {merging(2), []*executor.Fetch{entities, entityFetch(s.URL, nil, product(1))}},
		"root, shared":      {batch.Settings{Deduplicate: true}, []*executor.Fetch{root, root}},
		"entities, shared":  {batch.Settings{Deduplicate: true}, []*executor.Fetch{entities, entities}},
	} {
		t.Run(name, func(t *testing.T) {
			f, cancel, results := cancelling(t, s, c.settings, c.fetches...)
			<-s.arrived
			for i := range cancel {
				cancel[i]()
				if err := <-results[i]; !errors.Is(err, context.Canceled) {
					t.Errorf("caller %d: %v", i, err)
				}
			}
			<-s.ended
			f.Close()
		})
	}
}
