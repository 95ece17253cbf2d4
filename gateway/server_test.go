package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weft-graphql/weft/gateway/config"
)

func TestGatewayAnswersFromThreeSubgraphs(t *testing.T) {
	i := openWith(t, settings(), newGraph(t))
	got := newClient(t).query(t, i.clients, `{ me { name reviews { product { name } } } }`)
	wants(t, got, http.StatusOK, `{"data":{"me":{"name":"User 1","reviews":[{"product":{"name":"Product p0"}},{"product":{"name":"Product p1"}}]}}}`)
}

func TestHealthIsReadyOnlyWithASupergraph(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := open(t, settings())
	wants(t, c.get(t, i.clients+"/health/live"), http.StatusOK, "up")
	wants(t, c.get(t, i.clients+"/health/ready"), http.StatusServiceUnavailable, "down")
	refused := c.query(t, i.clients, `{ me { id } }`)
	wants(t, refused, http.StatusServiceUnavailable, "No supergraph is loaded yet")
	if err := i.Swap(t.Context(), g.supergraph(t, accountsSDL)); err != nil {
		t.Fatal(err)
	}
	wants(t, c.get(t, i.clients+"/health/ready"), http.StatusOK, "up")
	wants(t, c.query(t, i.clients, `{ me { id } }`), http.StatusOK, `{"data":{"me":{"id":"1"}}}`)
}

func TestAdminListenerServesMetricsRegistryAndIndex(t *testing.T) {
	s := settings()
	s.Cache = config.DefaultCache()
	g, c := newGraph(t), newClient(t)
	i := openWith(t, s, g)
	for range 2 {
		c.query(t, i.clients, `{ me { name reviews { body } } }`)
	}
	metrics := c.get(t, i.admin+"/metrics")
	for _, family := range []string{
		"weft_requests_total counter", "weft_request_duration_seconds histogram", "weft_subgraph_requests_total counter",
		"weft_plan_cache_hits_total counter", "weft_plan_cache_misses_total counter", "weft_plan_cache_entries gauge",
		"weft_document_cache_hits_total counter", "weft_document_cache_misses_total counter", "weft_document_cache_entries gauge",
		"weft_cache_", "weft_info gauge", "weft_supergraph_loads_total counter", "go_goroutines gauge", "process_cpu_seconds_total counter",
	} {
		if !strings.Contains(metrics.body, "# TYPE "+family) {
			t.Errorf("/metrics lacks the family %s", family)
		}
	}
	for prefix, want := range map[string]float64{
		`weft_requests_total{kind="query",status="200"}`: 2, "weft_plan_cache_hits_total": 1, "weft_plan_cache_misses_total": 1,
		"weft_document_cache_hits_total": 1, `weft_subgraph_requests_total{`: 4, `weft_supergraph_loads_total{outcome="used"}`: 1,
	} {
		if got := c.metric(t, i.admin, prefix); got != want {
			t.Errorf("%s is %g, want %g", prefix, got, want)
		}
	}

	answer, err := c.send(t.Context(), http.MethodPost, i.admin+"/registry", body("{ subgraphs { name url sdl } }", nil))
	if err != nil {
		t.Fatal(err)
	}
	var registry struct {
		Data struct {
			Subgraphs []struct{ Name, URL, SDL string }
		}
	}
	if err := json.Unmarshal([]byte(answer.body), &registry); err != nil || len(registry.Data.Subgraphs) != 3 {
		t.Fatalf("/registry answered %s (%v)", answer.body, err)
	}
	for n, want := range []*subgraph{g.accounts, g.products, g.reviews} {
		if got := registry.Data.Subgraphs[n]; got.Name != want.name || got.URL != want.server.URL || got.SDL != want.sdl {
			t.Errorf("/registry has %+v, want %s", got, want.name)
		}
	}

	index := c.get(t, i.admin+"/")
	wants(t, index, http.StatusOK, `<a href="/metrics">`)
	wants(t, index, http.StatusOK, `<a href="/registry">`)
	for _, path := range []string{"/metrics", "/registry"} {
		if got := c.get(t, i.clients+path); got.status != http.StatusNotFound {
			t.Errorf("clients get %s: %d", path, got.status)
		}
	}
}

