package gateway_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// load is clients that send queries without a pause and look at each answer.
type load struct {
	t        testing.TB
	client   *client
	answered atomic.Int64
	running  sync.WaitGroup
	cancel   context.CancelFunc

	mu       sync.Mutex
	failed   int
	failures []string // the first few
}

// connections is how many clients a load has.
const connections = 20

// startLoad sends queries that are valid on both versions of the graph to the
// gateways in turn. It ends with the test at the latest.
func startLoad(t testing.TB, urls ...string) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{t: t, client: newClient(t), cancel: cancel}
	for i := range connections {
		l.running.Go(func() {
			for n := i; ctx.Err() == nil; n++ {
				l.one(ctx, urls[n%len(urls)])
			}
		})
	}
	t.Cleanup(l.stop)
	return l
}

// one sends one of the queries.
func (l *load) one(ctx context.Context, url string) {
	var query, want string
	variables := map[string]any{}
	switch n := rand.IntN(1000); n % 4 {
	case 0:
		query = `{ me { id name reviews { body product { name } } } }`
		want = `{"data":{"me":{"id":"1","name":"User 1","reviews":[{"body":"Review 0","product":{"name":"Product p0"}},` +
			`{"body":"Review 1","product":{"name":"Product p1"}}]}}}`
	case 1:
		query, variables["upc"] = `query($upc: ID!) { product(upc: $upc) { name } }`, fmt.Sprint(n)
		want = fmt.Sprintf(`{"data":{"product":{"name":"Product %d"}}}`, n)
	case 2:
		query = `{ reviews(first: 1) { author { name } product { upc price } } }`
		want = `{"data":{"reviews":[{"author":{"name":"User 1"},"product":{"upc":"p0","price":2}}]}}`
	case 3: // a new document each time, more or less
		query = fmt.Sprintf(`{ a%d: user(id: "%d") { id name } }`, n, n)
		want = fmt.Sprintf(`{"data":{"a%d":{"id":"%d","name":"User %d"}}}`, n, n, n)
	}
	got, err := l.client.send(ctx, http.MethodPost, url+"/graphql", body(query, variables))
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		l.fail("%s: %v", query, err)
	case got.status != http.StatusOK || got.body != want:
		l.fail("%s: %d %s", query, got.status, got.body)
	}
	l.answered.Add(1)
}

func (l *load) fail(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed++; l.failed <= 5 {
		l.failures = append(l.failures, fmt.Sprintf(format, args...))
	}
}

// more waits until so many more requests were answered.
func (l *load) more(n int64) {
	l.t.Helper()
	target := l.answered.Load() + n
	eventually(l.t, fmt.Sprintf("%d more answers", n), func() bool { return l.answered.Load() >= target })
}

// stop ends the load and its connections.
func (l *load) stop() {
	l.cancel()
	l.running.Wait()
	l.client.http.CloseIdleConnections()
}

// check ends the load and reports every failure.
func (l *load) check() {
	l.t.Helper()
	l.stop()
	l.t.Logf("%d requests", l.answered.Load())
	if l.failed > 0 {
		l.t.Errorf("%d of %d requests failed, such as %q", l.failed, l.answered.Load(), l.failures)
	}
	if l.answered.Load() == 0 {
		l.t.Error("nothing was asked")
	}
}
