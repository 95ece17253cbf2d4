package operation

import (
	"fmt"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func newCache(t *testing.T, o CacheOptions) *DocumentCache {
	t.Helper()
	c, err := NewDocumentCache(NewParser(loadSDL(t, testSchema), Options{}), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// read gives the value of a counter or gauge.
func read(t *testing.T, c prometheus.Collector) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%d metrics, %v", len(families), err)
	}
	m := families[0].GetMetric()[0]
	return m.GetCounter().GetValue() + m.GetGauge().GetValue()
}

func TestCacheKeepsDocumentsAndErrors(t *testing.T) {
	c := newCache(t, CacheOptions{})
	first, _ := c.Get(t.Context(), "{ now }")
	second, _ := c.Get(t.Context(), "{ now }")
	if first == nil || first != second {
		t.Error("a document is parsed again")
	}
	for range 3 {
		if _, errs := c.Get(t.Context(), "{ nothing }"); len(errs) != 1 {
			t.Errorf("got %v", errs)
		}
	}
	if hits, misses := read(t, c.metrics.hits), read(t, c.metrics.misses); hits != 3 || misses != 2 {
		t.Errorf("%g hits and %g misses, want 3 and 2", hits, misses)
	}
	if entries := read(t, c.metrics.entries); entries != 2 {
		t.Errorf("%g entries, want 2", entries)
	}
}

func TestCacheStaysInItsBound(t *testing.T) {
	c := newCache(t, CacheOptions{Bytes: 64 << 10})
	for i := range 2000 {
		c.Get(t.Context(), fmt.Sprintf("{ x%d: now }", i))
		c.Get(t.Context(), fmt.Sprintf("{ wrong%d }", i))
	}
	c.entries.CleanUp()
	if bytes := read(t, c.metrics.bytes); bytes > 64<<10 || bytes == 0 {
		t.Errorf("the cache holds %g bytes", bytes)
	}
}

func TestCacheParsesOneTextOnceAtATime(t *testing.T) {
	c := newCache(t, CacheOptions{})
	var wg sync.WaitGroup
	documents := make([]*Document, 16)
	for i := range documents {
		wg.Go(func() { documents[i], _ = c.Get(t.Context(), "{ me { id } }") })
	}
	wg.Wait()
	for _, d := range documents {
		if d == nil || d != documents[0] {
			t.Fatal("callers have different documents")
		}
	}
}

func TestMetricsOutliveACache(t *testing.T) {
	m := NewCacheMetrics()
	for range 2 {
		newCache(t, CacheOptions{Metrics: m}).Get(t.Context(), "{ now }")
	}
	if misses := read(t, m.misses); misses != 2 {
		t.Errorf("%g misses, want 2", misses)
	}
}

func TestCacheRefusesANegativeBound(t *testing.T) {
	if _, err := NewDocumentCache(nil, CacheOptions{Bytes: -1}); err == nil {
		t.Error("no error")
	}
}
