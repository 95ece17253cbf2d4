package gateway_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/weft-graphql/weft/cache/redis/redistest"
	"github.com/weft-graphql/weft/gateway/config"
)

// sharing is the settings of gateways that share caches and budgets in Redis.
func sharing(r *redistest.Server) *config.Config {
	s := withBudgets(1_000_000_000)
	s.Budgets.Rate = config.Rate{Points: 1_000_000_000, Per: time.Second}
	s.Cache = config.DefaultCache()
	s.Cache.TTL = config.Duration(time.Hour)
	s.Redis.URL = r.URL()
	return s
}

// patiently waits for Redis longer than a busy machine pauses a process: what is
// shared is to be seen, not how quickly.
func patiently(s *config.Config) *config.Config {
	s.Redis.Timeout = config.Duration(5 * time.Second)
	return s
}

// stored waits until what a gateway has cached is in Redis.
func (i *instance) stored(t *testing.T, c *client) {
	t.Helper()
	eventually(t, "the cache's queue is empty", func() bool { return c.metric(t, i.admin, "weft_cache_queue_bytes") == 0 })
}

func TestGatewaysShareAClientsBudget(t *testing.T) {
	const burst, rate = 60, 5
	s := patiently(sharing(redistest.Start(t)))
	s.Budgets.Burst, s.Budgets.Rate = burst, config.Rate{Points: rate, Per: time.Second}
	s.Cache = nil
	g, c := newGraph(t), newClient(t)
	gateways := []*instance{openWith(t, s, g), openWith(t, s, g)}

	var mu sync.Mutex
	admitted := make([]float64, len(gateways))
	refused := 0
	start := time.Now()
	var clients sync.WaitGroup
	for n := range connections {
		clients.Go(func() {
			for k := range 10 {
				which := (n + k) % len(gateways)
				got, err := c.send(t.Context(), http.MethodPost, gateways[which].clients+"/graphql", body(`{ me { id } }`, nil), "X-API-Key", "alice")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				switch got.status {
				case http.StatusOK:
					cost, err := strconv.ParseFloat(got.header.Get("Weft-Cost"), 64)
					if err != nil || cost <= 0 {
						t.Errorf("the cost is %q", got.header.Get("Weft-Cost"))
					}
					admitted[which] += cost
				case http.StatusTooManyRequests:
					refused++
				default:
					t.Errorf("answered %d %s", got.status, got.body)
				}
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	elapsed := time.Since(start)
	sum := admitted[0] + admitted[1]
	if most := burst + rate*elapsed.Seconds(); sum > most {
		t.Errorf("%g points were admitted in %s, more than %g", sum, elapsed, most)
	}
	if sum < burst || admitted[0] == 0 || admitted[1] == 0 || refused == 0 {
		t.Errorf("admitted %v points of a burst of %d, refused %d", admitted, burst, refused)
	}
	for _, i := range gateways {
		wants(t, c.query(t, i.clients, `{ me { id } }`, "X-API-Key", "bob"), http.StatusOK, "data")
		if n := c.metric(t, i.admin, "weft_budget_local_charges_total"); n != 0 {
			t.Errorf("%g charges did not go to Redis", n)
		}
	}
}

func TestGatewaysShareCachedEntities(t *testing.T) {
	s := patiently(sharing(redistest.Start(t)))
	g, c := newGraph(t), newClient(t)
	first, second := openWith(t, s, g), openWith(t, s, g)
	query := func(n int) string { return fmt.Sprintf(`{ reviews(first: %d) { product { name } } }`, n) }
	answer := c.query(t, first.clients, query(2))
	wants(t, answer, http.StatusOK, "Product p1")
	first.stored(t, c)
	for _, s := range g.all() {
		s.take()
	}

	again := c.query(t, second.clients, query(2))
	wants(t, again, http.StatusOK, answer.body)
	for _, s := range g.all() {
		if n := len(s.take()); n != 0 {
			t.Errorf("%s has %d requests for what the other gateway had cached", s.name, n)
		}
	}

	wants(t, c.query(t, second.clients, query(3)), http.StatusOK,
		`{"data":{"reviews":[{"product":{"name":"Product p0"}},{"product":{"name":"Product p1"}},{"product":{"name":"Product p2"}}]}}`)
	requests := g.products.take()
	if len(requests) != 1 {
		t.Fatalf("products has %d requests, want one for what is missing", len(requests))
	}
	var asked []any
	for _, v := range requests[0].variables {
		asked, _ = v.([]any)
	}
	if len(asked) != 1 || asked[0].(object)["upc"] != "p2" {
		t.Errorf("products was asked for %v, want p2 alone", asked)
	}
}

func TestAGatewayStartsWithoutItsRedis(t *testing.T) {
	r := redistest.Start(t)
	r.Stop()
	g, c := newGraph(t), newClient(t)
	i := openWith(t, sharing(r), g)
	for range 2 {
		wants(t, c.query(t, i.clients, `{ me { name } }`), http.StatusOK, `{"data":{"me":{"name":"User 1"}}}`)
	}
	if n := len(g.accounts.take()); n != 1 {
		t.Errorf("the subgraph has %d requests: the tier in this process keeps nothing", n)
	}
}

func TestRedisKilledUnderLoadFailsNoRequest(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	loseRedis(t, r, r.Stop, r.Restart)
}

func TestRedisPausedUnderLoadFailsNoRequest(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	loseRedis(t, r, r.Pause, r.Resume)
}

// loseRedis takes Redis away from two gateways under load, and brings it back.
func loseRedis(t *testing.T, r *redistest.Server, lose, recover func()) {
	s := sharing(r)
	// Entries end soon, so that the load keeps asking Redis.
	s.Cache.TTL, s.Cache.Memory.Size = config.Duration(50*time.Millisecond), 0
	g, c := newGraph(t), newClient(t)
	first, second := openWith(t, s, g), openWith(t, s, g)
	l := startLoad(t, first.clients, second.clients)
	l.more(500)
	lose()
	l.more(500)
	for _, i := range []*instance{first, second} {
		eventually(t, "the gateway notices that Redis is away", func() bool {
			return c.metric(t, i.admin, "weft_budget_local_charges_total") > 0
		})
	}
	l.more(500)
	recover()
	l.more(500)
	l.check()

	g.products.sendHeader("Cache-Control", "max-age=3600")
	n := 0
	eventually(t, "the gateways share their caches again", func() bool {
		n++
		query := fmt.Sprintf(`{ product(upc: "again %d") { name } }`, n)
		c.query(t, first.clients, query)
		first.stored(t, c)
		g.products.take()
		wants(t, c.query(t, second.clients, query), http.StatusOK, fmt.Sprintf(`"Product again %d"`, n))
		return len(g.products.take()) == 0
	})
	for _, i := range []*instance{first, second} {
		local := c.metric(t, i.admin, "weft_budget_local_charges_total")
		eventually(t, "charges go to Redis again", func() bool {
			before := local
			c.query(t, i.clients, `{ me { id } }`)
			local = c.metric(t, i.admin, "weft_budget_local_charges_total")
			return local == before
		})
	}
}
