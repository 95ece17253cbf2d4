package planner

import (
	"fmt"
	"strings"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// decision is something that the client needs, with the arrivals that can give
// it. The walk collects decisions; choose takes them into the plan.
type decision struct {
	place *place
	// slot is nil where only the value itself must be there.
	slot *slot
	// typing is set where it is the values' types.
	typing   bool
	types    schema.TypeSet
	arrivals []*arrival
	hops     int
}

// visit finds how each of a place's client fields can be had.
func (w *planning) visit(p *place) error { return w.visitFields(p, 0) }

// visitFields visits the client's fields from an index on.
func (w *planning) visitFields(p *place, from int) error {
	if err := w.knowTypes(p); err != nil {
		return err
	}
	before := len(w.decisions)
	if p.untyped() && p.asksTypes() {
		w.decide(p, nil, p.live, p.typings)
		w.decisions[before].typing = true
	}
	slots := make([]*slot, 0, len(p.client.Fields)-from)
	for i, f := range p.client.Fields[from:] {
		if f.Denied {
			continue
		}
		s := &slot{
			key: f.Key, name: f.Name, arguments: f.Arguments, text: printArguments(f.Arguments),
			definition: f.Definition, guards: f.Guards, client: f, order: from + i,
		}
		slots = append(slots, s)
		if f.Name != "__typename" {
			p.slots = append(p.slots, s)
		}
	}
	for _, s := range slots {
		if s.name == "__typename" || w.setAside(p, s) {
			continue
		}
		if err := w.visitField(p, s); err != nil {
			return err
		}
	}
	if p.parent == nil {
		return nil
	}
	if len(w.decisions) == before {
		// Nothing is asked of the value, but whether it is there.
		w.doubtful = w.doubtful || !p.single()
		w.decide(p, nil, p.live, p.bringing())
	}
	return nil
}

func (w *planning) visitField(p *place, s *slot) error {
	need := s.client.On.And(p.live)
	if need.Empty() {
		return nil
	}
	if !w.spend() {
		return fmt.Errorf("%s: there is no way to it within the planner's limit", p.fieldCoordinate(s.name))
	}
	options := w.clientOptions(p, s, need)
	w.doubt(p, s.name, options)
	if s.client.Selections == nil {
		for _, o := range options {
			w.decide(p, s, o.types, o.arrivals)
			need = need.AndNot(o.types)
		}
		if !need.Empty() {
			return w.unreachable(p, need, s.name)
		}
		return nil
	}
	typ := w.g.Types[s.definition.Type.Name()]
	if typ == nil {
		return fmt.Errorf("%s: its type %s is in no subgraph", p.fieldCoordinate(s.name), s.definition.Type.Name())
	}
	for _, o := range options {
		for _, types := range w.alike(o, s.name) {
			c := w.child(p, s, types, typ)
			for _, a := range o.arrivals {
				w.arriveBy(c, a)
			}
			if err := w.visit(c); err != nil {
				return err
			}
		}
		need = need.AndNot(o.types)
	}
	if !need.Empty() {
		return w.unreachable(p, need, s.name)
	}
	return nil
}

// clientOptions are the options of a client's field.
func (w *planning) clientOptions(p *place, s *slot, need schema.TypeSet) []option {
	switch {
	case p.block != w.block:
		return w.laterOptions(p, s)
	case s.client.Selections == nil:
		return w.options(p, need, s.name, anyHops, false)
	}
	return w.compositeOptions(p, s, need)
}

// compositeOptions are the options of a composite field. Moves to other
// subgraphs count only where no subgraph at hand has all that is asked below.
func (w *planning) compositeOptions(p *place, s *slot, need schema.TypeSet) []option {
	direct, rest := w.directOptions(p, need, s.name, anyHops)
	if rest.Empty() && (!w.wide || w.thrifty(p)) {
		closed := true
		for i := range direct {
			closed = w.closes(s, &direct[i]) && closed
		}
		if closed || !w.elsewhere(p, s, need) {
			return direct
		}
	}
	return w.options(p, need, s.name, anyHops, true)
}

// closes reports whether one of the option's arrivals has all that is selected
// below the field.
func (w *planning) closes(s *slot, o *option) bool {
	for _, a := range o.arrivals {
		if len(a.views) > 0 {
			continue
		}
		e := w.edgeOf(a, s.name, o.types)
		if e != nil && e.To != nil && w.leadsToOne(a, s.name, o.types) && w.isLocal(e.To, e.Provides, s.client.Selections) {
			return true
		}
	}
	return false
}

type localKey struct {
	node *graph.Node
	set  *operation.SelectionSet
}

// isLocal reports whether a subgraph has all of a selection set.
func (w *planning) isLocal(n *graph.Node, provides *graph.FieldSet, set *operation.SelectionSet) bool {
	key := localKey{n, set}
	if provides == nil {
		if known, ok := w.local[key]; ok {
			return known
		}
	}
	w.spend()
	local := w.selectionIsLocal(n, provides, set)
	if provides == nil {
		w.local[key] = local
	}
	return local
}

func (w *planning) selectionIsLocal(n *graph.Node, provides *graph.FieldSet, set *operation.SelectionSet) bool {
	a := &arrival{graph: n.Graph, node: n, types: n.Possible.And(set.Possible)}
	if provides != nil {
		a.views = []*graph.FieldSet{provides}
	}
	for _, f := range set.Fields {
		need := f.On.And(a.types)
		if need.Empty() || f.Denied {
			continue
		}
		if !need.SubsetOf(w.resolves(a, f.Name)) || n.Opaque && !a.types.SubsetOf(f.On) {
			return false
		}
		if f.Selections == nil {
			continue
		}
		e := w.edgeOf(a, f.Name, need)
		if e == nil || e.To == nil || !w.leadsToOne(a, f.Name, need) {
			return false
		}
		below := e.Provides
		if provides != nil {
			if under, _ := provides.Below(f.Name, need); under != nil {
				below = under
			}
		}
		if !w.isLocal(e.To, below, f.Selections) {
			return false
		}
	}
	return true
}

// elsewhere reports whether a subgraph without an arrival at the place has the field.
func (w *planning) elsewhere(p *place, s *slot, need schema.TypeSet) bool {
	for g := range w.g.Supergraph.Graphs {
		if w.has(p, g, s.name, need) {
			continue
		}
		for o := range need.All() {
			t := w.g.Object(o)
			if n := t.Node(g); n != nil && len(n.Hubs) > 0 && w.resolvesAt(n, s.name) {
				return true
			}
			for _, h := range t.Hubs {
				for _, n := range h.Targets {
					if n.Graph == g && n.Opaque && w.resolvesAt(n, s.name) {
						return true
					}
				}
			}
		}
	}
	return false
}

func (w *planning) resolvesAt(n *graph.Node, field string) bool {
	e := n.Edge(field)
	return e != nil && e.Resolves(w.labels)
}

func (w *planning) has(p *place, g int, field string, need schema.TypeSet) bool {
	for _, a := range p.arrivals {
		if a.graph == g && need.SubsetOf(w.resolves(a, field)) {
			return true
		}
	}
	return false
}

func (w *planning) decide(p *place, s *slot, types schema.TypeSet, arrivals []*arrival) {
	d := &decision{place: p, slot: s, types: types, arrivals: arrivals, hops: anyHops}
	for _, a := range arrivals {
		d.hops = min(d.hops, a.hops)
	}
	w.decisions = append(w.decisions, d)
}

// unreachable says for each subgraph why it does not give a field.
func (w *planning) unreachable(p *place, types schema.TypeSet, field string) error {
	t := w.g.Object(first(types))
	name := p.typ.Name
	if t != nil {
		name = t.Name
	}
	var reasons []string
	for g, sub := range w.g.Supergraph.Graphs {
		reason := "it does not have the type"
		if t != nil && t.Node(g) != nil {
			n := t.Node(g)
			switch e := n.Edge(field); {
			case e == nil:
				reason = "it does not have the field"
			case e.External:
				reason = "the field is external there"
			case !e.Resolves(w.labels):
				reason = "the field is overridden for this request"
			case len(n.Hubs) == 0:
				reason = "it has no resolvable key for " + name
			case len(e.Contexts) > 0 && !w.inContext(p, e):
				reason = "no object above sets the context that the field takes an argument from"
			case e.Conditional():
				reason = "what the field requires, or the key, cannot be had here"
			default:
				reason = "none of its keys can be had here"
			}
		}
		reasons = append(reasons, sub.Name+": "+reason)
	}
	return fmt.Errorf("no subgraph gives %s.%s at %s: %s", name, field, p.coordinate(), strings.Join(reasons, "; "))
}

func first(s schema.TypeSet) int {
	for o := range s.All() {
		return o
	}
	return -1
}

// coordinate is the place's path, for errors.
func (p *place) coordinate() string {
	if p.parent == nil {
		return p.typ.Name
	}
	return p.parent.coordinate() + "." + p.slot.key
}

func (p *place) fieldCoordinate(field string) string { return p.typ.Name + "." + field }
