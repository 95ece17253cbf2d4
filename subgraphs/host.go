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

	"github.com/weft-graphql/weft/subgraphs/http1"
)

// host is one subgraph as the client knows it: its connections and what was
// learnt of it. It outlives a change of the supergraph.
type host struct {
	name      string
	settings  Settings
	transport *http.Transport
	plain     *http1.Transport  // for what needs no more, and costs less; nil where nothing is
	pretended http.RoundTripper // in place of both, in tests
	header    http.Header       // what all requests have
	metrics   hostMetrics
	turnstile *turnstile
	slow      *slowStart // nil where it is off
	budget    *budget
	breaker   *breaker                    // nil where it is off
	retry     failsafe.Executor[*outcome] // nil where nothing is sent again
	hedge     failsafe.Executor[*outcome] // nil where nothing is hedged

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
		slow: newSlowStart(s.SlowStart),
	}
	if http1.Supported && s.HTTP2 != HTTP2PriorKnowledge {
		h.plain = newPlainTransport(s)
	}
	h.header = http.Header{
		"Content-Type": {"application/json"},
		"Accept":       {"application/graphql-response+json, application/json"},
		"User-Agent":   {c.options.UserAgent},
	}
	if accepted := s.Compression.Answers; len(accepted) > 0 {
		h.header.Set("Accept-Encoding", strings.Join(accepted, ", "))
	}
	if len(s.URLs) > 0 {
		h.endpoints, _ = h.newEndpoints(s.URLs, s.Ejection, func(e *endpoint, d time.Duration) {
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

// disconnect ends the connections that are not in use.
func (h *host) disconnect() {
	h.transport.CloseIdleConnections()
	if h.plain != nil {
		h.plain.CloseIdleConnections()
	}
}

// at gives the endpoints of a request whose supergraph names a URL.
func (h *host) at(url string) (*endpoints, error) {
	if h.endpoints != nil {
		return h.endpoints, nil
	}
	if es := h.routed.Load(); es != nil && es.all[0].url == url {
		return es, nil
	}
	es, err := h.newEndpoints([]string{url}, Ejection{}, nil)
	if err != nil {
		return nil, err
	}
	h.routed.Store(es)
	return es, nil
}

func (h *host) newEndpoints(urls []string, s Ejection, ejected func(*endpoint, time.Duration)) (*endpoints, error) {
	es, err := newEndpoints(urls, h.header, s, ejected)
	if err != nil || h.plain == nil {
		return es, err
	}
	for _, e := range es.all {
		if e.request.URL.Scheme != "http" {
			continue
		}
		// net/http says what is wrong with a URL or a proxy.
		if proxy, err := http.ProxyFromEnvironment(e.request); err == nil && proxy == nil {
			e.plain, _ = h.plain.Target(e.request.URL, e.request.Header)
		}
	}
	return es, nil
}
