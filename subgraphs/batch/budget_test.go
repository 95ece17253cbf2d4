package batch_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

func TestRequestsSentApartArePaidFromTheBudget(t *testing.T) {
	s := newSubgraph(t)
	var requests atomic.Int64
	s.fail = func(w http.ResponseWriter) {
		requests.Add(1)
		http.Error(w, "no", http.StatusInternalServerError)
	}
	client, err := subgraphs.New(subgraphs.Options{All: subgraphs.Settings{Retries: subgraphs.Retries{Max: 1, BudgetPercent: 25}}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	f := batch.New(client, batch.Options{All: merging(8), Budget: client})
	defer f.Close()
	var fetches []*executor.Fetch
	for range 8 {
		fetches = append(fetches, entityFetch(s.URL, nil, `{"upc":"poison"}`))
	}
	for _, got := range together(t, f, fetches) {
		if got.failed == "" {
			t.Errorf("got %+v", got)
		}
	}
	// One for all; eight callers allow two retries.
	if n := requests.Load(); n != 3 || metric(t, f, "weft_subgraph_batch_resends_total") != 2 ||
		metric(t, f, "weft_subgraph_batch_resends_refused_total") != 6 {
		t.Errorf("%d requests, want 3", n)
	}
}

// What was not even sent is not sent apart: its parts would not be sent either.
func TestNothingIsSentApartThroughAnOpenBreaker(t *testing.T) {
	s := newSubgraph(t)
	s.fail = func(w http.ResponseWriter) { http.Error(w, "no", http.StatusServiceUnavailable) }
	client, err := subgraphs.New(subgraphs.Options{All: subgraphs.Settings{Breaker: subgraphs.Breaker{Enabled: true, MinRequests: 1, Open: 1 << 40}}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	f := batch.New(client, batch.Options{All: merging(2), Budget: client})
	defer f.Close()
	poison := entityFetch(s.URL, nil, `{"upc":"poison"}`)
	if _, err := client.Fetch(t.Context(), poison); err == nil {
		t.Fatal("an answer")
	}
	for _, got := range together(t, f, []*executor.Fetch{poison, poison}) {
		if !strings.Contains(got.failed, "breaker") {
			t.Errorf("got %+v", got)
		}
	}
	if n := metric(t, f, "weft_subgraph_batch_resends_total"); n != 0 {
		t.Errorf("%v were sent apart", n)
	}
}
