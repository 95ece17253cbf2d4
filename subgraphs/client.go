package subgraphs

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/executor"
)

// Options configure a Client. The zero value works.
type Options struct {
	// All is what holds for every subgraph that ByName does not have.
	All    Settings
	ByName map[string]Settings
	// UserAgent is sent with every request. Empty means "weft".
	UserAgent string
	// MaxHeld is how many bytes of answers may be held at once, from their first
	// byte until they are released. From three quarters of it on only small answers
	// are read: [CodeOverloaded]. 0 means no limit.
	MaxHeld int64
	Logger  *slog.Logger
}

// Client sends requests to subgraphs over HTTP. It is an [executor.Fetcher].
type Client struct {
	options Options
	metrics *metrics
	buffers bufferPool
	codecs  codecs
	// tls is what the files of the settings hold: by subgraph, "" for all others.
	tls map[string]*tls.Config
	// hedging are the attempts of hedged requests, which may outlive those for as
	// long as it takes to cancel them.
	hedging sync.WaitGroup

	mu    sync.RWMutex
	hosts map[string]*host // by subgraph name
}

var _ executor.Fetcher = (*Client)(nil)

// New makes a client. It reads the files that the settings name. Close it when
// no request is left.
func New(o Options) (*Client, error) {
	o.UserAgent = cmp.Or(o.UserAgent, "weft")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{
		buffers: bufferPool{limit: o.MaxHeld},
		options: o, hosts: map[string]*host{}, tls: map[string]*tls.Config{},
	}
	c.metrics = newMetrics(c)
	all, err := o.All.TLS.config()
	if err != nil {
		return nil, fmt.Errorf("subgraphs.all.%w", err)
	}
	c.tls[""] = all
	for _, name := range slices.Sorted(maps.Keys(o.ByName)) {
		s := o.ByName[name]
		if c.tls[name], err = s.TLS.config(); err != nil {
			return nil, fmt.Errorf("subgraphs.%s.%w", name, err)
		}
		if _, err := newEndpoints(s.URLs, nil, s.Ejection, nil); err != nil {
			return nil, fmt.Errorf("a URL of subgraph %q is not valid: %w", name, err)
		}
	}
	return c, nil
}

// Held is how many bytes of answers are held in memory: those that are being read
// and those that are not yet released.
func (c *Client) Held() int64 { return c.buffers.held.Load() }

// Collectors are the client's metrics.
func (c *Client) Collectors() []prometheus.Collector { return c.metrics.collectors() }

// Close ends the connections that are not in use, and waits for what is left of
// requests that were hedged.
func (c *Client) Close() {
	c.Retain(nil)
	c.hedging.Wait()
}

// Retain ends the idle connections to subgraphs that are not among names and
// forgets what was learnt of them: a new supergraph may have left them out.
func (c *Client) Retain(names []string) {
	keep := make(map[string]bool, len(names))
	for _, n := range names {
		keep[n] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, h := range c.hosts {
		if !keep[name] {
			h.disconnect()
			delete(c.hosts, name)
		}
	}
}

func (c *Client) host(name string) *host {
	c.mu.RLock()
	h := c.hosts[name]
	c.mu.RUnlock()
	if h != nil {
		return h
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.hosts[name]; h != nil {
		return h
	}
	settings, own := c.options.ByName[name]
	config := c.tls[name]
	if !own {
		settings, config = c.options.All, c.tls[""]
	}
	h = c.newHost(name, settings.withDefaults(), config)
	c.hosts[name] = h
	return h
}

// Fetch sends one request and reads the whole answer. An answer with a status
// other than 2xx is passed on when it says that it is JSON, since it may hold
// GraphQL errors; otherwise it is an error.
//
// A query is sent again, within [Retries] and its Timeout, when no connection
// could be made, when the connection broke before the whole answer was there,
// when its first byte took longer than FirstByteTimeout, and when the status is
// 429, 502, 503 or 504, not before the time of its Retry-After. A mutation is
// sent once.
func (c *Client) Fetch(ctx context.Context, f *executor.Fetch) (*executor.Answer, error) {
	h := c.host(f.Subgraph)
	start := time.Now()
	answer, err := c.fetch(ctx, h, f)
	h.metrics.duration.Observe(time.Since(start).Seconds())
	if err == nil {
		h.metrics.ok.Inc()
		return answer, nil
	}
	c.metrics.requests.WithLabelValues(f.Subgraph, err.Code).Inc()
	if ctx.Err() == nil {
		level := slog.LevelWarn
		if err.Code == CodeCircuitOpen || err.Code == CodeConcurrency {
			level = slog.LevelDebug // one for each request would be the next trouble
		}
		c.options.Logger.Log(ctx, level, "subgraph request failed",
			"subgraph", f.Subgraph, "code", err.Code, "error", err.Error())
	}
	return nil, err
}

func (c *Client) fetch(ctx context.Context, h *host, f *executor.Fetch) (*executor.Answer, *executor.FetchError) {
	limited, cancel := context.WithTimeout(ctx, h.settings.Timeout)
	defer cancel()
	r := request{host: h, fetch: f, body: f.Body, caller: ctx}
	var err error
	if r.endpoints, err = h.at(f.URL); err != nil {
		return nil, h.fail(CodeHTTP, fmt.Sprintf("the URL of subgraph %q is not valid", f.Subgraph), err)
	}
	if compression := h.settings.Compression; compression.Requests && len(f.Body) >= compression.MinRequest {
		if r.body, err = c.codecs.compress(f.Body); err != nil {
			return nil, h.fail(CodeHTTP, fmt.Sprintf("the request to subgraph %q cannot be compressed", f.Subgraph), err)
		}
		r.encoding = encodingGzip
	}
	h.budget.earn(1)
	o := c.try(limited, r, nil)
	if o.again && h.retry != nil && !f.Mutation {
		o = c.retry(limited, r, o)
	}
	return o.answer, o.err
}

// Earn counts requests into a subgraph's retry budget that were not sent by
// themselves, but as parts of another.
func (c *Client) Earn(subgraph string, requests int) { c.host(subgraph).budget.earn(requests) }

// Spend reports whether a subgraph's retry budget has room for sending a request
// again, and takes it. It has room where there are no retries, since nothing
// fills it then.
func (c *Client) Spend(subgraph string) bool {
	h := c.host(subgraph)
	return h.retry == nil || h.spend()
}

// The codes of a [executor.FetchError].
const (
	CodeHTTP        = "SUBREQUEST_HTTP_ERROR"
	CodeTimeout     = "SUBREQUEST_TIMEOUT"
	CodeTooLarge    = "SUBREQUEST_TOO_LARGE"
	CodeCancelled   = "SUBREQUEST_CANCELLED"
	CodeCircuitOpen = "SUBREQUEST_CIRCUIT_OPEN"
	CodeConcurrency = "SUBREQUEST_CONCURRENCY_LIMIT"
	// CodeOverloaded says that all answers together took too much memory.
	CodeOverloaded = "SUBREQUEST_OVERLOADED"
)

// ErrNoSubscriptions says that a subgraph's stream was asked for, which Weft
// does not carry yet.
var ErrNoSubscriptions = errors.New("subscriptions to subgraphs are not carried out yet")

// Subscribe refuses: subscriptions are not carried out yet.
func (c *Client) Subscribe(context.Context, *executor.Fetch) (executor.Stream, error) {
	return nil, ErrNoSubscriptions
}
