package batch_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

// splitting is a Fetcher that splits what has more than so many entities.
func splitting(t *testing.T, size int, all batch.Settings) (*batch.Fetcher, *subgraphs.Client) {
	t.Helper()
	client, err := subgraphs.New(subgraphs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := batch.New(client, batch.Options{All: all, Split: size})
	t.Cleanup(func() {
		f.Close()
		client.Close()
	})
	return f, client
}

func TestARequestForTooManyEntitiesIsSplit(t *testing.T) {
	s := newSubgraph(t)
	f, client := splitting(t, 4, batch.Settings{})
	var one, two []string
	for i := range 7 {
		one = append(one, product(i))
	}
	for i := range 3 {
		two = append(two, product(100+i))
	}
	one[2], one[5], two[1] = `{"upc":"broken"}`, `{"upc":"dear"}`, `{"upc":"missing"}`
	whole := entityFetches(s.URL, http.Header{"Authorization": {"me"}}, "{ price }", `"first":1`, one, two)
	got := fetched(t, f, whole)
	requests := s.requests()
	if len(requests) != 3 {
		t.Errorf("%d requests were sent for 10 entities, 4 in each", len(requests))
	}
	for _, body := range requests {
		if n := strings.Count(body, `"upc"`); n > 4 {
			t.Errorf("a request carries %d entities: %s", n, body)
		}
	}
	if diff := cmp.Diff(fetched(t, client, whole), got, exact); diff != "" {
		t.Errorf("split, the answer is another (-whole +split):\n%s", diff)
	}
	s.bodies = nil
	fetched(t, f, entityFetch(s.URL, nil, one[:4]...))
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests were sent for 4 entities", n)
	}
}

func TestWhoeverIsSplitGetsWhatTheyWouldGetWhole(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 6))
			s := newSubgraph(t)
			f, client := splitting(t, 1+r.IntN(5), batch.Settings{Deduplicate: r.IntN(2) == 0, MaxEntities: 1 + r.IntN(8)})
			var fetches []*executor.Fetch
			for range 1 + r.IntN(20) {
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

func TestAPieceThatFails(t *testing.T) {
	poison := `{"upc":"poison"}`
	list := []string{product(1), product(2), poison, product(3)}
	for _, test := range []struct {
		name string
		fail func(http.ResponseWriter)
		want string // of the answer, or of the error
	}{
		{"as a whole", func(w http.ResponseWriter) { http.Error(w, "no", http.StatusBadGateway) }, "HTTP status 502"},
		{"without data", func(w http.ResponseWriter) { fmt.Fprint(w, `{"data":null,"errors":[{"message":"no"}]}`) }, `null,null]},"errors":[{"message":"no"}]}`},
		{"with no answer", func(w http.ResponseWriter) { fmt.Fprint(w, `[]`) }, `[]`},
		{"with nothing", func(w http.ResponseWriter) { fmt.Fprint(w, `{"data":null}`) }, `{"data":null}`},
		{"with too few entities", func(w http.ResponseWriter) { fmt.Fprint(w, `{"data":{"_e0":[null]}}`) }, "another number of entities than the 2"},
		{"with another error", func(w http.ResponseWriter) {
			fmt.Fprint(w, `{"data":{"_e0":[null,null]},"errors":[5,{"message":"x","path":["_entities",1]},{"message":"y","path":["z"]}]}`)
		}, `null,null]},"errors":[5,{"message":"x","path":["_entities",3]},{"message":"y","path":["z"]}]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSubgraph(t)
			s.fail = test.fail
			f, _ := splitting(t, 2, batch.Settings{})
			answer, err := f.Fetch(t.Context(), entityFetch(s.URL, nil, list...))
			if err != nil {
				if _, ok := errors.AsType[*executor.FetchError](err); !ok || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %s", err, test.want)
				}
				return
			}
			if got := string(answer.Body); !strings.HasSuffix(got, test.want) || strings.HasPrefix(test.want, "null") && !strings.Contains(got, `"price": `) {
				t.Errorf("got %s, want … %s", got, test.want)
			}
			if answer.Release != nil {
				answer.Release()
			}
		})
	}
}
