// Package telemetry counts what the gateway's clients see, and gathers the
// collectors of all packages in one Prometheus registry.
//
// What a package does inside is counted by the package itself.
package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the gateway's metrics. All of its methods may be called at once.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	errors   *prometheus.CounterVec
	swaps    *prometheus.CounterVec
	loaded   prometheus.Gauge
}

// New makes the registry, with Go's and the process's own metrics in it, and
// an info metric that tells the version.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_requests_total",
			Help: "GraphQL requests answered, by kind of operation (query, mutation, subscription, or none where it was not known) and HTTP status.",
		}, []string{"kind", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "weft_request_duration_seconds",
			Help:    "Time from a request's header to its whole answer, by kind of operation.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16),
		}, []string{"kind"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_request_errors_total",
			Help: "GraphQL errors in answers, by whether the operation was refused or executed.",
		}, []string{"stage"}),
		swaps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_supergraph_loads_total",
			Help: "Attempts to take a new version of the supergraph into use, by outcome (used, refused).",
		}, []string{"outcome"}),
		loaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "weft_supergraph_loaded_timestamp_seconds",
			Help: "When the supergraph in use was taken into use, in seconds since 1970.",
		}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "weft_info", Help: "Always 1; its label tells the version.", ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	m.Register(m.requests, m.duration, m.errors, m.swaps, m.loaded, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Register adds the collectors of a package. It panics when two of them have
// the same name, which is a mistake in the program.
func (m *Metrics) Register(cs ...prometheus.Collector) { m.registry.MustRegister(cs...) }

// Unregister takes out collectors whose owner has ended.
func (m *Metrics) Unregister(cs ...prometheus.Collector) {
	for _, c := range cs {
		m.registry.Unregister(c)
	}
}

// Handler serves the metrics in Prometheus' format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Answered counts a request that was answered: what kind of operation it was
// ("" where that was not known), its HTTP status and the time it took.
func (m *Metrics) Answered(kind string, status int, took time.Duration) {
	if kind == "" {
		kind = "none"
	}
	m.requests.WithLabelValues(kind, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(kind).Observe(took.Seconds())
}

// Refused counts the errors of a request that was not executed, Executed those
// in the answer of one that was.
func (m *Metrics) Refused(errors int) { m.errors.WithLabelValues("refused").Add(float64(errors)) }

// Executed counts the errors in the answer of a request that was executed.
func (m *Metrics) Executed(errors int) {
	if errors > 0 {
		m.errors.WithLabelValues("executed").Add(float64(errors))
	}
}

// Loaded counts a supergraph that was taken into use, or refused.
func (m *Metrics) Loaded(used bool) {
	if !used {
		m.swaps.WithLabelValues("refused").Inc()
		return
	}
	m.swaps.WithLabelValues("used").Inc()
	m.loaded.SetToCurrentTime()
}
