package limits

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/cache"
	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/cache/redis/redistest"
)

func TestMain(m *testing.M) {
	redis.RouteLog(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

func newBudgets(t *testing.T, options Options) *Budgets {
	t.Helper()
	if options.Store == nil {
		options.Store = cache.NewLocalBudgets(0)
	}
	b, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func refusal(t *testing.T, err error) *RefusedError {
	t.Helper()
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		t.Fatalf("not refused, but %v", err)
	}
	return refused
}

func headerOf(write func(http.Header)) map[string]string {
	header := http.Header{}
	write(header)
	flat := map[string]string{}
	for name, values := range header {
		flat[name] = strings.Join(values, "|")
	}
	return flat
}

func TestTheFirstHeaderThatIsThereNamesTheClient(t *testing.T) {
	b := newBudgets(t, Options{
		Rate:     cache.Rate{PointsPerSecond: 1, Burst: 1},
		Identify: []Identifier{{Header: "x-api-key"}, {Header: "GraphQL-Client-Name"}},
	})
	identify := func(remote string, pairs ...string) Client {
		header := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			header.Set(pairs[i], pairs[i+1])
		}
		return b.Identify(header, remote)
	}
	byKey := identify("192.0.2.1:1", "X-API-Key", "hunter2", "GraphQL-Client-Name", "web", "X-Forwarded-For", "192.0.2.9")
	if byKey.Kind != "X-Api-Key" || len(byKey.Name) != 32 || strings.Contains(fmt.Sprintf("%+v", byKey), "hunter2") {
		t.Errorf("by key: %+v", byKey)
	}
	if again := identify("192.0.2.2:2", "X-API-Key", "hunter2"); again != byKey {
		t.Errorf("one key, two clients: %+v and %+v", byKey, again)
	}
	if other := identify("192.0.2.1:1", "X-API-Key", "hunter3"); other == byKey {
		t.Error("two keys, one client")
	}
	byName := identify("192.0.2.1:1", "GraphQL-Client-Name", "hunter2")
	if byName.Kind != "Graphql-Client-Name" || byName.key("p") == byKey.key("p") {
		t.Errorf("by name: %+v", byName)
	}
	for remote, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[::ffff:192.0.2.1]:1": "192.0.2.1",
		"[2001:db8::1:2:3:4]:1": "2001:db8::/64", "[2001:db8::9]:2": "2001:db8::/64", "[fe80::1%eth0]:1": "fe80::/64",
		"@": "unknown", "": "unknown",
	} {
		got := identify(remote, "X-Forwarded-For", "192.0.2.9", "X-API-Key", "")
		if got != (Client{Kind: "ip", Name: want}) {
			t.Errorf("%q is %+v, want %s", remote, got, want)
		}
	}
}

func TestBudgetIsChargedSettledAndRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudgets(t, Options{Rate: cache.Rate{PointsPerSecond: 10, Burst: 100}, MaxCost: 80})
		client, other := Client{Kind: "ip", Name: "1"}, Client{Kind: "ip", Name: "2"}

		first, err := b.Admit(t.Context(), client, 70)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"Weft-Cost":        "20.5",
			"Ratelimit-Policy": `"default";q=100;qu="points";w=10`,
			"Ratelimit":        `"default";r=79;t=3`,
		}
		if diff := cmp.Diff(want, headerOf(func(h http.Header) { first.WriteHeader(h, 20.5) })); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}

		_, err = b.Admit(t.Context(), client, 70)
		refused := refusal(t, err)
		if refused.Code != CodeBudgetExceeded || refused.Status() != 429 || refused.RetryAfter != 4*time.Second {
			t.Errorf("refused with %+v", refused)
		}
		want = map[string]string{
			"Weft-Cost":        "70",
			"Ratelimit-Policy": `"default";q=100;qu="points";w=10`,
			"Ratelimit":        `"default";r=30;t=7`,
			"Retry-After":      "4",
		}
		if diff := cmp.Diff(want, headerOf(refused.WriteHeader)); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}
		wantExtensions := map[string]any{"code": "BUDGET_EXCEEDED", "cost": 70.0, "limit": 100.0, "remaining": 30.0, "retryAfter": int64(4)}
		if diff := cmp.Diff(wantExtensions, refused.Extensions()); diff != "" {
			t.Errorf("extensions (-want +got):\n%s", diff)
		}
		if got, want := refused.Error(), "the operation costs 70 points and 30 are left of this client's budget: ask again in 4 s"; got != want {
			t.Errorf("the error says %q", got)
		}
		if _, err := b.Admit(t.Context(), other, 70); err != nil {
			t.Errorf("one client spends another one's budget: %v", err)
		}

		first.Settle(20.5)
		first.Settle(0) // counts once
		if _, err = b.Admit(t.Context(), client, 80); refusal(t, err).Remaining != 79.5 {
			t.Errorf("after settling: %+v", err)
		}
		time.Sleep(50 * time.Millisecond)
		if _, err := b.Admit(t.Context(), client, 80); err != nil {
			t.Errorf("half a point flowed back, and still: %v", err)
		}
	})
}