func TestConcurrencyLimitRefusesWhatIsBeyondIt(t *testing.T) {
	s := settings()
	s.Limits.ConcurrentRequests = 1
	g, c := newGraph(t), newClient(t)
	i := openWith(t, s, g)
	blocked := block(t, g.accounts)
	first := make(chan reply, 1)
	go func() {
		got, _ := c.send(t.Context(), http.MethodPost, i.clients+"/graphql", body(`{ me { id } }`, nil))
		first <- got
	}()
	<-blocked.entered
	second := c.query(t, i.clients, `{ me { id } }`)
	wants(t, second, http.StatusServiceUnavailable, `"code":"OVERLOADED"`)
	if second.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	wants(t, c.get(t, i.clients+"/health/ready"), http.StatusOK, "up")
	blocked.release()
	wants(t, <-first, http.StatusOK, `{"data":{"me":{"id":"1"}}}`)
	wants(t, c.query(t, i.clients, `{ me { id } }`), http.StatusOK, `"data"`)
	if n := c.metric(t, i.admin, "weft_requests_overloaded_total"); n != 1 {
		t.Errorf("%g requests counted as refused", n)
	}
}

// blocker is a subgraph that does not answer until it is released.
type blocker struct {
	entered chan struct{} // gets a value for each request
	free    chan struct{}
}

func block(t *testing.T, s *subgraph) *blocker {
	b := &blocker{entered: make(chan struct{}, 100), free: make(chan struct{})}
	s.intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		b.entered <- struct{}{}
		select {
		case <-b.free:
		case <-r.Context().Done():
			return true
		}
		return false
	})
	t.Cleanup(func() {
		select {
		case <-b.free:
		default:
			close(b.free)
		}
	})
	return b
}

func (b *blocker) release() { close(b.free) }

func TestLimitsOnRequestsAndAnswers(t *testing.T) {
	s := settings()
	s.Limits.Body, s.Limits.Answer, s.Limits.Depth = 2000, 1024, 3
	g, c := newGraph(t), newClient(t)
	i := openWith(t, s, g)
	wants(t, c.query(t, i.clients, "{ me { id } } #"+strings.Repeat("x", 3000)), http.StatusRequestEntityTooLarge, "2000 bytes (limits.body)")
	wants(t, c.query(t, i.clients, "{ me { reviews { author { name } } } }"), http.StatusBadRequest, "limits.depth")
	wants(t, c.query(t, i.clients, "{ reviews(first: 100) { id body } }"), http.StatusOK, "ANSWER_TOO_LARGE")
	wants(t, c.query(t, i.clients, "{ reviews(first: 1) { id } }"), http.StatusOK, `{"data":{"reviews":[{"id":"0"}]}}`)
	for name, tt := range map[string]struct {
		accept, body string
		status       int
	}{
		"no JSON":               {"*/*", "query", http.StatusBadRequest},
		"no query":              {"*/*", "{}", http.StatusBadRequest},
		"invalid, newer type":   {"application/graphql-response+json", body("{ nowhere }", nil), http.StatusBadRequest},
		"invalid, older type":   {"application/json", body("{ nowhere }", nil), http.StatusOK},
		"unacceptable":          {"image/png", body("{ me { id } }", nil), http.StatusNotAcceptable},
		"wrong variable":        {"*/*", body("query($id: ID!) { user(id: $id) { id } }", map[string]any{"id": []int{1}}), http.StatusBadRequest},
		"an unknown subscriber": {"*/*", body("subscription { me { id } }", nil), http.StatusBadRequest},
	} {
		got, err := c.send(t.Context(), http.MethodPost, i.clients+"/graphql", tt.body, "Accept", tt.accept)
		if err != nil || got.status != tt.status || !strings.Contains(got.body, `"errors":[{`) {
			t.Errorf("%s: %d %s %v, want %d and errors", name, got.status, got.body, err, tt.status)
		}
	}
}

