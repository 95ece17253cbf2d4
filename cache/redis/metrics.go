package redis

import (
	"github.com/prometheus/client_golang/prometheus"
)

// result is the label that says what became of a call.
type result string

const (
	resultOK       result = "ok"
	resultError    result = "error"
	resultTimeout  result = "timeout"
	resultCanceled result = "canceled"
)

type metrics struct {
	calls       *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	state       prometheus.Gauge
	connections prometheus.GaugeFunc
	poolWaits   prometheus.CounterFunc
}

func newMetrics(c *Client) *metrics {
	return &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_redis_calls_total",
			Help: "Calls to Redis by operation and result: ok, error, timeout, canceled (by the caller), away (not made, the breaker is open).",
		}, []string{"op", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "weft_redis_call_seconds",
			Help:    "How long calls to Redis took, those not made left out.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .1, 1},
		}, []string{"op"}),
		state: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "weft_redis_breaker_state",
			Help: "0 where Redis is used, 1 while it is being asked whether it is back, 2 where it is away.",
		}),
		connections: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "weft_redis_connections",
			Help: "Open connections to Redis.",
		}, func() float64 { return float64(c.universal.PoolStats().TotalConns) }),
		poolWaits: prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "weft_redis_pool_waits_total",
			Help: "Calls to Redis that had to wait for a free connection.",
		}, func() float64 { return float64(c.universal.PoolStats().WaitCount) }),
	}
}

// Collectors returns what the client counts.
func (c *Client) Collectors() []prometheus.Collector {
	m := c.metrics
	return []prometheus.Collector{m.calls, m.seconds, m.state, m.connections, m.poolWaits}
}
