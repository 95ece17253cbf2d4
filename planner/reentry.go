package planner

import (
	"fmt"
	"slices"
)

// reenter adds the ways to the fields of a value of the query's root type that is
// below another field: every subgraph answers for its own root's fields, once it
// is known that the value is there.
func (w *planning) reenter(c *place) {
	query := w.g.Supergraph.Schema.Query
	if c.parent == nil || query == nil || c.typ.Name != query.Name {
		return
	}
	hops := anyHops
	for _, a := range c.arrivals {
		if !a.reentry {
			hops = min(hops, a.hops+1)
		}
	}
	for _, n := range c.typ.Nodes() {
		if n == nil {
			continue
		}
		i := slices.IndexFunc(c.arrivals, func(a *arrival) bool { return a.graph == n.Graph })
		switch {
		case i < 0:
			c.arrivals = append(c.arrivals, &arrival{place: c, graph: n.Graph, node: n, types: c.typ.Possible, hops: hops, reentry: true})
		case c.arrivals[i].reentry && c.arrivals[i].hops > hops:
			c.arrivals[i] = &arrival{place: c, graph: n.Graph, node: n, types: c.typ.Possible, hops: hops, reentry: true}
		}
	}
}

// bringing are the arrivals that bring a place's values themselves.
func (p *place) bringing() []*arrival {
	if !slices.ContainsFunc(p.arrivals, func(a *arrival) bool { return a.reentry }) {
		return p.arrivals
	}
	return slices.DeleteFunc(slices.Clone(p.arrivals), func(a *arrival) bool { return a.reentry })
}

// isReentry reports whether a fetch asks fields of the query's root for values
// below other fields.
func (f *fetch) isReentry() bool { return len(f.inputs) == 0 && f.place.parent != nil }

// reentryParts makes the parts of such a fetch: each field has a response key that
// nothing else in the request can have.
func (w *planning) reentryParts(f *fetch, before int) []*Part {
	parts := w.rootParts(f, fmt.Sprintf("_q%d_", before))
	for _, p := range parts {
		p.Paths = []Path{f.place.path()}
		p.Guards = f.place.within(p.Guards)
	}
	return parts
}
