package planner

import (
	"encoding/binary"
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
	// text is equal for object types that can be treated together; see signature.
	text string
	// known are the subgraphs that are reached as the object type itself.
	known []bool
	// again also opens the ways to where the values come from.
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
		if !r.complete {
			w.unsure++
		}
		return r
	}
	if *known == nil {
		*known = map[int]*reach{}
	}
	r := &reach{known: make([]bool, len(w.g.Supergraph.Graphs)), again: again || w.wide}
	(*known)[object] = r
	s := reaching{w: w, reach: r, place: p, object: schema.NewTypeSet(object), hubs: slices.Clone(w.g.Object(object).Hubs)}
	if len(s.hubs) > 0 {
		s.at = p.whence(object)
	}
	s.pending, w.pending = w.pending[:0], nil // a search within this one has a list of its own
	s.run()
	w.pending = s.pending
	r.complete = !s.stopped
	if s.cut {
		delete(*known, object) // a key that needs itself was left out
		w.unsure++
	}
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

// reaching is one search for a reach.
type reaching struct {
	w     *planning
	reach *reach
	place *place
	// object is the one type.
	object schema.TypeSet
	at     string
	// hubs are those that are not open yet, pending the ways that were found.
	hubs    []*graph.Hub
	pending []way
	// coming are the subgraphs that a pending way leads to, as the object type itself.
	coming []bool
	// cut is set where a key was left out that is being looked at already, stopped
	// where the budget ended the search.
	cut, stopped bool
}

func (s *reaching) run() {
	for _, a := range s.place.arrivals {
		if !s.object.And(a.types).Empty() {
			s.pending = append(s.pending, way{base: a, hops: a.hops})
		}
	}
	ways := len(s.pending)
	for _, h := range s.hubs {
		ways += len(h.Targets)
	}
	s.reach.ways = make([]way, 0, min(ways, len(s.place.arrivals)+len(s.reach.known)))
	if len(s.hubs) > 0 {
		s.coming = make([]bool, len(s.reach.known))
	}
	for hops, more := 0, true; more && !s.stopped; hops++ {
		if more = s.settle(hops); !more {
			// What is left needs keys whose nested parts come from further away.
			more = s.open(anyHops, nil)
		}
	}
}

// settle takes the ways of so many hops, and reports whether there are longer ones.
func (s *reaching) settle(hops int) (more bool) {
	for i := 0; i < len(s.pending); i++ { // it grows meanwhile
		next := s.pending[i]
		switch {
		case next.hops > hops:
			more = true
			continue
		case next.hops < 0 || next.hub != nil && !s.w.mayMove(s.reach, next.target):
			continue
		case !s.w.spend():
			s.stopped = true
			return false
		}
		s.pending[i].hops = -1 // taken
		s.reach.add(next)
		if len(s.hubs) > 0 {
			s.open(hops, &next)
		}
	}
	return more
}

// open opens the hubs whose fields can be had within some hops, and reports
// whether there was one. Of a way that was taken just now only those are looked at
// that it can have opened. Hubs that lead nowhere new are dropped unseen: where
// each pair of subgraphs has a key of its own these are nearly all.
func (s *reaching) open(limit int, by *way) (opened bool) {
	s.hubs = slices.DeleteFunc(s.hubs, func(h *graph.Hub) bool {
		if !s.leadsOn(h, limit) {
			return true
		}
		if g := by.graph(); g >= 0 && !s.opens(h, g) {
			return false
		}
		key := activeHub{h, s.at}
		if s.w.hubs[key] {
			s.cut = true
			return false
		}
		s.w.hubs[key] = true
		hops, ok := s.w.setHops(s.place, s.object, h.Set, limit)
		delete(s.w.hubs, key)
		if !ok {
			return false
		}
		s.follow(h, hops)
		opened = true
		return true
	})
	return opened
}

// leadsOn reports whether a hub has a target that is not reached or about to be. A
// hub that opens now leads no nearer than those that opened within as many hops.
func (s *reaching) leadsOn(h *graph.Hub, limit int) bool {
	return slices.ContainsFunc(h.Targets, func(t *graph.Node) bool {
		return s.mayFollow(t) && (t.Opaque || limit == anyHops || s.w.script != nil || !s.coming[t.Graph])
	})
}

func (s *reaching) mayFollow(t *graph.Node) bool {
	return (t.Opaque || !s.place.blind) && s.w.mayMove(s.reach, t)
}

// follow notes the ways by an open hub.
func (s *reaching) follow(h *graph.Hub, hops int) {
	for _, t := range h.Targets {
		if !s.mayFollow(t) {
			continue
		}
		if depth := s.place.moveHops(t, hops); depth <= s.w.most {
			s.pending = append(s.pending, way{target: t, hub: h, hops: depth})
			if !t.Opaque {
				s.coming[t.Graph] = true
			}
		}
	}
}

// graph is the subgraph that a way leads to as the object type itself and without
// more than that subgraph always gives; -1 for other ways.
func (y *way) graph() int {
	switch {
	case y == nil, y.target != nil && y.target.Opaque, y.base != nil && (y.base.opaque() || len(y.base.views) > 0 || y.base.reentry):
		return -1
	case y.target != nil:
		return y.target.Graph
	}
	return y.base.graph
}

// opens reports whether values from one more subgraph may open a hub: where it gives
// one of the fields, or where a field depends on more than the subgraphs reached.
func (s *reaching) opens(h *graph.Hub, g int) bool {
	t := s.w.g.Object(first(s.object))
	return slices.ContainsFunc(h.Set.Fields, func(u *graph.FieldUse) bool {
		return u.Set != nil || u.Name == "__typename" || t.Conditional(u.Name) || t.Givers(u.Name).Has(g)
	})
}

// whence tells apart from where values of an object type come.
func (p *place) whence(object int) string {
	b := make([]byte, 0, 64)
	for _, a := range p.arrivals {
		if !a.types.Has(object) {
			continue
		}
		b = binary.AppendUvarint(b, uint64(a.graph))
		for _, v := range a.views {
			b = fmt.Appendf(b, "%p", v)
		}
		b = append(b, ';')
	}
	return string(b)
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

// mayMove reports whether a move to a target is worth looking at.
func (w *planning) mayMove(r *reach, t *graph.Node) bool { return w.script != nil || !r.has(t) }

// signature is equal for object types that can be treated together.
func (r *reach) signature() string {
	if r.text != "" && r.complete {
		return r.text
	}
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
	r.text = b.String()
	return r.text
}

// move gives the arrival at a place by moving values of some object types, whose
// reach is the same, to a subgraph. e is the edge that needs more than a key; nil
// for none.
func (w *planning) move(p *place, types schema.TypeSet, to way, e *graph.Edge, hops int) *arrival {
	a := &arrival{place: p, graph: to.target.Graph, types: types, hops: hops, hub: to.hub}
	if to.target.Opaque {
		a.node = to.target
	}
	if e != nil {
		a.requires, a.contexts = e.Requires, e.Contexts
	}
	return p.addMove(a)
}

// addMove gives the place's move that is like another one, which it becomes if
// there is none.
func (p *place) addMove(a *arrival) *arrival {
	key := moveKey{a.graph, a.node, a.hub.Text, a.hops, setKey(a.types), conditionText(a.requires, a.contexts)}
	if known := p.moves[key]; known != nil {
		return known
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
