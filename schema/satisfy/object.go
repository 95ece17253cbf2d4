package satisfy

import (
	"encoding/binary"
	"slices"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// view is what @provides on the way lets a subgraph give in addition. Views
// with the same text are the same view; nil is none.
type view struct {
	id  int
	set *graph.FieldSet
}

// view interns a field set as a view.
func (c *checker) view(set *graph.FieldSet) *view {
	if set == nil || len(set.Fields) == 0 {
		return nil
	}
	text := set.String()
	v := c.views[text]
	if v == nil {
		v = &view{len(c.views) + 1, set}
		c.views[text] = v
	}
	return v
}

// gives reports whether the view has a field of an object type.
func (v *view) gives(field string, object int) bool {
	if v == nil {
		return false
	}
	for _, u := range v.set.Fields {
		if u.Name == field && (u.On == nil || u.On.Has(object)) {
			return true
		}
	}
	return false
}

// object is an object type with what states at it are made of.
type object struct {
	*graph.Type
	index int
	// items are the ways to have a value: the type's node in each of its
	// subgraphs first, then interface objects and views as they are met.
	items []item
	ids   map[item]int
	// fields are those that any subgraph has, by name.
	fields map[string]*field
	// requiring are the edges with @requires, those of interface objects included.
	requiring []*graph.Edge
	// contextual are the edges with arguments from contexts, likewise.
	contextual []*graph.Edge
	states     map[string]*state
	// risky are the items that superset pruning must not ignore; see risk.
	risky schema.TypeSet
}

// item is a subgraph's node of the object type, or of an interface object that
// stands for it, as seen through a view.
type item struct {
	node *graph.Node
	view *view
}

// field is a field of an object type with its edges by plain item.
type field struct{ edges []at }

type at struct {
	item int
	edge *graph.Edge
}

// object gives an object type by its index; nil for one that no subgraph has.
func (c *checker) object(index int) *object {
	if o := c.objects[index]; o != nil {
		return o
	}
	t := c.g.Object(index)
	if t == nil {
		return nil
	}
	o := &object{
		Type: t, index: index,
		ids: map[item]int{}, fields: map[string]*field{}, states: map[string]*state{},
	}
	c.objects[index] = o
	for _, j := range t.Joins {
		c.item(o, item{node: t.Node(j.Graph)})
	}
	for _, d := range t.Definition.Fields {
		f := &field{}
		for _, j := range t.Fields[d.Name].Joins {
			n := t.Node(j.Graph)
			if n == nil || n.Edge(d.Name) == nil {
				continue
			}
			e := n.Edge(d.Name)
			f.edges = append(f.edges, at{c.item(o, item{node: n}), e})
			o.addRequiring(e)
		}
		if f.edges != nil {
			o.fields[d.Name] = f
		}
	}
	for _, h := range t.Hubs {
		for _, n := range h.Targets {
			if n.Opaque {
				c.item(o, item{node: n})
			}
		}
	}
	return o
}

func (o *object) addRequiring(e *graph.Edge) {
	switch {
	case e.External:
	case len(e.Contexts) > 0:
		if !slices.Contains(o.contextual, e) {
			o.contextual = append(o.contextual, e)
		}
	case e.Requires != nil:
		o.requiring = append(o.requiring, e)
	}
}

// item interns a way to have a value. A view without anything for this object
// type is no view.
func (c *checker) item(o *object, it item) int {
	if it.view != nil && !it.view.concerns(o.index) {
		it.view = nil
	}
	if id := slices.Index(o.items[:min(len(o.items), 8)], it); id >= 0 {
		return id
	}
	id, known := o.ids[it]
	if known {
		return id
	}
	id = len(o.items)
	o.ids[it] = id
	o.items = append(o.items, it)
	if it.node.Opaque && it.view == nil {
		for _, f := range it.node.Type.Definition.Fields {
			if e := it.node.Edge(f.Name); e != nil {
				o.addRequiring(e)
			}
		}
	}
	if it.view != nil || it.node.Opaque || c.risk.nodes[it.node] {
		o.risky = o.risky.Or(schema.NewTypeSet(id))
	}
	return id
}

func (v *view) concerns(object int) bool {
	for _, u := range v.set.Fields {
		if u.On == nil || u.On.Has(object) {
			return true
		}
	}
	return false
}

// concrete reports whether the item's subgraph can tell the value's type.
func (o *object) concrete(id int) bool { return !o.items[id].node.Opaque }

// state is a set of items of an object type: all the ways by which a value
// could have been had.
type state struct {
	object *object
	items  schema.TypeSet
	// typed is set where one of them can tell the value's type.
	typed    bool
	closures map[int]*closure // by assignment
}

// state interns a set of items.
func (o *object) state(items schema.TypeSet) *state {
	key := setKey(items)
	s := o.states[key]
	if s == nil {
		s = &state{object: o, items: items, closures: map[int]*closure{}}
		for id := range items.All() {
			s.typed = s.typed || o.concrete(id)
		}
		o.states[key] = s
	}
	return s
}

func setKey(s schema.TypeSet) string {
	end := len(s)
	for end > 0 && s[end-1] == 0 {
		end--
	}
	b := make([]byte, 0, 8*end)
	for _, word := range s[:end] {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return string(b)
}

// static is a composite value in one subgraph by its declared type.
type static struct {
	node *graph.Node
	view *view
}

// statesAt yields the states in which the statics' values of each object type are, and
// reports whether all were taken.
func (c *checker) statesAt(statics []static, yield func(*state) bool) bool {
	if len(statics) > 0 && oneObject(statics) {
		s := c.stateAt(c.object(statics[0].node.Type.Object), statics)
		return s == nil || yield(s)
	}
	var all schema.TypeSet
	for _, s := range statics {
		all = all.Or(s.node.Possible)
	}
	for index := range all.All() {
		if o := c.object(index); o != nil {
			if s := c.stateAt(o, statics); s != nil && !yield(s) {
				return false
			}
		}
	}
	return true
}

// oneObject reports whether all statics are of the same object type.
func oneObject(statics []static) bool {
	t := statics[0].node.Type
	for _, s := range statics {
		if s.node.Type != t {
			return false
		}
	}
	return t.Object >= 0
}

// stateAt gives the state in which the statics' values of an object type are;
// nil where they have none.
func (c *checker) stateAt(o *object, statics []static) *state {
	var items schema.TypeSet
	for _, s := range statics {
		n := s.node
		if n.Type != o.Type {
			if !n.Possible.Has(o.index) {
				continue
			}
			if !n.Opaque {
				n = o.Node(n.Graph)
			}
		}
		if n != nil {
			items = with(items, c.item(o, item{n, s.view}))
		}
	}
	if items.Empty() {
		return nil
	}
	return o.state(items)
}

// with adds an item to a set that nobody else has yet.
func with(items schema.TypeSet, id int) schema.TypeSet {
	for len(items) <= id/64 {
		items = append(items, 0)
	}
	items[id/64] |= 1 << (id % 64)
	return items
}
