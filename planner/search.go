package planner

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/weft-graphql/weft/planner/operation"
)

// price is what whole plans are compared by, the weightiest first.
type price struct{ rounds, requests, parts, depth, fields int }

func (p price) compare(q price) int {
	return cmp.Or(
		cmp.Compare(p.rounds, q.rounds), cmp.Compare(p.requests, q.requests), cmp.Compare(p.parts, q.parts),
		cmp.Compare(p.depth, q.depth), cmp.Compare(p.fields, q.fields),
	)
}

// priceOf counts the rounds and the requests of a plan, the parts of these, how
// deep the fields come from that they select, and the fields, each on every path.
func priceOf(steps []*Step) price {
	c := price{requests: len(steps)}
	for _, s := range steps {
		c.rounds = max(c.rounds, s.Depth+1)
		c.parts += len(s.Parts)
		for _, part := range s.Parts {
			n := part.Output.count()
			if part.Entity != nil {
				n *= len(part.Entity.Paths)
			}
			c.fields += n
			c.depth += n * s.Depth
		}
	}
	return c
}

// count is how many fields a selection has, those below others included.
func (s *Selection) count() int {
	if s == nil {
		return 0
	}
	n := len(s.Fields)
	for _, o := range s.Fields {
		n += o.Selection.count()
	}
	return n
}

// script decides choices by their number in the order in which they come up; the
// others go the way that adds least. Under a script the planner looks at all
// ways, also where it has a near one at hand.
type script struct {
	forced []int
	// taken are the ways that were taken, of so many.
	taken, of []int
}

func (s *script) choose(least, ways int) int {
	way := least
	if at := len(s.taken); at < len(s.forced) && s.forced[at] < ways {
		way = s.forced[at]
	}
	s.taken, s.of = append(s.taken, way), append(s.of, ways)
	return way
}

// attempt plans the operation once.
func (p *Planner) attempt(ctx context.Context, op *operation.Operation, c operation.Conditions, s *script, why *choices) (*planning, []*Step, error) {
	w := newPlanning(ctx, p, op, c)
	w.script, w.why = s, why
	err := w.planRoots()
	if err := cmp.Or(ctx.Err(), w.refused, err); err != nil {
		return nil, nil, fmt.Errorf("planner: %w", err)
	}
	return w, w.steps(), nil
}

// Planning again is for operations whose first attempt looked at no more than
// smallLooks choices and conditions; all attempts together look at searchLooks.
const smallLooks, searchLooks = 60, 1_500

// search plans a small operation again, one choice taken otherwise each time,
// and gives the script of the best plan; nil where no better one is found.
func (p *Planner) search(ctx context.Context, op *operation.Operation, c operation.Conditions, first *planning, steps []*Step) *script {
	left := min(searchLooks, p.o.MaxNodes) - first.looks
	if len(steps) < 2 || first.degraded || first.looks > smallLooks || left < first.looks {
		return nil
	}
	best := priceOf(steps)
	var found *script
	try := func(forced []int) (s *script, better bool) {
		s = &script{forced: forced}
		w, steps, err := p.attempt(ctx, op, c, s, nil)
		if err != nil || w.degraded {
			left = 0
			return s, false
		}
		left -= w.looks
		if price := priceOf(steps); price.compare(best) < 0 {
			best, found, better = price, s, true
		}
		return s, better
	}
	at, _ := try(nil)
	for i := 0; i < len(at.taken); i++ { //nolint:modernize,intrange // a better script takes the place of at, and may be longer or shorter
		for way := range at.of[i] {
			if way == at.taken[i] || left <= 0 {
				continue
			}
			if s, better := try(append(slices.Clone(at.taken[:i]), way)); better {
				at = s
				break
			}
		}
	}
	return found
}
