package limits

import (
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// GateOptions say what a Gate lets in.
type GateOptions struct {
	// Requests is how many requests are answered at once; it must be 1 or more.
	Requests int
	// Held tells how many bytes of subgraphs' answers all requests hold; MaxHeld is how many they may: while they hold as
	// many, nobody is let in. A nil Held limits nothing.
	Held    func() int64
	MaxHeld int64
}

// Gate limits how much is answered at once. It is safe for concurrent use.
type Gate struct {
	options  GateOptions
	inFlight atomic.Int64
	refused  atomic.Uint64
}

// NewGate makes a gate.
func NewGate(o GateOptions) (*Gate, error) {
	if o.Requests < 1 {
		return nil, fmt.Errorf("the limit of requests answered at once must be 1 or more, not %d", o.Requests)
	}
	return &Gate{options: o}, nil
}

// Enter counts a request in, or refuses with an *OverloadedError. It does not wait: a queue in front of a gateway that is
// too slow makes it slower. Whoever is let in must Leave.
func (g *Gate) Enter() error {
	if g.options.Held != nil && g.options.Held() >= g.options.MaxHeld {
		g.refused.Add(1)
		return &OverloadedError{HeldBytes: g.options.MaxHeld}
	}
	if g.inFlight.Add(1) > int64(g.options.Requests) {
		g.inFlight.Add(-1)
		g.refused.Add(1)
		return &OverloadedError{Requests: g.options.Requests}
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
			Help: "Requests refused with 503 because as many as may be were being answered, or as many bytes of answers held as may be.",
		}, func() float64 { return float64(g.refused.Load()) }),
	}
}
