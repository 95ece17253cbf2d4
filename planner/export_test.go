package planner

import (
	"context"

	"github.com/weft-graphql/weft/planner/operation"
)

// PlanBy plans with the first choices made in the ways that forced tells, of all
// ways that there are, and gives the ways taken and their numbers.
func (p *Planner) PlanBy(ctx context.Context, op *operation.Operation, forced []int) (plan *Plan, taken, of []int, err error) {
	s := &script{forced: forced}
	a, err := p.exhaustively().attempt(ctx, op, 0, manner{script: s}, p.budget(), nil)
	if err != nil {
		return nil, s.taken, s.of, err
	}
	return &Plan{Operation: op, Steps: a.steps, Blocks: []Block{{}}}, s.taken, s.of, err
}

// Work gives how many choices and conditions planning looks at, and whether the
// budget runs out.
func (p *Planner) Work(ctx context.Context, op *operation.Operation) (looks int, degraded bool, err error) {
	b := p.budget()
	first, err := p.attempt(ctx, op, 0, manner{}, b, nil)
	if err != nil {
		return b.spent, false, err
	}
	best, _ := p.search(ctx, op, 0, first, b)
	return b.spent, best.degraded, nil
}

// Price gives what plans are compared by: rounds, requests, parts, depths and fields.
func (p *Plan) Price() [5]int {
	c := priceOf(p.Steps)
	return [5]int{c.rounds, c.requests, c.parts, c.depth, c.fields}
}

// Certain reports whether planning stops at the first plan because it is known to
// be the best; if so, better says whether planning again finds a better one.
func (p *Planner) Certain(ctx context.Context, op *operation.Operation) (certain, better bool, err error) {
	b := p.budget()
	first, err := p.attempt(ctx, op, 0, manner{}, b, nil)
	if err != nil || first.doubtful {
		return false, false, err
	}
	first.doubtful = true
	best, _ := p.exhaustively().search(ctx, op, 0, first, b)
	return true, best != first, nil
}

// Limited gives a planner whose budget is spent and that may look at so much more.
func (p *Planner) Limited(over int) *Planner { return &Planner{p.g, Options{MaxNodes: 1}, over, false} }

// exhaustively gives a planner that leaves out no way when it plans again.
func (p *Planner) exhaustively() *Planner { return &Planner{p.g, p.o, p.over, true} }
