package planner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
)

// price is what whole plans are compared by, the weightiest first; primary is the
// rounds to the primary payload.
type price struct{ primary, rounds, requests, parts, depth, fields int }

func (p price) compare(q price) int {
	return cmp.Or(
		cmp.Compare(p.primary, q.primary), cmp.Compare(p.rounds, q.rounds), cmp.Compare(p.requests, q.requests), cmp.Compare(p.parts, q.parts),
		cmp.Compare(p.depth, q.depth), cmp.Compare(p.fields, q.fields),
	)
}

// priceOf counts the rounds and the requests of a plan, the parts of these, how
// deep the fields come from that they select, and the fields, each on every path.
func priceOf(steps []*Step) price {
	c := price{requests: len(steps)}
	for _, s := range steps {
		c.rounds = max(c.rounds, s.Depth+1)
		if s.Block == 0 {
			c.primary = max(c.primary, s.Depth+1)
		}
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

// manner is how an operation is planned once. The zero value is the quick one; the
// others look at all ways to have something, not only at those at hand.
type manner struct {
	// fewer asks for fewer requests than a plan of that price has, in no more rounds.
	fewer *price
	// script takes choices otherwise.
	script *script
}

// budget bounds all attempts at one operation together.
type budget struct {
	nodes int
	// spent is what all of them have looked at.
	spent int
	// over is how much more than nodes one attempt may look at to find any plan.
	over int
	// deadline is zero where there is none.
	deadline time.Time
}

func (p *Planner) budget() *budget {
	b := &budget{nodes: p.o.MaxNodes, over: p.over}
	if p.o.MaxTime > 0 {
		b.deadline = time.Now().Add(p.o.MaxTime)
	}
	return b
}

// attempt is an operation planned once.
type attempt struct {
	*planning
	steps []*Step
	price price
}

// attempt plans the operation once, within a budget.
func (p *Planner) attempt(ctx context.Context, op *operation.Operation, c operation.Conditions, m manner, b *budget, why *choices) (*attempt, error) {
	w := newPlanning(ctx, p, op, c)
	w.left, w.over, w.deadline = b.nodes, b.over, b.deadline
	w.wide, w.most = m != manner{}, anyHops
	w.script, w.fewer, w.why = m.script, m.fewer, why
	if m.fewer != nil {
		w.most = m.fewer.rounds - 1
	}
	err := w.planRoots()
	b.nodes -= w.looks
	b.spent += w.looks
	if err != nil && w.left < -w.over {
		err = w.overLimit()
	}
	if err := cmp.Or(ctx.Err(), w.refused, err); err != nil {
		return nil, fmt.Errorf("planner: %w", err)
	}
	steps := w.steps()
	return &attempt{w, steps, priceOf(steps)}, nil
}

// Planning again is for operations whose first attempt looked at no more than
// wideLooks choices and conditions; trying their choices one by one, for those of
// smallLooks. All such attempts together look at searchLooks.
const wideLooks, smallLooks, searchLooks = 5_000, 60, 1_500

// search plans an operation whose first plan may not be the best again for fewer
// requests, and a small one with one choice taken otherwise each time. It gives the best attempt and its manner.
func (p *Planner) search(ctx context.Context, op *operation.Operation, c operation.Conditions, first *attempt, b *budget) (*attempt, manner) {
	best, how := first, manner{}
	if !first.doubtful || first.degraded || first.looks > wideLooks || first.price.requests < 2 {
		return best, how
	}
	b.over = 0 // a greedy plan is at hand
	if first.price.requests > first.price.rounds && op.Kind == ast.Query && first.effective == nil {
		m := manner{fewer: &first.price}
		if a, err := p.attempt(ctx, op, c, m, b, nil); err == nil && !a.degraded && a.price.compare(best.price) < 0 {
			best, how = a, m
		}
	}
	b.nodes = min(b.nodes, searchLooks-first.looks)
	if first.looks > smallLooks || b.nodes < first.looks {
		return best, how
	}
	try := func(forced []int) (s *script, better bool) {
		s = &script{forced: forced}
		a, err := p.attempt(ctx, op, c, manner{script: s}, b, nil)
		if err != nil || a.degraded {
			b.nodes = 0
			return s, false
		}
		if a.price.compare(best.price) < 0 {
			best, how, better = a, manner{script: &script{forced: s.taken}}, true
		}
		return s, better
	}
	at, _ := try(nil)
	for i := 0; i < len(at.taken); i++ { //nolint:modernize,intrange // a better script takes the place of at, and may be longer or shorter
		for way := range at.of[i] {
			if way == at.taken[i] || b.nodes <= 0 {
				continue
			}
			if s, better := try(append(slices.Clone(at.taken[:i]), way)); better {
				at = s
				break
			}
		}
	}
	return best, how
}
