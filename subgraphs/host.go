package subgraphs

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"context"

	"github.com/failsafe-go/failsafe-go"
	"github.com/sony/gobreaker/v2"
)

// host is one subgraph as the client knows it: its connections and what was
// learnt of it. It outlives a change of the supergraph.
type host struct {
	name           string
	settings       Settings
	transport      *http.Transport
	exchanger      http.RoundTripper // transport, but in tests
	acceptEncoding []string          // nil where compressed answers are not asked for
	metrics        hostMetrics
	turnstile      *turnstile
	budget         *budget
	breaker        *breaker                    // nil where it is off
	retry          failsafe.Executor[*outcome] // nil where nothing is sent again
	hedge          failsafe.Executor[*outcome] // nil where nothing is hedged

	// endpoints are the URLs of the settings. Where they have none, routed is
	// where the last request went: a new supergraph may name another URL.
	endpoints *endpoints
	routed    atomic.Pointer[endpoints]
}

// newHost makes a host from settings that [New] has looked at.
func (c *Client) newHost(name string, s Settings, tlsConfig *tls.Config) *host {
	h := &host{
		name: name, settings: s, transport: newTransport(s, tlsConfig), metrics: c.metrics.of(name),
		turnstile: newTurnstile(s.MaxConcurrent, s.MaxWaiting), budget: newBudget(s.Retries),
	}
	h.exchanger = h.transport
	if accepted := s.Compression.Answers; len(accepted) > 0 {
		h.acceptEncoding = []string{strings.Join(accepted, ", ")}
	}
	if len(s.URLs) > 0 {
		h.endpoints, _ = newEndpoints(s.URLs, s.Ejection, func(e *endpoint, d time.Duration) {
			h.metrics.ejections.Inc()
			c.options.Logger.Warn("a URL of a subgraph is left out because it fails",
				"subgraph", name, "host", e.request.URL.Host, "for", d)
		})
	}
	if s.Breaker.Enabled {
		h.breaker = newBreaker(s.Breaker, func(from, to gobreaker.State) {
			level := slog.LevelInfo
			if to == gobreaker.StateOpen {
				level = slog.LevelWarn
				h.metrics.breakerOpened.Inc()
			}
			c.options.Logger.Log(context.Background(), level, "the circuit breaker of a subgraph has changed",
				"subgraph", name, "from", from.String(), "to", to.String())
		})
	}
	if s.Retries.Max > 0 {
		h.retry = h.newRetry()
	}
	if s.Hedging.Delay > 0 {
		h.hedge = c.newHedge(h)
	}
	return h
}

// at gives the endpoints of a request whose supergraph names a URL.
func (h *host) at(url string) (*endpoints, error) {
	if h.endpoints != nil {
		return h.endpoints, nil
	}
	if es := h.routed.Load(); es != nil && es.all[0].url == url {
		return es, nil
	}
	es, err := newEndpoints([]string{url}, Ejection{}, nil)
	if err != nil {
		return nil, err
	}
	h.routed.Store(es)
	return es, nil
}
