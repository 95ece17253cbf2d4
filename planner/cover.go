package planner

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"

	"github.com/weft-graphql/weft/schema/graph"
)

// cover finds the fewest requests that all decisions can be taken with, and
// chooses again with these alone. Taking one decision after the other opens
// requests that later ones show to be needless; what the requests of a plan can
// be is a smaller question than what the plan can be, and is asked here whole:
// each decision is met by any one of some sets of requests.
type cover struct {
	w *planning
	// forced are requests without which there is no plan; index numbers the others.
	forced map[request]bool
	index  map[request]int
	known  map[*arrival][]requests
	// fewest is the size of the smallest set found, best that set.
	fewest int
	best   requests
	found  bool
	// work is how much more may be looked at.
	work int
}

// requests is a set of requests, as the cover numbers them.
type requests [4]uint64

func (r requests) or(o requests) requests {
	return requests{r[0] | o[0], r[1] | o[1], r[2] | o[2], r[3] | o[3]}
}

func (r requests) within(o requests) bool {
	return r[0]&^o[0] == 0 && r[1]&^o[1] == 0 && r[2]&^o[2] == 0 && r[3]&^o[3] == 0
}

// beyond counts the requests that o lacks.
func (r requests) beyond(o requests) int {
	return bits.OnesCount64(r[0]&^o[0]) + bits.OnesCount64(r[1]&^o[1]) + bits.OnesCount64(r[2]&^o[2]) + bits.OnesCount64(r[3]&^o[3])
}

func (r requests) has(i int) bool { return r[i/64]&(1<<(i%64)) != 0 }

// maxWays is how many sets of requests are kept for each thing that is needed,
// coverWork how many of them one search looks at.
const maxWays, coverWork = 24, 100_000

// planFewest is planGroup with fewer requests than another plan has, looking wide.
func (w *planning) planFewest(p *place, than price) error {
	w.decisions = w.decisions[:0]
	if err := w.visit(p); err != nil {
		return err
	}
	c := &cover{w: w, forced: map[request]bool{}, index: map[request]int{}, known: map[*arrival][]requests{}, work: coverWork}
	if w.degraded || !c.search(than) {
		return errNoneFewer
	}
	for q, i := range c.index {
		if !c.best.has(i) {
			w.shut[q] = true
		}
	}
	return w.choose()
}

var errNoneFewer = errors.New("no plan of fewer requests was found")

// search finds a smaller set of requests than those of a plan.
func (c *cover) search(plan price) bool {
	open := plan.requests
	for _, d := range c.w.decisions {
		if len(d.arrivals) == 0 {
			return false
		}
		q := c.w.requestOf(d.arrivals[0])
		if !slices.ContainsFunc(d.arrivals[1:], func(a *arrival) bool { return c.w.requestOf(a) != q }) {
			c.forced[q] = true
		}
	}
	if open <= len(c.forced) {
		return false
	}
	var needs [][]requests
	seen := map[string]bool{}
	for _, d := range c.w.decisions {
		if len(d.arrivals) == 1 && d.arrivals[0].hops == 0 {
			continue
		}
		var ways []requests
		for _, a := range d.arrivals {
			if a.hops < plan.rounds {
				ways = least(append(ways, c.of(a)...))
			}
		}
		if len(ways) == 0 || ways[0] == (requests{}) {
			continue // met by what is forced, or too much to tell
		}
		needs = append(needs, ways)
	}
	words := min(len(c.index)/64+1, len(requests{}))
	needs = slices.DeleteFunc(needs, func(ways []requests) bool {
		text := waysKey(ways, words)
		known := seen[text]
		seen[text] = true
		return known
	})
	if len(needs) == 0 || c.work < 0 {
		return false
	}
	slices.SortStableFunc(needs, func(a, b []requests) int { return cmp.Compare(len(a), len(b)) })
	c.fewest = open - len(c.forced)
	c.branch(needs, requests{}, 0)
	return c.found
}

