package planner

import (
	"slices"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// carriers gives the arrivals at a place by which an edge's field comes along with
// entities above, in the fetch that asks for these: the values of its contextual
// arguments, which are there at the depth needed, can be sent with that fetch
// where nothing between the entities and the field sets the contexts anew.
func (w *planning) carriers(p *place, types schema.TypeSet, e *graph.Edge, g, needed int) []*arrival {
	if e.Requires != nil || len(e.Contexts) == 0 {
		return nil
	}
	nearest := 0 // the depth of the innermost place that sets one of the contexts
	for _, c := range e.Contexts {
		setters, _ := w.setters(p, c.Value)
		for _, s := range setters {
			nearest = max(nearest, s.place.depth())
		}
	}
	var out []*arrival
	for _, a := range p.arrivals {
		if a.graph != g || a.opaque() || !types.SubsetOf(a.types) {
			continue
		}
		if root := a.source(); root.isMove() && root.place.depth() > nearest {
			out = append(out, w.carry(a, e.Contexts, needed+1))
		}
	}
	return out
}

// source is the arrival that the fetch begins with by which an arrival comes.
func (a *arrival) source() *arrival {
	for a.isField() {
		a = a.from
	}
	return a
}

// carryKey is an arrival through a field, with another one that it comes from.
type carryKey struct{ arrival, from *arrival }

// carry gives an arrival again, by a fetch of at least a depth whose entities are
// sent values from contexts besides; where the fetch has them already it is the
// same arrival.
func (w *planning) carry(a *arrival, args []*graph.ContextArgument, hops int) *arrival {
	if a.isMove() {
		more := *a
		more.hops, more.selections, more.contexts = max(a.hops, hops), nil, slices.Clip(a.contexts)
		for _, c := range args {
			if !slices.ContainsFunc(more.contexts, func(o *graph.ContextArgument) bool { return o.Variable == c.Variable }) {
				more.contexts = append(more.contexts, c)
			}
		}
		return a.place.addMove(&more)
	}
	from := w.carry(a.from, args, hops)
	if from == a.from {
		return a
	}
	key := carryKey{a, from}
	if known := a.place.carried[key]; known != nil {
		return known
	}
	more := *a
	more.from, more.hops, more.selections = from, max(a.hops, from.hops), nil
	if a.place.carried == nil {
		a.place.carried = map[carryKey]*arrival{}
	}
	a.place.carried[key] = &more
	return &more
}

// carries reports whether a fetch is always sent an argument's value, for entities
// of some types.
func (f *fetch) carries(c *graph.ContextArgument, types schema.TypeSet) bool {
	return slices.ContainsFunc(f.contexts, func(n *contextNeed) bool {
		return n.variable == c.Variable && n.guards == nil && types.SubsetOf(n.on)
	})
}
