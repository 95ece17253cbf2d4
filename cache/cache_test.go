package cache

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/cache/redis/redistest"
	"github.com/weft-graphql/weft/executor"
)

func newCache(t *testing.T, options Options) *Cache {
	t.Helper()
	c, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("closing the cache: %v", err)
		}
	})
	return c
}

// fresh is a policy of the subgraph that lasts longer than a test.
var fresh = executor.Freshness{Known: true, MaxAge: time.Hour}

var freshPublic = executor.Freshness{Known: true, MaxAge: time.Hour, Public: true}

func products(identity string) *executor.CacheScope {
	return &executor.CacheScope{Subgraph: "products", Selection: "{ name }", Identity: identity}
}

func key(upc string) executor.CacheKey {
	return executor.CacheKey{Type: "Product", Representation: []byte(`{"upc":"` + upc + `"}`)}
}

func keys(upcs ...string) []executor.CacheKey {
	all := make([]executor.CacheKey, len(upcs))
	for i, upc := range upcs {
		all[i] = key(upc)
	}
	return all
}

func store(c *Cache, scope *executor.CacheScope, upc, json string, freshness executor.Freshness) {
	c.Store(context.Background(), scope, keys(upc), [][]byte{[]byte(json)}, freshness)
}

func lookup(c *Cache, scope *executor.CacheScope, upc string) string {
	return string(c.Lookup(context.Background(), scope, keys(upc))[0].Value)
}

// count adds up a collector's metrics that have all of the label values.
func count(t *testing.T, collector prometheus.Collector, values ...string) float64 {
	t.Helper()
	found := make(chan prometheus.Metric, 100)
	collector.Collect(found)
	close(found)
	var sum float64
	for metric := range found {
		var m dto.Metric
		if err := metric.Write(&m); err != nil {
			t.Fatal(err)
		}
		labels := ""
		for _, label := range m.Label {
			labels += label.GetValue() + " "
		}
		matches := true
		for _, value := range values {
			matches = matches && strings.Contains(labels, value+" ")
		}
		if matches {
			sum += m.Counter.GetValue()
		}
	}
	return sum
}

func TestEntitiesAreFoundOneByOne(t *testing.T) {
	c := newCache(t, Options{MemoryBytes: 1 << 20})
	scope := products("")
	c.Store(t.Context(), scope, keys("1", "2", "3"), [][]byte{[]byte(`{"name":"Table"}`), nil, []byte(`{"name":"Chair"}`)}, fresh)
	entries := c.Lookup(t.Context(), scope, keys("3", "4", "1", "2"))
	for i, want := range []string{`{"name":"Chair"}`, "", `{"name":"Table"}`, ""} {
		if got := string(entries[i].Value); got != want {
			t.Errorf("entry %d is %q, want %q", i, got, want)
		}
	}
	if f := entries[0].Freshness; !f.Known || f.Public || f.MaxAge <= 0 || f.MaxAge > time.Hour {
		t.Errorf("what is left is %+v", f)
	}
	if hits, misses := count(t, c.metrics.results, "memory", "products"), count(t, c.metrics.results, "miss"); hits != 2 || misses != 2 {
		t.Errorf("counted %v hits and %v misses", hits, misses)
	}
}

func TestEveryPartOfTheScopeSeparates(t *testing.T) {
	c := newCache(t, Options{MemoryBytes: 1 << 20})
	base := executor.CacheScope{Subgraph: "a", Selection: "b", Variables: "c"}
	baseKey := executor.CacheKey{Type: "T", Representation: []byte("r")}
	c.Store(t.Context(), &base, []executor.CacheKey{baseKey}, [][]byte{[]byte("1")}, fresh)
	others := map[string]func(*executor.CacheScope, *executor.CacheKey){
		"subgraph":       func(s *executor.CacheScope, _ *executor.CacheKey) { s.Subgraph = "x" },
		"selection":      func(s *executor.CacheScope, _ *executor.CacheKey) { s.Selection = "x" },
		"variables":      func(s *executor.CacheScope, _ *executor.CacheKey) { s.Variables = "" },
		"identity":       func(s *executor.CacheScope, _ *executor.CacheKey) { s.Identity = "x" },
		"type":           func(_ *executor.CacheScope, k *executor.CacheKey) { k.Type = "x" },
		"representation": func(_ *executor.CacheScope, k *executor.CacheKey) { k.Representation = nil },
		"contexts":       func(_ *executor.CacheScope, k *executor.CacheKey) { k.Contexts = []byte("1") },
		"moved boundary": func(s *executor.CacheScope, _ *executor.CacheKey) { s.Subgraph, s.Selection = "ab", "" },
		"moved type":     func(_ *executor.CacheScope, k *executor.CacheKey) { k.Type, k.Representation = "Tr", nil },
	}
	for name, change := range others {
		t.Run(name, func(t *testing.T) {
			scope, key := base, baseKey
			change(&scope, &key)
			if got := c.Lookup(t.Context(), &scope, []executor.CacheKey{key})[0]; got.Value != nil {
				t.Errorf("found %q", got.Value)
			}
		})
	}
	if got := c.Lookup(t.Context(), &base, []executor.CacheKey{baseKey})[0]; string(got.Value) != "1" {
		t.Errorf("found %q in the same scope", got.Value)
	}
}

