package planner

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// order tells what a step is in the order of the plan, apart from what it needs
// of other steps.
func (p *Plan) order(s *Step) []string {
	var out []string
	switch {
	case s.Kind == ast.Subscription:
		out = append(out, "it is the trigger: the other steps follow for each of its events")
	case s.Kind == ast.Mutation && len(s.DependsOn) > 0:
		out = append(out, fmt.Sprintf("it follows %s: a mutation's fields are carried out one after the other", stepNumbers(s.DependsOn)))
	}
	if s.Block > 0 {
		label := ""
		if l := p.Blocks[s.Block].Label; l != "" {
			label = fmt.Sprintf(" %q", l)
		}
		out = append(out, fmt.Sprintf("it is a request of its own because deferred payload %d%s needs it: no payload before waits for it", s.Block, label))
	}
	return out
}
