package endtoend

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/weft-graphql/weft/gateway/endtoend/subgraphtest"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// serve composes and starts what a case describes, for tests that look at more
// than plan, traffic and answer.
func serve(t *testing.T, file string, weftYAML string) (*testCase, map[string]*subgraphtest.Server, *running) {
	t.Helper()
	c := readCase(t, "testdata/"+file)
	servers, g := c.serve(t, weftYAML)
	return c, servers, g
}

func (c *testCase) serve(t *testing.T, weftYAML string) (map[string]*subgraphtest.Server, *running) {
	t.Helper()
	servers := map[string]*subgraphtest.Server{}
	var composed []schema.Subgraph
	for _, name := range c.subgraphs() {
		s := subgraphtest.Serve(t, name, string(c.section(name+".graphql")), c.section(name+".json"))
		servers[name] = s
		composed = append(composed, schema.Subgraph{Name: name, URL: s.URL, SDL: s.SDL})
	}
	supergraph, err := compose.Compose(composed, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return servers, start(t, supergraph.SDL, []byte(weftYAML))
}

// TestConcurrentRequestsGetTheSameAnswers sends all operations of some cases side
// by side; under the race detector it shows that requests share nothing.
func TestConcurrentRequestsGetTheSameAnswers(t *testing.T) {
	for _, file := range []string{"deep.txtar", "guards.txtar", "errors.txtar", "interfaces.txtar"} {
		t.Run(strings.TrimSuffix(file, ".txtar"), func(t *testing.T) {
			c, _, g := serve(t, file, "")
			var group sync.WaitGroup
			for i := range 100 {
				folders := c.folders()
				folder := folders[i%len(folders)]
				group.Go(func() {
					_, body := g.ask(t, client{
						Query: string(c.section(folder + "operation.graphql")), Variables: c.section(folder + "variables.json"),
					})
					if got, want := pretty(body), string(c.section(folder+"answer.json")); got != want {
						t.Errorf("%s: got %s, want %s", folder, got, want)
					}
				})
			}
			group.Wait()
		})
	}
}

// meeting is a place where every subgraph waits until the others are there, too.
type meeting struct {
	mu      sync.Mutex
	missing int
	all     chan struct{}
}

func newMeeting(n int) *meeting { return &meeting{missing: n, all: make(chan struct{})} }

func (m *meeting) arrive(ctx context.Context) {
	m.mu.Lock()
	m.missing--
	if m.missing == 0 {
		close(m.all)
	}
	m.mu.Unlock()
	select {
	case <-m.all:
	case <-ctx.Done(): // the gateway's timeout ends a meeting that nobody else comes to
	}
}

func TestIndependentRequestsAreUnderWayAtTheSameTime(t *testing.T) {
	tests := []struct{ name, file, operation, answer string }{
		{"root fields", "custom_roots.txtar", "{ a b }", `{"data":{"a":1,"b":2}}`},
		{"branches of different depth", "deep.txtar", "{ bestseller { maker { city } } me { orders { number } } }",
			`{"data":{"bestseller":{"maker":{"city":"Turin"}},"me":{"orders":[{"number":1},{"number":2}]}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, servers, g := serve(t, test.file, "subgraphs: {all: {timeout: 10s}}")
			meetings := map[string]*meeting{}
			if test.file == "custom_roots.txtar" {
				m := newMeeting(2)
				meetings["a"], meetings["b"] = m, m
			} else {
				first, second := newMeeting(2), newMeeting(2)
				meetings["users"], meetings["products"] = first, first
				meetings["orders"], meetings["makers"] = second, second
			}
			for name, m := range meetings {
				servers[name].OnRequest(func(ctx context.Context, _ subgraphtest.Request) { m.arrive(ctx) })
			}
			if _, body := g.ask(t, client{Query: test.operation}); string(body) != test.answer {
				t.Errorf("got %s, want %s", body, test.answer)
			}
		})
	}
}

// TestAStepStartsBeforeAnUnrelatedOneEnds holds one root request back until the
// entities that depend on the other have been asked for: there are no waves.
func TestAStepStartsBeforeAnUnrelatedOneEnds(t *testing.T) {
	_, servers, g := serve(t, "deep.txtar", "subgraphs: {all: {timeout: 10s}}")
	m := newMeeting(2)
	for _, name := range []string{"products", "orders"} {
		servers[name].OnRequest(func(ctx context.Context, _ subgraphtest.Request) { m.arrive(ctx) })
	}
	_, body := g.ask(t, client{Query: "{ bestseller { title } me { orders { number } } }"})
	if want := `{"data":{"bestseller":{"title":"Chair"},"me":{"orders":[{"number":1},{"number":2}]}}}`; string(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
}

// TestASubgraphThatHangsIsLeftWhenTheClientLeaves shows that nothing waits on for
// a client that is gone.
func TestASubgraphThatHangsIsLeftWhenTheClientLeaves(t *testing.T) {
	_, servers, g := serve(t, "custom_roots.txtar", "subgraphs: {all: {timeout: 1h}}\nlimits: {timeout: 1h}")
	left := make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	servers["a"].OnRequest(func(subgraph context.Context, _ subgraphtest.Request) {
		leave()
		<-subgraph.Done()
		close(left)
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, strings.NewReader(`{"query": "{ a b }"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if response, err := g.client.Do(request); err == nil {
		response.Body.Close()
		t.Fatal("there is an answer, although the client had left")
	}
	<-left
}