func TestGETServesQueriesAndThePageButNoMutations(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	page := c.get(t, i.clients+"/graphql", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	wants(t, page, http.StatusOK, "<html")
	if media := page.header.Get("Content-Type"); !strings.HasPrefix(media, "text/html") {
		t.Errorf("the page is %s", media)
	}
	wants(t, c.get(t, i.clients+"/graphql?query="+url.QueryEscape("{ me { id } }")), http.StatusOK, `{"data":{"me":{"id":"1"}}}`)
	g.accounts.take()
	mutation := c.get(t, i.clients+"/graphql?query="+url.QueryEscape(`mutation { rename(name: "x") { name } }`))
	wants(t, mutation, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	if mutation.header.Get("Allow") != "POST" || len(g.accounts.take()) > 0 {
		t.Errorf("Allow is %q", mutation.header.Get("Allow"))
	}
	wants(t, c.query(t, i.clients, `mutation { rename(name: "x") { name } }`), http.StatusOK, `{"data":{"rename":{"name":"x"}}}`)

	s := settings()
	s.Playground.Enabled = false
	off := openWith(t, s, g)
	if got := c.get(t, off.clients+"/graphql", "Accept", "text/html"); got.status == http.StatusOK {
		t.Errorf("a page is served that is off: %s", got.body)
	}
}

func TestIntrospectionCanBeOff(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	on := openWith(t, settings(), g)
	wants(t, c.query(t, on.clients, `{ __type(name: "User") { name } }`), http.StatusOK, `{"data":{"__type":{"name":"User"}}}`)
	s := settings()
	s.Introspection = false
	off := openWith(t, s, g)
	for _, query := range []string{`{ __schema { types { name } } }`, `{ __type(name: "User") { name } }`} {
		wants(t, c.query(t, off.clients, query), http.StatusBadRequest, "errors")
	}
	wants(t, c.query(t, off.clients, `{ __typename me { __typename } }`), http.StatusOK, `{"data":{"__typename":"Query","me":{"__typename":"User"}}}`)
	if got := c.query(t, off.clients, `{ mee { id } }`); strings.Contains(got.body, `\"me\"`) {
		t.Errorf("an error suggests names of the schema: %s", got.body)
	}
}

func TestCacheControlIsTheStrictestOfAllSubgraphs(t *testing.T) {
	const query = `{ me { name reviews { body } } }`
	for name, tt := range map[string]struct{ accounts, reviews, want string }{
		"the shorter one":      {"max-age=60, public", "max-age=30, public", "public, max-age=30"},
		"one private":          {"max-age=60, public", "max-age=90, private", "private, max-age=60"},
		"one says nothing":     {"max-age=60, public", "", "no-store"},
		"one may not be kept":  {"no-store", "max-age=90, public", "no-store"},
		"less than a second":   {"max-age=0, public", "max-age=90, public", "no-store"},
		"nobody says anything": {"", "", "no-store"},
	} {
		t.Run(name, func(t *testing.T) {
			g, c := newGraph(t), newClient(t)
			i := openWith(t, settings(), g)
			for s, value := range map[*subgraph]string{g.accounts: tt.accounts, g.reviews: tt.reviews} {
				if value != "" {
					s.sendHeader("Cache-Control", value)
				}
			}
			if got := c.query(t, i.clients, query).header.Get("Cache-Control"); got != tt.want {
				t.Errorf("Cache-Control is %q, want %q", got, tt.want)
			}
		})
	}
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	g.accounts.sendHeader("Cache-Control", "max-age=60, public")
	g.reviews.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "max-age=60, public")
		_, _ = w.Write([]byte(`{"data":{"_entities":[null]},"errors":[{"message":"broken"}]}`))
		return true
	})
	got := c.query(t, i.clients, query)
	wants(t, got, http.StatusOK, `"errors":[`)
	if value := got.header.Get("Cache-Control"); value != "no-store" {
		t.Errorf("Cache-Control of an answer with errors is %q", value)
	}
	if value := c.query(t, i.clients, `mutation { rename(name: "x") { name } }`).header.Get("Cache-Control"); value != "no-store" {
		t.Errorf("Cache-Control of a mutation is %q", value)
	}
}

