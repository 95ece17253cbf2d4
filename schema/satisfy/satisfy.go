// Package satisfy proves that every operation a client may send to a
// supergraph can be answered by its subgraphs.
//
// It walks the API schema and the query graph of package graph side by side: a
// visit is an object type together with the ways by which subgraphs could be
// giving its value, and with the override labels that were decided on the way.
// From there each field must be resolved by one of these subgraphs, or by one
// to which a key leads. A visit that offers no less than one already made is
// skipped; that keeps the walk near linear.
//
// A field that cannot be had is reported with the shortest operation that asks
// for it and with what stops each subgraph.
//
// A visit also has the values that arguments can take from contexts set above it
// (@fromContext). A field with such arguments needs all of them, and a key by
// which its subgraph is entered. It fills no condition of a key or a @requires:
// those are looked at for an object alone.
package satisfy

import (
	"cmp"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// Codes of errors and hints.
const (
	codeSatisfiability schema.Code = "SATISFIABILITY_ERROR"
	codeRuntimeTypes   schema.Code = "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"
	codeMaxPaths       schema.Code = "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"
	hintRuntimeTypes   schema.Code = "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN"
)

// Options bounds the check and says where things are. The zero value is usable.
type Options struct {
	// MaxPaths is how many steps the check may take, each a look at one field or
	// condition in one state. When it is reached the check ends with
	// MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED. 0 means [DefaultMaxPaths].
	MaxPaths int
	// Locate gives the places of an element ("User", "User.name") in a subgraph's
	// SDL. nil means that errors have no locations.
	Locate func(subgraph, coordinate string) []schema.Location
}

// DefaultMaxPaths is Options.MaxPaths where it is not set.
const DefaultMaxPaths = 5_000_000

// Check proves that all that the supergraph's API schema offers can be had.
// errs has one error for each field that cannot, sorted; hints come in the
// order of the walk. g must be the graph of sg.
func Check(sg *schema.Supergraph, g *graph.Graph, o Options) (hints []schema.Hint, errs schema.Errors) {
	c := newChecker(sg, g, o)
	c.walk()
	errs = c.pass.errs
	errs.Sort()
	return c.hints, errs
}

// checker is the state of one check.
type checker struct {
	sg      *schema.Supergraph
	g       *graph.Graph
	options Options
	left    int

	// objects are made when they are first met, by the object's index.
	objects []*object
	nodes   map[*graph.Node]int
	views   map[string]*view
	risk    *risk
	assigns []assignment
	// assigned finds an assignment by the labels that it decides.
	assigned map[string]int

	// pass is the walk at hand: the whole one, or a trial.
	pass    *pass
	checked map[string]bool // runtime types, by coordinate

	// undecided is a label that the evaluation at hand asked for and that its
	// state does not decide, or -1.
	undecided int
	// open are the closures in the making; lowest is the least depth of those
	// that were used before they were ready, or len(open) and more for none.
	open   []*closure
	lowest int
	known  map[conditionKey]bool
	// reading is set while a context's value is looked at.
	reading bool

	hints []schema.Hint
}

func newChecker(sg *schema.Supergraph, g *graph.Graph, o Options) *checker {
	c := &checker{
		sg: sg, g: g, options: o, left: cmp.Or(o.MaxPaths, DefaultMaxPaths),
		objects: make([]*object, len(sg.Objects)),
		nodes:   map[*graph.Node]int{}, views: map[string]*view{}, assigns: []assignment{{}}, assigned: map[string]int{},
		pass: newPass(nil), checked: map[string]bool{},
		undecided: -1, lowest: noneOpen, known: map[conditionKey]bool{},
	}
	c.risk = findRisk(sg, g)
	return c
}

// spend counts one step; it gives false once the limit is reached.
func (c *checker) spend() bool {
	c.left--
	return c.left >= 0
}

// assignment is the override labels that are decided, and those that are on.
type assignment struct{ decided, on schema.TypeSet }

// covers reports whether what holds for a holds for b, which decides more.
func (a assignment) covers(b assignment) bool {
	return a.decided.SubsetOf(b.decided) && a.on.Equal(b.on.And(a.decided))
}

// with gives the assignment that also decides a label.
func (c *checker) with(assign, label int, on bool) int {
	a := c.assigns[assign]
	a.decided = a.decided.Or(schema.NewTypeSet(label))
	if on {
		a.on = a.on.Or(schema.NewTypeSet(label))
	}
	key := setKey(a.decided) + "," + setKey(a.on)
	i, known := c.assigned[key]
	if !known {
		i = len(c.assigns)
		c.assigns = append(c.assigns, a)
		c.assigned[key] = i
	}
	return i
}

// serves reports whether the subgraph has the field under the labels decided;
// what the field requires is another question.
func (c *checker) serves(e *graph.Edge, assign int) bool {
	if e.External {
		return false
	}
	if e.Label < 0 {
		return true
	}
	a := c.assigns[assign]
	if !a.decided.Has(e.Label) {
		c.undecided = e.Label
		return false
	}
	return a.on.Has(e.Label) == e.LabelOn
}
