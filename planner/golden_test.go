package planner_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestPlans plans the operations of testdata: each archive has a supergraph
// (its own, or that of the archive that supergraph.txt names) and pairs of
// NAME.graphql and NAME.txt, the operation and its plan or its error; where
// NAME.json is there it is the plan in Apollo's format.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { goldenFile(t, file) })
	}
}

func goldenFile(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
	}
	f := newFixture(t, sections["supergraph.graphql"])
	var out []txtar.File
	for _, section := range archive.Files {
		name, isOperation := strings.CutSuffix(section.Name, ".graphql")
		if section.Name == "supergraph.graphql" || !isOperation {
			if section.Name == "supergraph.graphql" {
				out = append(out, section)
			}
			continue
		}
		out = append(out, section)
		t.Run(name, func(t *testing.T) {
			got := f.describe(t, string(section.Data))
			out = append(out, txtar.File{Name: name + ".txt", Data: []byte(got)})
			if diff := cmp.Diff(sections[name+".txt"], got); diff != "" && !*update {
				t.Errorf("plan is another (-want +got):\n%s", diff)
			}
			if want, ok := sections[name+".json"]; ok {
				got := f.apollo(t, string(section.Data))
				out = append(out, txtar.File{Name: name + ".json", Data: []byte(got)})
				if diff := cmp.Diff(want, got); diff != "" && !*update {
					t.Errorf("plan in Apollo's format is another (-want +got):\n%s", diff)
				}
			}
		})
	}
	if *update {
		archive.Files = out
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// fixture is a supergraph made ready for planning.
type fixture struct {
	sg      *schema.Supergraph
	parser  *operation.Parser
	planner *planner.Planner
	// greedy has no budget to compare ways.
	greedy *planner.Planner
	// schemas are those of the subgraphs, made when first needed.
	schemas map[int]*ast.Schema
}

// subgraph gives the schema of one subgraph.
func (f *fixture) subgraph(t testing.TB, g int) *ast.Schema {
	t.Helper()
	if f.schemas[g] == nil {
		f.schemas[g] = subgraphSchema(t, f.sg, g)
	}
	return f.schemas[g]
}

func newFixture(tb testing.TB, sdl string) *fixture {
	tb.Helper()
	sg, err := schema.LoadSupergraph(sdl, schema.LoadOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	g, err := graph.New(sg)
	if err != nil {
		tb.Fatal(err)
	}
	return &fixture{
		sg, operation.NewParser(sg, operation.Options{Introspection: true, Defer: true}),
		planner.New(g, planner.Options{}), planner.New(g, planner.Options{MaxNodes: 1}),
		map[int]*ast.Schema{planner.Local: sg.Schema},
	}
}

func (f *fixture) operation(tb testing.TB, text string) *operation.Operation {
	tb.Helper()
	doc, errs := f.parser.Parse(text)
	if len(errs) > 0 {
		tb.Fatal(errs)
	}
	op, err := doc.Operation("")
	if err != nil {
		tb.Fatal(err)
	}
	return op
}

// describe plans an operation and checks the plan. A comment "# labels: a b"
// names the override labels that are on.
func (f *fixture) describe(t *testing.T, text string) string {
	t.Helper()
	op := f.operation(t, text)
	line, _, _ := strings.Cut(text, "\n")
	on := strings.Fields(strings.TrimPrefix(line, "# labels: "))
	c := op.Labels(func(label string) bool { return slices.Contains(on, label) })
	v, err := f.planner.Variants(t.Context(), op, c, false)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	checkVariants(t, f, v)
	return v.Text(f.sg, "")
}
