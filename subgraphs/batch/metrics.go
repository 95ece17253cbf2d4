package batch

import "github.com/prometheus/client_golang/prometheus"

type metrics struct{ batched, duplicates, resent, refused *prometheus.CounterVec }

func newMetrics() *metrics {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"subgraph"})
	}
	return &metrics{
		batched: counter("weft_subgraph_batched_requests_total",
			"Entity requests that were sent merged with those of other clients, counted before merging."),
		duplicates: counter("weft_subgraph_deduplicated_requests_total",
			"Queries that shared the answer of an equal one under way instead of being sent."),
		resent: counter("weft_subgraph_batch_resends_total",
			"Entity requests that were sent again apart because a merged request had failed as a whole."),
		refused: counter("weft_subgraph_batch_resends_refused_total",
			"Entity requests that failed with their merged request, because the subgraph's retry budget was used up or nothing was sent to it."),
	}
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.batched, m.duplicates, m.resent, m.refused}
}
