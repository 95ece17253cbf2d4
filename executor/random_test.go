package executor

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// author writes random operations that are valid: a field keeps one alias per
// type, so that nothing conflicts.
type author struct {
	sg  *schema.Supergraph
	rng *rand.Rand
	b   strings.Builder
}

func (a *author) operation() string {
	a.b.Reset()
	a.b.WriteString("query($yes: Boolean!, $no: Boolean!) { y: __typename @include(if: $yes) n: __typename @include(if: $no) ... ")
	a.selections(a.sg.API.Query, 0)
	return a.b.String() + "}"
}

func (a *author) guard() {
	if a.rng.IntN(6) == 0 {
		a.b.WriteString([]string{" @include(if: $yes)", " @include(if: $no)", " @skip(if: $yes)", " @skip(if: $no)"}[a.rng.IntN(4)])
	}
}

func (a *author) selections(d *ast.Definition, depth int) {
	a.b.WriteString("{ __typename ")
	for range 1 + a.rng.IntN(4) {
		if d.IsAbstractType() && a.rng.IntN(2) == 0 || d.Kind == ast.Union {
			types := a.sg.API.PossibleTypes[d.Name]
			o := types[a.rng.IntN(len(types))]
			fmt.Fprintf(&a.b, "... on %s", o.Name)
			a.guard()
			a.selections(o, depth)
			continue
		}
		f := d.Fields[a.rng.IntN(len(d.Fields))]
		below := a.sg.API.Types[f.Type.Name()]
		if strings.HasPrefix(f.Name, "__") || below.IsCompositeType() && depth > 4 {
			continue
		}
		// The alias names the type, but for some fields of any type.
		alias := f.Name + "_" + d.Name
		if a.rng.IntN(2) == 0 {
			fmt.Fprintf(&a.b, "%s: ", alias)
		} else if d.IsAbstractType() || len(d.Interfaces) > 0 {
			fmt.Fprintf(&a.b, "%s: ", f.Name+"_"+d.Name)
		}
		a.b.WriteString(f.Name)
		a.guard()
		if below.IsCompositeType() {
			a.selections(below, depth+1)
		}
		a.b.WriteByte(' ')
	}
	a.b.WriteString("} ")
}

// TestRunAnswersRandomOperationsAsOneServerWould compares planner and executor
// with the naive one over the same data.
func TestRunAnswersRandomOperationsAsOneServerWould(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/chain-of-keys.txtar")
	if err != nil {
		t.Fatal(err)
	}
	n := naive{}
	var subgraphs []string
	for _, f := range archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".subgraph.graphql"); ok {
			subgraphs = append(subgraphs, name, string(f.Data))
		}
		if f.Name == "data.json" {
			if err := json.Unmarshal(f.Data, &n.data); err != nil {
				t.Fatal(err)
			}
		}
	}
	n.sg = composed(t, subgraphs...)
	parser := operation.NewParser(n.sg, operation.Options{})
	runs := 300
	if testing.Short() {
		runs = 30
	}
	for seed := range runs {
		a := author{sg: n.sg, rng: rand.New(rand.NewPCG(1, uint64(seed)))}
		text := a.operation()
		doc, errs := parser.Parse(text)
		if len(errs) > 0 {
			t.Fatalf("%v in %s", errs, text)
		}
		op, err := doc.Operation("")
		if err != nil {
			t.Fatal(err)
		}
		values, errs := op.Coerce(json.RawMessage(`{"yes":true,"no":false}`))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		play := &play{t: t, n: n}
		e := newExecutor(t, Options{Fetcher: &canned{answer: play.answer}})
		got, _ := run(t, e, planned(t, n.sg, op, values.Conditions), &Request{Operation: op, Variables: values.Raw, Conditions: values.Conditions})
		want, err := n.answer(text, map[string]any{"yes": true, "no": false})
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("seed %d: %s\n got %s\nwant %s\n%s", seed, text, got, want, play.text())
		}
	}
}
