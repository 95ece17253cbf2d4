package planner

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema/graph"
)

// planSubscription plans the one root field of a subscription: one request is the
// trigger, whose events are the data that all other steps begin with. Only one
// subgraph can be subscribed to, so what the others have has to be had by keys.
func (w *planning) planSubscription(typ *graph.Type, fields []*operation.Field) error {
	var failed error
	for _, n := range typ.Nodes() {
		if n == nil || !w.g.Direct(n.Graph, fields[0].Name, w.labels).Has(typ.Object) {
			continue
		}
		p := w.rootPlace(typ, fields, 0, []int{n.Graph})
		w.decisions = w.decisions[:0]
		if failed = w.visit(p); failed == nil {
			return w.choose()
		}
	}
	if failed == nil {
		failed = fmt.Errorf("no subgraph gives %s.%s", typ.Name, fields[0].Name)
	}
	return failed
}

// Trigger is the step of a subscription whose request stays open; the data of
// each event is its answer, and the other steps follow for each. It is nil for
// queries and mutations.
func (p *Plan) Trigger() *Step {
	for _, s := range p.Steps {
		if s.Kind == ast.Subscription {
			return s
		}
	}
	return nil
}
