package planner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// Options are the limits of planning. The zero value is usable.
type Options struct {
	// MaxNodes is how many choices and conditions one planning may look at before
	// it takes the greedy plan; 0 means 200,000.
	MaxNodes int
	// MaxTime is how long it may look before it takes the greedy plan; 0 means no
	// limit.
	MaxTime time.Duration
}

// DefaultMaxNodes is Options.MaxNodes where it is not set.
const DefaultMaxNodes = 200_000

// Planner makes plans on one supergraph. It is immutable and safe for
// concurrent use.
type Planner struct {
	g *graph.Graph
	o Options
}

// New makes a planner.
func New(g *graph.Graph, o Options) *Planner {
	if o.MaxNodes == 0 {
		o.MaxNodes = DefaultMaxNodes
	}
	return &Planner{g, o}
}

// ErrSubscription says that a subscription was to be planned.
var ErrSubscription = errors.New("planner: subscriptions are not supported yet")

// Plan makes the plan of an operation. Of the conditions only the override
// labels matter; the plan holds for every value of the others.
//
// It fails where a field cannot be had from any subgraph, which composition
// rules out, for what is not supported yet, and when ctx ends.
func (p *Planner) Plan(ctx context.Context, op *operation.Operation, c operation.Conditions) (*Plan, error) {
	if op.Kind == ast.Subscription {
		return nil, ErrSubscription
	}
	w := newPlanning(ctx, p, op, c)
	if err := w.planRoots(); err != nil {
		return nil, fmt.Errorf("planner: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("planner: %w", err)
	}
	return &Plan{Operation: op, Steps: w.steps(), Blocks: []Block{{}}, Degraded: w.degraded}, nil
}

// planning is the state of making one plan.
type planning struct {
	ctx    context.Context
	g      *graph.Graph
	op     *operation.Operation
	labels graph.Labels

	// left is what remains of the budget; deadline is zero where there is none.
	left     int
	deadline time.Time
	degraded bool

	decisions []*decision
	fetches   []*fetch
	locals    []*operation.Field
	requests  map[request]int
	// deepest is the depth of the deepest fetch so far.
	deepest int

	// aliases are the keys of the planner's own fields; taken are all keys that
	// the client uses, typename is the key of __typename.
	aliases  map[string]string
	taken    map[string]bool
	typename string

	// active are the requirements being looked at; cut is set where one of them
	// was needed again.
	active map[activeRequire]bool
	cut    bool
	local  map[localKey]bool
	// serial are the follow-up fences of a mutation; see planMutation.
	serial []fence
}

// request is one subgraph request: all fetches of a subgraph and a depth share it.
type request struct{ graph, depth int }

func newPlanning(ctx context.Context, p *Planner, op *operation.Operation, c operation.Conditions) *planning {
	w := &planning{
		ctx: ctx, g: p.g, op: op, left: p.o.MaxNodes,
		requests: map[request]int{}, aliases: map[string]string{}, taken: map[string]bool{}, typename: "__typename",
		active: map[activeRequire]bool{}, local: map[localKey]bool{},
	}
	if p.o.MaxTime > 0 {
		w.deadline = time.Now().Add(p.o.MaxTime)
	}
	for i, condition := range op.Conditions {
		if condition.Kind != operation.LabelCondition || c&(1<<i) == 0 {
			continue
		}
		for l, label := range p.g.Labels {
			if label == condition.Name {
				if w.labels == nil {
					w.labels = make(graph.Labels, len(p.g.Labels))
				}
				w.labels[l] = true
			}
		}
	}
	w.takeKeys(op.Root)
	if w.taken["__typename"] {
		w.typename = w.alias("__typename", "", "")
	}
	return w
}

// takeKeys notes the client's keys, so that the planner's own differ from them.
func (w *planning) takeKeys(set *operation.SelectionSet) {
	for _, f := range set.Fields {
		if f.Key != "__typename" || f.Name != "__typename" {
			w.taken[f.Key] = true
		}
		if f.Selections != nil && f.Name != "__schema" && f.Name != "__type" {
			w.takeKeys(f.Selections)
		}
	}
}

// alias gives the key of a field of the planner's own: one for each name,
// arguments and type, so that equal fields meet under one key everywhere.
func (w *planning) alias(name, arguments, typ string) string {
	id := name + arguments + ":" + typ
	if key, ok := w.aliases[id]; ok {
		return key
	}
	key := "_w_" + name
	for i := 1; w.taken[key]; i++ {
		key = fmt.Sprintf("_w_%s_%d", name, i)
	}
	w.taken[key] = true
	w.aliases[id] = key
	return key
}

// spend takes from the budget. Once it has run out the planner takes the first
// way that works instead of comparing; it never fails for that.
func (w *planning) spend(n int) bool {
	w.left -= n
	if w.left < 0 {
		w.degraded = true
	}
	if !w.deadline.IsZero() && w.left%256 == 0 && time.Now().After(w.deadline) {
		w.left = min(w.left, 0)
	}
	return w.left > -hardLimit
}

// hardLimit bounds the work of finding any plan at all once the budget of
// comparing has run out.
const hardLimit = 10_000_000

// planRoots plans the fields of the root type.
func (w *planning) planRoots() error {
	set := w.op.Root
	typ := w.g.Types[set.Type]
	var fields []*operation.Field
	for _, f := range set.Fields {
		switch f.Name {
		case "__typename":
		case "__schema", "__type":
			w.locals = append(w.locals, f)
		default:
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	if typ == nil {
		return fmt.Errorf("the root type %s is in no subgraph", set.Type)
	}
	if w.op.Kind == ast.Mutation {
		return w.planMutation(typ, fields)
	}
	return w.planGroup(w.rootPlace(typ, fields, 0, nil))
}

// rootPlace makes the place of an operation's root, with all of some root
// fields, whose requests are made at a depth. only limits it to some subgraphs.
func (w *planning) rootPlace(typ *graph.Type, fields []*operation.Field, depth int, only []int) *place {
	set := *w.op.Root
	set.Fields = fields
	p := &place{typ: typ, live: typ.Possible, client: &set}
	add := func(n *graph.Node) {
		p.arrivals = append(p.arrivals, &arrival{place: p, graph: n.Graph, node: n, types: typ.Possible, hops: depth})
	}
	for _, n := range typ.Nodes() {
		if n != nil && only == nil {
			add(n)
		}
	}
	for _, g := range only {
		if n := typ.Node(g); n != nil {
			add(n)
		}
	}
	return p
}

// planGroup walks one root place and takes its decisions into the plan.
func (w *planning) planGroup(p *place) error {
	w.decisions = w.decisions[:0]
	if err := w.visit(p); err != nil {
		return err
	}
	return w.choose()
}

// only gives an object type set's one type, or -1.
func only(s schema.TypeSet) int {
	found := -1
	for o := range s.All() {
		if found >= 0 {
			return -1
		}
		found = o
	}
	return found
}