// waysKey is equal for the same sets; words is how many words of them are in use.
func waysKey(ways []requests, words int) string {
	b := make([]byte, 0, len(ways)*words*8)
	for _, r := range ways {
		for _, word := range r[:words] {
			b = binary.LittleEndian.AppendUint64(b, word)
		}
	}
	return string(b)
}

// of gives the sets of requests with which an arrival can be had.
func (c *cover) of(a *arrival) []requests {
	if ways, ok := c.known[a]; ok {
		return ways
	}
	c.known[a] = nil // a key that needs itself is no way
	ways := c.find(a)
	c.known[a] = ways
	return ways
}

func (c *cover) find(a *arrival) []requests {
	switch {
	case a.isMove():
		return c.ofMove(a)
	case !a.isField():
		return []requests{c.one(c.w.requestOf(a))}
	}
	return c.of(a.from)
}

// one is the set of one request; a forced one counts for nothing.
func (c *cover) one(q request) (r requests) {
	if c.forced[q] {
		return r
	}
	i, ok := c.index[q]
	if !ok {
		i = len(c.index)
		if i >= 64*len(r) {
			c.work = -1 // too many to tell apart
			return r
		}
		c.index[q] = i
	}
	r[i/64] |= 1 << (i % 64)
	return r
}

func (c *cover) ofMove(a *arrival) []requests {
	ways := []requests{c.one(c.w.requestOf(a))}
	for _, set := range []*graph.FieldSet{a.hub.Set, a.requires} {
		if set == nil {
			continue
		}
		for _, u := range set.Fields {
			need := narrowed(a.types, u.On)
			if need.Empty() || u.Name == "__typename" {
				continue
			}
			for _, o := range c.w.options(a.place, need, u.Name, a.hops-1, false) {
				var any []requests
				for _, from := range o.arrivals {
					any = append(any, c.of(from)...)
				}
				ways = c.both(ways, least(any))
			}
		}
	}
	return ways
}

// both gives the sets that have one of each.
func (c *cover) both(a, b []requests) []requests {
	out := make([]requests, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x.or(y))
		}
	}
	c.work -= len(out)
	return least(out)
}

// least drops sets that hold others, and the largest where there are too many.
func least(ways []requests) []requests {
	slices.SortStableFunc(ways, func(a, b requests) int {
		return cmp.Compare(a.beyond(requests{}), b.beyond(requests{}))
	})
	out := ways[:0]
	for _, r := range ways {
		if len(out) < maxWays && !slices.ContainsFunc(out, func(o requests) bool { return o.within(r) }) {
			out = append(out, r)
		}
	}
	return out
}

// branch looks for fewer requests that meet all needs than were found so far.
func (c *cover) branch(needs [][]requests, open requests, size int) {
	if c.work < 0 || !c.w.spend() {
		return
	}
	var rest [][]requests
	var next []requests
	most, fewest := 0, 0 // of the need that asks for most
	for _, ways := range needs {
		c.work -= len(ways)
		asks, met := 1<<30, false
		for _, r := range ways {
			n := r.beyond(open)
			if n == 0 {
				met = true
				break
			}
			asks = min(asks, n)
		}
		if met {
			continue
		}
		rest = append(rest, ways)
		if asks > most || asks == most && len(ways) < fewest {
			most, fewest, next = asks, len(ways), ways
		}
	}
	if size+most >= c.fewest {
		return
	}
	if next == nil {
		c.fewest, c.best, c.found = size, open, true
		return
	}
	ways := slices.Clone(next)
	slices.SortStableFunc(ways, func(a, b requests) int { return cmp.Compare(a.beyond(open), b.beyond(open)) })
	for _, r := range ways {
		c.branch(rest, open.or(r), size+r.beyond(open))
	}
}

// requestOf gives the request that the arrival's values come in at the soonest.
func (w *planning) requestOf(a *arrival) request {
	a = a.source()
	return request{a.graph, a.hops, w.block}
}
