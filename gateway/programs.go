package gateway

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/planner/operation"
)

// programKey is what a plan depends on: the operation as it is planned, and
// those of its conditions that change plans.
type programKey struct {
	hash       [32]byte
	conditions operation.Conditions
}

// programEntry is a program with what it takes to plan it again on the next
// supergraph.
type programEntry struct {
	program *executor.Program
	from    hotOperation // Uses is what it began with
	uses    atomic.Int64
	// document is set where the program's operation is the client's own, which holds
	// the document that it stands in.
	document bool
}

// programCache keeps the programs of one supergraph's operations. One key is
// planned once at a time; who needs its plan meanwhile waits for that, and
// nobody else does.
type programCache struct {
	entries *otter.Cache[programKey, *programEntry]
	metrics *programMetrics
	// plan makes what is missing.
	plan func(ctx context.Context, op *operation.Operation, c operation.Conditions) (*executor.Program, error)
}

// newProgramCache makes a cache of about as many bytes; 0 keeps none.
func newProgramCache(bytes int64, m *programMetrics, plan func(context.Context, *operation.Operation, operation.Conditions) (*executor.Program, error)) (*programCache, error) {
	c := &programCache{metrics: m, plan: plan}
	if bytes == 0 {
		return c, nil
	}
	var err error
	c.entries, err = otter.New(&otter.Options[programKey, *programEntry]{
		MaximumWeight: uint64(bytes),
		Weigher:       weighProgram,
		// The cache's upkeep is short: it needs no goroutine.
		Executor: func(work func()) { work() },
	})
	if err != nil {
		return nil, fmt.Errorf("the cache of plans cannot be made: %w", err)
	}
	return c, nil
}

// weighProgram estimates the memory of an entry.
func weighProgram(_ programKey, e *programEntry) uint32 {
	const (
		entry   = 512
		perByte = 20 // of a document with its syntax tree
	)
	bytes := entry + e.program.Size() + len(e.from.Query)
	if e.document {
		bytes += perByte * len(e.from.Query)
	}
	return uint32(min(bytes, math.MaxUint32))
}

// get finds the program of a request's operation, or plans it.
func (c *programCache) get(ctx context.Context, op *operation.Operation, query string, conditions operation.Conditions) (*executor.Program, error) {
	key := programKey{hash: op.Planned.Hash, conditions: conditions & planChanging(op)}
	if c.entries == nil {
		c.metrics.misses.Inc()
		return c.plan(ctx, op.Planned, key.conditions)
	}
	if e, ok := c.entries.GetIfPresent(key); ok {
		c.metrics.hits.Inc()
		e.uses.Add(1)
		return e.program, nil
	}
	c.metrics.misses.Inc()
	e, err := c.load(ctx, op, key, hotOperation{Query: query, Name: op.Name, Labels: labelNames(op, key.conditions)})
	if err != nil {
		return nil, err
	}
	e.uses.Add(1)
	return e.program, nil
}

// load plans what is missing, unless somebody else does: then it waits for that.
func (c *programCache) load(ctx context.Context, op *operation.Operation, key programKey, from hotOperation) (*programEntry, error) {
	return c.entries.Get(ctx, key, otter.LoaderFunc[programKey, *programEntry](
		func(ctx context.Context, _ programKey) (*programEntry, error) {
			// Others may wait for this plan: it is finished even when the client that
			// asked first is gone.
			program, err := c.plan(context.WithoutCancel(ctx), op.Planned, key.conditions)
			if err != nil {
				return nil, err
			}
			e := &programEntry{program: program, from: from, document: op.Planned == op}
			e.uses.Store(from.Uses)
			return e, nil
		}))
}

// hottest are the operations that were used most, the first one most of all.
func (c *programCache) hottest(n int) []hotOperation {
	if c.entries == nil || n == 0 {
		return nil
	}
	var all []hotOperation
	for e := range c.entries.Values() {
		hot := e.from
		hot.Uses = e.uses.Load()
		all = append(all, hot)
	}
	slices.SortFunc(all, func(a, b hotOperation) int {
		return cmp.Or(cmp.Compare(b.Uses, a.Uses), cmp.Compare(a.Query, b.Query), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(n, len(all))]
}

// planChanging are the operation's conditions that change plans: override labels,
// and variables of @defer. @skip and @include are guards inside one plan.
func planChanging(op *operation.Operation) operation.Conditions {
	var out operation.Conditions
	for i, condition := range op.Conditions {
		if condition.Kind != operation.VariableCondition {
			out |= 1 << i
		}
	}
	return out
}

// labelNames are the override labels that are on.
func labelNames(op *operation.Operation, c operation.Conditions) []string {
	var names []string
	for i, condition := range op.Conditions {
		if condition.Kind == operation.LabelCondition && c&(1<<i) != 0 {
			names = append(names, condition.Name)
		}
	}
	return names
}

// programMetrics counts for one program cache after the other: they come and go
// with their supergraphs.
type programMetrics struct {
	current                atomic.Pointer[programCache]
	hits, misses, degraded prometheus.Counter
	entries, bytes         prometheus.GaugeFunc
	duration               prometheus.Histogram
	ahead                  *prometheus.CounterVec
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
		ahead: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_planned_ahead_total",
			Help: "Operations that were to be planned before a supergraph came into use: planned, skipped (they are not valid any more), failed, or left (the time was over).",
		}, []string{"outcome"}),
	}
	gauge := func(name, help string, read func(*programCache) float64) prometheus.GaugeFunc {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			if c := m.current.Load(); c != nil && c.entries != nil {
				return read(c)
			}
			return 0
		})
	}
	m.entries = gauge("weft_plan_cache_entries", "Plans in the cache.", func(c *programCache) float64 { return float64(c.entries.EstimatedSize()) })
	m.bytes = gauge("weft_plan_cache_bytes", "Estimated memory of the plans in the cache.", func(c *programCache) float64 { return float64(c.entries.WeightedSize()) })
	return m
}

func (m *programMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.hits, m.misses, m.degraded, m.entries, m.bytes, m.duration, m.ahead}
}
