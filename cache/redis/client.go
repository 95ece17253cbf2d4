package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/sony/gobreaker/v2"
)

// ErrAway is the error of a call that was not made because Redis did not answer the ones before it.
var ErrAway = errors.New("Redis is away")

// Options says which Redis to open and how long it may take.
type Options struct {
	// URL is one of
	//
	//	redis://[USER:PASSWORD@]HOST[:PORT][/DB]
	//	redis+sentinel://[USER:PASSWORD@]HOST[:PORT],…/MASTER[/DB][?sentinel_username=…&sentinel_password=…]
	//	redis+cluster://[USER:PASSWORD@]HOST[:PORT],…
	//
	// where rediss in place of redis means TLS.
	URL string
	// TLS is used where the URL says rediss, for a private CA or a client certificate; nil trusts the system's CAs.
	TLS *tls.Config
	// CallTimeout is the time budget of one call of Do; 0 means 10 ms.
	CallTimeout time.Duration
	// BackgroundTimeout is the time budget of one call of DoBackground; 0 means 1 s.
	BackgroundTimeout time.Duration
	// MaxConnections limits the connections to one server; 0 means 64.
	MaxConnections int
	// DialTimeout limits how long connecting goes on; 0 means 1 s. A call does not wait for it beyond its own budget: the
	// connection serves a later one.
	DialTimeout time.Duration
	// Dial connects to a server; nil uses TCP, with TLS where the URL says so.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// ProbeInterval is the time between two questions whether Redis is back; 0 means 1 s.
	ProbeInterval time.Duration
	// Logger is told when Redis goes away and comes back; nil logs nothing.
	Logger *slog.Logger
}

