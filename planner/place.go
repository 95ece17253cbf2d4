package planner

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// place is where the merged tree has composite values: a chain of Keys, narrowed
// to some object types on the way. It knows every way to have such a value
// from a subgraph (its arrivals), whether or not the plan takes it.
type place struct {
	parent *place
	// slot is the parent's field that leads here, under the object types of group.
	slot  *slot
	group schema.TypeSet
	typ   *graph.Type
	// arrivals are the ways through the parent's field; live are the object types
	// that all of them can bring.
	arrivals []*arrival
	live     schema.TypeSet
	// client is what the client selects here; nil for a place that only the
	// planner needs.
	client *operation.SelectionSet

	// typings are the moves that tell the types of values that come without them;
	// blind is set while they are looked for.
	typings []*arrival
	blind   bool

	slots    []*slot
	children []*place
	fetches  []*fetch
	reaches  map[int]*reach
	// reentries are as reaches, with the same subgraphs asked again.
	reentries map[int]*reach
	// options are those that were found.
	options map[optionsKey][]option
	// block is the one that brings the values to the client.
	block int
	// brought is set once a fetch brings the values.
	brought bool
	moves   map[moveKey]*arrival
	// certain are the subgraphs that one way alone leads to, with its hops; see onlyWay.
	certain map[int]int
	// requiring finds the arrivals that bring what a field @requires.
	requiring map[requireKey][]*arrival
	// carried are arrivals whose entities are sent more values from contexts.
	carried map[carryKey]*arrival
}

// slot is a field of a place, with the key under which the merged tree has it.
type slot struct {
	key, name string
	arguments ast.ArgumentList
	// text is the arguments printed, which tells one use of the field from another.
	text       string
	definition *ast.FieldDefinition
	// guards are those of a client's field, or of what an internal one is for.
	guards operation.Guards
	// client is the client's field; nil for one that only the planner needs.
	client *operation.Field
	// order sorts the fields of a selection.
	order int
}

// arrival is one way to have a place's values from one subgraph: as the root of
// its operation, through a field of another arrival, or by moving entities there.
type arrival struct {
	place *place
	graph int
	// node is the values' static type in the subgraph; nil for entities of object types.
	node  *graph.Node
	types schema.TypeSet
	// hops is the least depth of the fetch that brings the values.
	hops int
	// views are what @provides on the way lets the subgraph give in addition.
	views []*graph.FieldSet

	// from and edge are set for an arrival through a field (the place's slot).
	from *arrival
	edge *graph.Edge
	// reentry is set for an arrival at the query's root type below another field:
	// its fields are asked of the subgraph's own root once the value is there.
	reentry bool
	// hub and requires are set for an entity move.
	hub      *graph.Hub
	requires *graph.FieldSet
	contexts []*graph.ContextArgument

	// selections are where the plan already takes this way, by rising depth.
	selections []*selection
}

func (a *arrival) isMove() bool { return a.hub != nil }

// isField reports whether the arrival comes through a field of another one.
func (a *arrival) isField() bool { return a.from != nil }

// opaque reports whether the subgraph cannot tell the values' runtime types.
func (a *arrival) opaque() bool { return a.node != nil && a.node.Opaque }

// resolves gives the object types of the arrival for which it has the field
// without anything else being needed.
func (w *planning) resolves(a *arrival, field string) schema.TypeSet {
	if field == "__typename" {
		if a.opaque() {
			return nil
		}
		return a.types
	}
	var types schema.TypeSet
	if a.opaque() {
		if e := a.node.Edge(field); e != nil && !e.Conditional() && e.Resolves(w.labels) {
			types = a.types
		}
	} else {
		types = w.g.Direct(a.graph, field, w.labels).And(a.types)
	}
	for _, v := range a.views {
		types = types.Or(v.Gives(field, a.types))
	}
	return types
}

// edgeOf gives the edge of a field for the object types on, which the arrival's
// subgraph has. Where the types have the field in different types (an interface
// of which they implement different parts) there may be none that fits all.
func (w *planning) edgeOf(a *arrival, field string, on schema.TypeSet) *graph.Edge {
	if a.node != nil {
		if e := a.node.Edge(field); e != nil && (a.opaque() || a.node.Possible.And(a.types).SubsetOf(on)) {
			return e
		}
	}
	var among schema.TypeSet
	if a.node != nil {
		among = a.node.Possible
	} else {
		among = a.place.live // entities of all these may join the same fetch
	}
	if n := w.inCommon(a.graph, field, on, among); n != nil {
		return n.Edge(field)
	}
	var found *graph.Edge
	for o := range on.All() {
		n := w.g.Object(o).Node(a.graph)
		if n == nil {
			continue
		}
		e := n.Edge(field)
		switch {
		case e == nil:
		case found == nil:
			found = e
		case found.To != e.To && found.To != nil && e.To != nil && e.To.Possible.Len() > found.To.Possible.Len():
			found = e
		}
	}
	return found
}

