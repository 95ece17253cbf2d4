package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestFormsOfOneOperationShareAPlan(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	want := `{"data":{"me":{"id":"1","name":"User 1"}}}`
	for _, text := range []string{
		`{ me { id name } }`,
		"query Named {\n  me { ...F }\n}\nfragment F on User { id ... on User { name } id }",
		`{ me { id } me { name id } }`,
		`{ me { id @skip(if: false) name @include(if: true) nothing: name @skip(if: true) } }`,
	} {
		wants(t, c.query(t, i.clients, text), http.StatusOK, want)
	}
	c.wantCounts(t, i.admin, "hits 3 misses 1")
	// The order is the answer's: another order is another plan.
	wants(t, c.query(t, i.clients, `{ me { name id } }`), http.StatusOK, `{"data":{"me":{"name":"User 1","id":"1"}}}`)
	c.wantCounts(t, i.admin, "hits 3 misses 2")
}

func TestErrorsOfASharedPlanHaveTheClientsLocations(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	g.accounts.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write([]byte(`{"data":{"user":null},"errors":[{"message":"it is gone","path":["user"]}]}`))
		return true
	})
	for text, location := range map[string]string{
		`{ user(id: 1) { name } }`:                                    `{"line":1,"column":3}`,
		"query Q {\n\n    user(id: 2) { name } }":                     `{"line":3,"column":5}`,
		"query { ...F } fragment F on Query { user(id: 3) { name } }": `{"line":1,"column":38}`,
	} {
		got := c.query(t, i.clients, text)
		if !strings.Contains(got.body, `"locations":[`+location+`]`) {
			t.Errorf("%s is answered %s, want the location %s", text, got.body, location)
		}
	}
	c.wantCounts(t, i.admin, "hits 2 misses 1")
}

func TestADegradedPlanIsCountedLoggedAndRight(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := settings()
	s.Planner.MaxNodes = 1
	i := openWith(t, s, g)
	wants(t, c.query(t, i.clients, hotQuery), http.StatusOK, `{"data":{"me":{"name":"User 1","reviews":[{"product":{"name":"Product p0"}},{"product":{"name":"Product p1"}}]}}}`)
	if n := c.metric(t, i.admin, "weft_plans_degraded_total"); n != 1 {
		t.Errorf("%g degraded plans are counted", n)
	}
	if !strings.Contains(i.logs.String(), "planner.max_nodes") {
		t.Errorf("nothing is logged about the budget:\n%s", i.logs.String())
	}
	usual := openWith(t, settings(), g)
	c.query(t, usual.clients, hotQuery)
	if n := c.metric(t, usual.admin, "weft_plans_degraded_total"); n != 0 {
		t.Errorf("with the usual budget %g degraded plans are counted", n)
	}
}