func TestEachLimitIsWiredAndNamesItself(t *testing.T) {
	entities := `{ reviews(first: 5) { product { name } } }`
	for key, tt := range map[string]struct {
		set         func(*config.Limits)
		good, wrong string
		want        string
	}{
		"tokens":            {func(l *config.Limits) { l.Tokens = 9 }, `{ me { id } }`, `{ me { id name reviews { id } } }`, "limits.tokens"},
		"depth":             {func(l *config.Limits) { l.Depth = 2 }, `{ me { id } }`, `{ me { reviews { id } } }`, "limits.depth"},
		"fields":            {func(l *config.Limits) { l.Fields = 4 }, `{ me { id } }`, `{ me { id name reviews { id } } }`, "limits.fields"},
		"root_fields":       {func(l *config.Limits) { l.RootFields = 1 }, `{ me { id } }`, `{ me { id } a: me { id } }`, "limits.root_fields"},
		"aliases":           {func(l *config.Limits) { l.Aliases = 1 }, `{ a: me { id } }`, `{ a: me { b: id } }`, "limits.aliases"},
		"no aliases at all": {func(l *config.Limits) { l.Aliases = 0 }, `{ me { id } }`, `{ a: me { id } }`, "limits.aliases"},
		// What needs more entities is split, and each piece is a request.
		"entities":          {func(l *config.Limits) { l.Entities, l.SubgraphRequests = 2, 2 }, `{ reviews(first: 2) { product { name } } }`, entities, "limits.subgraph_requests"},
		"subgraph_requests": {func(l *config.Limits) { l.SubgraphRequests = 1 }, `{ me { id } }`, entities, "limits.subgraph_requests"},
		"answer":            {func(l *config.Limits) { l.Answer = 100 }, `{ me { id } }`, entities, "limits.answer"},
		"answer_depth":      {func(l *config.Limits) { l.AnswerDepth = 3 }, `{ me { id } }`, entities, "SUBREQUEST_TOO_LARGE"},
		"answer_values":     {func(l *config.Limits) { l.AnswerValues = 8 }, `{ me { id } }`, entities, "SUBREQUEST_TOO_LARGE"},
		"introspection":     {func(l *config.Limits) { l.Introspection = 1 << 10 }, `{ me { id } }`, `{ __schema { types { name fields { name } } } }`, "limits.introspection"},
	} {
		t.Run(key, func(t *testing.T) {
			s := settings()
			tt.set(&s.Limits)
			c, i := newClient(t), openWith(t, s, newGraph(t))
			if got := c.query(t, i.clients, tt.good); got.status != http.StatusOK || strings.Contains(got.body, "errors") {
				t.Errorf("what is within the limit is answered with %d %s", got.status, got.body)
			}
			if got := c.query(t, i.clients, tt.wrong); !strings.Contains(got.body, tt.want) {
				t.Errorf("what is beyond the limit is answered with %d %s, want %s", got.status, got.body, tt.want)
			}
		})
	}
}

func TestTimeLimitsEndARequestWithWhatHasArrived(t *testing.T) {
	for code, set := range map[string]func(*config.Config){
		"OPERATION_TIMEOUT":  func(c *config.Config) { c.Limits.Timeout = config.Duration(300 * time.Millisecond) },
		"SUBREQUEST_TIMEOUT": func(c *config.Config) { c.Subgraphs.All.Timeout = config.Duration(300 * time.Millisecond) },
	} {
		t.Run(code, func(t *testing.T) {
			s := settings()
			set(s)
			g, c := newGraph(t), newClient(t)
			i := openWith(t, s, g)
			block(t, g.reviews)
			got := c.query(t, i.clients, `{ me { name reviews { body } } }`)
			wants(t, got, http.StatusOK, `"data":{"me":{"name":"User 1","reviews":null}}`)
			if got.code() != code {
				t.Errorf("the error's code is %q: %s", got.code(), got.body)
			}
		})
	}
}

