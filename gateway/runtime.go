package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// runtime is one supergraph, compiled. It is immutable but for its caches, and
// lives as long as a request uses it.
type runtime struct {
	supergraph *schema.Supergraph
	subgraphs  []schema.Subgraph
	parser     *operation.Parser
	documents  *operation.DocumentCache // nil where none are kept
	planner    *planner.Planner
	programs   *programCache
}

// LoadOptions says how a gateway of that configuration reads supergraphs.
func LoadOptions(c *config.Config) schema.LoadOptions {
	return schema.LoadOptions{DenyUnenforced: c.Auth.Unenforced == config.Deny}
}

// PlannerOptions says how a gateway of that configuration plans.
func PlannerOptions(c *config.Config) planner.Options {
	return planner.Options{MaxNodes: c.Planner.MaxNodes, MaxTime: time.Duration(c.Planner.MaxTime)}
}

// newRuntime compiles a supergraph. Its errors say why it cannot be served.
func (g *Gateway) newRuntime(from *source.Supergraph) (*runtime, error) {
	o := LoadOptions(g.config)
	if len(from.Subgraphs) == 0 && len(from.Files) == 1 { // it was not composed here: errors name the file
		o.File = from.Files[0]
	}
	sg, err := schema.LoadSupergraph(from.SDL, o)
	if err != nil {
		return nil, err
	}
	queries, err := graph.New(sg)
	if err != nil {
		return nil, err
	}
	overrideLabels{g.config.Planner.OverrideLabels}.check(g.logger, queries.Labels)
	rt := &runtime{
		supergraph: sg,
		subgraphs:  from.Subgraphs,
		parser:     operation.NewParser(sg, g.operationOptions()),
		planner:    planner.New(queries, PlannerOptions(g.config)),
	}
	if bytes := int64(g.config.Documents.Cache); bytes > 0 {
		o := operation.CacheOptions{Bytes: bytes, Metrics: g.documentMetrics}
		if rt.documents, err = operation.NewDocumentCache(rt.parser, o); err != nil {
			return nil, err
		}
	}
	plan := func(ctx context.Context, op *operation.Operation, c operation.Conditions) (*executor.Program, error) {
		return g.plan(ctx, rt, op, c)
	}
	if rt.programs, err = newProgramCache(int64(g.config.Planner.Cache), g.programMetrics, plan); err != nil {
		return nil, err
	}
	if len(rt.subgraphs) == 0 {
		for _, s := range sg.Graphs {
			rt.subgraphs = append(rt.subgraphs, schema.Subgraph{Name: s.Name, URL: s.URL})
		}
	}
	return rt, nil
}

// operation finds the operation that a request means.
func (rt *runtime) operation(ctx context.Context, text, name string) (*operation.Operation, gqlerror.List) {
	var doc *operation.Document
	var errs gqlerror.List
	if rt.documents != nil {
		doc, errs = rt.documents.Get(ctx, text)
	} else {
		doc, errs = rt.parser.Parse(text)
	}
	if errs != nil {
		return nil, errs
	}
	op, err := doc.Operation(name)
	if err != nil {
		return nil, asList(err)
	}
	return op, nil
}

// asList makes an error one that a client can be told.
func asList(err error) gqlerror.List {
	if known, ok := errors.AsType[*gqlerror.Error](err); ok {
		return gqlerror.List{known}
	}
	return gqlerror.List{gqlerror.Wrap(err)}
}

// errPlanner is all that clients are told of a mistake in the planner.
var errPlanner = errors.New("the gateway made a mistake; its log says more")

// plan plans an operation and compiles the plan. A mistake in the program costs
// this operation alone: others may wait for the plan, or it is planned ahead.
func (g *Gateway) plan(ctx context.Context, rt *runtime, op *operation.Operation, c operation.Conditions) (program *executor.Program, err error) {
	start := time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			g.logger.ErrorContext(ctx, "planning met a mistake in the program", "operation", op.Text, "panic", cause, "stack", string(debug.Stack()))
			program, err = nil, errPlanner
		}
	}()
	plan, err := rt.planner.Plan(ctx, op, c)
	if err != nil {
		return nil, err
	}
	program, err = executor.Compile(rt.supergraph, plan)
	if err != nil {
		return nil, fmt.Errorf("compile the plan: %w", err)
	}
	g.programMetrics.duration.Observe(time.Since(start).Seconds())
	if plan.Degraded {
		g.programMetrics.degraded.Inc()
		g.logger.WarnContext(ctx, "the planner's budget ran out (planner.max_nodes, planner.max_time): the plan is correct, perhaps not the cheapest",
			"operation", op.Name, "steps", len(plan.Steps))
	}
	return program, nil
}

// names are the subgraphs' names.
func (rt *runtime) names() []string {
	out := make([]string, len(rt.supergraph.Graphs))
	for i, s := range rt.supergraph.Graphs {
		out[i] = s.Name
	}
	return out
}
