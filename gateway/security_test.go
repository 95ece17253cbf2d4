package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/subgraphs/source"
)

func TestOnlyNamedHeadersReachSubgraphs(t *testing.T) {
	s := settings()
	s.Headers.Request = forward("authorization")
	g, c := newGraph(t), newClient(t)
	i := openWith(t, s, g)
	c.query(t, i.clients, `{ me { reviews { body } } }`, "Authorization", "Bearer t", "Cookie", "session=1", "X-API-Key", "k", "X-Forwarded-For", "10.0.0.1")
	for _, s := range []*subgraph{g.accounts, g.reviews} {
		requests := s.take()
		if len(requests) != 1 {
			t.Fatalf("%s has %d requests", s.name, len(requests))
		}
		header := requests[0].header
		if header.Get("Authorization") != "Bearer t" {
			t.Errorf("%s was not sent the header that is named: %v", s.name, header)
		}
		for _, name := range []string{"Cookie", "X-API-Key", "X-Forwarded-For"} {
			if header.Get(name) != "" {
				t.Errorf("%s was sent %s: %s", s.name, name, header.Get(name))
			}
		}
	}
	bare := openWith(t, settings(), g)
	c.query(t, bare.clients, `{ me { id } }`, "Authorization", "Bearer t")
	if got := g.accounts.take()[0].header.Get("Authorization"); got != "" {
		t.Errorf("a header is forwarded without a rule: %s", got)
	}
}

// whoAmI lets accounts answer with the caller's name.
func whoAmI(g *graph, cacheControl string) {
	g.accounts.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", cacheControl)
		fmt.Fprintf(w, `{"data":{"me":{"__typename":"User","id":"1","name":%q}}}`, r.Header.Get("Authorization"))
		return true
	})
}

func TestACachedAnswerIsGivenToOthersOnlyWhereItIsPublic(t *testing.T) {
	for cacheControl, want := range map[string]struct {
		bob      string
		requests int // by alice, alice again and bob
	}{
		"max-age=60":          {"bob", 2},
		"max-age=60, private": {"bob", 3},
		"max-age=60, public":  {"alice", 1},
	} {
		t.Run(cacheControl, func(t *testing.T) {
			s := settings()
			s.Cache = config.DefaultCache()
			s.Headers.Request = forward("Authorization")
			g, c := newGraph(t), newClient(t)
			i := openWith(t, s, g)
			whoAmI(g, cacheControl)
			for _, who := range []string{"alice", "alice", "bob"} {
				name := who
				if who == "bob" {
					name = want.bob
				}
				wants(t, c.query(t, i.clients, `{ me { name } }`, "Authorization", who), http.StatusOK, `{"data":{"me":{"name":"`+name+`"}}}`)
			}
			if n := len(g.accounts.take()); n != want.requests {
				t.Errorf("the subgraph has %d requests, want %d", n, want.requests)
			}
		})
	}
}

func TestAnswersVaryByTheHeadersThatAreForwarded(t *testing.T) {
	for cacheControl, want := range map[string]string{"max-age=60": "Authorization", "": "Authorization", "max-age=60, public": ""} {
		s := settings()
		s.Headers.Request = forward("Authorization")
		g, c := newGraph(t), newClient(t)
		i := openWith(t, s, g)
		whoAmI(g, cacheControl)
		for range 2 {
			vary := strings.Join(c.query(t, i.clients, `{ me { name } }`).header.Values("Vary"), ",")
			if !strings.Contains(vary, "Accept") || strings.Contains(vary, "Authorization") != (want != "") {
				t.Errorf("with Cache-Control %q the answer varies by %s", cacheControl, vary)
			}
		}
	}
}

// TestErrorsAreMaskedByDefault finds in the log what the client is not told, by
// the ID that it is told.
func TestErrorsAreMaskedByDefault(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	g.accounts.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"data":{"me":null},"errors":[{"message":"table users is gone","path":["me"],"extensions":{"code":"DB","sql":"select"}}]}`))
		return true
	})
	got := c.query(t, i.clients, `{ me { name } }`)
	_, id, _ := strings.Cut(got.body, `"requestId":"`)
	id, _, _ = strings.Cut(id, `"`)
	wants(t, got, http.StatusOK, `{"errors":[{"message":"the subgraph request failed","locations":[{"line":1,"column":3}],"path":["me"],"extensions":{"code":"DB","requestId":"`+id+`"}}],"data":{"me":null}}`)
	if log := i.logs.String(); id == "" || !strings.Contains(log, "request_id="+id) || !strings.Contains(log, "table users is gone") {
		t.Errorf("the log does not tell of %q:\n%s", id, log)
	}
}