func TestAWindowMergesTheEntityRequestsOfDifferentClients(t *testing.T) {
	s := settings()
	s.Subgraphs.Named = map[string]config.Subgraph{"reviews": {Traffic: s.Subgraphs.All}}
	reviews := s.Subgraphs.Named["reviews"]
	reviews.Batching = config.Batching{Window: config.Duration(time.Second), MaxEntities: 2}
	s.Subgraphs.Named["reviews"] = reviews
	i, c := openWith(t, s, newGraph(t)), newClient(t)
	for try := 0; c.metric(t, i.admin, "weft_subgraph_batched_requests_total") < 2; try++ {
		if try == 20 { // on a machine that stalls they may miss each other, but not always
			t.Fatal("no requests were merged")
		}
		var wg sync.WaitGroup
		got := make([]reply, 2)
		for k := range got {
			wg.Go(func() {
				got[k], _ = c.send(t.Context(), http.MethodPost, i.clients+"/graphql", body(fmt.Sprintf(`{ user(id: "%d") { name reviews { body } } }`, k), nil))
			})
		}
		wg.Wait()
		for k := range got {
			wants(t, got[k], http.StatusOK, fmt.Sprintf(`"data":{"user":{"name":"User %d","reviews":[{"body":"Review 0"},{"body":"Review 1"}]}}`, k))
		}
	}
}

func TestSettingsForUnknownSubgraphsAreWarnedOf(t *testing.T) {
	s := settings()
	s.Subgraphs.Named = map[string]config.Subgraph{"reviewz": {Traffic: s.Subgraphs.All}, "reviews": {Traffic: s.Subgraphs.All}}
	s.Cache = config.DefaultCache()
	s.Cache.Subgraphs = map[string]config.CacheSubgraph{"prodcts": {Enabled: true}}
	log := openWith(t, s, newGraph(t)).logs.String()
	if !strings.Contains(log, "key=subgraphs.reviewz") || !strings.Contains(log, "key=cache.subgraphs.prodcts") || strings.Contains(log, "key=subgraphs.reviews ") {
		t.Errorf("the log is\n%s", log)
	}
}

func TestSubgraphsWithoutAURLAreWarnedOf(t *testing.T) {
	g := newGraph(t)
	s := settings()
	s.Subgraphs.Named = map[string]config.Subgraph{"accounts": {URL: g.accounts.server.URL, Traffic: s.Subgraphs.All}}
	i := open(t, s)
	supergraph := g.supergraph(t, accountsSDL)
	supergraph.SDL = strings.NewReplacer(g.accounts.server.URL, "", g.reviews.server.URL, "").Replace(supergraph.SDL)
	if err := i.Swap(t.Context(), supergraph); err != nil {
		t.Fatal(err)
	}
	if log := i.logs.String(); strings.Count(log, "has no URL") != 1 || !strings.Contains(log, "key=subgraphs.reviews.url") {
		t.Errorf("the log is\n%s", log)
	}
}

func TestASubgraphsURLCanBeOverridden(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := settings()
	s.Subgraphs.Named = map[string]config.Subgraph{"accounts": {URL: g.accounts.server.URL, Traffic: s.Subgraphs.All}}
	i := open(t, s)
	supergraph := g.supergraph(t, accountsSDL)
	supergraph.SDL = strings.ReplaceAll(supergraph.SDL, g.accounts.server.URL, "http://127.0.0.1:1")
	if err := i.Swap(t.Context(), supergraph); err != nil {
		t.Fatal(err)
	}
	wants(t, c.query(t, i.clients, `{ me { name } }`), http.StatusOK, `{"data":{"me":{"name":"User 1"}}}`)
}

func TestARequestWhoseClientLeftIsCountedAsSuch(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	blocked := block(t, g.accounts)
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := c.send(ctx, http.MethodPost, i.clients+"/graphql", body(`{ me { id } }`, nil))
		gone <- err
	}()
	<-blocked.entered
	leave()
	if err := <-gone; err == nil {
		t.Error("a client that left has an answer")
	}
	eventually(t, "the request is counted", func() bool {
		return c.metric(t, i.admin, `weft_requests_total{kind="query",status="499"}`) == 1
	})
	if log := i.logs.String(); strings.Contains(log, "subgraph request failed") {
		t.Errorf("the subgraph is blamed for it:\n%s", log)
	}
}
