package executor

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// mapCache is an EntityCache that forgets nothing.
type mapCache struct {
	mu     sync.Mutex
	values map[string][]byte
	scopes map[string]CacheScope
}

func cacheID(s *CacheScope, k CacheKey) string {
	return fmt.Sprintf("%s|%s|%s%s|%s", s.Subgraph, k.Type, k.Representation, k.Contexts, s.Identity)
}

func (c *mapCache) Lookup(_ context.Context, s *CacheScope, keys []CacheKey) []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Entry, len(keys))
	for i, k := range keys {
		out[i] = Entry{Value: c.values[cacheID(s, k)], Freshness: Freshness{Known: true, MaxAge: time.Second}}
	}
	return out
}

func (c *mapCache) Store(_ context.Context, s *CacheScope, keys []CacheKey, values [][]byte, _ Freshness) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil {
		c.values, c.scopes = map[string][]byte{}, map[string]CacheScope{}
	}
	for i, k := range keys {
		c.values[cacheID(s, k)] = values[i]
		c.scopes[cacheID(s, k)] = *s
	}
}

func TestRunAsksSubgraphsOnlyForWhatTheCacheLacks(t *testing.T) {
	p := shop(t)
	prog := p.small()
	cache := &mapCache{}
	f := bySubgraph(smallAnswers)
	f.header = http.Header{"Cache-Control": {"max-age=60"}}
	e := newExecutor(t, Options{Fetcher: f, Cache: cache})
	first, _ := run(t, e, prog, nil)
	const table, chair = `products|Product|{"__typename":"Product","upc":"p1"}|`, `products|Product|{"__typename":"Product","upc":"p2"}|`
	if got := string(cache.values[chair]); got != `{"name":"Chair"}` {
		t.Fatalf("the cache has %q; keys:\n%s", got, strings.Join(slices.Sorted(maps.Keys(cache.values)), "\n"))
	}
	if got := string(cache.values[`accounts|Query||`]); got != `{"__typename":"User","id":"1","name":"Ada","username":"ada"}` {
		t.Errorf("the root field is kept as %q", got)
	}
	if got := cache.scopes[chair].Selection; got != "{ ... on Product { name } }" {
		t.Errorf("the selection is %q", got)
	}
	f.asked = nil
	second, result := run(t, e, prog, nil)
	if second != first || len(f.asked) != 0 {
		t.Errorf("asked again:\n%s\n%s", strings.Join(f.asked, "\n"), second)
	}
	if s := result.Steps[2]; s.Cached != 2 || s.Skipped {
		t.Errorf("trace: %+v", s)
	}
	if !result.Freshness.Known || result.Freshness.MaxAge != time.Second {
		t.Errorf("freshness: %+v", result.Freshness)
	}
	delete(cache.values, table)
	f.answer = func(f *Fetch) (int, string) { return 200, `{"data":{"_e0":[{"name":"Table"}]}}` }
	third, _ := run(t, e, prog, nil)
	if third != first || len(f.asked) != 1 || !strings.Contains(f.asked[0], `"_r0":[{"__typename":"Product","upc":"p1"}]`) {
		t.Errorf("asked:\n%s\n%s", strings.Join(f.asked, "\n"), third)
	}
}

func TestRunKeepsNothingThatAnErrorTouched(t *testing.T) {
	p := shop(t)
	prog := p.small()
	answers := maps.Clone(smallAnswers)
	answers["products"] = `{"data":{"_e0":[{"name":null},{"name":"Chair"}]},"errors":[{"message":"x","path":["_e0",0,"name"]}]}`
	answers["inventory"] = `{"data":{"_e0":[{"inStock":true},{"inStock":true}]},"errors":[{"message":"no path"}]}`
	cache := &mapCache{}
	run(t, newExecutor(t, Options{Fetcher: bySubgraph(answers), Cache: cache}), prog, nil)
	var got []string
	for k := range cache.values {
		if strings.HasPrefix(k, "products") || strings.HasPrefix(k, "inventory") {
			got = append(got, k)
		}
	}
	if want := `products|Product|{"__typename":"Product","upc":"p2"}|`; len(got) != 1 || got[0] != want {
		t.Errorf("kept %q", got)
	}
}

func TestRunKeepsNothingThatMustNotBeStored(t *testing.T) {
	p := shop(t)
	cache := &mapCache{}
	f := bySubgraph(smallAnswers)
	f.header = http.Header{"Cache-Control": {"no-store"}}
	run(t, newExecutor(t, Options{Fetcher: f, Cache: cache}), p.small(), nil)
	if len(cache.values) != 0 {
		t.Errorf("kept %d values", len(cache.values))
	}
}

func TestRunTellsCachedValuesOfDifferentIdentitiesApart(t *testing.T) {
	p := shop(t)
	cache := &mapCache{}
	e := newExecutor(t, Options{Fetcher: bySubgraph(smallAnswers), Cache: cache})
	prog := p.program(parsed(t, p.sg, "{ me { id } }"), p.root("accounts", "me { id }"))
	for _, who := range []string{"a", "b"} {
		header := http.Header{"Authorization": {who}, "Accept": {"x", "y"}}
		run(t, e, prog, &Request{Headers: func(string) http.Header { return header }})
	}
	if _, ok := cache.values["accounts|Query||accept:x\naccept:y\nauthorization:a\n"]; !ok || len(cache.values) != 2 {
		t.Errorf("keys: %q", slices.Sorted(maps.Keys(cache.values)))
	}
}

func TestRunTellsCachedValuesOfDifferentVariablesApart(t *testing.T) {
	p := plans{t, composed(t, "a", `type Query { find(limit: Int): String }`)}
	cache := &mapCache{}
	e := newExecutor(t, Options{Fetcher: bySubgraph(map[string]string{"a": `{"data":{"find":"x"}}`}), Cache: cache})
	for text, want := range map[string]string{
		`query($l: Int = 7) { find(limit: $l) }`: `{"l by default":"7"}`,
		`query($l: Int) { find(limit: $l) }`:     ``,
	} {
		s := p.root("a", "find(limit: $l)")
		s.Parts[0].Variables = []string{"l"}
		clear(cache.values)
		run(t, e, p.program(parsed(t, p.sg, text), s), &Request{})
		if got := cache.scopes["a|Query||"]; got.Variables != want || got.Selection != "find(limit: $l)" {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
