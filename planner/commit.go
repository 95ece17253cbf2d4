package planner

import (
	"slices"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// fetch is one root field of a subgraph request in the making: a selection on
// an operation's root, or an _entities field for the entities at a place.
type fetch struct {
	graph, depth int
	// block is the one that needs the fetch first.
	block int
	place *place
	// node is set where the entities are interface objects in the subgraph.
	node   *graph.Node
	inputs []*input
	// contexts are the values from contexts that it is sent.
	contexts []*contextNeed
	deps     fetchSet
	root     *selection
	// always is set where it is needed whatever the guards of its fields are: it
	// tells types.
	always bool
	// order is the fetch's place in the order of creation.
	order int
}

// input is the representation of the entities of some object types.
type input struct {
	types schema.TypeSet
	hub   *graph.Hub
	needs []need
	// fields is how the representation reads all needs.
	fields []*Require
}

// need is a field set that a representation must have: a key, or what a field
// requires.
type need struct {
	set    *graph.FieldSet
	key    bool
	guards operation.Guards
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
// and gives the selection to add to. s is what will be added, nil where that is
// nothing; guards are its guards.
func (w *planning) commit(a *arrival, s *slot, latest int, guards operation.Guards) (*selection, error) {
	latest = max(latest, a.hops)
	switch {
	case a.isMove():
		return w.commitMove(a, s, latest, guards)
	case !a.isField():
		return w.commitRoot(a)
	}
	for _, sel := range a.selections {
		if sel.fetch.depth <= latest {
			return sel, nil
		}
	}
	return w.commitField(a, latest)
}

// commitField selects the field that the arrival comes through.
func (w *planning) commitField(a *arrival, latest int) (*selection, error) {
	slot := a.place.slot
	parent, err := w.commit(a.from, slot, latest, slot.guards)
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
	if !a.place.brought {
		a.place.brought = true
		w.noteSupplier(slot.client, parent.fetch)
	}
	return below, nil
}

func (w *planning) commitRoot(a *arrival) (*selection, error) {
	for _, s := range a.selections {
		if s.fetch.block == w.block {
			return s, nil
		}
	}
	f := w.newFetch(a, a.hops)
	f.root.node = a.node
	a.selections = append(a.selections, f.root)
	if a.reentry {
		if err := w.waitOnPath(f); err != nil {
			return nil, err
		}
		return f.root, w.supplyPresence(a.place, f.depth, &f.deps)
	}
	return f.root, nil
}

func (w *planning) newFetch(a *arrival, depth int) *fetch {
	f := &fetch{graph: a.graph, depth: depth, block: w.block, place: a.place, node: a.node, order: len(w.fetches)}
	f.root = &selection{fetch: f, place: a.place, node: a.node, types: a.types}
	w.fetches = append(w.fetches, f)
	a.place.fetches = append(a.place.fetches, f)
	w.requests[request{a.graph, depth, w.block}]++
	w.deepest = max(w.deepest, depth)
	return f
}

// findFetch gives the entity fetch at the move's place and subgraph that is
// made soonest within the depths that are allowed. In an interface object's fetch
// every field is selected for all of its entities, so it must be for these types.
func (w *planning) findFetch(a *arrival, s *slot, latest int) *fetch {
	var found *fetch
	for _, f := range a.place.fetches {
		if f.graph == a.graph && f.node == a.node && len(f.inputs) > 0 && f.depth >= a.hops && f.depth <= latest &&
			(f.node == nil || f.root.types.Equal(a.types)) && w.joinable(f, a, s) && (found == nil || f.depth < found.depth) {
			found = f
		}
	}
	return found
}

func (w *planning) commitMove(a *arrival, s *slot, latest int, guards operation.Guards) (*selection, error) {
	f := w.findFetch(a, s, latest)
	fresh := f == nil
	if fresh {
		f = w.newFetch(a, a.hops)
	}
	f.root.types = f.root.types.Or(a.types)
	inputs := f.inputsFor(a)
	if fresh {
		if err := w.waitOnPath(f); err != nil {
			return nil, err
		}
	}
	for _, in := range inputs {
		changed := in.need(need{set: in.hub.Set, key: true, guards: guards})
		if a.requires != nil {
			changed = in.need(need{set: a.requires, guards: guards}) || changed
		}
		if !changed {
			continue
		}
		if err := w.represent(a.place, f, in); err != nil {
			return nil, err
		}
	}
	if err := w.supplyContexts(a, f, guards); err != nil {
		return nil, err
	}
	return f.root, nil
}

// inputsFor gives the fetch's inputs that together have exactly the arrival's
// object types.
func (f *fetch) inputsFor(a *arrival) []*input {
	var found []*input
	rest := a.types
	for _, in := range slices.Clone(f.inputs) {
		both := in.types.And(a.types)
		if both.Empty() {
			continue
		}
		if others := in.types.AndNot(both); !others.Empty() {
			apart := *in
			apart.types = others
			apart.needs, apart.fields = slices.Clone(in.needs), cloneRequires(in.fields)
			f.inputs = append(f.inputs, &apart)
			in.types = both
		}
		found = append(found, in)
		rest = rest.AndNot(both)
	}
	if !rest.Empty() {
		in := &input{types: rest, hub: a.hub}
		f.inputs = append(f.inputs, in)
		found = append(found, in)
	}
	return found
}

// need notes what the representation must have, and says whether that is new.
func (in *input) need(n need) bool {
	text := n.set.String()
	for i, o := range in.needs {
		if o.key != n.key || o.set.String() != text {
			continue
		}
		guards := orGuards(o.guards, n.guards)
		if equalGuards(guards, o.guards) {
			return false
		}
		in.needs[i].guards = guards
		return true
	}
	in.needs = append(in.needs, n)
	return true
}

// represent supplies all that an input needs. The same field under different
// guards must not be read from different keys: it is then supplied under the
// guards of any.
func (w *planning) represent(p *place, f *fetch, in *input) error {
	defer func(forKeys bool) { w.forKeys = forKeys }(w.forKeys)
	for range 2 {
		in.fields = nil
		for _, n := range in.needs {
			w.forKeys = n.key
			fields, err := w.supply(p, in.types, n.set, f.depth, n.guards, n.key, &f.deps)
			if err != nil {
				return err
			}
			in.fields = mergeRequires(in.fields, fields)
		}
		if !ambiguous(in.fields) {
			return nil
		}
		all := in.needs[0].guards
		for _, n := range in.needs[1:] {
			all = orGuards(all, n.guards)
		}
		for i := range in.needs {
			in.needs[i].guards = all
		}
	}
	return nil
}

// ambiguous reports whether a name is read from several keys for one object type.
func ambiguous(rs []*Require) bool {
	for i, r := range rs {
		for _, o := range rs[:i] {
			if o.Name == r.Name && (o.On == nil || r.On == nil || !o.On.And(r.On).Empty()) {
				return true
			}
		}
	}
	return false
}

func cloneRequires(rs []*Require) []*Require {
	if rs == nil {
		return nil
	}
	out := make([]*Require, len(rs))
	for i, r := range rs {
		c := *r
		c.Fields = cloneRequires(r.Fields)
		out[i] = &c
	}
	return out
}
