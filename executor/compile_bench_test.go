package executor

import (
	"testing"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/schema/graph"
)

// BenchmarkPlanAndCompileHeavy goes from the normalised operation to the program,
// as for the first request of an operation.
func BenchmarkPlanAndCompileHeavy(b *testing.B) {
	p, _ := benchShop(b)
	g, err := graph.New(p.sg)
	if err != nil {
		b.Fatal(err)
	}
	pl := planner.New(g, planner.Options{})
	op := parsed(b, p.sg, benchHeavy)
	b.ReportAllocs()
	var plan *planner.Plan
	for b.Loop() {
		if plan, err = pl.Plan(b.Context(), op, 0); err != nil {
			b.Fatal(err)
		}
		if _, err := Compile(p.sg, plan); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(plan.Steps)), "requests")
}
