package satisfy

import (
	"math"
	"slices"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// noneOpen is checker.lowest where no closure in the making was used.
const noneOpen = math.MaxInt

// closure is all the ways to have a value that is had in a state: the state's
// own and those that keys lead to.
type closure struct {
	state *state
	items schema.TypeSet
	// typed is set once the value's type can be told.
	typed bool
	// required are the edges with @requires whose conditions can be met.
	required map[*graph.Edge]bool
	// undecided is a label that must be decided first, or -1.
	undecided int
	depth     int
	ready     bool
	changed   bool
}

// closure finds the least set of ways that is closed under the keys and
// requirements that they let one have.
func (c *checker) closure(s *state, assign int) *closure {
	if cl := s.closures[assign]; cl != nil {
		if !cl.ready {
			c.lowest = min(c.lowest, cl.depth)
		} else if cl.undecided >= 0 {
			c.undecided = cl.undecided
		}
		return cl
	}
	cl := &closure{state: s, items: s.items, typed: s.typed, depth: len(c.open), undecided: -1}
	s.closures[assign] = cl
	c.open = append(c.open, cl)
	outerLowest, outerUndecided, outerReading := c.lowest, c.undecided, c.reading
	c.lowest, c.undecided, c.reading = noneOpen, -1, false
	for cl.changed = true; cl.changed && c.left >= 0; {
		cl.changed = false
		c.openHubs(cl, assign)
		c.openRequirements(cl, assign)
	}
	c.open, c.reading = c.open[:cl.depth], outerReading
	cl.undecided = c.undecided
	cl.ready = true
	if c.lowest < cl.depth {
		// It was made with another closure that is not ready: make it again then.
		delete(s.closures, assign)
		c.lowest = min(c.lowest, outerLowest)
	} else {
		c.lowest = outerLowest
	}
	if cl.undecided < 0 {
		c.undecided = outerUndecided
	}
	return cl
}

func (cl *closure) add(id int) {
	if !cl.items.Has(id) {
		cl.items = cl.items.Or(schema.NewTypeSet(id))
		cl.changed = true
	}
}

// openHubs adds the targets of every key that can be had.
func (c *checker) openHubs(cl *closure, assign int) {
	o := cl.state.object
	if o.Definition == c.sg.Schema.Query && cl.typed {
		// Any subgraph can be asked for the fields of its query type.
		for _, n := range o.Nodes() {
			if n != nil {
				cl.add(c.item(o, item{node: n}))
			}
		}
		return
	}
	if !cl.typed {
		c.openInterfaceHubs(cl, assign)
	}
	if !cl.typed {
		return
	}
	for _, h := range o.Hubs {
		if c.reached(cl, h) || !c.have(cl, h.Set, assign, nil) {
			continue
		}
		for _, n := range h.Targets {
			cl.add(c.item(o, item{node: n}))
		}
	}
}

func (c *checker) reached(cl *closure, h *graph.Hub) bool {
	for _, n := range h.Targets {
		if !cl.items.Has(c.item(cl.state.object, item{node: n})) {
			return false
		}
	}
	return true
}

// openInterfaceHubs moves a value that only interface objects bring by the keys
// of the interface, until a subgraph tells its type.
func (c *checker) openInterfaceHubs(cl *closure, assign int) {
	o := cl.state.object
	for id := range cl.items.All() {
		for _, h := range o.items[id].node.Type.Hubs {
			if !c.have(cl, h.Set, assign, nil) {
				continue
			}
			for _, n := range h.Targets {
				switch {
				case n.Opaque:
					cl.add(c.item(o, item{node: n}))
				case n.Possible.Has(o.index) && o.Node(n.Graph) != nil:
					cl.add(c.item(o, item{node: o.Node(n.Graph)}))
					cl.typed = true
				}
			}
		}
	}
}

// openRequirements finds the fields with @requires that can be had. Their
// subgraph is entered by a key even where the value is there already, because
// only a representation carries what they require.
func (c *checker) openRequirements(cl *closure, assign int) {
	for _, e := range cl.state.object.requiring {
		if cl.required[e] || !c.serves(e, assign) {
			continue
		}
		if e.From.Opaque && !cl.typed && !cl.items.Has(c.item(cl.state.object, item{node: e.From})) {
			continue
		}
		if !c.have(cl, e.Requires, assign, nil) || !c.enters(cl, e.From, assign) {
			continue
		}
		if cl.required == nil {
			cl.required = map[*graph.Edge]bool{}
		}
		cl.required[e] = true
		cl.changed = true
	}
}

// enters reports whether a key leads to the node.
func (c *checker) enters(cl *closure, n *graph.Node, assign int) bool {
	for _, h := range n.Hubs {
		if c.have(cl, h.Set, assign, nil) {
			return true
		}
	}
	return false
}

// have reports whether a field set of the closure's object type can be had.
// contexts are the values that its fields can take from contexts: none but from
// what the field set itself leads through.
func (c *checker) have(cl *closure, set *graph.FieldSet, assign int, contexts schema.TypeSet) bool {
	for _, u := range set.Fields {
		if !c.haveUse(cl, u, assign, contexts) {
			return false
		}
	}
	return true
}

func (c *checker) haveUse(cl *closure, u *graph.FieldUse, assign int, contexts schema.TypeSet) bool {
	o := cl.state.object
	if u.Name == "__typename" || u.On != nil && !u.On.Has(o.index) {
		return true
	}
	if !c.spend() {
		return false
	}
	if u.Set == nil {
		return c.gives(o, cl.items, cl.required, u.Name, assign) || len(c.contextual(cl, u.Name, assign, contexts)) > 0
	}
	below := c.below(cl, assign, contexts)
	near := c.follow(o, cl.state.items, nil, u.Name, assign)
	if len(near) > 0 && c.haveBelow(near, u.Set, assign, below) {
		return true
	}
	all := append(c.follow(o, cl.items, cl.required, u.Name, assign), c.contextual(cl, u.Name, assign, contexts)...)
	return len(all) > 0 && c.haveBelow(all, u.Set, assign, below)
}

// haveBelow reports whether a field set can be had of the values in some
// subgraphs, whatever object type they have.
func (c *checker) haveBelow(statics []static, set *graph.FieldSet, assign int, contexts schema.TypeSet) bool {
	return c.statesAt(statics, func(s *state) bool { return c.haveAt(s, set, assign, contexts) })
}

type conditionKey struct {
	state  *state
	assign int
	set    *graph.FieldSet
	// contexts are the values that can be taken from contexts; reading is the
	// checker's.
	contexts string
	reading  bool
}

// haveAt reports whether a field set can be had of the values in a state.
func (c *checker) haveAt(s *state, set *graph.FieldSet, assign int, contexts schema.TypeSet) bool {
	key := conditionKey{s, assign, set, setKey(contexts), c.reading}
	if known, ok := c.known[key]; ok {
		return known
	}
	if c.leavesHere(s, set, assign) {
		return true
	}
	lowest, undecided := c.lowest, c.undecided
	c.lowest, c.undecided = noneOpen, -1
	have := c.have(c.closure(s, assign), set, assign, contexts)
	if c.lowest == noneOpen && c.undecided < 0 {
		c.known[key] = have
	}
	c.lowest = min(c.lowest, lowest)
	if c.undecided < 0 {
		c.undecided = undecided
	}
	return have
}

// leavesHere reports whether the field set is leaves that the state has without
// any move.
func (c *checker) leavesHere(s *state, set *graph.FieldSet, assign int) bool {
	for _, u := range set.Fields {
		if u.Set != nil || u.Name != "__typename" && (u.On == nil || u.On.Has(s.object.index)) && !c.gives(s.object, s.items, nil, u.Name, assign) {
			return false
		}
	}
	return true
}

// gives reports whether one of the items resolves a field.
func (c *checker) gives(o *object, items schema.TypeSet, required map[*graph.Edge]bool, name string, assign int) bool {
	before := c.undecided
	for range c.resolving(o, items, required, name, assign) {
		c.undecided = before // it is there whatever the label
		return true
	}
	return false
}

// follow gives the values that a composite field of the items leads to.
func (c *checker) follow(o *object, items schema.TypeSet, required map[*graph.Edge]bool, name string, assign int) []static {
	var out []static
	for it, e := range c.resolving(o, items, required, name, assign) {
		if e == nil || e.To == nil {
			continue
		}
		s := static{e.To, c.viewBelow(o, it, e)}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// viewBelow is what @provides on the field and before it lets the subgraph give
// below the field.
func (c *checker) viewBelow(o *object, it item, e *graph.Edge) *view {
	set := e.Provides
	if it.view != nil {
		if below, ok := it.view.set.Below(e.Name, schema.NewTypeSet(o.index)); ok && below != nil {
			if set == nil {
				set = below
			} else {
				set = &graph.FieldSet{Fields: append(append([]*graph.FieldUse(nil), set.Fields...), below.Fields...)}
			}
		}
	}
	return c.view(set)
}
