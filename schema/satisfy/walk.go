package satisfy

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// visit is an object type's state that the walk has come to, and the way there.
type visit struct {
	state  *state
	assign int
	way    *way
}

// way is the client's path to a value, as an operation would select it.
type way struct {
	from *way
	// on is the type on which field is selected: from's type, or an object type of it.
	on    string
	field *ast.FieldDefinition
	// typ is the field's type in the API schema; a root type where from is nil.
	typ *ast.Definition
	// only is the subgraph that serves a root field which may be asked for once,
	// or -1.
	only int
}

type placeKey struct {
	typ     string
	statics string
	assign  int
}

type seenKey struct {
	object *object
	typed  bool
}

// seen is what a visit had to offer.
type seen struct {
	items  schema.TypeSet
	assign int
}

// walk visits everything that a client can select, the shortest paths first.
func (c *checker) walk() {
	for _, root := range c.roots() {
		t := c.g.Types[root.Name]
		if t == nil {
			continue
		}
		var statics []static
		for _, n := range t.Nodes() {
			if n != nil {
				statics = append(statics, static{n, nil})
			}
		}
		w := &way{typ: root, only: -1}
		if root == c.sg.API.Query {
			c.arrive(w, statics, 0)
		} else {
			c.visitOnce(w, t, root)
		}
	}
	for len(c.queue) > 0 && c.left >= 0 {
		v := c.queue[0]
		c.queue = c.queue[1:]
		c.visit(v)
	}
	if c.left < 0 {
		c.errs = append(c.errs, &schema.Error{
			Code:    codeMaxPaths,
			Message: fmt.Sprintf("Whether every query can be answered is not known: the check reached its limit of %d steps.", cmp.Or(c.options.MaxPaths, DefaultMaxPaths)),
			Fix:     "Raise the limit, or make keys and @requires that depend on each other simpler.",
		})
	}
}

// visitOnce walks the fields of a root type whose fields must not be asked for
// twice: each must be answered starting from any single subgraph that serves it.
func (c *checker) visitOnce(root *way, t *graph.Type, d *ast.Definition) {
	for _, f := range clientFields(d) {
		served := false
		for _, n := range t.Nodes() {
			if n == nil || n.Edge(f.Name) == nil || n.Edge(f.Name).External {
				continue
			}
			served = true
			w := *root
			w.only = n.Graph
			o := c.object(t.Object)
			s := o.state(schema.NewTypeSet(c.item(o, item{node: n})))
			c.visitServed(visit{s, 0, &w}, f)
		}
		if !served {
			o := c.object(t.Object)
			c.fail(visit{o.state(nil), 0, root}, f, &closure{state: o.state(nil), undecided: -1})
		}
	}
}

// visitServed walks one root field from the one subgraph of the visit's state,
// where the labels let that subgraph serve it.
func (c *checker) visitServed(v visit, f *ast.FieldDefinition) {
	e := v.state.object.items[first(v.state.items)].node.Edge(f.Name)
	if e.Label >= 0 {
		v.assign = c.with(v.assign, e.Label, e.LabelOn)
	}
	cl := &closure{state: v.state, items: v.state.items, typed: true, undecided: -1, ready: true}
	c.visitField(v, cl, f)
}

func first(s schema.TypeSet) int {
	for i := range s.All() {
		return i
	}
	return -1
}

// arrive comes to a composite value that some subgraphs give, and queues a
// visit of each object type that it can have.
func (c *checker) arrive(w *way, statics []static, assign int) {
	key := placeKey{w.typ.Name, c.staticsKey(statics), assign}
	if c.places[key] {
		return
	}
	c.places[key] = true
	if !c.spend() {
		return
	}
	c.statesAt(statics, func(s *state) bool {
		if api := c.sg.API.Types[s.object.Name]; api != nil {
			c.queue = append(c.queue, visit{s, assign, w})
		}
		return true
	})
	if w.typ.Kind == ast.Interface {
		c.visitInterface(w, statics, assign)
	}
}

func (c *checker) staticsKey(statics []static) string {
	b := make([]byte, 0, 8*len(statics))
	for _, s := range statics {
		id, known := c.nodes[s.node]
		if !known {
			id = len(c.nodes)
			c.nodes[s.node] = id
		}
		b = binary.AppendUvarint(b, uint64(id))
		seen := 0
		if s.view != nil {
			seen = s.view.id
		}
		b = binary.AppendUvarint(b, uint64(seen))
	}
	return string(b)
}

