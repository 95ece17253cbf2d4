package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/gateway/config"
)

// debugged are the default settings with plans shown.
func debugged() *config.Config {
	s := settings()
	s.Planner.Debug = true
	return s
}

// planned is what an answer tells of its plan.
func planned(t *testing.T, r reply) (data json.RawMessage, kind, text string) {
	t.Helper()
	var answer struct {
		Data       json.RawMessage
		Extensions struct {
			Weft struct {
				Plan struct {
					QueryPlan struct{ Kind string }
					Text      string
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(r.body), &answer); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	plan := answer.Extensions.Weft.Plan
	return answer.Data, plan.QueryPlan.Kind, plan.Text
}

func TestARequestMaySeeItsPlan(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, debugged(), g)
	plain := c.query(t, i.clients, hotQuery)
	shown := c.query(t, i.clients, hotQuery, "Weft-Debug", "plan")
	data, kind, text := planned(t, shown)
	if !strings.Contains(plain.body, string(data)) || kind != "QueryPlan" || !strings.Contains(text, "step 1: query to reviews after 0") {
		t.Errorf("answered %s", shown.body)
	}
	// The answer itself is the same, byte for byte.
	if !strings.HasPrefix(shown.body, strings.TrimSuffix(plain.body, "}")+`,"extensions":{"weft":{"plan":{"queryPlan":{"kind":"QueryPlan"`) {
		t.Errorf("answered %s\nwithout the header %s", shown.body, plain.body)
	}
	if got := shown.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	if _, kind, _ := planned(t, plain); kind != "" {
		t.Errorf("a plan is shown to who did not ask: %s", plain.body)
	}
	c.wantCounts(t, i.admin, "hits 1 misses 1")
}

func TestAnAnswerWithErrorsHasItsPlan(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, debugged(), g)
	g.reviews.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	shown := c.query(t, i.clients, hotQuery, "Weft-Debug", "plan")
	if _, kind, _ := planned(t, shown); kind != "QueryPlan" || !strings.HasPrefix(shown.body, `{"errors":[`) {
		t.Errorf("answered %s", shown.body)
	}
}

func TestADryRunFetchesAndChargesNothing(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	s := withBudgets(3)
	s.Planner.Debug = true
	i := openWith(t, s, g)
	for range 5 { // more than the budget has
		shown := c.query(t, i.clients, `mutation { rename(name: "x") { id reviews { body } } }`, "Weft-Debug", "plan, dry-run")
		wants(t, shown, http.StatusOK, `{"data":null,"extensions":{"weft":{"plan":{"queryPlan":`)
		if _, _, text := planned(t, shown); !strings.Contains(text, "mutation to accounts") {
			t.Errorf("answered %s", shown.body)
		}
		if shown.header.Get("Weft-Cost") != "" || shown.header.Get("RateLimit") != "" {
			t.Errorf("the answer's header is %v", shown.header)
		}
	}
	for _, s := range g.all() {
		if n := len(s.take()); n > 0 {
			t.Errorf("%s was asked %d times", s.name, n)
		}
	}
	wants(t, c.query(t, i.clients, coldQuery), http.StatusOK, `"id":"1"`)
}

func TestADebugHeaderThatIsNotAllowedOrUnknownIsRefused(t *testing.T) {
	tests := []struct {
		name, header string
		allowed      bool
		status       int
		code         string
	}{
		{"the plan", "plan", false, http.StatusForbidden, "DEBUG_NOT_ALLOWED"},
		{"a dry run", "plan, dry-run", false, http.StatusForbidden, "DEBUG_NOT_ALLOWED"},
		{"a dry run of what", "dry-run", true, http.StatusBadRequest, "DEBUG_UNKNOWN"},
		{"something else", "plan, trace", true, http.StatusBadRequest, "DEBUG_UNKNOWN"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, c := newGraph(t), newClient(t)
			s := settings()
			s.Planner.Debug = test.allowed
			i := openWith(t, s, g)
			got := c.query(t, i.clients, `mutation { rename(name: "x") { id } }`, "Weft-Debug", test.header)
			if got.status != test.status || got.code() != test.code {
				t.Errorf("answered %d %s", got.status, got.body)
			}
			if n := len(g.accounts.take()); n > 0 {
				t.Error("it was carried out")
			}
		})
	}
	t.Run("an empty header asks for nothing", func(t *testing.T) {
		g, c := newGraph(t), newClient(t)
		wants(t, c.query(t, openWith(t, settings(), g).clients, coldQuery, "Weft-Debug", ""), http.StatusOK, `{"data":`)
	})
}
