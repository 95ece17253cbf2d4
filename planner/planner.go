package planner

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	// over is hardLimit; tests have less.
	over int
	// exhaustive is set by tests that compare with all plans; see thrifty.
	exhaustive bool
}

// New makes a planner.
func New(g *graph.Graph, o Options) *Planner {
	if o.MaxNodes == 0 {
		o.MaxNodes = DefaultMaxNodes
	}
	return &Planner{g: g, o: o, over: hardLimit}
}

// Plan makes the plan of an operation. Of the conditions only the override
// labels and those of @defer matter; the plan holds for every value of the others.
//
// It fails where a field cannot be had from any subgraph, which composition
// rules out, for what is not supported yet, and when ctx ends.
func (p *Planner) Plan(ctx context.Context, op *operation.Operation, c operation.Conditions) (*Plan, error) {
	return p.plan(ctx, op, c, nil)
}

// plan notes its choices in why, unless that is nil.
func (p *Planner) plan(ctx context.Context, op *operation.Operation, c operation.Conditions, why *choices) (*Plan, error) {
	b := p.budget()
	first, err := p.attempt(ctx, op, c, manner{}, b, why)
	if err != nil {
		return nil, err
	}
	w, how := p.search(ctx, op, c, first, b)
	if why != nil && w != first {
		// The same again, with its choices noted.
		*why = choices{}
		if w, err = p.attempt(ctx, op, c, how, p.budget(), why); err != nil {
			return nil, err
		}
	}
	return &Plan{Operation: op, Steps: w.steps, Blocks: w.blocks, Degraded: w.degraded, effective: w.effective, numbers: w.numbers}, nil
}

// planning is the state of making one plan.
type planning struct {
	ctx context.Context
	g   *graph.Graph
	op  *operation.Operation
	// labels are the override labels that are on; decided are those that the
	// operation's conditions tell about; refused is set once another is needed.
	labels, decided graph.Labels
	refused         error

	// left is what remains of the budget; deadline is zero where there is none.
	left, looks int
	deadline    time.Time
	degraded    bool
	// over is how much more than the budget may be looked at to find any plan.
	over int
	// doubtful is set where another plan could be a better one.
	doubtful bool

	decisions []*decision
	fetches   []*fetch
	locals    []*operation.Field
	requests  map[request]int
	// shut are the requests that are to be avoided, so that there are fewer than in
	// a plan of that price; nil where that is not asked. See cover.
	fewer *price
	shut  map[request]bool
	// deepest is the depth of the deepest fetch so far.
	deepest int

	// keys holds all keys in use with the identity of the field that they stand for,
	// or mixed; aliases finds a field's key; typename is the key of __typename.
	keys     map[string]string
	aliases  map[string]string
	typename string
	// contextPrefix is what the names of variables for values from contexts begin
	// with; empty until one is needed.
	contextPrefix string

	// active are the requirements being looked at; cut is set where one of them
	// was needed again.
	active map[activeRequire]bool
	cut    bool
	hubs   map[activeHub]bool
	// pending is a list for a search to use.
	pending []way
	// unsure counts what was found within a search that is not over: it holds for
	// that search alone and must not be remembered.
	unsure int
	local  map[localKey]bool
	// wide looks at all ways, also where there is a near one at hand, up to most
	// hops away.
	wide bool
	most int
	// exhaustive is the planner's.
	exhaustive bool
	// script decides choices; nil but in a search for a better plan.
	script *script
	// serial are the follow-up fences of a mutation; see planMutation.
	serial []fence
	// why notes the choices; nil where nobody asks.
	why *choices
	deferral
	// blocks and numbers are the plan's.
	blocks  []Block
	numbers []int
}

// request is one subgraph request: all fetches of a subgraph, a depth and a block
// share it.
type request struct{ graph, depth, block int }

func newPlanning(ctx context.Context, p *Planner, op *operation.Operation, c operation.Conditions) *planning {
	w := &planning{
		ctx: ctx, g: p.g, op: op, exhaustive: p.exhaustive,
		requests: map[request]int{}, shut: map[request]bool{}, aliases: map[string]string{}, keys: map[string]string{},
		hubs: map[activeHub]bool{}, active: map[activeRequire]bool{}, local: map[localKey]bool{},
		deferral: newDeferral(op, c),
	}
	w.readLabels(c)
	w.takeKeys(op.Root)
	w.typename = w.alias("__typename", "", "")
	return w
}

