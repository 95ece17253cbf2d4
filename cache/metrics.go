package cache

import "github.com/prometheus/client_golang/prometheus"

// metrics is what the entity cache counts. Subgraphs as labels are as many as the supergraph has.
type metrics struct {
	results *prometheus.CounterVec
	stored  *prometheus.CounterVec
	dropped *prometheus.CounterVec
	damaged prometheus.Counter
}

func newMetrics() *metrics {
	return &metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_cache_lookups_total",
			Help: "Values looked up in the entity cache by subgraph and result: memory, redis, miss.",
		}, []string{"subgraph", "result"}),
		stored: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_cache_stored_total",
			Help: "Values given to the entity cache and kept, by subgraph.",
		}, []string{"subgraph"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_cache_dropped_total",
			Help: "Values not kept by reason: too_large (in neither tier); redis_away, queue_full, failed, closed (not in Redis).",
		}, []string{"reason"}),
		damaged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_cache_damaged_total",
			Help: "Values in Redis that are damaged or of another version.",
		}),
	}
}

func (m *metrics) lookups(subgraph string, fromMemory, fromRedis, misses int) {
	for result, n := range map[string]int{"memory": fromMemory, "redis": fromRedis, "miss": misses} {
		if n > 0 {
			m.results.WithLabelValues(subgraph, result).Add(float64(n))
		}
	}
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.results, m.stored, m.dropped, m.damaged}
}
