package planner_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// TestPlansAnswerAsOneServiceWould carries out the plans of random operations on
// subgraphs with random data, once by the letter of the plan's documentation and
// once by the executor, and compares with the answer of one service that has the
// whole schema.
func TestPlansAnswerAsOneServiceWould(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			f := newFixture(t, section(t, filepath.Base(file), "supergraph.graphql"))
			w := newWorld(t, f)
			for seed := range uint64(perSupergraph()) {
				r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, 2)), api: f.sg.API, left: 40}
				text := r.query()
				c := &randomCase{operation: text, variables: r.variables(), seed: seed}
				if problem := c.try(t, f, w); problem != nil && problem.kind != invalid && problem.kind != refused {
					t.Fatalf("%v\n%s", problem, text)
				}
			}
		})
	}
}

// values are those of one request: its conditions, and its variables with the
// literals that were lifted.
type values struct {
	conditions operation.Conditions
	variables  map[string]any
	raw        map[string]json.RawMessage
}

// values does what the gateway does with a request's variables; which labels are
// on follows from the world's seed.
func (w *world) values(op, from *operation.Operation, variables map[string]any) values {
	text, err := json.Marshal(variables)
	if err != nil {
		w.t.Fatal(err)
	}
	coerced, errs := from.Coerce(text)
	if errs != nil {
		w.t.Fatalf("the variables are refused: %v", errs)
	}
	in := values{variables: maps.Clone(variables), raw: coerced.Raw}
	if in.variables == nil {
		in.variables = map[string]any{}
	}
	maps.Copy(in.raw, from.Literals)
	for name, raw := range from.Literals {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			w.t.Fatal(err)
		}
		in.variables[name] = v
	}
	in.conditions = coerced.Conditions | op.Labels(w.labelled)
	return in
}

// labelled reports whether a label of @override is on.
func (w *world) labelled(label string) bool { return w.hash(label, 0, "label")%2 == 0 }

// typeKey is where the interpreter keeps an object's runtime type.
const typeKey = "\x00type"

// run carries out a plan as its documentation says, one step after the other.
func (w *world) run(p *planner.Plan, c operation.Conditions, variables map[string]any) map[string]any {
	return w.project(w.carryOut(p, p.Steps, c, variables), p.Operation.Root, c)
}

// carryOut carries out some of a plan's steps and gives the merged tree.
func (w *world) carryOut(p *planner.Plan, steps []*planner.Step, c operation.Conditions, variables map[string]any) map[string]any {
	root := map[string]any{typeKey: p.Operation.Root.Type}
	for _, s := range steps {
		if !s.Guards.Hold(c) {
			continue
		}
		for _, part := range s.Parts {
			if !part.Guards.Hold(c) {
				continue
			}
			one := &planner.Step{Kind: s.Kind, Parts: []*planner.Part{part}}
			text := requestText(p, one)
			if part.Entity == nil {
				w.runRoot(s, part, text, root, variables)
				continue
			}
			if part.Entity.Contexts != nil {
				w.runContexts(s, part, text, root, variables)
				continue
			}
			w.runEntities(s, part, text, root, variables)
		}
	}
	return root
}

func (w *world) runRoot(s *planner.Step, part *planner.Part, text string, root, variables map[string]any) {
	targets := []map[string]any{root}
	if part.Paths != nil {
		targets = nil
		for _, path := range part.Paths {
			targets = append(targets, w.follow(root, path)...)
		}
	}
	for _, t := range targets {
		data := w.answer(s.Graph, text, variables)
		w.tag(data, part.Output)
		mergeObjects(t, data)
	}
}

func (w *world) runEntities(s *planner.Step, part *planner.Part, text string, root, variables map[string]any) {
	var targets []map[string]any
	var representations []any
	for _, path := range part.Entity.Paths {
		for _, o := range w.follow(root, path) {
			typ, _ := o[typeKey].(string)
			for _, in := range part.Entity.Inputs {
				if typ == "" && !in.Untyped || typ != "" && !in.On.Has(w.sg.Types[typ].Object) {
					continue
				}
				r := map[string]any{"__typename": typ}
				if in.Typename != "" {
					r["__typename"] = in.Typename
				}
				if w.represent(r, o, in.Fields) {
					targets, representations = append(targets, o), append(representations, r)
				}
				break
			}
		}
	}
	if len(targets) == 0 {
		return
	}
	vars := map[string]any{part.Entity.Variable: representations}
	maps.Copy(vars, variables)
	for i, e := range w.answer(s.Graph, text, vars)[part.Key].([]any) {
		w.tag(e, part.Output)
		if targets[i][typeKey] != nil {
			delete(e.(map[string]any), typeKey)
		}
		mergeObjects(targets[i], e.(map[string]any))
	}
}

