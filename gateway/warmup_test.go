package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weft-graphql/weft/gateway/config"
)

// counts are the metrics of plans: what was found, what was not, and what was
// planned ahead by outcome.
func (c *client) counts(t *testing.T, admin string) string {
	t.Helper()
	text := fmt.Sprintf("hits %g misses %g", c.metric(t, admin, "weft_plan_cache_hits_total"), c.metric(t, admin, "weft_plan_cache_misses_total"))
	for _, outcome := range []string{"planned", "skipped", "failed", "left"} {
		if n := c.metric(t, admin, `weft_planned_ahead_total{outcome="`+outcome+`"`); n > 0 {
			text += fmt.Sprintf(" %s %g", outcome, n)
		}
	}
	return text
}

func (c *client) wantCounts(t *testing.T, admin, want string) {
	t.Helper()
	if got := c.counts(t, admin); got != want {
		t.Errorf("counted %s, want %s", got, want)
	}
}

const (
	hotQuery  = `{ me { name reviews { product { name } } } }`
	coldQuery = `{ me { id } }`
)

func TestOperationsThatDifferInLiteralsShareAPlan(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	for n := range 20 {
		got := c.query(t, i.clients, fmt.Sprintf(`{ user(id: %d) { name } product(upc: "p\u00e4%d\"") { name } }`, n, n))
		wants(t, got, http.StatusOK, fmt.Sprintf(`{"data":{"user":{"name":"User %d"},"product":{"name":"Product pä%d\""}}}`, n, n))
	}
	c.wantCounts(t, i.admin, "hits 19 misses 1")
	if n := c.metric(t, i.admin, "weft_plan_cache_entries"); n != 1 {
		t.Errorf("%g plans are kept", n)
	}
	if n := c.metric(t, i.admin, "weft_plan_cache_bytes"); n < 1000 || n > 100_000 {
		t.Errorf("a small plan is taken for %g bytes", n)
	}
}

func TestPlansAreBoundInBytes(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := settings()
	s.Planner.Cache = 64 << 10
	i := openWith(t, s, g)
	for n := range 200 {
		wants(t, c.query(t, i.clients, fmt.Sprintf(`{ a%d: me { name } }`, n)), http.StatusOK, "User 1")
	}
	eventually(t, "what does not fit has gone", func() bool { return c.metric(t, i.admin, "weft_plan_cache_bytes") <= 64<<10 })
	if n := c.metric(t, i.admin, "weft_plan_cache_entries"); n < 2 || n > 100 {
		t.Errorf("%g plans are kept in 64 KiB", n)
	}
}

func TestASwapPlansTheHotOperationsAhead(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := settings()
	s.Planner.Warmup.Operations = 2
	i := open(t, s)
	if err := i.Swap(t.Context(), g.supergraph(t, accountsWithEmailSDL)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c.query(t, i.clients, hotQuery)
		c.query(t, i.clients, `query Gone { me { email } }`)
	}
	c.query(t, i.clients, coldQuery)
	c.wantCounts(t, i.admin, "hits 4 misses 3")
	if err := i.Swap(t.Context(), g.supergraph(t, accountsSDL)); err != nil {
		t.Fatal(err)
	}
	c.wantCounts(t, i.admin, "hits 4 misses 3 planned 1 skipped 1")
	wants(t, c.query(t, i.clients, hotQuery), http.StatusOK, "Product p1")
	c.wantCounts(t, i.admin, "hits 5 misses 3 planned 1 skipped 1")
	c.query(t, i.clients, coldQuery)
	c.wantCounts(t, i.admin, "hits 5 misses 4 planned 1 skipped 1")

	// What was hot before stays it without being asked meanwhile.
	for range 2 {
		if err := i.Swap(t.Context(), g.supergraph(t, accountsSDL)); err != nil {
			t.Fatal(err)
		}
	}
	c.query(t, i.clients, hotQuery)
	c.wantCounts(t, i.admin, "hits 6 misses 4 planned 5 skipped 1")
}

func TestASwapDoesNotWaitBeyondTheLimit(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := settings()
	s.Planner.Warmup.Time = config.Duration(time.Nanosecond)
	i := openWith(t, s, g)
	for n := range 10 {
		c.query(t, i.clients, fmt.Sprintf(`{ a%d: me { name } }`, n))
	}
	if err := i.Swap(t.Context(), g.supergraph(t, accountsWithEmailSDL)); err != nil {
		t.Fatal(err)
	}
	wants(t, c.query(t, i.clients, `{ me { email } }`), http.StatusOK, "1@example.com")
	eventually(t, "what there was no time for is counted", func() bool {
		return strings.HasSuffix(c.counts(t, i.admin), " left 10")
	})
	// The next swap finds nothing that is half done.
	if err := i.Swap(t.Context(), g.supergraph(t, accountsSDL)); err != nil {
		t.Fatal(err)
	}
	wants(t, c.query(t, i.clients, hotQuery), http.StatusOK, "Product p1")
}

