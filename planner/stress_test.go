package planner_test

import (
	"testing"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/graphtest"
	"github.com/weft-graphql/weft/planner/operation"
)

func BenchmarkPlanStress(b *testing.B) {
	for _, c := range graphtest.Cases() {
		b.Run(c.Name, func(b *testing.B) {
			f := newFixture(b, c.Supergraph)
			benchmarkPlan(b, f, f.operation(b, c.Operation))
		})
	}
}

// benchmarkPlan plans an operation and reports how good the plan is.
func benchmarkPlan(b *testing.B, f *fixture, op *operation.Operation) {
	b.Helper()
	b.ReportAllocs()
	var p *planner.Plan
	for b.Loop() {
		var err error
		if p, err = f.planner.Plan(b.Context(), op, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(p.Steps)), "requests")
	b.ReportMetric(float64(p.Steps[len(p.Steps)-1].Depth+1), "rounds")
	if p.Degraded {
		b.ReportMetric(1, "degraded")
	}
}
