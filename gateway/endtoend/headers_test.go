package endtoend

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/gateway/endtoend/subgraphtest"
)

// headed are two subgraphs that answer with headers of their own.
func headed(t *testing.T, weftYAML string) (map[string]*subgraphtest.Server, *running) {
	t.Helper()
	c := &testCase{archive: txtar.Parse([]byte(`
-- a.graphql --
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { thing: Thing }
type Mutation { login: Thing }
type Thing @key(fields: "id") { id: ID! }
-- a.json --
{"$fault": [{"header": {"X-Trace": ["a"], "X-Part": ["a1", "a2"], "Cache-Control": ["public, max-age=60"], "Set-Cookie": ["s=a"], "Access-Control-Allow-Origin": ["*"]}}],
 "Query": {"thing": {"$ref": "Thing:1"}}, "Mutation": {"login": {"$ref": "Thing:1"}}, "Thing:1": {"id": "1"}}
-- b.graphql --
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Thing @key(fields: "id") { id: ID! more: Int }
-- b.json --
{"$fault": [{"header": {"X-Trace": ["b"], "X-Part": ["b1"], "Cache-Control": ["max-age=30"], "Set-Cookie": ["s=b"]}}],
 "Thing:1": {"id": "1", "more": 2}}
`))}
	return c.serve(t, weftYAML)
}

const bothSubgraphs = "{ thing { more } }"

// sent is what a subgraph's only request had of some headers.
func sent(t *testing.T, s *subgraphtest.Server, names ...string) string {
	t.Helper()
	requests := s.Requests()
	if len(requests) != 1 {
		t.Fatalf("%s saw %d requests", s.Name, len(requests))
	}
	var lines []string
	for _, name := range names {
		if values := requests[0].Header.Values(name); values != nil {
			lines = append(lines, name+": "+strings.Join(values, ", "))
		}
	}
	return strings.Join(lines, "\n")
}

