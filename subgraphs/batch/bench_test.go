package batch_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

// instant answers everything at once.
type instant struct{ answer *executor.Answer }

func (i instant) Fetch(context.Context, *executor.Fetch) (*executor.Answer, error) {
	return i.answer, nil
}

func (i instant) Subscribe(context.Context, *executor.Fetch) (executor.Stream, error) {
	return nil, nil
}

// BenchmarkFetch is what a request costs beside the next Fetcher.
func BenchmarkFetch(b *testing.B) {
	next := instant{&executor.Answer{Status: 200, Header: http.Header{}, Body: []byte(`{"data":{"_e0":[null]}}`)}}
	var reps []string
	for i := range 50 {
		reps = append(reps, product(i))
	}
	header := http.Header{"Authorization": {"Bearer abcdefghijklmnopqrstuvwxyz"}}
	entities := entityFetch("", header, reps...)
	root := &executor.Fetch{Subgraph: "products", Body: []byte(`{"query":"{ topProducts { upc name price weight } }"}`), Header: header}
	for _, c := range []struct {
		name        string
		f           *executor.Fetch
		deduplicate bool
	}{
		{"entities, at once", entities, false},
		{"entities, at once, deduplicated", entities, true},
		{"root fields", root, false},
		{"root fields, deduplicated", root, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := batch.New(next, batch.Options{All: batch.Settings{Deduplicate: c.deduplicate}})
			defer f.Close()
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Fetch(ctx, c.f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
