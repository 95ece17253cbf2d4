package planner

import (
	"cmp"
	"errors"
	"slices"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// cost is what taking a way adds to the plan, the weightiest first: rounds added
// to the plan, requests, parts of requests; then how deep the data comes from,
// and how many fields are selected for it.
type cost struct {
	// shut counts requests that are to be avoided.
	shut                                   int
	rounds, requests, parts, depth, fields int
}

func (c cost) compare(d cost) int {
	return cmp.Or(
		cmp.Compare(c.shut, d.shut),
		cmp.Compare(c.rounds, d.rounds), cmp.Compare(c.requests, d.requests), cmp.Compare(c.parts, d.parts),
		cmp.Compare(c.depth, d.depth), cmp.Compare(c.fields, d.fields),
	)
}

// choose takes the decisions into the plan: first those without a choice, then
// the others, each of which goes the way that adds least. Of those without a
// choice the ones come first that need no other fetch, as the keys of the rest
// can then come from them; then the deepest, as the rest can share its fetches.
func (w *planning) choose() error {
	least := anyHops
	for _, d := range w.decisions {
		least = min(least, d.hops)
	}
	rank := func(d *decision) int {
		switch {
		case len(d.arrivals) > 1:
			return 2
		case d.hops > least:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(w.decisions, func(a, b *decision) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.hops, a.hops))
	})
	for _, d := range w.decisions {
		var guards operation.Guards
		if d.slot != nil {
			guards = d.slot.guards
		}
		sel, err := w.commitBest(d.arrivals, d.slot, w.deepest, guards)
		if err != nil {
			return err
		}
		if d.slot != nil {
			sel.add(d.slot, d.types, guards)
			w.noteSupplier(d.slot.client, sel.fetch)
		}
		sel.fetch.always = sel.fetch.always || d.typing
	}
	return nil
}

var errNoArrival = errors.New("a value that is needed comes from no subgraph")

// commitBest takes the arrival into the plan that adds least, and gives its
// selection. slot is what will be added to it.
func (w *planning) commitBest(arrivals []*arrival, s *slot, latest int, guards operation.Guards) (*selection, error) {
	if len(arrivals) == 0 {
		return nil, errNoArrival
	}
	i := 0
	if len(arrivals) > 1 {
		i = w.leastOf(arrivals, s, latest)
		if w.script != nil {
			i = w.script.choose(i, len(arrivals))
		}
	}
	best := arrivals[i]
	if w.why != nil {
		w.why.note(w, best, arrivals, s, latest)
	}
	return w.commit(best, s, latest, guards)
}

// leastOf gives the index of the arrival that adds least.
func (w *planning) leastOf(arrivals []*arrival, s *slot, latest int) int {
	best, least := 0, w.marginal(arrivals[0], s, latest)
	for i, a := range arrivals[1:] {
		if w.left < 0 {
			break // the budget has run out: greedy
		}
		if c := w.marginal(a, s, latest); c.compare(least) < 0 {
			best, least = i+1, c
		}
	}
	return best
}

// marginal is what taking an arrival for a slot would add to the plan.
func (w *planning) marginal(a *arrival, s *slot, latest int) cost {
	c := w.arrivalCost(a, s, latest)
	c.rounds = max(0, c.depth-w.deepest)
	if s != nil {
		c.fields++
		for _, sel := range a.selections {
			if sel.entry(s) != nil {
				c.fields--
				break
			}
		}
	}
	return c
}

func (w *planning) arrivalCost(a *arrival, s *slot, latest int) cost {
	latest = max(latest, a.hops)
	for _, sel := range a.selections {
		if sel.fetch.depth <= latest && (a.isField() || sel.fetch.block == w.block) {
			return cost{depth: sel.fetch.depth}
		}
	}
	w.spend()
	switch {
	case a.isMove():
		return w.moveCost(a, s, latest)
	case !a.isField():
		return w.opening(a)
	}
	c := w.arrivalCost(a.from, a.place.slot, latest)
	c.fields++
	return c
}

// opening is what one more fetch costs by itself.
func (w *planning) opening(a *arrival) cost {
	c := cost{parts: 1, depth: a.hops}
	q := request{a.graph, a.hops, w.block}
	if w.requests[q] == 0 {
		c.requests = 1
	}
	if w.shut[q] {
		c.shut = 1
	}
	return c
}

func (w *planning) moveCost(a *arrival, s *slot, latest int) cost {
	if f := w.findFetch(a, s, latest); f != nil {
		return cost{depth: f.depth}
	}
	c := w.opening(a)
	for _, set := range []*graph.FieldSet{a.hub.Set, a.requires} {
		if set != nil {
			w.setCost(a.place, a.types, set, a.hops-1, &c)
		}
	}
	w.contextCost(a, &c)
	return c
}

// setCost adds what it takes to have a field set within a depth.
func (w *planning) setCost(p *place, types schema.TypeSet, set *graph.FieldSet, latest int, c *cost) {
	if w.left < 0 {
		return
	}
	for _, u := range set.Fields {
		need := narrowed(types, u.On)
		if need.Empty() || u.Name == "__typename" {
			continue
		}
		for _, o := range w.options(p, need, u.Name, latest, false) {
			least := w.arrivalCost(o.arrivals[0], nil, latest)
			for _, other := range o.arrivals[1:] {
				if oc := w.arrivalCost(other, nil, latest); oc.compare(least) < 0 {
					least = oc
				}
			}
			c.shut += least.shut
			c.requests += least.requests
			c.parts += least.parts
			c.fields += least.fields + 1
		}
	}
}
