package executor

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

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

// shopData is the data and the supergraph of a golden case.
func shopData(t *testing.T) naive {
	t.Helper()
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
	return n
}

// randomRun answers one random operation, and says what one server would answer.
func randomRun(t *testing.T, n naive, seed uint64, p *play) (text, got, want string) {
	t.Helper()
	a := author{sg: n.sg, rng: rand.New(rand.NewPCG(1, seed))}
	text = a.operation()
	op := parsed(t, n.sg, text)
	values, errs := op.Coerce(json.RawMessage(`{"yes":true,"no":false}`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	e := newExecutor(t, Options{Fetcher: &canned{answer: p.answer}})
	got, _ = run(t, e, planned(t, n.sg, op, values.Conditions), &Request{Operation: op, Variables: values.Raw, Conditions: values.Conditions})
	want, err := n.answer(text, map[string]any{"yes": true, "no": false})
	if err != nil {
		t.Fatal(err)
	}
	return text, got, want
}

// TestRunAnswersRandomOperationsAsOneServerWould compares planner and executor
// with the naive one over the same data.
func TestRunAnswersRandomOperationsAsOneServerWould(t *testing.T) {
	n := shopData(t)
	for seed := range uint64(300) {
		p := &play{t: t, n: n}
		if text, got, want := randomRun(t, n, seed, p); got != want {
			t.Fatalf("seed %d: %s\n got %s\nwant %s\n%s", seed, text, got, want, p.text())
		}
	}
}

// TestRunExplainsEveryNullThatAFailureMakes lets one subgraph fail and looks at
// what the answer lacks against one server's: for each there is an error, at
// its place, above or below it.
func TestRunExplainsEveryNullThatAFailureMakes(t *testing.T) {
	n := shopData(t)
	for seed := range uint64(200) {
		failing := n.sg.Graphs[seed%uint64(len(n.sg.Graphs))].Name
		p := &play{t: t, n: n, faults: []fault{{Subgraph: failing, Status: 503, Body: "busy"}}}
		text, got, want := randomRun(t, n, seed, p)
		var answer, whole struct {
			Data   any
			Errors []struct{ Path []any }
		}
		if json.Unmarshal([]byte(got), &answer) != nil || json.Unmarshal([]byte(want), &whole) != nil {
			t.Fatal("not JSON")
		}
		var paths []string
		for _, e := range answer.Errors {
			paths = append(paths, keysOf(e.Path))
		}
		for _, lack := range lacks(answer.Data, whole.Data, nil) {
			covered := false
			for _, path := range paths {
				covered = covered || strings.HasPrefix(lack, path) || strings.HasPrefix(path, lack)
			}
			if !covered {
				t.Fatalf("seed %d without %s: no error for %q\n%s\n got %s\nwant %s", seed, failing, lack, text, got, want)
			}
		}
	}
}

// keysOf is a path without its indexes.
func keysOf(path []any) string {
	var b strings.Builder
	for _, item := range path {
		if key, ok := item.(string); ok {
			b.WriteString(key + ".")
		}
	}
	return b.String()
}

// lacks lists the places where got is null and want is not, or where they differ.
func lacks(got, want any, path []any) []string {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok && len(g) == len(w) {
			var out []string
			for k := range w {
				out = append(out, lacks(g[k], w[k], append(path, k))...)
			}
			return out
		}
	case []any:
		if g, ok := got.([]any); ok && len(g) == len(w) {
			var out []string
			for i := range w {
				out = append(out, lacks(g[i], w[i], append(path, float64(i)))...)
			}
			return out
		}
	default:
		if got == want {
			return nil
		}
	}
	return []string{keysOf(path)}
}
