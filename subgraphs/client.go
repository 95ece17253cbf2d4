package subgraphs

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/executor"
)

// Settings are what can be set for one subgraph.
type Settings struct {
	// URL overrides the supergraph's routing URL. Empty keeps it.
	URL string
	// Timeout bounds a request as a whole, from connecting to the answer's last
	// byte. 0 means [DefaultTimeout].
	Timeout time.Duration
	// MaxAnswer is how many bytes an answer may have. 0 means [DefaultMaxAnswer].
	MaxAnswer int64
	// MaxConnections is how many connections may be open to the subgraph at once;
	// a request that finds none free waits within its Timeout. 0 means
	// [DefaultMaxConnections].
	MaxConnections int
}

// What a subgraph may take and answer where nothing is set.
const (
	DefaultTimeout        = 30 * time.Second
	DefaultMaxAnswer      = 64 << 20
	DefaultMaxConnections = 1024
)

// maxIdleConns is how many unused connections are kept to one subgraph.
const maxIdleConns = 256

// Options configure a Client. The zero value works.
type Options struct {
	// All is what holds for every subgraph, ByName what is set for one: each
	// non-zero setting there wins.
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

	mu    sync.RWMutex
	hosts map[string]*host // by subgraph name

	// What every request's header has; net/http only reads the values.
	contentType, accept, userAgent []string
}

// host is one subgraph as the client knows it. Its connections are its own, so
// that one subgraph that stalls takes none from the others.
type host struct {
	settings  Settings
	transport *http.Transport
	metrics   hostMetrics
	// target is where the last request went: a new supergraph may name another URL.
	target atomic.Pointer[target]
}

// target is a URL that requests are sent to.
type target struct {
	url string
	// request has what all requests have in common; it is only copied.
	request *http.Request
	// authorization is what a user name and password in the URL ask for.
	authorization []string
}

var _ executor.Fetcher = (*Client)(nil)

// New makes a client. Close it when no request is left.
func New(o Options) *Client {
	o.UserAgent = cmp.Or(o.UserAgent, "weft")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Client{
		buffers: bufferPool{limit: o.MaxHeld},
		options: o, metrics: newMetrics(), hosts: map[string]*host{},
		contentType: []string{"application/json"},
		accept:      []string{"application/graphql-response+json, application/json"},
		userAgent:   []string{o.UserAgent},
	}
}

// Held is how many bytes of answers are held in memory: those that are being read
// and those that are not yet released.
func (c *Client) Held() int64 { return c.buffers.held.Load() }

// Collectors are the client's metrics.
func (c *Client) Collectors() []prometheus.Collector {
	return append(c.metrics.collectors(), c.heldGauge())
}

// Close ends the connections that are not in use.
func (c *Client) Close() {
	c.Retain(nil)
}