func TestIdentityDecidesWhoSeesAValue(t *testing.T) {
	server := redistest.Start(t)
	for _, tier := range []string{"memory", "redis"} {
		t.Run(tier, func(t *testing.T) {
			// With Redis, one cache stores and another one looks up.
			options := Options{MemoryBytes: 1 << 20}
			var writing, reading *Cache
			if tier == "redis" {
				options = Options{Redis: open(t, server)}
				writing = newCache(t, options)
				reading = newCache(t, options)
			} else {
				writing = newCache(t, options)
				reading = writing
			}
			store(writing, products("alice"), "private", `"alice's"`, fresh)
			store(writing, products("alice"), "public", `"everyone's"`, freshPublic)
			store(writing, products(""), "anonymous", `"nobody's"`, fresh)
			store(writing, products(""), "shared", `"all's"`, freshPublic)
			store(writing, products("alice"), "both", `"alice's"`, fresh)
			store(writing, products(""), "both", `"nobody's"`, fresh)
			store(writing, products(""), "last", `"written"`, fresh)
			until(t, "all is stored", func() bool { return lookup(reading, products(""), "last") != "" })

			for _, test := range []struct{ identity, upc, want string }{
				{"alice", "private", `"alice's"`}, {"bob", "private", ""}, {"", "private", ""},
				{"alice", "public", `"everyone's"`}, {"bob", "public", `"everyone's"`}, {"", "public", `"everyone's"`},
				{"alice", "anonymous", ""}, {"", "anonymous", `"nobody's"`},
				{"alice", "shared", `"all's"`}, {"", "shared", `"all's"`},
				{"alice", "both", `"alice's"`}, {"", "both", `"nobody's"`},
			} {
				if got := lookup(reading, products(test.identity), test.upc); got != test.want {
					t.Errorf("%q finds %q under %q, want %q", test.identity, got, test.upc, test.want)
				}
			}
			if entry := reading.Lookup(t.Context(), products("bob"), keys("public"))[0]; !entry.Freshness.Public {
				t.Error("a public value is no longer public")
			}
		})
	}
}

func TestPolicyDecidesHowLongAValueIsKept(t *testing.T) {
	c := newCache(t, Options{
		MemoryBytes: 1 << 20, DefaultTTL: time.Minute, MaxTTL: time.Hour, NullTTL: 2 * time.Second,
		Subgraphs: map[string]SubgraphOptions{"reviews": {TTL: time.Second}, "never": {TTL: 0}},
	})
	tests := map[string]struct {
		subgraph  string
		freshness executor.Freshness
		want      time.Duration
	}{
		"known":              {"products", executor.Freshness{Known: true, MaxAge: 10 * time.Second}, 10 * time.Second},
		"known and 0":        {"products", executor.Freshness{Known: true}, 0},
		"known, too long":    {"products", executor.Freshness{Known: true, MaxAge: 48 * time.Hour}, time.Hour},
		"unknown":            {"products", executor.Freshness{}, time.Minute},
		"unknown, subgraph":  {"reviews", executor.Freshness{}, time.Second},
		"known, subgraph":    {"reviews", executor.Freshness{Known: true, MaxAge: 10 * time.Second}, 10 * time.Second},
		"unknown, none":      {"never", executor.Freshness{}, 0},
		"no-store":           {"products", executor.Freshness{Known: true, MaxAge: time.Hour, NoStore: true}, 0},
		"private":            {"products", executor.Freshness{Known: true, MaxAge: time.Hour, Private: true}, 0},
		"unknown, no-store":  {"products", executor.Freshness{NoStore: true}, 0},
		"below Redis's unit": {"products", executor.Freshness{Known: true, MaxAge: time.Microsecond}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := c.ttl(test.subgraph, test.freshness); got != test.want {
				t.Errorf("kept for %v, want %v", got, test.want)
			}
		})
	}
	if got := c.ttlOf([]byte(" null "), time.Minute); got != 2*time.Second {
		t.Errorf("null is kept for %v", got)
	}
	if got := c.ttlOf([]byte("null"), time.Second); got != time.Second {
		t.Errorf("null is kept for %v, longer than a value", got)
	}
}

