package limits

import (
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Gate limits how many requests are answered at once. It is safe for concurrent use.
type Gate struct {
	limit    int64
	inFlight atomic.Int64
	refused  atomic.Uint64
}

// NewGate makes a gate for at most so many requests.
func NewGate(limit int) (*Gate, error) {
	if limit < 1 {
		return nil, fmt.Errorf("the limit of requests answered at once must be 1 or more, not %d", limit)
	}
	return &Gate{limit: int64(limit)}, nil
}

// Enter counts a request in, or refuses with an *OverloadedError. It does not wait: a queue in front of a gateway that is
// too slow makes it slower. Whoever is let in must Leave.
func (g *Gate) Enter() error {
	if g.inFlight.Add(1) > g.limit {
		g.inFlight.Add(-1)
		g.refused.Add(1)
		return &OverloadedError{Limit: int(g.limit)}
	}
	return nil
}

// Leave counts a request out.
func (g *Gate) Leave() { g.inFlight.Add(-1) }

// Collectors returns what the gate counts.
func (g *Gate) Collectors() []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "weft_requests_in_flight",
			Help: "Requests that are being answered.",
		}, func() float64 { return float64(g.inFlight.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "weft_requests_overloaded_total",
			Help: "Requests refused with 503 because as many as may be were being answered.",
		}, func() float64 { return float64(g.refused.Load()) }),
	}
}