func TestSubgraphsSeeOfClientsWhatTheRulesSay(t *testing.T) {
	servers, g := headed(t, `
headers:
  request:
    - forward: {name: authorization}
    - forward: {pattern: x-app-.*}
    - forward: {name: X-Tenant, as: X-Shop, default: none}
    - set: {name: X-Gateway, value: weft}
subgraphs:
  b:
    headers:
      request:
        - remove: {name: Authorization}
        - forward: {name: Cookie}
        - set: {name: X-Gateway, value: weft for b}
`)
	_, body := g.ask(t, client{Query: bothSubgraphs, Headers: map[string]string{
		"Authorization": "Bearer abc", "X-App-One": "1", "X-App-Two": "2", "Cookie": "c=1", "X-Other": "no", "X-App-Hop": "3",
		"Accept-Language": "de", "Connection": "X-App-Hop",
	}})
	if string(body) != `{"data":{"thing":{"more":2}}}` {
		t.Fatalf("%s", body)
	}
	names := []string{"Authorization", "X-App-One", "X-App-Two", "X-Tenant", "X-Shop", "X-Gateway", "Cookie", "X-Other", "Accept-Language", "X-App-Hop"}
	for name, want := range map[string]string{
		"a": "Authorization: Bearer abc\nX-App-One: 1\nX-App-Two: 2\nX-Shop: none\nX-Gateway: weft",
		"b": "X-App-One: 1\nX-App-Two: 2\nX-Shop: none\nX-Gateway: weft for b\nCookie: c=1",
	} {
		if diff := cmp.Diff(want, sent(t, servers[name], names...)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNoHeaderIsForwardedByDefault(t *testing.T) {
	servers, g := headed(t, "")
	_, header, _ := g.answer(t, client{Query: bothSubgraphs, Headers: map[string]string{"Authorization": "Bearer abc", "Cookie": "a=b"}})
	if got := sent(t, servers["b"], "Authorization", "Cookie", "Accept-Language"); got != "" {
		t.Errorf("subgraphs got %s", got)
	}
	if got := header["X-Trace"]; got != nil {
		t.Errorf("the client got %s", got)
	}
}

func TestClientsSeeOfSubgraphsWhatTheRulesSay(t *testing.T) {
	const cookies = "\nsubgraphs: {b: {deduplicate: false}}"
	for _, test := range []struct{ name, rules, operation, want string }{
		{"the most restrictive Cache-Control without a rule", "[]", bothSubgraphs, "Cache-Control: private, max-age=30"},
		{"the last", "[forward: {name: X-Trace}]", bothSubgraphs, "Cache-Control: private, max-age=30\nX-Trace: b"},
		{"the first", "[forward: {name: X-Trace, take: first}]", bothSubgraphs, "Cache-Control: private, max-age=30\nX-Trace: a"},
		{"all", "[forward: {name: X-Part, take: append}]", bothSubgraphs, "Cache-Control: private, max-age=30\nX-Part: a1|a2|b1"},
		{"everything but cookies and what speaks for the site", "[forward: {pattern: .*, take: first}, remove: {name: x-part}]", bothSubgraphs,
			"Cache-Control: private, max-age=30\nX-Trace: a"},
		{"a default", "[forward: {name: X-None, as: X-Some, default: d}]", "{ __typename }", "Cache-Control: no-store\nX-Some: d"},
		{"no cookie of a query that may be shared", "[forward: {name: Set-Cookie}]", bothSubgraphs, "Cache-Control: private, max-age=30"},
		{"the cookie of a query that is not shared", "[forward: {name: Set-Cookie}]" + cookies, bothSubgraphs, "Cache-Control: no-store\nSet-Cookie: s=b"},
		{"the cookie of a mutation", "[forward: {name: Set-Cookie, take: append}]", "mutation { login { id } }", "Cache-Control: no-store\nSet-Cookie: s=a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, g := headed(t, "headers:\n  response: "+test.rules)
			_, header, _ := g.answer(t, client{Query: test.operation})
			var lines []string
			for _, name := range []string{"Cache-Control", "X-Trace", "X-Part", "X-Some", "Set-Cookie", "Access-Control-Allow-Origin"} {
				if values := header.Values(name); values != nil {
					lines = append(lines, name+": "+strings.Join(values, "|"))
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(lines, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAnswersAreSharedOnlyWhereRulesSendTheSame joins clients of different
// tenants who send equal queries at the same time.
func TestAnswersAreSharedOnlyWhereRulesSendTheSame(t *testing.T) {
	servers, g := headed(t, `
headers: {request: [{forward: {pattern: x-ten.*}}]}
subgraphs: {all: {batching: {window: 20ms}}}
`)
	m := newMeeting(2)
	servers["a"].OnRequest(func(ctx context.Context, _ subgraphtest.Request) { m.arrive(ctx) })
	var clients sync.WaitGroup
	for _, tenant := range []string{"one", "two"} {
		clients.Go(func() {
			g.ask(t, client{Query: bothSubgraphs, Headers: map[string]string{"X-Tenant": tenant, "X-Nobody": tenant}})
		})
	}
	clients.Wait()
	for _, s := range servers {
		seen := map[string]bool{}
		for _, r := range s.Requests() {
			seen[r.Header.Get("X-Tenant")] = true
		}
		if diff := cmp.Diff(map[string]bool{"one": true, "two": true}, seen); diff != "" {
			t.Errorf("%s: %s", s.Name, diff)
		}
	}
}

// TestCachedEntitiesAreKeptApartByWhatRulesSend asks twice with each header.
func TestCachedEntitiesAreKeptApartByWhatRulesSend(t *testing.T) {
	servers, g := headed(t, "headers: {request: [{forward: {name: X-Tenant, as: X-Shop}}]}\ncache: {}")
	for _, tenant := range []string{"one", "two", "one", "two", ""} {
		headers := map[string]string{"X-Other": tenant}
		if tenant != "" {
			headers["X-Tenant"] = tenant
		}
		status, header, body := g.answer(t, client{Query: bothSubgraphs, Headers: headers})
		if status != http.StatusOK || string(body) != `{"data":{"thing":{"more":2}}}` {
			t.Fatalf("%d %s", status, body)
		}
		if got := header.Values("Vary"); len(got) != 2 || got[0] != "X-Tenant" {
			t.Errorf("Vary is %q", got)
		}
	}
	// What a marks public is fetched once; what b does not mark so, by each tenant.
	for name, want := range map[string]int{"a": 1, "b": 3} {
		if got := len(servers[name].Requests()); got != want {
			t.Errorf("%s saw %d requests, want %d", name, got, want)
		}
	}
}