func TestTooHighACostIsRefusedForGood(t *testing.T) {
	for name, options := range map[string]Options{
		"max cost":            {MaxCost: 50},
		"burst":               {},
		"max cost over burst": {MaxCost: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			options.Rate = cache.Rate{PointsPerSecond: 1, Burst: 100}
			b := newBudgets(t, options)
			for _, cost := range []float64{101, math.Inf(1), math.NaN()} {
				_, err := b.Admit(t.Context(), Client{}, cost)
				refused := refusal(t, err)
				limit := 100.0
				if options.MaxCost == 50 {
					limit = 50
				}
				if refused.Code != CodeCostTooHigh || refused.Limit != limit || refused.Remaining != 100 {
					t.Errorf("refused with %+v", refused)
				}
				if header := headerOf(refused.WriteHeader); header["Retry-After"] != "" || header["Weft-Cost"] == "" {
					t.Errorf("header %v", header)
				}
				if _, err := json.Marshal(refused.Extensions()); err != nil {
					t.Error(err)
				}
			}
			if _, err := b.Admit(t.Context(), Client{}, 50); err != nil {
				t.Errorf("a cost of exactly the limit: %v", err)
			}
		})
	}
}

func TestWithoutBudgetsEverythingIsAdmitted(t *testing.T) {
	var b *Budgets
	admission, err := b.Admit(t.Context(), b.Identify(http.Header{}, "192.0.2.1:1"), 1e9)
	if err != nil {
		t.Fatal(err)
	}
	admission.Settle(1)
	if header := headerOf(func(h http.Header) { admission.WriteHeader(h, 1) }); len(header) > 0 || b.Collectors() != nil || admission.Estimated() != 0 {
		t.Errorf("header %v", header)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	store, rate := cache.NewLocalBudgets(0), cache.Rate{PointsPerSecond: 1, Burst: 1}
	for name, options := range map[string]Options{
		"no store":   {Rate: rate},
		"no rate":    {Store: store},
		"max cost":   {Store: store, Rate: rate, MaxCost: -1},
		"identifier": {Store: store, Rate: rate, Identify: []Identifier{{Header: " "}}},
		"policy":     {Store: store, Rate: rate, Policy: `a"b`},
	} {
		if _, err := New(options); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := NewGate(GateOptions{}); err == nil {
		t.Error("a gate for nobody was made")
	}
}

func TestTwoGatewaysShareAClientsBudget(t *testing.T) {
	server := redistest.Start(t)
	rate := cache.Rate{PointsPerSecond: 0.001, Burst: 100}
	var gateways []*Budgets
	for range 2 {
		client, err := redis.Open(t.Context(), redis.Options{URL: server.URL(), CallTimeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		store, err := cache.NewRedisBudgets(cache.RedisBudgetsOptions{Redis: client})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close(context.Background()) })
		gateways = append(gateways, newBudgets(t, Options{Store: store, Rate: rate}))
	}
	var admitted atomic.Int64
	var load sync.WaitGroup
	for i := range 10 {
		load.Go(func() {
			for range 30 {
				if _, err := gateways[i%2].Admit(t.Context(), Client{Kind: "ip", Name: "192.0.2.1"}, 1); err == nil {
					admitted.Add(1)
				}
			}
		})
	}
	load.Wait()
	if n := admitted.Load(); n != 100 {
		t.Errorf("%d operations of 1 point were admitted to a budget of 100", n)
	}
}

func TestGateLetsNoMoreInThanItsLimit(t *testing.T) {
	gate, err := NewGate(GateOptions{Requests: 3})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := gate.Enter(); err != nil {
			t.Fatal(err)
		}
	}
	overloaded, ok := errors.AsType[*OverloadedError](gate.Enter())
	if !ok || overloaded.Status() != 503 || overloaded.Extensions()["code"] != "OVERLOADED" {
		t.Fatalf("the fourth request got %v", overloaded)
	}
	if header := headerOf(overloaded.WriteHeader); header["Retry-After"] == "" {
		t.Errorf("header %v", header)
	}
	gate.Leave()
	if err := gate.Enter(); err != nil {
		t.Errorf("nobody took the place that was left: %v", err)
	}
	for range 3 {
		gate.Leave()
	}

	var inside, most atomic.Int64
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			for range 1000 {
				if gate.Enter() != nil {
					continue
				}
				if now := inside.Add(1); now > most.Load() {
					most.Store(now)
				}
				inside.Add(-1)
				gate.Leave()
			}
		})
	}
	load.Wait()
	if n := most.Load(); n > 3 || gate.inFlight.Load() != 0 {
		t.Errorf("%d were inside at once, %d are left", n, gate.inFlight.Load())
	}
}