// Retain ends the idle connections to subgraphs that are not among names and
// forgets them: a new supergraph may have left them out.
func (c *Client) Retain(names []string) {
	keep := make(map[string]bool, len(names))
	for _, n := range names {
		keep[n] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, h := range c.hosts {
		if !keep[name] {
			h.transport.CloseIdleConnections()
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
	settings := c.settings(name)
	// The transport is used without an http.Client: that would follow redirects, by
	// which a client's credentials could come to a place that nobody configured.
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxConnsPerHost:       settings.MaxConnections,
		MaxIdleConnsPerHost:   min(settings.MaxConnections, maxIdleConns),
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		ForceAttemptHTTP2:     true,
		// An answer is small beside what unpacking it would cost, and a subgraph
		// is close.
		DisableCompression: true,
	}
	h = &host{settings: settings, transport: t, metrics: c.metrics.of(name)}
	c.hosts[name] = h
	return h
}

func (c *Client) settings(name string) Settings {
	own, all := c.options.ByName[name], c.options.All
	return Settings{
		URL:            own.URL,
		Timeout:        cmp.Or(own.Timeout, all.Timeout, DefaultTimeout),
		MaxAnswer:      cmp.Or(own.MaxAnswer, all.MaxAnswer, DefaultMaxAnswer),
		MaxConnections: cmp.Or(own.MaxConnections, all.MaxConnections, DefaultMaxConnections),
	}
}

// Fetch sends one request and reads the whole answer. An answer with a status
// other than 2xx is passed on when it says that it is JSON, since it may hold
// GraphQL errors; otherwise it is an error.
func (c *Client) Fetch(ctx context.Context, f *executor.Fetch) (*executor.Answer, error) {
	h := c.host(f.Subgraph)
	start := time.Now()
	answer, err := c.send(ctx, h, f)
	h.metrics.duration.Observe(time.Since(start).Seconds())
	if err == nil {
		h.metrics.ok.Inc()
	} else {
		c.metrics.requests.WithLabelValues(f.Subgraph, err.Code).Inc()
		if ctx.Err() == nil {
			c.options.Logger.WarnContext(ctx, "subgraph request failed",
				"subgraph", f.Subgraph, "code", err.Code, "error", err.Error())
		}
		return nil, err
	}
	return answer, nil
}

func (c *Client) send(ctx context.Context, h *host, f *executor.Fetch) (*executor.Answer, *executor.FetchError) {
	fail := func(code, message string, cause error) *executor.FetchError {
		return &executor.FetchError{Subgraph: f.Subgraph, Code: code, Message: message, Err: cause}
	}
	limited, cancel := context.WithTimeout(ctx, h.settings.Timeout)
	defer cancel()
	to, err := h.to(cmp.Or(h.settings.URL, f.URL))
	if err != nil {
		return nil, fail(CodeHTTP, fmt.Sprintf("the URL of subgraph %q is not valid", f.Subgraph), err)
	}
	res, err := h.transport.RoundTrip(c.request(limited, to, f))
	if err == nil {
		defer res.Body.Close()
		var answer *executor.Answer
		if answer, err = c.read(h, f, res); err == nil {
			return answer, nil
		}
	}
	var known *executor.FetchError
	switch {
	case errors.As(err, &known):
		return nil, known
	case ctx.Err() != nil:
		return nil, fail(CodeCancelled, fmt.Sprintf("the request to subgraph %q was given up", f.Subgraph), context.Cause(ctx))
	case limited.Err() != nil:
		return nil, fail(CodeTimeout, fmt.Sprintf("subgraph %q did not answer within %s", f.Subgraph, h.settings.Timeout), err)
	default:
		return nil, fail(CodeHTTP, fmt.Sprintf("subgraph %q could not be reached", f.Subgraph), err)
	}
}

// The codes of a [executor.FetchError].
const (
	CodeHTTP      = "SUBREQUEST_HTTP_ERROR"
	CodeTimeout   = "SUBREQUEST_TIMEOUT"
	CodeTooLarge  = "SUBREQUEST_TOO_LARGE"
	CodeCancelled = "SUBREQUEST_CANCELLED"
	// CodeOverloaded says that all answers together took too much memory.
	CodeOverloaded = "SUBREQUEST_OVERLOADED"
)

// to gives the target with a URL.
func (h *host) to(url string) (*target, error) {
	if t := h.target.Load(); t != nil && t.url == url {
		return t, nil
	}
	req, err := http.NewRequest(http.MethodPost, url, nil) //nolint:noctx // a copy of it gets the context
	if err != nil {
		return nil, err
	}
	t := &target{url: url, request: req}
	if user := req.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
		t.authorization = req.Header["Authorization"]
	}
	h.target.Store(t)
	return t, nil
}

func (c *Client) request(ctx context.Context, to *target, f *executor.Fetch) *http.Request {
	req := to.request.WithContext(ctx)
	req.Header = make(http.Header, len(f.Header)+4)
	if to.authorization != nil {
		req.Header["Authorization"] = to.authorization
	}
	req.Header["User-Agent"] = c.userAgent
	maps.Copy(req.Header, f.Header)
	req.Header["Content-Type"] = c.contentType
	req.Header["Accept"] = c.accept
	req.ContentLength = int64(len(f.Body))
	req.Body = io.NopCloser(bytes.NewReader(f.Body))
	if !f.Mutation {
		// net/http sends a request again on a connection that died if it can rewind
		// the body; a mutation must reach the subgraph at most once.
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Body)), nil }
	}
	return req
}

func (c *Client) read(h *host, f *executor.Fetch, res *http.Response) (*executor.Answer, error) {
	if (res.StatusCode < 200 || res.StatusCode > 299) && !isJSON(res.Header.Get("Content-Type")) {
		return nil, &executor.FetchError{Subgraph: f.Subgraph, Code: CodeHTTP,
			Message: fmt.Sprintf("subgraph %q answered with HTTP status %d", f.Subgraph, res.StatusCode)}
	}
	if res.ContentLength > h.settings.MaxAnswer {
		return nil, tooLarge(f.Subgraph, h.settings.MaxAnswer)
	}
	b, err := c.buffers.read(res.Body, res.ContentLength, h.settings.MaxAnswer)
	if err != nil {
		return nil, err
	}
	if int64(len(b.bytes)) > h.settings.MaxAnswer {
		c.buffers.put(b)
		return nil, tooLarge(f.Subgraph, h.settings.MaxAnswer)
	}
	return &executor.Answer{
		Status: res.StatusCode, Header: res.Header, Body: b.bytes,
		Release: func() { c.buffers.put(b) },
	}, nil
}

func tooLarge(subgraph string, limit int64) *executor.FetchError {
	return &executor.FetchError{Subgraph: subgraph, Code: CodeTooLarge,
		Message: fmt.Sprintf("the answer of subgraph %q is larger than %d bytes (subgraphs.%s.max_answer)", subgraph, limit, subgraph)}
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// ErrNoSubscriptions says that a subgraph's stream was asked for, which Weft
// does not carry yet.
var ErrNoSubscriptions = errors.New("subscriptions to subgraphs are not carried out yet")

// Subscribe refuses: subscriptions are not carried out yet.
func (c *Client) Subscribe(context.Context, *executor.Fetch) (executor.Stream, error) {
	return nil, ErrNoSubscriptions
}