func TestErrorsNameNoAddresses(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := settings()
	s.Subgraphs.All.Errors = config.PassOn()
	i := openWith(t, s, g)
	g.reviews.server.Close()
	got := c.query(t, i.clients, `{ me { name reviews { body } } }`)
	wants(t, got, http.StatusOK, `"data":{"me":{"name":"User 1","reviews":null}}`)
	wants(t, got, http.StatusOK, `subgraph \"reviews\" could not be reached`)
	wants(t, got, http.StatusOK, `"locations":[{"line":1,"column":3}]`)
	wants(t, c.query(t, i.clients, "{\n  me { name reviews { body } } }"), http.StatusOK, `"locations":[{"line":2,"column":3}]`)
	if got.code() != "SUBREQUEST_HTTP_ERROR" {
		t.Errorf("the error's code is %q", got.code())
	}
	for _, secret := range []string{"127.0.0.1", "http://", "dial", strings.TrimPrefix(g.reviews.server.URL, "http://127.0.0.1:")} {
		if strings.Contains(got.body, secret) {
			t.Errorf("the client is told %q: %s", secret, got.body)
		}
	}
	if !strings.Contains(i.logs.String(), strings.TrimPrefix(g.reviews.server.URL, "http://")) {
		t.Errorf("the log does not name the address:\n%s", i.logs)
	}
	g.accounts.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, "upstream http://10.0.0.7:8080 failed", http.StatusBadGateway)
		return true
	})
	got = c.query(t, i.clients, `{ me { name } }`)
	wants(t, got, http.StatusOK, "502")
	if strings.Contains(got.body, "10.0.0.7") {
		t.Errorf("the client is told what a page says that is no answer: %s", got.body)
	}
}

func TestAMistakeInTheProgramIsOneRequestsFailure(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	i.BreakRuntime()
	got := c.query(t, i.clients, `{ me { id } }`)
	wants(t, got, http.StatusInternalServerError, "INTERNAL_SERVER_ERROR")
	if strings.Contains(got.body, "nil pointer") || strings.Contains(got.body, ".go") {
		t.Errorf("the client is told how the program failed: %s", got.body)
	}
	if log := i.logs.String(); !strings.Contains(log, "nil pointer") || !strings.Contains(log, "pipeline.go") {
		t.Errorf("the log does not say where it happened:\n%s", log)
	}
	if err := i.Swap(t.Context(), g.supergraph(t, accountsSDL)); err != nil {
		t.Fatal(err)
	}
	wants(t, c.query(t, i.clients, `{ me { id } }`), http.StatusOK, `{"data":{"me":{"id":"1"}}}`)
	if n := c.metric(t, i.admin, `weft_requests_total{kind="none",status="500"}`); n != 1 {
		t.Errorf("%g requests are counted with status 500", n)
	}
	if n := c.metric(t, i.admin, "weft_requests_in_flight"); n != 0 {
		t.Errorf("%g requests are counted as in flight", n)
	}
}

// mistaken is a source whose schemas meet a mistake in the program.
type mistaken struct{}

func (mistaken) Load(context.Context) (*source.Supergraph, error) { panic("a mistake") }
func (mistaken) String() string                                   { return "mistaken" }

func TestAMistakeMetByASchemaLeavesTheGatewayServing(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	got, err := i.Watched(mistaken{}, "supergraph.yaml").Load(t.Context())
	if err == nil || !strings.Contains(err.Error(), "loading the supergraph met a mistake in the program") {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(got.Files, []string{"supergraph.yaml"}) {
		t.Errorf("%v would be watched for a better version", got.Files)
	}
	if err := i.Swap(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "compiling the supergraph met a mistake in the program") {
		t.Errorf("got %v", err)
	}
	if refused := c.metric(t, i.admin, `weft_supergraph_loads_total{outcome="refused"}`); refused != 2 {
		t.Errorf("%g versions are counted as refused, want 2", refused)
	}
	wants(t, c.query(t, i.clients, `{ me { name } }`), http.StatusOK, `{"data":{"me":{"name":"User 1"}}}`)
}

func TestAFormCannotMakeABrowserSendARequest(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		got := c.query(t, i.clients, `mutation { rename(name: "x") { name } }`, "Content-Type", media)
		wants(t, got, http.StatusUnsupportedMediaType, "CSRF_PREVENTED")
	}
	if n := len(g.accounts.take()); n > 0 {
		t.Errorf("%d forged requests were carried out", n)
	}
	wants(t, c.query(t, i.clients, `{ me { id } }`, "Content-Type", "text/plain", "Weft-Preflight", "1"), http.StatusOK, "data")
}
