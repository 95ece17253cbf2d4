package planner_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// TestRandomOperationsHaveSoundPlans plans random operations on the golden
// files' supergraphs, with the usual budget and with none, and checks the plans.
func TestRandomOperationsHaveSoundPlans(t *testing.T) {
	const operations = 150
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			f := newFixture(t, section(t, filepath.Base(file), "supergraph.graphql"))
			invalid := 0
			for seed := range uint64(operations) {
				r := &randomOperation{rand.New(rand.NewPCG(seed, 1)), f.sg.API, 40}
				text := r.query()
				doc, errs := f.parser.Parse(text)
				if len(errs) > 0 {
					invalid++ // an argument that is more than a scalar
					continue
				}
				op, err := doc.Operation("")
				if err != nil {
					t.Fatal(err)
				}
				p, err := f.planner.Plan(t.Context(), op, 0)
				if err != nil {
					if strings.Contains(err.Error(), "not supported") {
						continue
					}
					t.Fatalf("%v\n%s", err, text)
				}
				checkPlan(t, f.sg, p)
				q, err := f.greedy.Plan(t.Context(), op, 0)
				if err != nil {
					t.Fatalf("greedy: %v\n%s", err, text)
				}
				checkPlan(t, f.sg, q)
				if t.Failed() {
					t.Fatalf("seed %d: %s\n%s", seed, text, p.Text(f.sg))
				}
				again, err := f.planner.Plan(t.Context(), op, 0)
				if err != nil || again.Text(f.sg) != p.Text(f.sg) {
					t.Fatalf("seed %d is planned otherwise the second time (%v): %s", seed, err, text)
				}
			}
			if invalid == operations {
				t.Error("no operation is valid")
			}
		})
	}
}

// randomOperation writes one valid random operation.
type randomOperation struct {
	*rand.Rand
	api  *ast.Schema
	left int
}

func (r *randomOperation) query() string {
	root, kind := r.api.Query, "query"
	if r.api.Mutation != nil && r.IntN(2) == 0 {
		root, kind = r.api.Mutation, "mutation"
	}
	return kind + "($a: Boolean! = true, $b: Boolean! = true) { " + r.selections(root, 0) + " t: __typename @include(if: $a) @skip(if: $b) }"
}

func (r *randomOperation) selections(def *ast.Definition, depth int) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		if possible := r.api.GetPossibleTypes(def); r.IntN(3) == 0 && def.IsAbstractType() && len(possible) > 0 {
			on := possible[r.IntN(len(possible))]
			fmt.Fprintf(&b, " ... on %s%s { %s }", on.Name, r.guard(), r.selections(on, depth+1))
			continue
		}
		b.WriteString(" " + r.field(def, depth))
	}
	return b.String()
}

func (r *randomOperation) field(def *ast.Definition, depth int) string {
	var fields ast.FieldList
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || depth > 4 && r.api.Types[f.Type.Name()].IsCompositeType() {
			continue
		}
		fields = append(fields, f)
	}
	r.left--
	if len(fields) == 0 || r.IntN(12) == 0 || r.left < 0 {
		return "__typename"
	}
	f := fields[r.IntN(len(fields))]
	// One alias for each field and type: fields of one response key must be mergeable.
	alias := ""
	if r.IntN(3) == 0 {
		alias = fmt.Sprintf("x%s_%s: ", def.Name, f.Name)
	}
	text := alias + f.Name
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			text += fmt.Sprintf("(%s: 1)", a.Name) // no field of the golden files has two
		}
	}
	text += r.guard()
	if to := r.api.Types[f.Type.Name()]; to.IsCompositeType() {
		text += " { " + r.selections(to, depth+1) + " }"
	}
	return text
}

func (r *randomOperation) guard() string {
	switch r.IntN(10) {
	case 0:
		return " @include(if: $a)"
	case 1:
		return " @skip(if: $b)"
	case 2:
		return " @include(if: $b) @skip(if: $a)"
	}
	return ""
}
