package batch_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

// randomFetch asks for anything, of few kinds, so that much of it can be merged.
func randomFetch(r *rand.Rand, url string) *executor.Fetch {
	var header http.Header
	if n := r.IntN(3); n > 0 {
		header = http.Header{"Authorization": {fmt.Sprint(n)}}
	}
	if r.IntN(10) == 0 {
		return rootFetch(url, header)
	}
	special := []string{`{"upc":"missing"}`, `{"upc":"broken"}`, `{"upc":"dear"}`, `{"upc":"poison"}`, `{"upc":"}]\\\"[{é"}`, `{"upc":1.0}`, `{"upc":1}`}
	var lists [][]string
	for range 1 + r.IntN(2) {
		list := []string{}
		for range 1 + r.IntN(6) {
			if r.IntN(8) == 0 {
				list = append(list, special[r.IntN(len(special))])
			} else {
				list = append(list, product(r.IntN(12)))
			}
		}
		lists = append(lists, list)
	}
	variables := ""
	if r.IntN(3) == 0 {
		variables = fmt.Sprintf(`"first":%d`, r.IntN(2))
	}
	return entityFetches(url, header, "{ price }", variables, lists...)
}

func TestWhoeverIsMergedGetsWhatTheyWouldGetAlone(t *testing.T) {
	failures := []func(http.ResponseWriter){
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		func(w http.ResponseWriter) { w.Write([]byte(`{"data":null,"errors":[{"message":"no"}]}`)) },
	}
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 5))
			s := newSubgraph(t)
			s.fail = failures[r.IntN(len(failures))]
			f, client := newFetcher(t, batch.Settings{
				Window: time.Duration(r.IntN(4)) * time.Millisecond, MaxEntities: 1 + r.IntN(30), Deduplicate: r.IntN(2) == 0,
			})
			var fetches []*executor.Fetch
			for range 1 + r.IntN(40) {
				fetches = append(fetches, randomFetch(r, s.URL))
			}
			got := together(t, f, fetches)
			for i, want := range alone(t, client, fetches) {
				if !cmp.Equal(got[i], want, exact) {
					t.Errorf("%s\n%s", fetches[i].Body, cmp.Diff(want, got[i], exact))
				}
			}
		})
	}
}
