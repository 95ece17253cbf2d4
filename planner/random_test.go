package planner_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// TestRandomOperationsHaveSoundPlans plans random operations on the golden
// files' supergraphs, with the usual budget and with none, and checks the plans.
func TestRandomOperationsHaveSoundPlans(t *testing.T) {
	operations := perSupergraph()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			f := newFixture(t, section(t, filepath.Base(file), "supergraph.graphql"))
			invalid := 0
			for seed := range uint64(operations) {
				r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, 1)), api: f.sg.API, left: 40}
				text := r.query()
				doc, errs := f.parser.Parse(text)
				if len(errs) > 0 {
					invalid++
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
				checkPlan(t, f, p)
				q, err := f.greedy.Plan(t.Context(), op, 0)
				if err != nil {
					t.Fatalf("greedy: %v\n%s", err, text)
				}
				checkPlan(t, f, q)
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

// perSupergraph is how many random operations each golden supergraph gets.
func perSupergraph() int {
	if raceDetector {
		return 20
	}
	return 150
}

// randomOperation writes one random operation, which is valid most times.
type randomOperation struct {
	*rand.Rand
	api  *ast.Schema
	left int
	// values are the operation's variables besides a and b, with a value or none;
	// declared is how they are declared.
	values    map[string]any
	declared  string
	fragments string
	named     int
	// keys holds, by object type and response key, the field that has it.
	keys map[string]string
}

func (r *randomOperation) query() string {
	root, kind := r.api.Query, "query"
	if r.api.Mutation != nil && r.IntN(2) == 0 {
		root, kind = r.api.Mutation, "mutation"
	}
	r.values, r.keys = map[string]any{}, map[string]string{}
	set := r.selections(root, 0)
	if r.IntN(10) == 0 && kind == "query" {
		set += fmt.Sprintf(" about: __type(name: %q) { of: name __typename }", root.Name)
	}
	return kind + "($a: Boolean! = true, $b: Boolean! = true" + r.declared + ") { " + set + " t: __typename @include(if: $a) @skip(if: $b) }" + r.fragments
}

// variables gives a value to each variable, or to some.
func (r *randomOperation) variables() map[string]any {
	all := map[string]any{"a": r.IntN(2) == 0, "b": r.IntN(2) == 0}
	maps.Copy(all, r.values)
	return all
}

func (r *randomOperation) selections(def *ast.Definition, depth int) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		possible := r.api.GetPossibleTypes(def)
		switch {
		case r.IntN(3) == 0 && def.IsAbstractType() && len(possible) > 0:
			on := possible[r.IntN(len(possible))]
			fmt.Fprintf(&b, " ... on %s%s { %s }", on.Name, r.guard(), r.selections(on, depth+1))
		case r.IntN(20) == 0:
			r.named++
			name := fmt.Sprintf("F%d", r.named)
			r.fragments += fmt.Sprintf(" fragment %s on %s { %s }", name, def.Name, r.selections(def, depth+1))
			fmt.Fprintf(&b, " ...%s%s", name, r.guard())
		default:
			b.WriteString(" " + r.field(def, depth))
		}
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
	args := r.arguments(f)
	text := r.alias(def, f, args) + f.Name + args + r.guard()
	if to := r.api.Types[f.Type.Name()]; to.IsCompositeType() {
		text += " { " + r.selections(to, depth+1) + " }"
	}
	return text
}

// alias gives a field a response key of its own, or one that fields of the same
// shape on other object types can have, too: fields of one response key must be
// mergeable.
func (r *randomOperation) alias(def *ast.Definition, f *ast.FieldDefinition, args string) string {
	if shared := "k" + strings.NewReplacer("[", "L", "]", "", "!", "N").Replace(f.Type.String()); def.Kind == ast.Object && r.IntN(4) == 0 {
		at := def.Name + "." + shared
		if known, ok := r.keys[at]; !ok || known == f.Name+args {
			r.keys[at] = f.Name + args
			return shared + ": "
		}
	}
	if args == "" && r.IntN(3) > 0 {
		return ""
	}
	alias := fmt.Sprintf("x%s_%s", def.Name, f.Name)
	for i := 0; ; i++ {
		at := fmt.Sprintf("%s%d", alias, i)
		if known, ok := r.keys[at]; !ok || known == args {
			r.keys[at] = args
			return at + ": "
		}
	}
}

func (r *randomOperation) arguments(f *ast.FieldDefinition) string {
	var args []string
	for _, a := range f.Arguments {
		if required := a.Type.NonNull && a.DefaultValue == nil; required || r.IntN(2) == 0 {
			args = append(args, a.Name+": "+r.value(a.Type, required))
		}
	}
	if len(args) == 0 {
		return ""
	}
	return "(" + strings.Join(args, ", ") + ")"
}

// value writes a value of an input type, or a variable.
func (r *randomOperation) value(t *ast.Type, required bool) string {
	def := r.api.Types[t.Name()]
	if r.IntN(4) == 0 && (t.Elem == nil || t.Elem.Elem == nil) {
		name := fmt.Sprintf("v%d", len(strings.Split(r.declared, "$")))
		r.declared += fmt.Sprintf(", $%s: %s", name, t)
		if value := r.json(t, 0); required || t.NonNull || r.IntN(4) > 0 {
			r.values[name] = value
		}
		return "$" + name
	}
	switch {
	case t.Elem != nil:
		return "[" + r.value(t.Elem, true) + "]"
	case def.Kind == ast.Enum:
		return def.EnumValues[r.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject:
		var fields []string
		for _, f := range def.Fields {
			if r.IntN(3) == 0 || f.Type.NonNull && f.DefaultValue == nil {
				fields = append(fields, f.Name+": "+r.value(f.Type, f.Type.NonNull))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case def.Name == "Boolean":
		return "true"
	case def.Name == "String":
		return `"te\"xt"`
	}
	return fmt.Sprint(r.IntN(3))
}

// json makes a value of an input type as JSON has it.
func (r *randomOperation) json(t *ast.Type, depth int) any {
	def := r.api.Types[t.Name()]
	switch {
	case t.Elem != nil:
		return []any{r.json(t.Elem, depth)}
	case def.Kind == ast.Enum:
		return def.EnumValues[r.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject:
		fields := map[string]any{}
		for _, f := range def.Fields {
			if depth < 2 && r.IntN(2) == 0 || f.Type.NonNull && f.DefaultValue == nil {
				fields[f.Name] = r.json(f.Type, depth+1)
			}
		}
		return fields
	case def.Name == "Boolean":
		return true
	case def.Name == "String", def.Name == "ID":
		return "text"
	}
	return float64(r.IntN(3))
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