// leadsToOne reports whether a composite field is of the same type for all of the
// object types on, selected as edgeOf has it.
func (w *planning) leadsToOne(a *arrival, field string, on schema.TypeSet) bool {
	e := w.edgeOf(a, field, on)
	if e == nil || e.From.Type.Object < 0 || e.From.Opaque {
		return true
	}
	for o := range on.All() {
		if n := w.g.Object(o).Node(a.graph); n != nil && n.Edge(field) != nil && n.Edge(field).To != e.To {
			return false
		}
	}
	return true
}

// alike parts the object types of an option so that in each part every arrival
// has the field in one type: a value has to be of the type that it is selected as.
func (w *planning) alike(o option, field string) []schema.TypeSet {
	if !slices.ContainsFunc(o.arrivals, func(a *arrival) bool { return !w.leadsToOne(a, field, o.types) }) {
		return []schema.TypeSet{o.types}
	}
	var parts []schema.TypeSet
	var leads [][]*graph.Node
	for object := range o.types.All() {
		to := make([]*graph.Node, len(o.arrivals))
		for i, a := range o.arrivals {
			if e := w.edgeOf(a, field, schema.NewTypeSet(object)); e != nil {
				to[i] = e.To
			}
		}
		i := slices.IndexFunc(leads, func(other []*graph.Node) bool { return slices.Equal(other, to) })
		if i < 0 {
			i = len(leads)
			leads, parts = append(leads, to), append(parts, nil)
		}
		parts[i] = parts[i].Or(schema.NewTypeSet(object))
	}
	return parts
}

// child gives the place below a slot for some object types, with no arrivals yet
// if it is new.
func (w *planning) child(p *place, s *slot, group schema.TypeSet, typ *graph.Type) *place {
	for _, c := range p.children {
		if c.slot == s && group.Equal(c.group) {
			return c
		}
	}
	c := &place{parent: p, slot: s, group: group, typ: typ, block: w.block}
	if s.client != nil {
		c.client, c.block = s.client.Selections, w.blockOf(s.client)
	}
	p.children = append(p.children, c)
	return c
}

// arriveBy adds the way to a child place through one arrival at its parent. Of
// two ways from one subgraph the shorter one is kept.
func (w *planning) arriveBy(c *place, a *arrival) {
	e := w.edgeOf(a, c.slot.name, c.group)
	if e == nil || e.To == nil {
		return
	}
	if a.hops > w.most {
		return
	}
	n := &arrival{place: c, graph: a.graph, node: e.To, hops: a.hops, from: a, edge: e}
	if a.opaque() && c.narrows() {
		n.hops = max(n.hops, c.parent.typeHops()) // which values lead there is known only then
	}
	n.types = e.To.Possible
	if c.client != nil {
		n.types = n.types.And(c.client.Possible)
	}
	if e.Provides != nil {
		n.views = append(n.views, e.Provides)
	}
	for _, v := range a.views {
		if below, ok := v.Below(c.slot.name, c.group.And(a.types)); ok && below != nil {
			n.views = append(n.views, below)
		}
	}
	if !w.wide || n.hops <= c.least() {
		c.narrow(n.types) // a way that is only tried must not hide types
	}
	for i, other := range c.arrivals {
		if other.graph != n.graph || other.node != n.node {
			continue
		}
		if other.from == a {
			return
		}
		if w.wide && w.script == nil && n.hops != other.hops {
			continue // it is another request
		}
		if len(n.views) == 0 && len(other.views) == 0 {
			if n.hops < other.hops {
				c.arrivals[i] = n
				c.forget()
			}
			return
		}
	}
	c.arrivals = append(c.arrivals, n)
	c.forget()
	w.reenter(c)
}

// forget drops what was found without an arrival that has come since.
func (p *place) forget() { p.reaches, p.reentries, p.requiring, p.options = nil, nil, nil, nil }

// narrow notes the object types that one more arrival can bring. Subgraphs that
// resolve the same field give the same value, so its type is one that each of
// them knows. Only where they have no type in common all are kept.
func (p *place) narrow(types schema.TypeSet) {
	if len(p.arrivals) == 0 {
		p.live = types
		return
	}
	if both := p.live.And(types); !both.Empty() {
		p.live = both
	} else {
		p.live = p.live.Or(types)
	}
}
