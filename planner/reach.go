package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// reach is every way to have the values of one object type at a place, by
// rising hops: at most one for each subgraph and static type.
type reach struct {
	ways []way
	// signature is equal for object types that can be treated together.
	signature string
	// known are the subgraphs that are reached as the object type itself.
	known []bool
	// again is set where moves lead to the subgraphs of base arrivals, too.
	again bool
	// complete is set when the search is over; before that ways has a beginning.
	complete bool
}

// way is a base arrival, or a move by a key.
type way struct {
	base   *arrival
	target *graph.Node
	hub    *graph.Hub
	hops   int
}

type moveKey struct {
	graph    int
	opaque   *graph.Node
	hub      string
	hops     int
	types    string
	requires string
}

type requireKey struct {
	graph        int
	field, types string
}

// reachOf finds, by Dijkstra's algorithm over the key hubs, how the values of
// one object type at a place can be had from each subgraph. A hub opens once its
// fields can be had; its targets are then one hop further away than the last
// of them. again also opens the ways to where the values come from.
func (w *planning) reachOf(p *place, object int, again bool) *reach {
	known := &p.reaches
	if again {
		known = &p.reentries
	}
	if r := (*known)[object]; r != nil {
		return r
	}
	if *known == nil {
		*known = map[int]*reach{}
	}
	r := &reach{known: make([]bool, len(w.g.Supergraph.Graphs)), again: again}
	(*known)[object] = r
	var levels [][]way // by hops
	open := func(to way) {
		for len(levels) <= to.hops {
			levels = append(levels, nil)
		}
		levels[to.hops] = append(levels[to.hops], to)
	}
	for _, a := range p.arrivals {
		if a.types.Has(object) {
			open(way{base: a, hops: a.hops})
		}
	}
	hubs := slices.Clone(w.g.Object(object).Hubs)
	var at strings.Builder
	for _, a := range p.arrivals {
		if a.types.Has(object) {
			fmt.Fprintf(&at, "%d %v;", a.graph, a.views)
		}
	}
	cut := false
	tryHubs := func(hubs []*graph.Hub, limit int) []*graph.Hub {
		return slices.DeleteFunc(hubs, func(h *graph.Hub) bool {
			key := activeHub{h, at.String()}
			if w.hubs[key] {
				cut = true
				return false
			}
			w.hubs[key] = true
			hops, ok := w.setHops(p, schema.NewTypeSet(object), h.Set, limit)
			delete(w.hubs, key)
			if !ok {
				return false
			}
			for _, t := range h.Targets {
				if p.blind && !t.Opaque {
					continue
				}
				if w.mayMove(r, t) {
					open(way{target: t, hub: h, hops: p.moveHops(t, hops)})
				}
			}
			return true
		})
	}
	for hops := 0; hops < len(levels); {
		if len(levels[hops]) == 0 {
			if hops+1 == len(levels) {
				// What is left needs keys whose nested parts come from further away.
				hubs = tryHubs(hubs, anyHops)
			}
			hops++
			continue
		}
		next := levels[hops][0]
		levels[hops] = levels[hops][1:]
		if next.hub != nil && !w.mayMove(r, next.target) {
			continue
		}
		if !w.spend() {
			return r
		}
		r.add(next)
		hubs = tryHubs(hubs, hops)
	}
	if cut {
		delete(*known, object) // a key that needs itself was left out
	}
	r.signature, r.complete = r.describe(), true
	return r
}

// moveHops is the least depth of a move to a target by a key that is there at a
// depth: only an interface object can be asked for values whose types are not known.
func (p *place) moveHops(t *graph.Node, hops int) int {
	if !t.Opaque {
		hops = max(hops, p.typeHops())
	}
	return hops + 1
}

// activeHub is a key being looked at for values that some subgraphs have.
type activeHub struct {
	hub *graph.Hub
	at  string
}

func (r *reach) add(next way) {
	r.ways = append(r.ways, next)
	switch {
	case next.target != nil && !next.target.Opaque:
		r.known[next.target.Graph] = true
	case r.again:
	case next.base != nil && !next.base.opaque() && len(next.base.views) == 0:
		r.known[next.base.graph] = true
	}
}

// has reports whether the subgraph of a target is already reached as that type.
func (r *reach) has(t *graph.Node) bool {
	if !t.Opaque {
		return r.known[t.Graph]
	}
	return slices.ContainsFunc(r.ways, func(o way) bool {
		return o.target == t || !r.again && o.base != nil && o.base.node == t && len(o.base.views) == 0
	})
}

// mayMove reports whether a move to a target is worth looking at: if its
// subgraph has not been reached; when looking wide, if it has not been moved to.
func (w *planning) mayMove(r *reach, t *graph.Node) bool {
	switch {
	case w.script != nil:
		return true
	case w.wide:
		return !slices.ContainsFunc(r.ways, func(o way) bool { return o.target == t })
	}
	return !r.has(t)
}

func (r *reach) describe() string {
	var b strings.Builder
	for _, way := range r.ways {
		if way.base != nil {
			fmt.Fprintf(&b, "%p;", way.base)
			continue
		}
		fmt.Fprintf(&b, "%d,%d,%v,%s;", way.target.Graph, way.hops, way.target.Opaque, way.hub.Text)
		if way.target.Opaque {
			b.WriteString(way.target.Type.Name)
		}
	}
	return b.String()
}

// move gives the arrival at a place by moving values of some object types, whose
// reach is the same, to a subgraph. e is the edge that needs more than a key; nil
// for none.
func (w *planning) move(p *place, types schema.TypeSet, to way, e *graph.Edge, hops int) *arrival {
	key := moveKey{graph: to.target.Graph, hub: to.hub.Text, hops: hops, types: setKey(types), requires: conditionText(e)}
	if to.target.Opaque {
		key.opaque = to.target
	}
	if a := p.moves[key]; a != nil {
		return a
	}
	a := &arrival{place: p, graph: to.target.Graph, types: types, hops: hops, hub: to.hub, node: key.opaque}
	if e != nil {
		a.requires, a.contexts = e.Requires, e.Contexts
	}
	if p.moves == nil {
		p.moves = map[moveKey]*arrival{}
	}
	p.moves[key] = a
	return a
}

func setKey(s schema.TypeSet) string {
	b := make([]byte, 0, 8*len(s))
	for _, word := range s {
		for i := range 8 {
			b = append(b, byte(word>>(8*i)))
		}
	}
	return strings.TrimRight(string(b), "\x00")
}