// readLabels finds the values of the override labels in the request's conditions.
func (w *planning) readLabels(c operation.Conditions) {
	if len(w.g.Labels) == 0 {
		return
	}
	w.labels, w.decided = make(graph.Labels, len(w.g.Labels)), make(graph.Labels, len(w.g.Labels))
	for i, condition := range w.op.Conditions {
		if condition.Kind != operation.LabelCondition {
			continue
		}
		if l, ok := slices.BinarySearch(w.g.Labels, condition.Name); ok {
			w.decided[l], w.labels[l] = true, c&(1<<i) != 0
		}
	}
}

// ErrLabel says that an operation needs a field whose @override has a label, and
// that the operation's conditions do not tell whether the label is on.
var ErrLabel = errors.New("the operation does not say which labels of @override are on")

// checkLabels refuses a field about which an undecided label decides.
func (w *planning) checkLabels(types schema.TypeSet, field string) {
	if w.refused != nil || !w.g.Labelled(field) {
		return
	}
	for o := range types.All() {
		for _, n := range w.g.Object(o).Nodes() {
			if n == nil {
				continue
			}
			if e := n.Edge(field); e != nil && e.Label >= 0 && !w.decided.On(e.Label) {
				w.refused = fmt.Errorf("%w: nobody decides about the label %q of %s.%s", ErrLabel, w.g.Labels[e.Label], n.Type.Name, field)
				return
			}
		}
	}
}

// mixed is the identity of a key that stands for different fields.
const mixed = "mixed"

// takeKeys notes the client's keys, so that the planner's own never mean
// something else.
func (w *planning) takeKeys(set *operation.SelectionSet) {
	for _, f := range set.Fields {
		if f.Name == "__schema" || f.Name == "__type" {
			w.keys[f.Key] = mixed
			continue
		}
		typ := ""
		if f.Definition != nil && f.Name != "__typename" {
			typ = f.Definition.Type.String()
		}
		id := identity(f.Name, printArguments(f.Arguments), typ)
		if known, ok := w.keys[f.Key]; ok && known != id {
			id = mixed
		}
		w.keys[f.Key] = id
		if f.Selections != nil {
			w.takeKeys(f.Selections)
		}
	}
}

// identity is equal for fields that may be selected under one key everywhere.
func identity(name, arguments, typ string) string { return name + arguments + ":" + typ }

// alias gives the key of a field of the planner's own: its name, unless that
// stands for something else in this operation.
func (w *planning) alias(name, arguments, typ string) string {
	id := identity(name, arguments, typ)
	if key, ok := w.aliases[id]; ok {
		return key
	}
	key := name
	if arguments != "" {
		key = "_w_" + name
	}
	for i := 0; ; i++ {
		if known, ok := w.keys[key]; !ok || known == id {
			break
		}
		if key = "_w_" + name; i > 0 {
			key = fmt.Sprintf("_w_%s_%d", name, i)
		}
	}
	w.keys[key] = id
	w.aliases[id] = key
	return key
}

// spend takes from the budget. Once it has run out the planner takes the first
// way that works instead of comparing; it never fails for that.
func (w *planning) spend() bool {
	w.left--
	if w.left < 0 {
		w.degraded = true
	}
	if w.looks++; w.looks%256 == 0 {
		if !w.deadline.IsZero() && time.Now().After(w.deadline) {
			w.left = min(w.left, 0)
		}
		if w.ctx.Err() != nil {
			w.left = -w.over - 1
		}
	}
	return w.left >= -w.over
}

// hardLimit bounds the work of finding any plan at all once the budget of
// comparing has run out.
const hardLimit = 10_000_000

// ErrLimit says that not even the greedy plan was found within the planner's limit.
var ErrLimit = errors.New("planning ended at its limit")

// overLimit is the error of an attempt that has looked at all that it may.
func (w *planning) overLimit() error {
	return fmt.Errorf("%w: it looked at %d choices and conditions and found no plan: ask for fewer fields in one operation, or declare fewer keys and shorter chains of @requires for its types", ErrLimit, w.looks)
}

// planRoots plans the fields of the root type.
func (w *planning) planRoots() error {
	set := w.op.Root
	typ := w.g.Types[set.Type]
	var fields []*operation.Field
	for _, f := range set.Fields {
		switch {
		case f.Name == "__typename", f.Denied:
		case f.Name == "__schema", f.Name == "__type":
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
	if err := w.planKind(typ, fields); err != nil {
		return err
	}
	return w.planBlocks()
}

// planKind plans the primary block of root fields.
func (w *planning) planKind(typ *graph.Type, fields []*operation.Field) error {
	switch w.op.Kind {
	case ast.Mutation:
		return w.planMutation(typ, fields)
	case ast.Subscription:
		return w.planSubscription(typ, fields)
	}
	p := w.rootPlace(typ, fields, 0, nil)
	if w.fewer != nil {
		return w.planFewest(p, *w.fewer)
	}
	return w.planGroup(p)
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
