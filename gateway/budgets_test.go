package gateway_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weft-graphql/weft/gateway/config"
)

// withBudgets gives each client a burst, and a point an hour.
func withBudgets(burst int64) *config.Config {
	s := settings()
	s.Budgets = config.DefaultBudgets()
	s.Budgets.Rate, s.Budgets.Burst = config.Rate{Points: 1, Per: time.Hour}, burst
	return s
}

func TestBudgetsRefuseWhatAClientCannotPay(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, withBudgets(3), g)
	for n := range 3 {
		got := c.query(t, i.clients, `{ me { id } }`, "X-API-Key", "alice")
		wants(t, got, http.StatusOK, `{"data":{"me":{"id":"1"}}}`)
		if got.header.Get("Weft-Cost") != "1" || !strings.HasPrefix(got.header.Get("RateLimit"), `"default";r=`+strconv.Itoa(2-n)) ||
			!strings.HasPrefix(got.header.Get("RateLimit-Policy"), `"default";q=3`) {
			t.Errorf("the answer's header is %v", got.header)
		}
	}
	g.accounts.take()
	refused := c.query(t, i.clients, `{ me { id } }`, "X-API-Key", "alice")
	wants(t, refused, http.StatusTooManyRequests, "")
	e := refused.extensions()
	if e["code"] != "BUDGET_EXCEEDED" || e["cost"] != 1.0 || e["remaining"] != 0.0 || e["limit"] != 3.0 {
		t.Errorf("the refusal's extensions are %v", e)
	}
	if after, err := strconv.Atoi(refused.header.Get("Retry-After")); err != nil || after < 1 || refused.header.Get("Weft-Cost") != "1" {
		t.Errorf("the refusal's header is %v", refused.header)
	}
	if len(g.accounts.take()) > 0 {
		t.Error("a refused operation was carried out")
	}
	wants(t, c.query(t, i.clients, `{ me { id } }`, "X-API-Key", "bob"), http.StatusOK, "data")
	wants(t, c.query(t, i.clients, `{ me { id } }`, "GraphQL-Client-Name", "web"), http.StatusOK, "data")
	wants(t, c.query(t, i.clients, `{ me { id } }`), http.StatusOK, "data") // counted by its address
}

func TestBudgetsRefuseAnOperationThatIsTooDear(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, withBudgets(5), g)
	refused := c.query(t, i.clients, `{ reviews { author { id } product { upc } } }`)
	wants(t, refused, http.StatusTooManyRequests, "COST_TOO_HIGH")
	if refused.header.Get("Retry-After") != "" {
		t.Error("a client is told to try again what will never do")
	}
	if e := refused.extensions(); e["cost"].(float64) <= 5 || e["remaining"] != 5.0 {
		t.Errorf("the refusal's extensions are %v", e)
	}
}

func TestBudgetsAreSettledByTheActualCost(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, withBudgets(30), g)
	// The list is taken for ten reviews, and has one.
	const query = `{ reviews(first: 1) { body } }`
	for n := range 20 {
		got := c.query(t, i.clients, query)
		wants(t, got, http.StatusOK, "Review 0")
		if got.header.Get("Weft-Cost") != "1" {
			t.Fatalf("answer %d: the header is %v", n, got.header)
		}
	}
	if left := c.query(t, i.clients, query).header.Get("RateLimit"); !strings.HasPrefix(left, `"default";r=9;`) {
		t.Errorf("after 21 of 30 points there is left: %s", left)
	}
}

func TestAnInvalidOperationCostsNothing(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, withBudgets(1), g)
	for range 5 {
		wants(t, c.query(t, i.clients, `{ nowhere }`), http.StatusBadRequest, "nowhere")
	}
	wants(t, c.query(t, i.clients, `{ me { id } }`), http.StatusOK, "data")
}

func TestAStreamedAnswerIsChargedAndForwardsLikeAnother(t *testing.T) {
	s := withBudgets(2)
	s.Headers.Request = forward("Authorization")
	g, c := newGraph(t), newClient(t)
	i := openWith(t, s, g)
	stream := []string{"Accept", "text/event-stream", "X-API-Key", "alice", "Authorization", "Bearer t"}
	for range 2 {
		wants(t, c.query(t, i.clients, `{ me { id } }`, stream...), http.StatusOK, `{"data":{"me":{"id":"1"}}}`)
		if got := g.accounts.take()[0].header.Get("Authorization"); got != "Bearer t" {
			t.Errorf("the subgraph was sent Authorization %q", got)
		}
	}
	if got := c.query(t, i.clients, `{ me { id } }`, stream...); !strings.Contains(got.body, "BUDGET_EXCEEDED") {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	wants(t, c.query(t, i.clients, `{ me { id } }`, "X-API-Key", "alice"), http.StatusTooManyRequests, "BUDGET_EXCEEDED")
	wants(t, c.query(t, i.clients, `mutation { rename(name: "x") { name } }`, append(stream, "Content-Type", "text/plain")...), http.StatusUnsupportedMediaType, "CSRF_PREVENTED")
}
