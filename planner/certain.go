package planner

import (
	"slices"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// Most operations leave nothing to choose: planning them again cannot give a better
// plan. The walk notes whether that is so while it goes.

// doubt notes that a client's field may be had in a better way than the first plan
// has it, unless its options say that it cannot.
func (w *planning) doubt(p *place, field string, options []option) {
	w.doubtful = w.doubtful || !w.certain(p, field, options)
}

// certain reports whether there is no better way to a field than the one there is.
//
// A field that the only arrival at its place resolves is best taken there: any
// other way to values of the place needs a key of theirs from that same arrival,
// and brings the field later. Any other field is certain if one subgraph alone
// gives it, if one key alone leads there, and if what the key and the field need
// is certain.
func (w *planning) certain(p *place, field string, options []option) bool {
	if len(options) != 1 || len(options[0].arrivals) != 1 || w.effective != nil {
		return false
	}
	if p.parent == nil {
		return true // there are no moves to an operation's root
	}
	if !p.single() {
		return false
	}
	if a := options[0].arrivals[0]; a != p.arrivals[0] {
		hops, ok := w.onlyWay(p, options[0].types, field, maxNesting)
		return ok && hops == a.hops
	}
	return true
}

// single reports whether a place's values come one way, with their types.
func (p *place) single() bool {
	return len(p.arrivals) == 1 && !p.arrivals[0].opaque() && !p.untyped()
}

// thrifty reports whether a script leaves out the ways to values of a place that
// come from elsewhere, where the only arrival there will do: see certain.
func (w *planning) thrifty(p *place) bool {
	return w.script != nil && !w.exhaustive && p.parent != nil && p.single()
}

// onlyWay reports whether a field of some object types that the one arrival at a
// place does not resolve can be had in one way alone, and its hops. One request at
// the place to each subgraph must do: of two, the fields could be in either.
func (w *planning) onlyWay(p *place, types schema.TypeSet, field string, depth int) (hops int, ok bool) {
	for o := range types.All() {
		t := w.g.Object(o)
		if t == nil || depth == 0 {
			return 0, false
		}
		e := w.onlyEdge(t, field)
		if e == nil {
			return 0, false
		}
		h := onlyHub(t, e.From.Graph)
		if h == nil {
			return 0, false
		}
		object := schema.NewTypeSet(o)
		for _, set := range []*graph.FieldSet{h.Set, e.Requires} {
			n, ok := w.certainSet(p, object, set, depth-1)
			if !ok {
				return 0, false
			}
			hops = max(hops, n+1)
		}
		if known, ok := p.certain[e.From.Graph]; ok && known != hops {
			return 0, false
		}
		if p.certain == nil {
			p.certain = map[int]int{}
		}
		p.certain[e.From.Graph] = hops
	}
	return hops, true
}

// onlyEdge is the one edge by which a subgraph resolves a field of an object type;
// nil where there are several, or where more than the field's @requires decides.
func (w *planning) onlyEdge(t *graph.Type, field string) (only *graph.Edge) {
	for _, n := range t.Nodes() {
		if n == nil {
			continue
		}
		e := n.Edge(field)
		switch {
		case e == nil || e.External:
		case only != nil || e.Label >= 0 || len(e.Contexts) > 0:
			return nil
		default:
			only = e
		}
	}
	return only
}

// onlyHub is the one hub of an object type that leads to a subgraph; nil where
// there are several, or where interface objects stand for the type.
func onlyHub(t *graph.Type, g int) (only *graph.Hub) {
	for _, h := range t.Hubs {
		if slices.ContainsFunc(h.Targets, func(n *graph.Node) bool { return n.Opaque }) {
			return nil
		}
		if !slices.ContainsFunc(h.Targets, func(n *graph.Node) bool { return n.Graph == g }) {
			continue
		}
		if only != nil {
			return nil
		}
		only = h
	}
	return only
}

// certainSet reports whether all that a representation of one object type needs is
// certain, and from how many hops away it comes.
func (w *planning) certainSet(p *place, object schema.TypeSet, set *graph.FieldSet, depth int) (hops int, ok bool) {
	base := p.arrivals[0]
	hops = base.hops
	if set == nil {
		return hops, true
	}
	for _, u := range set.Fields {
		if narrowed(object, u.On).Empty() || u.Name == "__typename" {
			continue
		}
		if object.SubsetOf(w.resolves(base, u.Name)) {
			if u.Set != nil && !w.allLocal(base, object, u) {
				return 0, false
			}
			continue
		}
		n, ok := w.onlyWay(p, object, u.Name, depth)
		if !ok || u.Set != nil {
			return 0, false
		}
		hops = max(hops, n)
	}
	return hops, true
}

// allLocal reports whether an arrival's subgraph has all that a field set selects of
// a composite field.
func (w *planning) allLocal(a *arrival, types schema.TypeSet, u *graph.FieldUse) bool {
	e := w.edgeOf(a, u.Name, types)
	if e == nil || e.To == nil || e.To.Opaque || !w.leadsToOne(a, u.Name, types) {
		return false
	}
	below := &arrival{place: a.place, graph: a.graph, node: e.To, types: e.To.Possible}
	return !slices.ContainsFunc(u.Set.Fields, func(f *graph.FieldUse) bool {
		need := narrowed(below.types, f.On)
		if need.Empty() || f.Name == "__typename" {
			return false
		}
		return !need.SubsetOf(w.resolves(below, f.Name)) || f.Set != nil && !w.allLocal(below, need, f)
	})
}
