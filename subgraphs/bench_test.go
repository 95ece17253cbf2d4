package subgraphs

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/weft-graphql/weft/executor"
)

// BenchmarkFetch is what a request costs beside net/http: without policies, and
// with those that are on by default. The difference is what they cost a request
// that succeeds.
func BenchmarkFetch(b *testing.B) {
	for name, s := range map[string]Settings{
		"nothing set": {},
		"defaults":    {MaxConcurrent: 1024, MaxWaiting: 1024, Retries: Retries{Max: 2, BudgetPercent: 20, BudgetPerSecond: 10}, Breaker: Breaker{Enabled: true}},
	} {
		b.Run(name, func(b *testing.B) {
			c, err := New(Options{All: s})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			answer := []byte(`{"data":{}}`)
			header := http.Header{}
			c.host("reviews").pretended = pretended(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer))}, nil
			})
			f := &executor.Fetch{Subgraph: "reviews", URL: "http://127.0.0.1:1/", Body: []byte(`{"query":"{a}"}`)}
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				a, err := c.Fetch(ctx, f)
				if err != nil {
					b.Fatal(err)
				}
				a.Release()
			}
		})
	}
}
