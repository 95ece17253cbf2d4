package subgraphs

import (
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests, retries, retriesRefused, hedges, ejections, breakerOpened, rejected *prometheus.CounterVec

	held     prometheus.GaugeFunc
	duration *prometheus.HistogramVec
	states   states
}

func newMetrics(c *Client) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"subgraph"}, labels...))
	}
	return &metrics{
		requests: counter("weft_subgraph_requests_total",
			"Requests sent to subgraphs, by subgraph and outcome (ok, or the error's code); with their retries each counts once.", "outcome"),
		retries: counter("weft_subgraph_retries_total",
			"Queries sent again because no answer came, or one that says that another may."),
		retriesRefused: counter("weft_subgraph_retries_refused_total",
			"Retries and hedges that were not sent because the subgraph's retry budget was used up."),
		hedges: counter("weft_subgraph_hedges_total",
			"Queries sent a second time because the answer to the first took too long."),
		ejections: counter("weft_subgraph_ejections_total",
			"Times that one of a subgraph's URLs was left out because it failed."),
		breakerOpened: counter("weft_subgraph_breaker_opened_total",
			"Times that a subgraph's circuit breaker has opened."),
		rejected: counter("weft_subgraph_rejected_total",
			"Requests that were not sent, because the circuit breaker was open (breaker) or too many were under way (concurrency).", "reason"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "weft_subgraph_request_duration_seconds",
			Help:    "Time from sending a request to a subgraph until its whole answer was read, retries included.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16),
		}, []string{"subgraph"}),
		states: newStates(c),
		held: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "weft_subgraph_answers_held_bytes",
			Help: "Memory of the subgraphs' answers that are being read or used (limits.held_answers).",
		}, func() float64 { return float64(c.Held()) }),
	}
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.requests, m.duration, m.retries, m.retriesRefused, m.hedges, m.ejections, m.breakerOpened, m.rejected, m.states, m.held}
}

// hostMetrics are one subgraph's.
type hostMetrics struct {
	ok                                                        prometheus.Counter
	duration                                                  prometheus.Observer
	retries, retriesRefused, hedges, ejections, breakerOpened prometheus.Counter
	rejectedBreaker, rejectedConcurrency                      prometheus.Counter
}

func (m *metrics) of(subgraph string) hostMetrics {
	return hostMetrics{
		ok: m.requests.WithLabelValues(subgraph, "ok"), duration: m.duration.WithLabelValues(subgraph),
		retries: m.retries.WithLabelValues(subgraph), retriesRefused: m.retriesRefused.WithLabelValues(subgraph),
		hedges: m.hedges.WithLabelValues(subgraph), ejections: m.ejections.WithLabelValues(subgraph),
		breakerOpened:       m.breakerOpened.WithLabelValues(subgraph),
		rejectedBreaker:     m.rejected.WithLabelValues(subgraph, "breaker"),
		rejectedConcurrency: m.rejected.WithLabelValues(subgraph, "concurrency"),
	}
}

// states tells how subgraphs are at the moment when it is asked.
type states struct {
	client                              *Client
	breaker, ejected, inFlight, waiting *prometheus.Desc
}

func newStates(c *Client) states {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"subgraph"}, nil)
	}
	return states{
		client:   c,
		breaker:  desc("weft_subgraph_breaker_state", "The circuit breaker's state: 0 closed, 1 half open, 2 open."),
		ejected:  desc("weft_subgraph_ejected_urls", "How many of a subgraph's URLs are left out at the moment."),
		inFlight: desc("weft_subgraph_requests_in_flight", "Requests to a subgraph that are under way, retries and hedges included."),
		waiting:  desc("weft_subgraph_requests_waiting", "Requests to a subgraph that wait for their turn (subgraphs.NAME.concurrency)."),
	}
}

// Describe is part of prometheus.Collector.
func (s states) Describe(ch chan<- *prometheus.Desc) {
	ch <- s.breaker
	ch <- s.ejected
	ch <- s.inFlight
	ch <- s.waiting
}

// Collect is part of prometheus.Collector.
func (s states) Collect(ch chan<- prometheus.Metric) {
	s.client.mu.RLock()
	defer s.client.mu.RUnlock()
	for name, h := range s.client.hosts {
		gauge := func(d *prometheus.Desc, v int64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), name)
		}
		if h.breaker != nil {
			gauge(s.breaker, int64(h.breaker.phase.Load()&3))
		}
		if h.endpoints != nil {
			gauge(s.ejected, int64(h.endpoints.out()))
		}
		gauge(s.inFlight, h.turnstile.inFlight.Load())
		gauge(s.waiting, h.turnstile.waiting.Load())
	}
}