func TestAValueWithoutPolicyPromisesTheClientNothing(t *testing.T) {
	c := newCache(t, Options{MemoryBytes: 1 << 20, DefaultTTL: time.Hour})
	store(c, products(""), "1", `{}`, executor.Freshness{})
	entry := c.Lookup(t.Context(), products(""), keys("1"))[0]
	if entry.Value == nil || entry.Freshness != (executor.Freshness{}) {
		t.Errorf("got %+v", entry)
	}
}

func TestADisabledSubgraphIsNotCached(t *testing.T) {
	c := newCache(t, Options{MemoryBytes: 1 << 20, Subgraphs: map[string]SubgraphOptions{"products": {Disabled: true}}})
	store(c, products(""), "1", `{}`, fresh)
	if got := lookup(c, products(""), "1"); got != "" {
		t.Errorf("found %q", got)
	}
}

func TestTooLargeValuesAreNotKept(t *testing.T) {
	c := newCache(t, Options{MemoryBytes: 1 << 20, MaxValueBytes: 10})
	store(c, products(""), "1", `"12345678"`, fresh)
	store(c, products(""), "2", `"123456789"`, fresh)
	if lookup(c, products(""), "1") == "" || lookup(c, products(""), "2") != "" {
		t.Error("the limit is not 10 bytes")
	}
	if n := count(t, c.metrics.dropped, "too_large"); n != 1 {
		t.Errorf("counted %v", n)
	}
}

func TestMemoryIsBoundedInBytes(t *testing.T) {
	const limit = 100 << 10
	c := newCache(t, Options{MemoryBytes: limit})
	for i := range 1000 {
		store(c, products(""), fmt.Sprint(i), `"`+strings.Repeat("x", 1000)+`"`, fresh)
	}
	until(t, "the cache is within its limit", func() bool {
		c.memory.entries.CleanUp()
		return c.memory.entries.WeightedSize() <= limit
	})
	if n := c.memory.entries.EstimatedSize(); n == 0 || n > 100 {
		t.Errorf("%d entries of 1100 bytes are kept in 100 KiB", n)
	}
}

func TestTwoCachesShareEntities(t *testing.T) {
	server := redistest.Start(t)
	checkSharing(t, open(t, server), open(t, server))
}

func TestTwoCachesShareEntitiesInACluster(t *testing.T) {
	nodes := redistest.StartCluster(t)
	options := redis.Options{URL: nodes.URL(), CallTimeout: 5 * time.Second}
	checkSharing(t, openWith(t, options), openWith(t, options))
}

func checkSharing(t *testing.T, one, other *redis.Client) {
	const n = 1500 // several MGETs and pipelines
	first := newCache(t, Options{Redis: one, MemoryBytes: 1 << 20})
	second := newCache(t, Options{Redis: other, MemoryBytes: 1 << 20})
	upcs, values := make([]string, n), make([][]byte, n)
	for i := range n {
		upcs[i] = fmt.Sprint(i)
		values[i] = fmt.Appendf(nil, `{"name":"Product %d"}`, i)
	}
	first.Store(t.Context(), products("alice"), keys(upcs...), values, freshPublic)
	var entries []executor.Entry
	until(t, "the second cache has all", func() bool {
		entries = second.Lookup(t.Context(), products("bob"), keys(upcs...))
		for i := range entries {
			if entries[i].Value == nil {
				return false
			}
		}
		return true
	})
	for i := range entries {
		if string(entries[i].Value) != fmt.Sprintf(`{"name":"Product %d"}`, i) {
			t.Fatalf("entry %d is %s", i, entries[i].Value)
		}
		if f := entries[i].Freshness; !f.Known || !f.Public || f.MaxAge <= 0 || f.MaxAge > time.Hour {
			t.Fatalf("what is left of entry %d is %+v", i, f)
		}
	}
	if n := count(t, second.metrics.results, "redis"); n == 0 {
		t.Error("no hit in Redis was counted")
	}
	second.Lookup(t.Context(), products("bob"), keys("1", "2", "3"))
	if n := count(t, second.metrics.results, "memory"); n < 3 {
		t.Error("what came from Redis was not kept in memory")
	}
}

func TestALookupAsksRedisForNoMoreThanItsLimit(t *testing.T) {
	server := redistest.Start(t)
	c := newCache(t, Options{Redis: open(t, server), MaxLookup: 3})
	c.Store(t.Context(), products(""), keys("1", "2", "3", "4"), [][]byte{[]byte("1"), []byte("2"), []byte("3"), []byte("4")}, fresh)
	until(t, "all is stored", func() bool { return lookup(c, products(""), "4") != "" })
	found := 0
	for _, entry := range c.Lookup(t.Context(), products(""), keys("1", "2", "3", "4")) {
		if entry.Value != nil {
			found++
		}
	}
	if found != 3 {
		t.Errorf("found %d values", found)
	}
}

