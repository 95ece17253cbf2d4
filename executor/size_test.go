package executor

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema/graph"
)

// TestTheSizeOfAProgramIsAboutWhatItTakes compares the estimate with the growth
// of the heap by many programs of one operation.
func TestTheSizeOfAProgramIsAboutWhatItTakes(t *testing.T) {
	sg := composed(t, "accounts", benchAccounts, "inventory", benchInventory, "products", benchProducts, "reviews", benchReviews)
	g, err := graph.New(sg)
	if err != nil {
		t.Fatal(err)
	}
	wide := "{"
	for i := range 90 {
		wide += fmt.Sprintf(" u%d: user(id: %d) { name }", i, i)
	}
	for name, text := range map[string]string{
		"one field": `{ me { name } }`, "small": benchSmall, "heavy": benchHeavy, "aliases": wide + " }",
		"deep": "{ users " + strings.Repeat("{ reviews { author ", 6) + "{ name }" + strings.Repeat("} }", 6) + " }",
	} {
		t.Run(name, func(t *testing.T) {
			const n = 100
			plans := planner.New(g, planner.Options{})
			parser := operation.NewParser(sg, operation.Options{})
			var kept [n]*Program
			before := heap()
			for i := range kept {
				doc, errs := parser.Parse(text)
				if errs != nil {
					t.Fatal(errs)
				}
				op, err := doc.Operation("")
				if err != nil {
					t.Fatal(err)
				}
				plan, err := plans.Plan(t.Context(), op.Planned, 0)
				if err != nil {
					t.Fatal(err)
				}
				if kept[i], err = Compile(sg, plan); err != nil {
					t.Fatal(err)
				}
			}
			took := int(heap()-before) / n
			size := kept[0].Size()
			t.Logf("takes %d bytes, estimated as %d (%.2f)", took, size, float64(size)/float64(took))
			if size < took/2 || size > took*2 {
				t.Errorf("a program takes %d bytes and is estimated as %d", took, size)
			}
			runtime.KeepAlive(kept)
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
