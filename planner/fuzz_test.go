package planner_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/planner/operation"
)

// FuzzPlan plans any operation on the golden files' supergraphs: a plan that can
// be carried out or an error comes back, within the budget.
func FuzzPlan(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files: %v", err)
	}
	var fixtures []*fixture
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, s := range archive.Files {
			name, isOperation := strings.CutSuffix(s.Name, ".graphql")
			switch {
			case name == "supergraph":
				fixtures = append(fixtures, newFixture(f, string(s.Data)))
			case isOperation && len(fixtures) > 0:
				f.Add(uint8(len(fixtures)-1), string(s.Data), uint64(0))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text string, conditions uint64) {
		x := fixtures[int(which)%len(fixtures)]
		doc, errs := x.parser.Parse(text)
		if len(errs) > 0 {
			return
		}
		op, err := doc.Operation("")
		if err != nil {
			return
		}
		p, err := x.planner.Plan(t.Context(), op, operation.Conditions(conditions))
		if err != nil {
			if strings.Contains(err.Error(), "within the planner's limit") {
				t.Error(err)
			}
			return
		}
		checkPlan(t, x, p)
	})
}
