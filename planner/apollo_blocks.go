package planner

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/weft-graphql/weft/schema"
)

// apolloPrimary is what a Defer node brings at once.
type apolloPrimary struct {
	Subselection string      `json:"subselection,omitempty"`
	Node         *apolloNode `json:"node,omitempty"`
}

// apolloDeferred is what a Defer node brings later. A Node that is a Defer again
// tells what it brings itself.
type apolloDeferred struct {
	Depends      []apolloDependency `json:"depends"`
	Label        string             `json:"label,omitempty"`
	QueryPath    []string           `json:"queryPath"`
	Subselection string             `json:"subselection,omitempty"`
	Node         *apolloNode        `json:"node,omitempty"`
}

type apolloDependency struct {
	ID string `json:"id"`
}

// apolloSubscription shows the trigger and what follows for each event.
type apolloSubscription struct {
	Kind    string      `json:"kind"`
	Primary *apolloNode `json:"primary"`
	Rest    *apolloNode `json:"rest,omitempty"`
}

// apolloBlock shows the steps of a block and below them the blocks inside it.
func (p *Plan) apolloBlock(sg *schema.Supergraph, block int) *apolloNode {
	var steps []*Step
	for _, s := range p.Steps {
		if s.Block == block {
			steps = append(steps, s)
		}
	}
	node := p.apolloSteps(sg, steps)
	var deferred []apolloDeferred
	for i, b := range p.Blocks {
		if i == 0 || b.Parent != block {
			continue
		}
		d := apolloDeferred{Depends: []apolloDependency{}, Label: b.Label, QueryPath: append([]string{}, b.Path...), Node: p.apolloBlock(sg, i)}
		for _, id := range b.DependsOn {
			for k := range p.Steps[id].fetches() {
				d.Depends = append(d.Depends, apolloDependency{fetchID(id, k)})
			}
		}
		if d.Node == nil || d.Node.Kind != "Defer" {
			d.Subselection = p.subselection(sg, i)
		}
		deferred = append(deferred, d)
	}
	if deferred == nil {
		return node
	}
	return &apolloNode{Kind: "Defer", Primary: &apolloPrimary{p.subselection(sg, block), node}, Deferred: deferred}
}

// fetches is how many Fetch nodes show a step: one for each path and one for all
// root fields.
func (s *Step) fetches() int {
	if s.Graph == Local {
		return 0
	}
	n, roots := 0, 0
	for _, part := range s.Parts {
		switch {
		case part.Entity != nil:
			n += len(part.Entity.Paths)
		case part.Paths != nil:
			n += len(part.Paths)
		default:
			roots = 1
		}
	}
	return n + roots
}

// fetchID names one of the Fetch nodes of a step.
func fetchID(step, k int) string {
	if k == 0 {
		return strconv.Itoa(step)
	}
	return fmt.Sprintf("%d.%d", step, k)
}

// identify gives the nodes of a step that a deferred block depends on their IDs.
func (p *Plan) identify(s *Step, nodes []*apolloNode) {
	if !slices.ContainsFunc(p.Blocks, func(b Block) bool { return slices.Contains(b.DependsOn, s.ID) }) {
		return
	}
	for k, n := range nodes {
		for n.Kind != "Fetch" {
			switch {
			case n.Node != nil:
				n = n.Node
			case n.IfClause != nil:
				n = n.IfClause
			default:
				n = n.ElseClause
			}
		}
		n.ID = fetchID(s.ID, k)
	}
}

// apolloCondition shows the plans for both values of a variable of @defer.
type apolloCondition struct {
	Kind       string `json:"kind"`
	Condition  string `json:"condition"`
	IfClause   any    `json:"ifClause,omitempty"`
	ElseClause any    `json:"elseClause,omitempty"`
}
