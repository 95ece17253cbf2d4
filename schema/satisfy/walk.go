package satisfy

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// visit is an object type's state that the walk has come to, and the way there.
type visit struct {
	state  *state
	assign int
	way    *way
	// contexts are the values that fields of the object can take from contexts, by
	// their IDs.
	contexts schema.TypeSet
}

// way is the client's path to a value, as an operation would select it.
type way struct {
	from *way
	// on is the type on which field is selected: from's type, or an object type of it.
	on    string
	field *ast.FieldDefinition
	// typ is the field's type in the API schema; a root type where from is nil.
	typ *ast.Definition
}

type placeKey struct {
	typ     string
	statics string
	assign  int
	// contexts are a visit's.
	contexts string
}

type seenKey struct {
	object *object
	typed  bool
}

// seen is what a visit had to offer.
type seen struct {
	items    schema.TypeSet
	assign   int
	contexts schema.TypeSet
}

// pass is one walk: what is still to be visited, what was, and what failed.
type pass struct {
	// over is the pass that this one is a trial over: what was visited in it need
	// not be visited again. nil for the whole walk.
	over   *pass
	queue  []visit
	places map[placeKey]bool
	seen   map[seenKey][]seen
	failed map[string]bool // coordinates
	errs   schema.Errors
}

func newPass(over *pass) *pass {
	return &pass{over: over, places: map[placeKey]bool{}, seen: map[seenKey][]seen{}, failed: map[string]bool{}}
}

// walk visits everything that a client can select, the shortest paths first.
func (c *checker) walk() {
	if t := c.g.Types[c.sg.API.Query.Name]; t != nil {
		var statics []static
		for _, n := range t.Nodes() {
			if n != nil {
				statics = append(statics, static{n, nil})
			}
		}
		c.arrive(&way{typ: c.sg.API.Query}, statics, 0, nil)
	}
	c.drain()
	for _, root := range []*ast.Definition{c.sg.API.Mutation, c.sg.API.Subscription} {
		if root != nil && c.g.Types[root.Name] != nil {
			c.walkOnce(root)
		}
	}
	if c.left < 0 {
		c.pass.errs = append(c.pass.errs, &schema.Error{
			Code:    codeMaxPaths,
			Message: fmt.Sprintf("Whether every query can be answered is not known: the check reached its limit of %d steps.", cmp.Or(c.options.MaxPaths, DefaultMaxPaths)),
			Fix:     "Raise the limit, or make keys and @requires that depend on each other simpler.",
		})
	}
}

// drain makes the visits that the pass has queued.
func (c *checker) drain() {
	p := c.pass
	for len(p.queue) > 0 && c.left >= 0 {
		v := p.queue[0]
		p.queue = p.queue[1:]
		c.visit(v)
	}
}

// arrive comes to a composite value that some subgraphs give, and queues a
// visit of each object type that it can have.
func (c *checker) arrive(w *way, statics []static, assign int, contexts schema.TypeSet) {
	key := placeKey{w.typ.Name, c.staticsKey(statics), assign, setKey(contexts)}
	for p := c.pass; p != nil; p = p.over {
		if p.places[key] {
			return
		}
	}
	c.pass.places[key] = true
	if !c.spend() {
		return
	}
	c.statesAt(statics, func(s *state) bool {
		if api := c.sg.API.Types[s.object.Name]; api != nil {
			c.pass.queue = append(c.pass.queue, visit{s, assign, w, contexts})
		}
		return true
	})
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

func (c *checker) step(w *way, on string, f *ast.FieldDefinition) *way {
	return &way{from: w, on: on, field: f, typ: c.sg.API.Types[f.Type.Name()]}
}

// visit walks on from a state, unless an earlier visit had no more to offer.
func (c *checker) visit(v visit) {
	cl := c.ask(func() *closure { return c.closure(v.state, v.assign) })
	if cl.undecided >= 0 {
		c.decide(v, cl.undecided)
		return
	}
	below := c.below(cl, v.assign, v.contexts)
	if c.undecided >= 0 {
		c.decide(v, c.undecided)
		return
	}
	if c.skips(cl, v) {
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
		c.visitField(v, cl, f, below)
	}
}

// decide makes a visit once for each value of a label.
func (c *checker) decide(v visit, label int) {
	for _, on := range []bool{false, true} {
		decided := v
		decided.assign = c.with(v.assign, label, on)
		c.pass.queue = append(c.pass.queue, decided)
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
// no more ways, labels and contexts, led on to all that it leads to. It remembers
// the visit otherwise.
func (c *checker) skips(cl *closure, v visit) bool {
	o := cl.state.object
	key := seenKey{o, cl.typed}
	for p := c.pass; p != nil; p = p.over {
		for _, s := range p.seen[key] {
			if s.items.SubsetOf(cl.items) && c.assigns[s.assign].covers(c.assigns[v.assign]) && s.contexts.SubsetOf(v.contexts) && cl.items.AndNot(s.items).And(o.risky).Empty() {
				return true
			}
		}
	}
	c.pass.seen[key] = append(c.pass.seen[key], seen{cl.items, v.assign, v.contexts})
	return false
}

// visitField looks for a field from a state, and walks into it. below are the
// values that fields below it can take from contexts.
func (c *checker) visitField(v visit, cl *closure, f *ast.FieldDefinition, below schema.TypeSet) {
	o := v.state.object
	c.undecided = -1
	typ := c.sg.API.Types[f.Type.Name()]
	if typ != nil && typ.IsCompositeType() {
		to := c.follow(o, cl.items, cl.required, f.Name, v.assign)
		to = append(to, c.contextual(cl, f.Name, v.assign, v.contexts)...)
		if c.fork(v, cl, f, below) {
			return
		}
		if len(to) == 0 {
			c.fail(v, f, cl)
			return
		}
		if c.checkRuntimeTypes(v, f, to) {
			c.arrive(c.step(v.way, o.Name, f), to, v.assign, below)
		}
		return
	}
	if c.gives(o, cl.items, cl.required, f.Name, v.assign) || len(c.contextual(cl, f.Name, v.assign, v.contexts)) > 0 || c.fork(v, cl, f, below) {
		return
	}
	c.fail(v, f, cl)
}

// fork looks for the field again under both values of a label that the look
// just taken asked for.
func (c *checker) fork(v visit, cl *closure, f *ast.FieldDefinition, below schema.TypeSet) bool {
	label := c.undecided
	if label < 0 {
		return false
	}
	for _, on := range []bool{false, true} {
		fv := v
		fv.assign = c.with(v.assign, label, on)
		if c.spend() {
			c.visitField(fv, cl, f, below)
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