func TestWhatWaitsForRedisIsBoundedInBytes(t *testing.T) {
	server := redistest.Start(t)
	client := openWith(t, redis.Options{URL: server.URL(), CallTimeout: 5 * time.Second, BackgroundTimeout: 50 * time.Millisecond})
	c := newCache(t, Options{Redis: client, QueueBytes: 10_000})
	server.Pause()
	defer server.Resume()
	big := []byte(`"` + strings.Repeat("x", 4000) + `"`)
	for i := range 10 {
		c.Store(t.Context(), products(""), keys(fmt.Sprint(i)), [][]byte{big}, fresh)
	}
	if n := count(t, c.metrics.dropped, "queue_full"); n < 7 {
		t.Errorf("only %v of 10 values of 4 KB were dropped", n)
	}
}

func TestDamagedValuesInRedisAreMisses(t *testing.T) {
	server := redistest.Start(t)
	client := open(t, server)
	c := newCache(t, Options{Redis: client})
	store(c, products(""), "1", `{}`, fresh)
	until(t, "it is stored", func() bool { return lookup(c, products(""), "1") != "" })
	names := client.Universal().Keys(t.Context(), "weft:v1:products:Product:*").Val()
	if len(names) != 1 {
		t.Fatalf("the keys are %q", names)
	}
	if left := client.Universal().PTTL(t.Context(), names[0]).Val(); left <= 0 || left > time.Hour {
		t.Errorf("Redis keeps the key for %v", left)
	}
	for _, damage := range []string{"", "x", strings.Repeat("x", 100)} {
		if err := client.Universal().Set(t.Context(), names[0], damage, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if got := lookup(c, products(""), "1"); got != "" {
			t.Errorf("found %q", got)
		}
	}
	if n := count(t, c.metrics.damaged); n != 2 {
		t.Errorf("counted %v damaged values", n)
	}
}

func TestRedisGoingAwayUnderLoadCostsMissesOnly(t *testing.T) {
	for name, fault := range map[string]struct{ hurt, heal func(*redistest.Server) }{
		"killed": {(*redistest.Server).Stop, (*redistest.Server).Restart},
		"paused": {(*redistest.Server).Pause, (*redistest.Server).Resume},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			client := openWith(t, redis.Options{
				URL: server.URL(), CallTimeout: 50 * time.Millisecond, BackgroundTimeout: 100 * time.Millisecond, ProbeInterval: 20 * time.Millisecond,
			})
			c := newCache(t, Options{Redis: client})
			works := func() bool {
				store(c, products(""), "1", `"there"`, fresh)
				return lookup(c, products(""), "1") == `"there"`
			}
			until(t, "Redis is used", works)

			stop := make(chan struct{})
			var load sync.WaitGroup
			for worker := range 8 {
				load.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-stop:
							return
						default:
						}
						upc := fmt.Sprint(worker, i%100)
						if got := lookup(c, products(""), upc); got != "" && got != `"v`+upc+`"` {
							t.Errorf("found %q under %s", got, upc)
						}
						store(c, products(""), upc, `"v`+upc+`"`, fresh)
					}
				})
			}
			fault.hurt(server)
			until(t, "the breaker opens", client.Away)
			fault.heal(server)
			until(t, "the prober notices", func() bool { return !client.Away() })
			close(stop)
			load.Wait()
			until(t, "Redis is used again", works)
			if n := count(t, c.metrics.dropped, "redis_away"); n == 0 {
				t.Error("no write was counted as dropped")
			}
		})
	}
}

func TestCacheWithoutAnyTierIsRefused(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a cache that cannot keep anything was made")
	}
	if _, err := New(Options{MemoryBytes: 1, DefaultTTL: -1}); err == nil {
		t.Error("a negative TTL was taken")
	}
}

func TestClosingWritesWhatWaits(t *testing.T) {
	server := redistest.Start(t)
	client := open(t, server)
	c, err := New(Options{Redis: client})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		store(c, products(""), fmt.Sprint(i), `1`, fresh)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := client.Universal().DBSize(t.Context()).Val(); n != 100 {
		t.Errorf("%d of 100 values were written", n)
	}
	store(c, products(""), "late", `1`, fresh)
	if n := count(t, c.metrics.dropped, "closed"); n != 1 {
		t.Errorf("counted %v", n)
	}
}
