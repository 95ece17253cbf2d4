package gateway

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/planner/operation"
)

// programKey is what a plan depends on: the operation's normal form, and those
// of its conditions that change plans.
type programKey struct {
	hash       [32]byte
	conditions operation.Conditions
}

// programCache keeps the programs of one supergraph's operations. One key is
// planned once at a time; who needs its plan meanwhile waits for that, and
// nobody else does.
type programCache struct {
	entries *otter.Cache[programKey, *executor.Program]
	metrics *programMetrics
	// plan makes what is missing.
	plan func(ctx context.Context, op *operation.Operation, c operation.Conditions) (*executor.Program, error)
}

// newProgramCache makes a cache of at most size programs; 0 keeps none.
func newProgramCache(size int, m *programMetrics, plan func(context.Context, *operation.Operation, operation.Conditions) (*executor.Program, error)) (*programCache, error) {
	c := &programCache{metrics: m, plan: plan}
	m.current.Store(c)
	if size == 0 {
		return c, nil
	}
	var err error
	c.entries, err = otter.New(&otter.Options[programKey, *executor.Program]{
		MaximumSize: size,
		// The cache's upkeep is short: it needs no goroutine.
		Executor: func(work func()) { work() },
	})
	if err != nil {
		return nil, fmt.Errorf("the cache of plans cannot be made: %w", err)
	}
	return c, nil
}

// get finds the operation's program, or plans it.
func (c *programCache) get(ctx context.Context, op *operation.Operation, conditions operation.Conditions) (*executor.Program, error) {
	key := programKey{hash: op.Hash, conditions: conditions & labels(op)}
	if c.entries == nil {
		c.metrics.misses.Inc()
		return c.plan(ctx, op, key.conditions)
	}
	if program, ok := c.entries.GetIfPresent(key); ok {
		c.metrics.hits.Inc()
		return program, nil
	}
	c.metrics.misses.Inc()
	return c.entries.Get(ctx, key, otter.LoaderFunc[programKey, *executor.Program](
		func(ctx context.Context, _ programKey) (*executor.Program, error) {
			// Others may wait for this plan: it is finished even when the client that
			// asked first is gone.
			return c.plan(context.WithoutCancel(ctx), op, key.conditions)
		}))
}

// labels are the operation's conditions that change plans: override labels.
// @skip and @include are guards inside one plan.
func labels(op *operation.Operation) operation.Conditions {
	var out operation.Conditions
	for i, condition := range op.Conditions {
		if condition.Kind == operation.LabelCondition {
			out |= 1 << i
		}
	}
	return out
}

// programMetrics counts for one program cache after the other: they come and go
// with their supergraphs.
type programMetrics struct {
	current                atomic.Pointer[programCache]
	hits, misses, degraded prometheus.Counter
	entries                prometheus.GaugeFunc
	duration               prometheus.Histogram
}

func newProgramMetrics() *programMetrics {
	m := &programMetrics{
		hits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_plan_cache_hits_total", Help: "Operations whose plan was found in the cache.",
		}),
		misses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_plan_cache_misses_total", Help: "Operations whose plan was not found in the cache.",
		}),
		degraded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_plans_degraded_total", Help: "Plans for which the planner's budget ran out: correct, perhaps not the cheapest.",
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "weft_planning_duration_seconds", Help: "Time to plan and compile an operation.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 18),
		}),
	}
	m.entries = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "weft_plan_cache_entries", Help: "Plans in the cache.",
	}, func() float64 {
		if c := m.current.Load(); c != nil && c.entries != nil {
			return float64(c.entries.EstimatedSize())
		}
		return 0
	})
	return m
}

func (m *programMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.hits, m.misses, m.degraded, m.entries, m.duration}
}
