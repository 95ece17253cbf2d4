package planner

import (
	"slices"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// setHops gives the least depth at which all of a field set is there for some
// object types at a place, using only arrivals within limit hops; ok is false
// where it cannot be.
func (w *planning) setHops(p *place, types schema.TypeSet, set *graph.FieldSet, limit int) (hops int, ok bool) {
	for _, u := range set.Fields {
		need := narrowed(types, u.On)
		if need.Empty() {
			continue
		}
		if u.Name == "__typename" || p.needsTypes(types, need) {
			hops = max(hops, p.typeHops())
		}
		if u.Name == "__typename" {
			continue
		}
		h, ok := w.useHops(p, need, u, limit)
		if !ok {
			return 0, false
		}
		hops = max(hops, h)
	}
	return hops, true
}

func narrowed(types, on schema.TypeSet) schema.TypeSet {
	if on == nil {
		return types
	}
	return types.And(on)
}

func (w *planning) useHops(p *place, need schema.TypeSet, u *graph.FieldUse, limit int) (hops int, ok bool) {
	if !w.spend() {
		return 0, false
	}
	if u.Set == nil {
		covered := schema.TypeSet(nil)
		for _, o := range w.options(p, need, u.Name, limit, false) {
			covered = covered.Or(o.types)
			hops = max(hops, o.hops())
		}
		return hops, need.SubsetOf(covered)
	}
	if w.endless(p, u.Name) {
		return 0, false
	}
	hops, _, ok = w.compositeHops(p, w.slotFor(p, u, need, nil, true), need, u, limit)
	return hops, ok
}

// compositeHops is useHops for a field with fields below; wide says that moves to
// other subgraphs have to be looked at though the field can be had without.
func (w *planning) compositeHops(p *place, s *slot, need schema.TypeSet, u *graph.FieldUse, limit int) (hops int, wide, ok bool) {
	hops, ok = w.valueHops(p, s, need, u, limit, false)
	if ok && hops <= p.least()+1 {
		return hops, false, true
	}
	if more, found := w.valueHops(p, s, need, u, limit, true); found && (!ok || more < hops) {
		return more, true, true
	}
	return hops, false, ok
}

// endless reports whether a field would be followed again and again for what
// the planner needs: a key of a value of the same type whose key that is.
func (w *planning) endless(p *place, field string) bool {
	again, depth := 0, 0
	for c := p; c.client == nil && c.parent != nil; c = c.parent {
		if depth++; c.slot.name == field && c.parent.typ == p.typ {
			again++
		}
	}
	return again >= max(maxRepeats, w.g.Nesting) || depth >= max(maxNesting, w.g.Nesting)
}

// maxRepeats is how often the values that a condition needs may lead through the
// same field, maxNesting how deep below what the client selects they may be; both
// are more where a field set of the graph goes deeper itself.
const maxRepeats, maxNesting = 3, 12

func (w *planning) valueHops(p *place, s *slot, need schema.TypeSet, u *graph.FieldUse, limit int, wide bool) (hops int, ok bool) {
	covered := schema.TypeSet(nil)
	for _, o := range w.options(p, need, u.Name, limit, wide) {
		for _, types := range w.alike(o, u.Name) {
			c := w.child(p, s, types, u.Type)
			for _, a := range o.arrivals {
				w.arriveBy(c, a)
			}
			if w.knowTypes(c) != nil {
				continue
			}
			// A representation tells the types of what an interface has in it.
			hops = max(hops, c.typeHops())
			covered = covered.Or(types)
			h, ok := w.setHops(c, c.live, u.Set, limit)
			if !ok {
				return 0, false
			}
			// The value itself must be there, even if nothing of it is asked.
			hops = max(hops, h, o.hops())
		}
	}
	return hops, need.SubsetOf(covered)
}

// slotFor finds the slot by which a field set's field is in the merged tree: the
// client's own where it has the same field for all the types, unconditionally or
// under the same guards; else one of the planner's. trial is set where nothing
// will be selected yet.
func (w *planning) slotFor(p *place, u *graph.FieldUse, types schema.TypeSet, guards operation.Guards, trial bool) *slot {
	text := printArguments(u.Arguments)
	for _, s := range p.slots {
		if s.name != u.Name || s.text != text {
			continue
		}
		if s.client == nil {
			if s.definition.Type.String() == u.Definition.Type.String() && (trial || equalGuards(s.guards, guards)) {
				return s
			}
			continue
		}
		if w.inside(w.block, w.blockOf(s.client)) && types.SubsetOf(s.client.On) && (s.guards == nil || equalGuards(s.guards, guards)) {
			return s
		}
	}
	s := &slot{
		key: w.alias(u.Name, text, u.Definition.Type.String()), name: u.Name,
		arguments: u.Arguments, text: text, definition: u.Definition, guards: guards, order: internalOrder + len(p.slots),
	}
	p.slots = append(p.slots, s)
	return s
}

// internalOrder puts the planner's own fields after the client's.
const internalOrder = 1 << 20

// supply makes sure that all of a field set is in the merged tree before a
// request at depth is made, adds the fetches that bring it to deps, and says
// how the representation reads it.
func (w *planning) supply(p *place, types schema.TypeSet, set *graph.FieldSet, depth int, guards operation.Guards, nonNull bool, deps *fetchSet) ([]*Require, error) {
	var out []*Require
	for _, u := range set.Fields {
		need := narrowed(types, u.On)
		if need.Empty() {
			continue
		}
		if p.untyped() && (u.Name == "__typename" || p.needsTypes(types, need)) {
			if err := w.waitForTypes(p, depth, deps); err != nil {
				return nil, err
			}
		}
		if u.Name == "__typename" {
			out = append(out, &Require{Name: "__typename", Key: w.typename, On: u.On})
			continue
		}
		s := w.slotFor(p, u, need, guards, false)
		r := &Require{Name: u.Name, Key: s.key, NonNull: nonNull}
		if !types.SubsetOf(need) {
			r.On = need
		}
		var err error
		if u.Set == nil {
			err = w.supplyLeaf(p, s, u, need, depth, guards, deps)
		} else {
			r.Fields, err = w.supplyComposite(p, s, u, need, depth, nonNull, deps)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (w *planning) supplyLeaf(p *place, s *slot, u *graph.FieldUse, need schema.TypeSet, depth int, guards operation.Guards, deps *fetchSet) error {
	for _, o := range w.options(p, need, u.Name, depth-1, false) {
		sel, err := w.commitBest(o.arrivals, s, depth-1, guards)
		if err != nil {
			return err
		}
		sel.add(s, o.types, guards)
		deps.add(sel.fetch)
		need = need.AndNot(o.types)
	}
	if !need.Empty() {
		return w.unreachable(p, need, u.Name)
	}
	return nil
}

func (w *planning) supplyComposite(p *place, s *slot, u *graph.FieldUse, need schema.TypeSet, depth int, nonNull bool, deps *fetchSet) ([]*Require, error) {
	_, wide, _ := w.compositeHops(p, s, need, u, depth-1)
	var fields []*Require
	for _, o := range w.options(p, need, u.Name, depth-1, wide) {
		for _, types := range w.alike(o, u.Name) {
			below, err := w.supplyValue(p, s, u, types, o.arrivals, depth, nonNull, deps)
			if err != nil {
				return nil, err
			}
			fields = mergeRequires(fields, below)
		}
		need = need.AndNot(o.types)
	}
	if !need.Empty() {
		return nil, w.unreachable(p, need, u.Name)
	}
	if u.Type.Object < 0 && !slices.ContainsFunc(fields, func(r *Require) bool { return r.Name == "__typename" }) {
		fields = append([]*Require{{Name: "__typename", Key: w.typename}}, fields...)
	}
	return fields, nil
}

// supplyValue supplies what a field set selects of one composite field's values
// on object types that have it in one type.
func (w *planning) supplyValue(p *place, s *slot, u *graph.FieldUse, types schema.TypeSet, arrivals []*arrival, depth int, nonNull bool, deps *fetchSet) ([]*Require, error) {
	c := w.child(p, s, types, u.Type)
	for _, a := range arrivals {
		w.arriveBy(c, a)
	}
	if err := w.knowTypes(c); err != nil {
		return nil, err
	}
	if c.untyped() {
		if err := w.waitForTypes(c, depth, deps); err != nil {
			return nil, err
		}
	}
	below, err := w.supply(c, c.live, u.Set, depth, nil, nonNull, deps)
	if err != nil || brings(below) {
		return below, err
	}
	// Nothing unconditional below brings the value along.
	return below, w.supplyPresence(c, depth, deps)
}

// brings reports whether a value comes along with what is read of it: a field is
// fetched for all of its object types.
func brings(rs []*Require) bool {
	return slices.ContainsFunc(rs, func(r *Require) bool { return r.On == nil && r.Name != "__typename" })
}

// supplyPresence makes sure that a composite value itself is there.
func (w *planning) supplyPresence(c *place, depth int, deps *fetchSet) error {
	var within []*arrival
	for _, a := range c.bringing() {
		if a.hops < depth {
			within = append(within, a)
		}
	}
	sel, err := w.commitBest(within, nil, depth-1, nil)
	if err != nil {
		return err
	}
	deps.add(sel.fetch)
	return nil
}

// mergeRequires joins what several groups of types need under the same names.
func mergeRequires(into, more []*Require) []*Require {
	for _, m := range more {
		i := slices.IndexFunc(into, func(r *Require) bool { return r.Name == m.Name && r.Key == m.Key })
		if i >= 0 {
			into[i].NonNull = into[i].NonNull || m.NonNull
		}
		switch {
		case i < 0:
			into = append(into, m)
		case into[i].On == nil || m.On == nil:
			into[i].On = nil
			into[i].Fields = mergeRequires(into[i].Fields, m.Fields)
		default:
			into[i].On = into[i].On.Or(m.On)
			into[i].Fields = mergeRequires(into[i].Fields, m.Fields)
		}
	}
	return into
}