// withDefaults fills what is zero.
func (o Options) withDefaults() Options {
	orDefault := func(d *time.Duration, fallback time.Duration) {
		if *d <= 0 {
			*d = fallback
		}
	}
	orDefault(&o.CallTimeout, 10*time.Millisecond)
	orDefault(&o.BackgroundTimeout, time.Second)
	orDefault(&o.DialTimeout, time.Second)
	orDefault(&o.ProbeInterval, time.Second)
	if o.MaxConnections <= 0 {
		o.MaxConnections = 64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Client is the connection to Redis that a process shares. It is safe for concurrent use.
type Client struct {
	universal goredis.UniversalClient
	target    *target
	options   Options
	breaker   *gobreaker.CircuitBreaker[struct{}]
	metrics   *metrics

	// lastFailure is why the latest call failed, for the log line that says that Redis is away.
	lastFailure atomic.Pointer[string]
	// tripped wakes the prober; it holds one signal.
	tripped chan struct{}
	stop    chan struct{}
	close   func() error
	prober  sync.WaitGroup
}

// Open makes the client. It fails only when the URL is wrong: it asks nothing of Redis, which may be away.
func Open(_ context.Context, options Options) (*Client, error) {
	t, err := parseURL(options.URL)
	if err != nil {
		return nil, err
	}
	options = options.withDefaults()
	c := &Client{
		universal: connect(t, options),
		target:    t,
		options:   options,
		tripped:   make(chan struct{}, 1),
		stop:      make(chan struct{}),
	}
	c.metrics = newMetrics(c)
	c.breaker = gobreaker.NewCircuitBreaker[struct{}](c.breakerSettings())
	c.close = sync.OnceValue(func() error {
		close(c.stop)
		c.prober.Wait()
		return c.universal.Close()
	})
	c.prober.Go(c.probe)
	return c, nil
}

// connect makes go-redis' client. Nothing in it may wait beyond a call's budget, and nothing retries: a retry inside the
// budget would double the load on a Redis that is slow, and the callers have an answer without it.
func connect(t *target, options Options) goredis.UniversalClient {
	u := t.options
	if u.TLSConfig != nil && options.TLS != nil {
		name := u.TLSConfig.ServerName
		u.TLSConfig = options.TLS.Clone()
		if u.TLSConfig.ServerName == "" {
			u.TLSConfig.ServerName = name
		}
	}
	u.Dialer = options.Dial
	u.MaxRetries = -1
	u.DialTimeout = options.DialTimeout
	u.DialerRetries = 1
	u.ContextTimeoutEnabled = true
	// The context's deadline is the shorter one; these hold for callers of Universal that have none.
	u.ReadTimeout = 5 * time.Second
	u.WriteTimeout = 5 * time.Second
	u.PoolTimeout = options.BackgroundTimeout
	u.PoolSize = options.MaxConnections
	u.MaxActiveConns = options.MaxConnections
	u.PipelinePoolSize = -1 // one pool: a second one would not count into MaxConnections
	u.Protocol = 2          // nothing here needs RESP3, and more proxies and old servers speak RESP2
	u.DisableIdentity = true
	u.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	switch t.topology {
	case cluster:
		return goredis.NewClusterClient(u.Cluster())
	case sentinel:
		return goredis.NewFailoverClient(u.Failover())
	default:
		return goredis.NewClient(u.Simple())
	}
}

// Universal returns go-redis' client, for those who wait on purpose (publish and subscribe, stores that must not fail
// quietly). Its calls have no time budget but their context's, and do not count for the breaker.
func (c *Client) Universal() goredis.UniversalClient { return c.universal }

// Cluster says whether the keys are spread over several servers, so that a command may not name keys of different slots.
func (c *Client) Cluster() bool { return c.target.topology == cluster }

// Away says whether calls fail at once because Redis does not answer.
func (c *Client) Away() bool { return c.breaker.State() != gobreaker.StateClosed }

// CallTimeout is the time budget of one call of Do.
func (c *Client) CallTimeout() time.Duration { return c.options.CallTimeout }

// String names the servers without user and password, for logs.
func (c *Client) String() string { return c.target.String() }

// Close ends the connections. Calls after it fail.
func (c *Client) Close() error { return c.close() }

// Do runs call with a context that ends when the call's time budget does, unless Redis is away: then it returns [ErrAway]
// at once. op names the call in the metrics; it must come from a small fixed set. A redis.Nil and a server's refusal of one
// command are passed on as they are and do not count against Redis.
func (c *Client) Do(ctx context.Context, op string, call func(context.Context, goredis.UniversalClient) error) error {
	return c.do(ctx, op, c.options.CallTimeout, call)
}

// DoBackground is Do with the time budget of work that nobody waits for.
func (c *Client) DoBackground(ctx context.Context, op string, call func(context.Context, goredis.UniversalClient) error) error {
	return c.do(ctx, op, c.options.BackgroundTimeout, call)
}

func (c *Client) do(ctx context.Context, op string, timeout time.Duration, call func(context.Context, goredis.UniversalClient) error) error {
	if c.Away() {
		c.metrics.calls.WithLabelValues(op, "away").Inc()
		return ErrAway
	}
	err := c.guarded(ctx, op, timeout, call)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		c.metrics.calls.WithLabelValues(op, "away").Inc()
		return ErrAway
	}
	return err
}

// guarded runs the call through the breaker.
func (c *Client) guarded(ctx context.Context, op string, timeout time.Duration, call func(context.Context, goredis.UniversalClient) error) error {
	_, err := c.breaker.Execute(func() (struct{}, error) {
		start := time.Now()
		limited, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		err := call(limited, c.universal)
		c.metrics.seconds.WithLabelValues(op).Observe(time.Since(start).Seconds())
		result := c.classify(ctx, err)
		c.metrics.calls.WithLabelValues(op, string(result)).Inc()
		if result == resultCanceled {
			return struct{}{}, &canceledError{err}
		}
		return struct{}{}, err
	})
	if canceled, ok := errors.AsType[*canceledError](err); ok {
		return canceled.error
	}
	return err
}

// classify names what became of a call, and remembers why it failed.
func (c *Client) classify(caller context.Context, err error) result {
	switch {
	case !failed(err):
		return resultOK
	case caller.Err() != nil:
		return resultCanceled
	}
	reason := err.Error()
	c.lastFailure.Store(&reason)
	if network, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || ok && network.Timeout() {
		return resultTimeout
	}
	return resultError
}

// failed says whether an error means that Redis cannot serve, rather than that it refused one command.
func failed(err error) bool {
	if err == nil || errors.Is(err, goredis.Nil) {
		return false
	}
	if _, refused := errors.AsType[goredis.Error](err); !refused {
		return true
	}
	for _, prefix := range [...]string{"LOADING", "CLUSTERDOWN", "MASTERDOWN", "NOAUTH", "WRONGPASS", "ERR max number of clients"} {
		if goredis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	return false
}

// canceledError marks a failure that the caller's own context caused, which says nothing about Redis.
type canceledError struct{ error }

func (e *canceledError) Unwrap() error { return e.error }

// ping asks Redis whether it is there.
func ping(ctx context.Context, u goredis.UniversalClient) error {
	if err := u.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("asking whether Redis is back: %w", err)
	}
	return nil
}
