package subgraphs

import (
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics() *metrics {
	return &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_subgraph_requests_total",
			Help: "Requests sent to subgraphs, by subgraph and outcome (ok, or the error's code).",
		}, []string{"subgraph", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "weft_subgraph_request_duration_seconds",
			Help:    "Time from sending a request to a subgraph until its whole answer was read.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16),
		}, []string{"subgraph"}),
	}
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.requests, m.duration}
}

func (c *Client) heldGauge() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "weft_subgraph_answers_held_bytes",
		Help: "Memory of the subgraphs' answers that are being read or used (limits.held_answers).",
	}, func() float64 { return float64(c.Held()) })
}

// hostMetrics are what nearly every request to a subgraph counts.
type hostMetrics struct {
	ok       prometheus.Counter
	duration prometheus.Observer
}

func (m *metrics) of(subgraph string) hostMetrics {
	return hostMetrics{ok: m.requests.WithLabelValues(subgraph, "ok"), duration: m.duration.WithLabelValues(subgraph)}
}