// tag notes the runtime types of what a part selects.
func (w *world) tag(v any, s *planner.Selection) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			w.tag(item, s)
		}
	case map[string]any:
		if s.Object >= 0 {
			v[typeKey] = w.sg.Objects[s.Object].Name
		}
		for _, o := range s.Fields {
			if name, _ := v[o.Key].(string); o.Name == "__typename" && s.Object < 0 && w.sg.Types[name].Object >= 0 {
				v[typeKey] = name
			}
		}
		for _, o := range s.Fields {
			typ, _ := v[typeKey].(string)
			on := o.On == nil || typ == "" || o.On.Has(w.sg.Types[typ].Object)
			if given, ok := v[o.Alias]; ok && on {
				v[o.Key] = mergeValues(v[o.Key], given)
				delete(v, o.Alias)
			}
			if o.Selection != nil && on {
				w.tag(v[o.Key], o.Selection)
			}
		}
	}
}

// follow gives the objects at a path.
func (w *world) follow(v any, path planner.Path) []map[string]any {
	switch v := v.(type) {
	case []any:
		var out []map[string]any
		for _, item := range v {
			out = append(out, w.follow(item, path)...)
		}
		return out
	case map[string]any:
		if len(path) == 0 {
			return []map[string]any{v}
		}
		return w.followKey(v[path[0].Key], path[0].Types, path[1:])
	}
	return nil
}

func (w *world) followKey(v any, types schema.TypeSet, rest planner.Path) []map[string]any {
	switch v := v.(type) {
	case []any:
		var out []map[string]any
		for _, item := range v {
			out = append(out, w.followKey(item, types, rest)...)
		}
		return out
	case map[string]any:
		typ, _ := v[typeKey].(string)
		if types == nil || typ != "" && types.Has(w.sg.Types[typ].Object) {
			return w.follow(v, rest)
		}
	}
	return nil
}

// represent fills a representation; false where a key is null.
func (w *world) represent(r, o map[string]any, fields []*planner.Require) bool {
	typ, _ := o[typeKey].(string)
	for _, f := range fields {
		if f.On != nil && !f.On.Has(w.sg.Types[typ].Object) {
			continue
		}
		v := o[f.Key]
		if f.Name == "__typename" {
			v = typ
		}
		if v == nil && f.NonNull {
			return false
		}
		if f.Fields != nil {
			var ok bool
			if v, ok = w.representValue(v, f.Fields); !ok {
				return false
			}
		}
		r[f.Name] = v
	}
	return true
}

func (w *world) representValue(v any, fields []*planner.Require) (any, bool) {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var ok bool
			if out[i], ok = w.representValue(v[i], fields); !ok {
				return nil, false
			}
		}
		return out, true
	case map[string]any:
		out := map[string]any{}
		return out, w.represent(out, v, fields)
	}
	return nil, true
}

// project picks the client's answer out of the merged tree.
func (w *world) project(v any, set *operation.SelectionSet, c operation.Conditions) map[string]any {
	o, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	typ, _ := o[typeKey].(string)
	out := map[string]any{}
	for _, f := range set.Fields {
		if !f.Guards.Hold(c) || f.Unless != nil && f.Unless.Hold(c) || typ != "" && !f.On.Has(w.sg.Types[typ].Object) {
			continue
		}
		switch {
		case f.Name == "__typename":
			out[f.ResponseKey] = typ
		case f.Selections != nil:
			out[f.ResponseKey] = w.projectValue(o[f.Key], f.Selections, c)
		default:
			out[f.ResponseKey] = o[f.Key]
		}
	}
	return out
}

func (w *world) projectValue(v any, set *operation.SelectionSet, c operation.Conditions) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = w.projectValue(v[i], set, c)
		}
		return out
	case map[string]any:
		return w.project(v, set, c)
	}
	return nil
}

// asked gives the mutation fields that an operation asks for, in order.
func (w *world) asked(op *operation.Operation, c operation.Conditions, variables map[string]any) []string {
	if op.Kind != ast.Mutation {
		return nil
	}
	var all []string
	for _, f := range op.Root.Fields {
		if f.Name != "__typename" && f.Guards.Hold(c) && (f.Unless == nil || !f.Unless.Hold(c)) {
			all = append(all, f.Name+w.arguments(&ast.Field{Arguments: f.Arguments}, f.Definition, variables))
		}
	}
	return all
}
