package planner

import (
	"fmt"
	"slices"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// fetch is one root field of a subgraph request in the making: a selection on
// an operation's root, or an _entities field for the entities at a place.
type fetch struct {
	graph, depth int
	place        *place
	// node is set where the entities are interface objects in the subgraph.
	node   *graph.Node
	inputs []*input
	deps   fetchSet
	root   *selection
	// order is the fetch's place in the order of creation.
	order int
}

// input is the representation of the entities of some object types.
type input struct {
	types schema.TypeSet
	hub   *graph.Hub
	// guards are those under which the key is there already.
	guards   []operation.Guards
	requires []string
	fields   []*Require
}

// fetchSet is a small set of fetches in order.
type fetchSet []*fetch

func (s *fetchSet) add(f *fetch) {
	if !slices.Contains(*s, f) {
		*s = append(*s, f)
	}
}

// selection is what one fetch selects at a place.
type selection struct {
	fetch *fetch
	place *place
	// node is the static type in the subgraph; nil for entities of object types.
	node    *graph.Node
	types   schema.TypeSet
	entries []*entry
}

// entry is one field of a selection.
type entry struct {
	slot *slot
	uses []use
	// below are the selections on a composite value: one for each child place.
	below []*selection
}

// use is the object types for which a field is selected, and when.
type use struct {
	on     schema.TypeSet
	guards operation.Guards
}

func (s *selection) entry(slot *slot) *entry {
	for _, e := range s.entries {
		if e.slot == slot {
			return e
		}
	}
	return nil
}

// add selects a field for some object types. It is selected without a guard once
// anyone needs it without.
func (s *selection) add(slot *slot, on schema.TypeSet, guards operation.Guards) *entry {
	e := s.entry(slot)
	if e == nil {
		e = &entry{slot: slot}
		s.entries = append(s.entries, e)
	}
	e.uses = addUse(e.uses, use{on, guards})
	return e
}

func addUse(uses []use, u use) []use {
	for i := range uses {
		if equalGuards(uses[i].guards, u.guards) {
			uses[i].on = uses[i].on.Or(u.on)
			return uses
		}
		if uses[i].guards == nil && u.on.SubsetOf(uses[i].on) {
			return uses
		}
	}
	if u.guards == nil {
		uses = slices.DeleteFunc(uses, func(o use) bool { return o.on.SubsetOf(u.on) })
	}
	return append(uses, u)
}

func equalGuards(a, b operation.Guards) bool {
	return (a == nil) == (b == nil) && slices.Equal(a, b)
}

// commit takes an arrival into the plan, in a fetch of at most the depth latest,
// and gives the selection to add to. guards are those of what will be added.
func (w *planning) commit(a *arrival, latest int, guards operation.Guards) (*selection, error) {
	latest = max(latest, a.hops)
	switch {
	case a.isMove():
		return w.commitMove(a, latest, guards)
	case a.from == nil:
		return w.commitRoot(a), nil
	}
	for _, s := range a.selections {
		if s.fetch.depth <= latest {
			return s, nil
		}
	}
	return w.commitField(a, latest)
}

// commitField selects the field that the arrival comes through.
func (w *planning) commitField(a *arrival, latest int) (*selection, error) {
	slot := a.place.slot
	parent, err := w.commit(a.from, latest, slot.guards)
	if err != nil {
		return nil, err
	}
	e := parent.add(slot, a.place.group, slot.guards)
	for _, s := range e.below {
		if s.place == a.place && s.node == a.node {
			return s, nil
		}
	}
	below := &selection{fetch: parent.fetch, place: a.place, node: a.node, types: a.types}
	a.selections = append(a.selections, below)
	slices.SortStableFunc(a.selections, func(x, y *selection) int { return x.fetch.depth - y.fetch.depth })
	e.below = append(e.below, below)
	return below, nil
}

func (w *planning) commitRoot(a *arrival) *selection {
	for _, s := range a.selections {
		return s
	}
	f := w.newFetch(a, a.hops)
	f.root.node = a.node
	a.selections = []*selection{f.root}
	return f.root
}

func (w *planning) newFetch(a *arrival, depth int) *fetch {
	f := &fetch{graph: a.graph, depth: depth, place: a.place, node: a.node, order: len(w.fetches)}
	f.root = &selection{fetch: f, place: a.place, node: a.node, types: a.types}
	w.fetches = append(w.fetches, f)
	a.place.fetches = append(a.place.fetches, f)
	w.requests[request{a.graph, depth}]++
	w.deepest = max(w.deepest, depth)
	return f
}

// findFetch gives the entity fetch at the move's place and subgraph that is
// made soonest within the depths that are allowed.
func (a *arrival) findFetch(latest int) *fetch {
	var found *fetch
	for _, f := range a.place.fetches {
		if f.graph == a.graph && f.node == a.node && len(f.inputs) > 0 && f.depth >= a.hops && f.depth <= latest &&
			(found == nil || f.depth < found.depth) {
			found = f
		}
	}
	return found
}

func (w *planning) commitMove(a *arrival, latest int, guards operation.Guards) (*selection, error) {
	if a.place.unknownTypes() {
		return nil, fmt.Errorf("%s: moving an interface object to another subgraph before its type is known is not supported yet", a.place.coordinate())
	}
	f := a.findFetch(latest)
	if f == nil {
		f = w.newFetch(a, a.hops)
	}
	f.root.types = f.root.types.Or(a.types)
	in := f.input(a)
	key := in.hub != nil && slices.ContainsFunc(in.guards, func(g operation.Guards) bool { return g == nil || equalGuards(g, guards) })
	if !key {
		if in.hub == nil {
			in.hub = a.hub
		}
		in.guards = append(in.guards, guards)
		fields, err := w.supply(a.place, a.types, in.hub.Set, f.depth, guards, true, &f.deps)
		if err != nil {
			return nil, err
		}
		in.fields = mergeRequires(in.fields, fields)
	}
	if a.requires == nil {
		return f.root, nil
	}
	text := a.requires.String() + guardsText(guards)
	if !slices.Contains(in.requires, text) {
		in.requires = append(in.requires, text)
		fields, err := w.supply(a.place, a.types, a.requires, f.depth, guards, false, &f.deps)
		if err != nil {
			return nil, err
		}
		in.fields = mergeRequires(in.fields, fields)
	}
	return f.root, nil
}

func guardsText(g operation.Guards) string {
	if g == nil {
		return ""
	}
	return fmt.Sprint(g)
}

// input gives the fetch's input for exactly the arrival's object types. Types
// that are part of another input are taken out of it.
func (f *fetch) input(a *arrival) *input {
	for _, in := range f.inputs {
		if in.types.Equal(a.types) {
			return in
		}
	}
	for _, in := range f.inputs {
		both := in.types.And(a.types)
		if both.Empty() {
			continue
		}
		if rest := in.types.AndNot(both); !rest.Empty() {
			apart := *in
			apart.types = rest
			apart.fields = cloneRequires(in.fields)
			apart.guards, apart.requires = slices.Clone(in.guards), slices.Clone(in.requires)
			f.inputs = append(f.inputs, &apart)
		}
		in.types = both
		if both.Equal(a.types) {
			return in
		}
	}
	in := &input{types: a.types}
	for _, other := range f.inputs {
		in.types = in.types.AndNot(other.types)
	}
	if in.types.Equal(a.types) {
		f.inputs = append(f.inputs, in)
		return in
	}
	// Several inputs together have these types; each takes what is new.
	return f.unite(a)
}

// unite makes one input of all those that overlap the arrival's object types.
func (f *fetch) unite(a *arrival) *input {
	in := &input{types: a.types}
	f.inputs = slices.DeleteFunc(f.inputs, func(o *input) bool {
		if o.types.And(a.types).Empty() {
			return false
		}
		in.types = in.types.Or(o.types)
		in.fields = mergeRequires(in.fields, o.fields)
		return true
	})
	f.inputs = append(f.inputs, in)
	return in
}

func cloneRequires(rs []*Require) []*Require {
	out := make([]*Require, len(rs))
	for i, r := range rs {
		c := *r
		c.Fields = cloneRequires(r.Fields)
		out[i] = &c
	}
	return out
}

// unknownTypes reports whether only interface objects bring the place's values,
// so that nobody can tell their runtime types.
func (p *place) unknownTypes() bool {
	return len(p.arrivals) > 0 && !slices.ContainsFunc(p.arrivals, func(a *arrival) bool { return !a.opaque() })
}
