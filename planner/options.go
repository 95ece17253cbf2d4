package planner

import (
	"math"
	"slices"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// anyHops sets no limit on an option's hops.
const anyHops = math.MaxInt32

// option is the arrivals that can give a field to some object types.
type option struct {
	types    schema.TypeSet
	arrivals []*arrival
}

// hops is the least number of hops of the option's arrivals.
func (o *option) hops() int {
	least := anyHops
	for _, a := range o.arrivals {
		least = min(least, a.hops)
	}
	return least
}

// options finds how to have a field of some object types at a place within a
// number of hops. Types that need the same are together; types for which there
// is no way are left out. wide also looks at moves to other subgraphs where the
// field can be had without.
func (w *planning) options(p *place, types schema.TypeSet, field string, limit int, wide bool) []option {
	key := optionsKey{field, setKey(types), limit, wide}
	if known, ok := p.options[key]; ok {
		return known
	}
	unsure := w.unsure
	out := w.findOptions(p, types, field, limit, wide)
	if w.unsure == unsure {
		if p.options == nil {
			p.options = map[optionsKey][]option{}
		}
		p.options[key] = out
	}
	return out
}

type optionsKey struct {
	field, types string
	limit        int
	wide         bool
}

func (w *planning) findOptions(p *place, types schema.TypeSet, field string, limit int, wide bool) []option {
	w.checkLabels(types, field)
	var out []option
	rest := types
	if !wide && w.thrifty(p) {
		if direct, rest := w.directOptions(p, types, field, limit); rest.Empty() {
			return direct
		}
	}
	if !wide && !w.wide {
		out, rest = w.directOptions(p, types, field, limit)
		// Where it takes more requests to get here that way than a move would take.
		out = slices.DeleteFunc(out, func(o option) bool {
			far := o.hops() > p.least()+1
			if far {
				rest = rest.Or(o.types)
			}
			return far
		})
		if rest.Empty() {
			return out
		}
	}
	return append(out, w.movedOptions(p, rest, field, limit, false)...)
}

// least is the number of hops of the nearest arrival.
func (p *place) least() int {
	hops := anyHops
	for _, a := range p.arrivals {
		hops = min(hops, a.hops)
	}
	return hops
}

// directOptions splits the types by the base arrivals that resolve the field.
func (w *planning) directOptions(p *place, types schema.TypeSet, field string, limit int) (out []option, rest schema.TypeSet) {
	rest = types
	for _, a := range p.arrivals {
		if a.hops > limit {
			continue
		}
		covered := w.resolves(a, field).And(types)
		if covered.Empty() {
			continue
		}
		rest = rest.AndNot(covered)
		for i := range out {
			both := out[i].types.And(covered)
			if both.Empty() {
				continue
			}
			covered = covered.AndNot(both)
			if apart := out[i].types.AndNot(both); !apart.Empty() {
				out = append(out, option{apart, append([]*arrival(nil), out[i].arrivals...)})
				out[i].types = both
			}
			out[i].arrivals = append(out[i].arrivals, a)
		}
		if !covered.Empty() {
			out = append(out, option{covered, []*arrival{a}})
		}
	}
	return out, rest
}

// movedOptions looks at every arrival of each type, moves included; again is that
// of reachOf.
func (w *planning) movedOptions(p *place, types schema.TypeSet, field string, limit int, again bool) []option {
	single := only(types) >= 0
	type class struct {
		types schema.TypeSet
		reach *reach
	}
	var classes []*class
	bySignature := map[string]*class{}
	for o := range types.All() {
		if w.g.Object(o) == nil {
			continue
		}
		r := w.reachOf(p, o, again)
		if single {
			return addOption(nil, w.wayOption(p, types, r, field, limit))
		}
		key := r.signature() + w.fieldSignature(o, r, field)
		c := bySignature[key]
		if c == nil {
			c = &class{reach: r}
			bySignature[key] = c
			classes = append(classes, c)
		}
		c.types = c.types.Or(schema.NewTypeSet(o))
	}
	var out []option
	for _, c := range classes {
		out = addOption(out, w.wayOption(p, c.types, c.reach, field, limit))
	}
	return out
}

// wayOption is the option that the ways of a reach give to object types that are alike.
func (w *planning) wayOption(p *place, types schema.TypeSet, r *reach, field string, limit int) option {
	opt := option{types: types}
	for _, way := range r.ways {
		if way.hops > limit {
			break
		}
		if a := w.through(p, types, way, field); a != nil {
			opt.arrivals = append(opt.arrivals, a)
		}
	}
	opt.arrivals = append(opt.arrivals, w.requiringArrivals(p, types, r, field, limit)...)
	return opt
}

// addOption adds an option, together with one that has the same arrivals.
func addOption(out []option, opt option) []option {
	if len(opt.arrivals) == 0 {
		return out
	}
	for i := range out {
		if slices.Equal(out[i].arrivals, opt.arrivals) {
			out[i].types = out[i].types.Or(opt.types)
			return out
		}
	}
	return append(out, opt)
}

// fieldSignature tells object types apart by which ways give the field.
func (w *planning) fieldSignature(object int, r *reach, field string) string {
	sig := make([]byte, 0, len(r.ways)+8)
	one := schema.NewTypeSet(object)
	for _, way := range r.ways {
		bit := byte('0')
		switch {
		case way.base != nil:
			if !w.resolves(way.base, field).And(one).Empty() {
				bit = '1'
			}
		case w.targetResolves(way.target, object, field):
			bit = '1'
		}
		sig = append(sig, bit)
	}
	for _, n := range w.g.Object(object).Nodes() {
		if n != nil {
			if e := n.Edge(field); e != nil && e.Conditional() {
				sig = append(sig, byte('A'+n.Graph%26))
				sig = append(sig, conditionText(e.Requires, e.Contexts)...)
			}
		}
	}
	return string(sig)
}

func (w *planning) targetResolves(t *graph.Node, object int, field string) bool {
	if field == "__typename" {
		return !t.Opaque
	}
	if t.Opaque {
		e := t.Edge(field)
		return e != nil && !e.Conditional() && e.Resolves(w.labels)
	}
	if !w.g.Labelled(field) {
		return w.g.Object(object).Givers(field).Has(t.Graph)
	}
	return w.g.Direct(t.Graph, field, w.labels).Has(object)
}

// through gives the arrival of a way if it resolves the field for the types.
func (w *planning) through(p *place, types schema.TypeSet, to way, field string) *arrival {
	if to.base != nil {
		if types.SubsetOf(w.resolves(to.base, field)) {
			return to.base
		}
		return nil
	}
	for o := range types.All() {
		if !w.targetResolves(to.target, o, field) {
			return nil
		}
		break // the signature says that the others are alike
	}
	return w.move(p, types, to, nil, to.hops)
}

// requiringArrivals gives the ways to subgraphs that resolve the field only when
// they are sent what it requires, or takes from contexts.
func (w *planning) requiringArrivals(p *place, types schema.TypeSet, r *reach, field string, limit int) []*arrival {
	if field == "__typename" {
		return nil
	}
	var out []*arrival
	for g := range w.g.Supergraph.Graphs {
		e, n := w.requiringEdge(types, g, field)
		if e == nil {
			continue
		}
		key := requireKey{g, field, setKey(types)}
		ways, known := p.requiring[key]
		if !known {
			var final bool
			if ways, final = w.requiringWays(p, types, r, e, n, key); final {
				if p.requiring == nil {
					p.requiring = map[requireKey][]*arrival{}
				}
				p.requiring[key] = ways
			}
		}
		for _, a := range ways {
			if a.hops <= limit {
				out = append(out, a)
			}
		}
	}
	return out
}

// requiringEdge finds the edge with @requires or contextual arguments by which a subgraph resolves the
// field of some object types that are alike.
func (w *planning) requiringEdge(types schema.TypeSet, g int, field string) (*graph.Edge, *graph.Node) {
	for o := range types.All() {
		t := w.g.Object(o)
		if n := t.Node(g); n != nil {
			if e := n.Edge(field); e != nil && e.Conditional() && e.Resolves(w.labels) {
				return e, n
			}
			return nil, nil
		}
		for _, h := range t.Hubs {
			for _, n := range h.Targets {
				if n.Graph != g || !n.Opaque {
					continue
				}
				if e := n.Edge(field); e != nil && e.Conditional() && e.Resolves(w.labels) {
					return e, n
				}
			}
		}
		return nil, nil
	}
	return nil, nil
}

// requiringWays finds the ways for one such edge: the fetches of entities above
// that can carry the values, and the move. final is false where a cycle of
// requirements cut the search, so that its result must not be remembered.
func (w *planning) requiringWays(p *place, types schema.TypeSet, r *reach, e *graph.Edge, n *graph.Node, key requireKey) (ways []*arrival, final bool) {
	at := activeRequire{p, key}
	if w.active[at] || !w.spend() {
		w.cut = true
		w.unsure++
		return nil, false
	}
	w.active[at] = true
	defer delete(w.active, at)
	outer := w.cut
	w.cut = !r.complete
	defer func() { w.cut = w.cut || outer }()

	needed, ok := w.needed(p, types, e)
	if !ok {
		return nil, false
	}
	ways = w.carriers(p, types, e, n.Graph, needed)
	best := way{hops: anyHops}
	for _, h := range n.Hubs {
		hops, ok := w.setHops(p, types, h.Set, anyHops)
		if ok && hops < best.hops {
			best = way{target: n, hub: h, hops: hops}
		}
	}
	if best.hub == nil || p.blind && !n.Opaque {
		return ways, len(ways) > 0 && !w.cut
	}
	return append(ways, w.move(p, types, best, e, p.moveHops(n, max(needed, best.hops)))), !w.cut
}

type activeRequire struct {
	place *place
	key   requireKey
}