// withOperations serves a graph's supergraph and keeps its operations in a file.
func withOperations(t *testing.T, g *graph) *config.Config {
	s := withFile(t, settings(), g)
	s.Planner.Warmup.File = filepath.Join(t.TempDir(), "operations.json")
	return s
}

func TestHotOperationsOutlastAStop(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := withOperations(t, g)
	p := serve(t, s)
	for range 2 {
		got, err := c.send(t.Context(), http.MethodPost, p.clients+"/graphql",
			`{"query": "query One($id: ID!) { user(id: $id) { name } } query Two { me { id } }", "variables": {"id": "secret-7"}, "operationName": "One"}`)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, got, http.StatusOK, "User secret-7")
	}
	c.query(t, p.clients, hotQuery)
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.Planner.Warmup.File)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), `{"version":1,"operations":[{"query":"query One(`) || strings.Contains(string(text), "secret") {
		t.Errorf("the file is %s", text)
	}
	if info, err := os.Stat(s.Planner.Warmup.File); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is of mode %v, %v", info.Mode(), err)
	}
	if others, _ := filepath.Glob(filepath.Dir(s.Planner.Warmup.File) + "/.*"); len(others) > 0 {
		t.Errorf("%v are left behind", others)
	}
	p = serve(t, s)
	c.wantCounts(t, p.admin, "hits 0 misses 0 planned 2")
	wants(t, c.query(t, p.clients, hotQuery), http.StatusOK, "Product p1")
	c.wantCounts(t, p.admin, "hits 1 misses 0 planned 2")
}

func TestOperationsAreSavedWhileServing(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := withOperations(t, g)
	s.Planner.Warmup.Interval = config.Duration(time.Millisecond)
	p := serve(t, s)
	c.query(t, p.clients, hotQuery)
	eventually(t, "the file is there", func() bool {
		text, err := os.ReadFile(s.Planner.Warmup.File)
		return err == nil && strings.Contains(string(text), "reviews")
	})
}

func TestADamagedFileOfOperationsIsAWarning(t *testing.T) {
	for name, text := range map[string]string{
		"is damaged":        `{"version":1,"operations":[{"query":"{ me`,
		"is of version 999": `{"version":999,"operations":[]}`,
		"is larger than":    strings.Repeat(" ", 64<<20+1),
	} {
		t.Run(name, func(t *testing.T) {
			g, c := newGraph(t), newClient(t)
			s := withOperations(t, g)
			write(t, s.Planner.Warmup.File, text)
			p := serve(t, s)
			wants(t, c.query(t, p.clients, hotQuery), http.StatusOK, "Product p1")
			if logs := p.logs.String(); !strings.Contains(logs, name) || !strings.Contains(logs, "planner.warmup.file") {
				t.Errorf("the log is %s", logs)
			}
			if err := p.end(); err != nil {
				t.Fatal(err)
			}
			if text, err := os.ReadFile(s.Planner.Warmup.File); err != nil || !strings.HasPrefix(string(text), `{"version":1,"operations":[{"query":"{ me {`) {
				t.Errorf("the file is not written anew: %.100s, %v", text, err)
			}
		})
	}
	t.Run("of what is no operation", func(t *testing.T) {
		g, c := newGraph(t), newClient(t)
		s := withOperations(t, g)
		write(t, s.Planner.Warmup.File, `{"version":1,"operations":[{"query":"{"},{},{"query":"{ me { id } }","name":"Other"},{"query":"{ me { id } }"}]}`)
		p := serve(t, s)
		c.wantCounts(t, p.admin, "hits 0 misses 0 planned 1 skipped 3")
	})
}

func TestAFileOfOperationsThatCannotBeWrittenIsAWarning(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := withOperations(t, g)
	s.Planner.Warmup.File = filepath.Join(t.TempDir(), "no", "such", "folder.json")
	p := serve(t, s)
	c.query(t, p.clients, hotQuery)
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	if logs := p.logs.String(); !strings.Contains(logs, "cannot be saved") {
		t.Errorf("the log is %s", logs)
	}
}

func TestASwapEndsWithItsContext(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	c.query(t, i.clients, hotQuery)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := i.Swap(ctx, g.supergraph(t, accountsWithEmailSDL)); err != nil {
		t.Fatal(err)
	}
	wants(t, c.query(t, i.clients, `{ me { email } }`), http.StatusOK, "1@example.com")
}
