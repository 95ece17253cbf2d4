package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weft-graphql/weft/cache"
	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/gateway/limits"
	"github.com/weft-graphql/weft/gateway/telemetry"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs"
	"github.com/weft-graphql/weft/subgraphs/batch"
	"github.com/weft-graphql/weft/subgraphs/headers"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// Options say how to make a Gateway.
type Options struct {
	// Config is required and must be valid.
	Config *config.Config
	// Version is told in metrics and to subgraphs.
	Version string
	// DefaultQuery is what the playground shows first. Empty means its own.
	DefaultQuery string
	Logger       *slog.Logger
}

// Gateway is the process's one gateway: everything that outlives a supergraph,
// and the runtime of the supergraph in use.
type Gateway struct {
	config  *config.Config
	options Options
	logger  *slog.Logger
	metrics *telemetry.Metrics

	client   *subgraphs.Client
	batch    *batch.Fetcher      // in front of client
	redis    *redis.Client       // nil where none is configured
	cache    *cache.Cache        // nil where caching is off
	shared   *cache.RedisBudgets // nil where budgets are off or kept in this process
	budgets  *limits.Budgets     // nil where budgets are off
	executor *executor.Executor

	gate    *limits.Gate
	forward *headers.Request
	vary    []string // the client's headers that may change an answer; nil where none may

	documentMetrics *operation.CacheMetrics
	programMetrics  *programMetrics

	runtime atomic.Pointer[runtime]
	// background is planning ahead that goes on behind a swap.
	background sync.WaitGroup
}

// New makes a gateway that has no supergraph yet. Close ends it.
func New(ctx context.Context, o Options) (*Gateway, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{
		config: o.Config, options: o, logger: o.Logger,
		metrics:         telemetry.New(o.Version),
		documentMetrics: operation.NewCacheMetrics(),
		programMetrics:  newProgramMetrics(),
	}
	if err := g.open(ctx); err != nil {
		return nil, errors.Join(err, g.Close(ctx))
	}
	return g, nil
}

// open makes the parts. Those that were made before one fails are closed by
// Close.
func (g *Gateway) open(ctx context.Context) error {
	c := g.config
	forward, err := headers.NewRequest(c.RequestRules())
	if err != nil {
		return fmt.Errorf("headers.request: %w", err)
	}
	back, err := headers.NewResponse(c.ResponseRules(), g.private)
	if err != nil {
		return fmt.Errorf("headers.response: %w", err)
	}
	g.forward, g.vary = forward, forward.Vary()
	if g.client, err = subgraphs.New(g.clientOptions()); err != nil {
		return err
	}
	g.batch = batch.New(g.client, g.batchOptions())
	if g.gate, err = limits.NewGate(limits.GateOptions{
		Requests: c.Limits.ConcurrentRequests, Held: g.client.Held, MaxHeld: int64(c.Limits.HeldAnswers),
	}); err != nil {
		return fmt.Errorf("limits.concurrent_requests: %w", err)
	}
	if c.Redis.URL != "" {
		if g.redis, err = redis.Open(ctx, redis.Options{
			URL: c.Redis.URL, CallTimeout: time.Duration(c.Redis.Timeout),
			MaxConnections: c.Redis.MaxConnections, Logger: g.logger,
		}); err != nil {
			return fmt.Errorf("redis.url: %w", err)
		}
		g.metrics.Register(g.redis.Collectors()...)
	}
	if err := g.openCache(); err != nil {
		return err
	}
	if err := g.openBudgets(); err != nil {
		return err
	}
	o := executor.Options{
		Fetcher: g.batch, Logger: g.logger,
		Errors: g.errorPolicies(), Limits: g.executorLimits(),
	}
	if !back.Empty() {
		o.ResponseHeaders = back.Collect
	}
	if g.cache != nil { // an interface that holds a nil pointer would not be nil
		o.Cache = g.cache
	}
	if g.executor, err = executor.New(o); err != nil {
		return err
	}
	g.metrics.Register(g.client.Collectors()...)
	g.metrics.Register(g.batch.Collectors()...)
	g.metrics.Register(g.gate.Collectors()...)
	g.metrics.Register(g.documentMetrics.Collectors()...)
	g.metrics.Register(g.programMetrics.collectors()...)
	return nil
}

// Swap takes a supergraph into use, after it has planned the operations ahead
// that are used most (planner.warmup). Requests that have begun finish on the
// one before. When the new one cannot be served, the old one stays and the
// error says why. Swaps must not overlap.
func (g *Gateway) Swap(ctx context.Context, next *source.Supergraph) error {
	start := time.Now()
	var rt *runtime
	err := g.guarded(ctx, "compiling the supergraph", func() (err error) {
		rt, err = g.newRuntime(next)
		return err
	})
	if err != nil {
		g.metrics.Loaded(false)
		return fmt.Errorf("the supergraph cannot be served: %w", err)
	}
	g.warm(ctx, rt)
	g.runtime.Store(rt)
	g.programMetrics.current.Store(rt.programs)
	g.client.Retain(rt.names())
	g.batch.Retain(rt.names())
	g.warnOfUnknown(rt.names())
	g.warnOfNowhere(rt.supergraph.Graphs)
	g.metrics.Loaded(true)
	g.logger.Info("supergraph in use", "subgraphs", len(rt.supergraph.Graphs), "types", len(rt.supergraph.API.Types),
		"took", time.Since(start).Round(time.Millisecond))
	return nil
}

// Subgraphs are the subgraphs of the supergraph in use.
func (g *Gateway) Subgraphs() []schema.Subgraph {
	if rt := g.runtime.Load(); rt != nil {
		return rt.subgraphs
	}
	return nil
}

// Ready reports whether a supergraph is in use.
func (g *Gateway) Ready() bool { return g.runtime.Load() != nil }

// Close ends everything that the gateway has started, within ctx. No request
// may be under way.
func (g *Gateway) Close(ctx context.Context) error {
	var errs []error
	g.background.Wait() // as long as one planning at most
	if g.cache != nil {
		errs = append(errs, g.cache.Close(ctx))
	}
	if g.shared != nil {
		errs = append(errs, g.shared.Close(ctx))
	}
	if g.redis != nil {
		errs = append(errs, g.redis.Close())
	}
	if g.batch != nil {
		g.batch.Close()
	}
	if g.client != nil {
		g.client.Close()
	}
	return errors.Join(errs...)
}
