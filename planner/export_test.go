package planner

import (
	"context"

	"github.com/weft-graphql/weft/planner/operation"
)

// PlanBy plans with the first choices made in the ways that forced tells, of all
// ways that there are, and gives the ways taken and their numbers.
func (p *Planner) PlanBy(ctx context.Context, op *operation.Operation, forced []int) (plan *Plan, taken, of []int, err error) {
	s := &script{forced: forced}
	_, steps, err := p.attempt(ctx, op, 0, manner{script: s}, nil)
	return &Plan{Operation: op, Steps: steps, Blocks: []Block{{}}}, s.taken, s.of, err
}

// Price gives what plans are compared by: rounds, requests, parts, depths and fields.
func (p *Plan) Price() [5]int {
	c := priceOf(p.Steps)
	return [5]int{c.rounds, c.requests, c.parts, c.depth, c.fields}
}
