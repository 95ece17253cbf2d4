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
// of them.
func (w *planning) reachOf(p *place, object int) *reach {
	if r := p.reaches[object]; r != nil {
		return r
	}
	if p.reaches == nil {
		p.reaches = map[int]*reach{}
	}
	r := &reach{}
	p.reaches[object] = r
	var open []way
	for _, a := range p.arrivals {
		if a.types.Has(object) {
			open = append(open, way{base: a, hops: a.hops})
		}
	}
	hubs := slices.Clone(w.g.Object(object).Hubs)
	for len(open) > 0 {
		best := 0
		for i := range open {
			if open[i].hops < open[best].hops {
				best = i
			}
		}
		next := open[best]
		open = slices.Delete(open, best, best+1)
		if next.hub != nil && r.has(next.target) {
			continue
		}
		r.ways = append(r.ways, next)
		if !w.spend(1) {
			break
		}
		hubs = slices.DeleteFunc(hubs, func(h *graph.Hub) bool {
			hops, ok := w.setHops(p, schema.NewTypeSet(object), h.Set, next.hops)
			if !ok {
				return false
			}
			for _, t := range h.Targets {
				if !r.has(t) {
					open = append(open, way{target: t, hub: h, hops: hops + 1})
				}
			}
			return true
		})
	}
	r.signature, r.complete = r.describe(), true
	return r
}

// has reports whether the subgraph of a target is already reached as that type.
func (r *reach) has(t *graph.Node) bool {
	return slices.ContainsFunc(r.ways, func(o way) bool {
		if o.base != nil {
			return o.base.graph == t.Graph && o.base.opaque() == t.Opaque && (!t.Opaque || o.base.node == t) && len(o.base.views) == 0
		}
		return o.target == t
	})
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
// reach is the same, to a subgraph.
func (w *planning) move(p *place, types schema.TypeSet, to way, requires *graph.FieldSet, hops int) *arrival {
	key := moveKey{graph: to.target.Graph, hub: to.hub.Text, hops: hops, types: setKey(types)}
	if requires != nil {
		key.requires = requires.String()
	}
	if to.target.Opaque {
		key.opaque = to.target
	}
	if a := p.moves[key]; a != nil {
		return a
	}
	a := &arrival{place: p, graph: to.target.Graph, types: types, hops: hops, hub: to.hub, requires: requires, node: key.opaque}
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
