package planner

import (
	"fmt"
	"slices"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// A subgraph in which an interface is an @interfaceObject gives values whose
// runtime types it cannot tell. Where nothing asks for the type they are used as
// they are. Otherwise they are moved, by a key of the interface, to a subgraph
// that knows the interface: that tells the type, and its fields can be had there.
// Whatever needs the type waits for that.

// knowTypes makes sure that the runtime types of a place's values can be known: a
// subgraph that tells them is preferred to one that has an interface object, and
// where there are only such the place gets its typings.
func (w *planning) knowTypes(p *place) error {
	if p.parent == nil || p.typ.Object >= 0 || p.untyped() || !slices.ContainsFunc(p.arrivals, (*arrival).opaque) {
		return nil
	}
	if slices.ContainsFunc(p.arrivals, func(a *arrival) bool { return !a.opaque() }) {
		p.arrivals = slices.DeleteFunc(p.arrivals, (*arrival).opaque)
		return nil
	}
	p.blind = true
	var typings []*arrival
	for _, h := range p.typ.Hubs {
		hops, ok := w.setHops(p, p.live, h.Set, anyHops)
		if !ok {
			continue
		}
		for _, n := range h.Targets {
			if n.Opaque || slices.ContainsFunc(typings, func(a *arrival) bool { return a.graph == n.Graph && a.hops <= hops+1 }) {
				continue
			}
			typings = append(typings, &arrival{place: p, graph: n.Graph, node: n, types: n.Possible.And(p.live), hops: hops + 1, hub: h})
		}
	}
	p.blind = false
	p.forget()
	p.moves = nil // they were found without these
	if len(typings) == 0 {
		return fmt.Errorf("%s: nothing tells the types of the values of %s, which come from subgraphs where it is an @interfaceObject", p.coordinate(), p.typ.Name)
	}
	p.typings = typings
	p.arrivals = append(p.arrivals, typings...)
	return nil
}

// untyped reports whether the place's values come without their runtime types.
func (p *place) untyped() bool { return len(p.typings) > 0 }

// typeHops is the least depth of a fetch that tells the types of a place's
// values; 0 where they come with them.
func (p *place) typeHops() int {
	if !p.untyped() {
		return 0
	}
	hops := anyHops
	for _, a := range p.typings {
		hops = min(hops, a.hops)
	}
	return hops
}

// asksTypes reports whether the client's answer depends on the values' types.
func (p *place) asksTypes() bool {
	return slices.ContainsFunc(p.client.Fields, func(f *operation.Field) bool {
		return f.Name == "__typename" || f.Stricter != nil || !p.live.SubsetOf(f.On)
	})
}

// narrows reports whether the way from a place's parent to it is only for some
// types of values that come without them.
func (p *place) narrows() bool {
	return p.parent.untyped() && !p.parent.live.SubsetOf(p.group)
}

// waitForTypes adds to deps the fetch that tells the types of a place's values,
// to be made before depth.
func (w *planning) waitForTypes(p *place, depth int, deps *fetchSet) error {
	var within []*arrival
	for _, a := range p.typings {
		if a.hops < depth {
			within = append(within, a)
		}
	}
	sel, err := w.commitBest(within, nil, depth-1, nil)
	if err != nil {
		return err
	}
	sel.fetch.always = true
	deps.add(sel.fetch)
	return nil
}

// waitOnPath does the same for every place on the way to a fetch's objects where
// the way is only for some types, and for the place itself if the fetch depends on
// them.
func (w *planning) waitOnPath(f *fetch) error {
	if f.place.untyped() && len(f.inputs) > 0 && f.node == nil {
		if err := w.waitForTypes(f.place, f.depth, &f.deps); err != nil {
			return err
		}
	}
	for p := f.place; p.parent != nil; p = p.parent {
		if !p.narrows() {
			continue
		}
		if err := w.waitForTypes(p.parent, f.depth, &f.deps); err != nil {
			return err
		}
	}
	return nil
}

// needsTypes reports whether a field set that is read for some of a place's
// object types depends on their values' types.
func (p *place) needsTypes(types, need schema.TypeSet) bool {
	return p.untyped() && !types.SubsetOf(need)
}