// visitInterface walks the interface's own fields where a subgraph types one
// more widely than its object types do: whoever selects it on the interface may
// then ask for the additional types.
func (c *checker) visitInterface(w *way, statics []static, assign int) {
	for _, f := range clientFields(w.typ) {
		var to []static
		wider := false
		for _, s := range statics {
			if s.node.Opaque || s.node.Type.Kind != ast.Interface {
				continue
			}
			e := s.node.Edge(f.Name)
			if e == nil || e.To == nil || !s.node.Possible.SubsetOf(c.g.Direct(s.node.Graph, f.Name, nil)) {
				continue
			}
			to = append(to, static{e.To, c.view(e.Provides)})
			wider = wider || c.isWider(e)
		}
		if wider {
			c.arrive(c.step(w, w.typ.Name, f), to, assign)
		}
	}
}

// isWider reports whether an interface's field has possible types in its
// subgraph that the same field of no object type there has.
func (c *checker) isWider(e *graph.Edge) bool {
	wider, known := c.extra[e]
	if known {
		return wider
	}
	var below schema.TypeSet
	for index := range e.From.Possible.All() {
		if n := c.g.Object(index).Node(e.From.Graph); n != nil {
			if oe := n.Edge(e.Name); oe != nil && oe.To != nil {
				below = below.Or(oe.To.Possible)
			}
		}
	}
	wider = !e.To.Possible.SubsetOf(below)
	c.extra[e] = wider
	return wider
}

func (c *checker) step(w *way, on string, f *ast.FieldDefinition) *way {
	return &way{from: w, on: on, field: f, typ: c.sg.API.Types[f.Type.Name()], only: w.only}
}

// visit walks on from a state, unless an earlier visit had no more to offer.
func (c *checker) visit(v visit) {
	cl := c.ask(func() *closure { return c.closure(v.state, v.assign) })
	if cl.undecided >= 0 {
		for _, on := range []bool{false, true} {
			c.queue = append(c.queue, visit{v.state, c.with(v.assign, cl.undecided, on), v.way})
		}
		return
	}
	if c.skips(cl, v.assign) {
		return
	}
	o := v.state.object
	api := c.sg.API.Types[o.Name]
	if !cl.typed && v.way.typ.Name != o.Name {
		c.failType(v, cl)
		return
	}
	for _, f := range clientFields(api) {
		if !c.spend() {
			return
		}
		c.visitField(v, cl, f)
	}
}

// ask runs a part of the check with no label undecided and nothing in the making.
func (c *checker) ask(f func() *closure) *closure {
	c.undecided, c.lowest = -1, noneOpen
	cl := f()
	c.undecided = -1
	return cl
}

// skips reports whether the visit need not be made because an earlier one, with
// no more ways and labels, led on to all that it leads to. It remembers the
// visit otherwise.
func (c *checker) skips(cl *closure, assign int) bool {
	o := cl.state.object
	key := seenKey{o, cl.typed}
	for _, s := range c.seen[key] {
		if s.items.SubsetOf(cl.items) && c.assigns[s.assign].covers(c.assigns[assign]) && cl.items.AndNot(s.items).And(o.risky).Empty() {
			return true
		}
	}
	c.seen[key] = append(c.seen[key], seen{cl.items, assign})
	return false
}

// visitField looks for a field from a state, and walks into it.
func (c *checker) visitField(v visit, cl *closure, f *ast.FieldDefinition) {
	o := v.state.object
	c.undecided = -1
	typ := c.sg.API.Types[f.Type.Name()]
	if typ != nil && typ.IsCompositeType() {
		to := c.follow(o, cl.items, cl.required, f.Name, v.assign)
		if c.fork(v, cl, f) {
			return
		}
		if len(to) == 0 {
			c.fail(v, f, cl)
			return
		}
		c.checkRuntimeTypes(v, f, to)
		c.arrive(c.step(v.way, o.Name, f), to, v.assign)
		return
	}
	if c.gives(o, cl.items, cl.required, f.Name, v.assign) || c.fork(v, cl, f) {
		return
	}
	c.fail(v, f, cl)
}

// fork looks for the field again under both values of a label that the look
// just taken asked for.
func (c *checker) fork(v visit, cl *closure, f *ast.FieldDefinition) bool {
	label := c.undecided
	if label < 0 {
		return false
	}
	for _, on := range []bool{false, true} {
		fv := v
		fv.assign = c.with(v.assign, label, on)
		if c.spend() {
			c.visitField(fv, cl, f)
		}
	}
	return true
}

// clientFields gives the fields of a type that introspection does not add.
func clientFields(d *ast.Definition) []*ast.FieldDefinition {
	if !slices.ContainsFunc(d.Fields, func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") }) {
		return d.Fields
	}
	return slices.DeleteFunc(slices.Clone(d.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
}
