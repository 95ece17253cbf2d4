package planner

func (w *planning) chooseAgain(p *place) error {
	w.fetches, w.deepest = w.fetches[:0], 0
	clear(w.requests)
	clear(w.suppliers)
	p.reset()
	return w.choose()
}

// reset takes all that is at a place and below out of the plan.
func (p *place) reset() {
	p.fetches = nil
	for _, a := range p.arrivals {
		a.selections = nil
	}
	for _, c := range p.children {
		c.reset()
	}
}

// request gives the request that the arrival's values come in at the soonest.
func (w *planning) requestOf(a *arrival) request {
	for a.isField() {
		a = a.from
	}
	return request{a.graph, a.hops, w.block}
}

// size is how many fields a selection has, those below others included.
func (s *selection) size() int {
	n := len(s.entries)
	for _, e := range s.entries {
		for _, below := range e.below {
			n += below.size()
		}
	}
	return n
}

// standing is the price of what is in the plan so far, before equal fetches become
// one part.
func (w *planning) standing() price {
	c := price{rounds: w.deepest + 1, parts: len(w.fetches)}
	for _, n := range w.requests {
		if n > 0 {
			c.requests++
		}
	}
	for _, f := range w.fetches {
		n := f.root.size()
		c.fields += n
		c.depth += n * f.depth
	}
	return c
}
