package planner_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/schema"
)

// contextText says what a field takes from contexts: in a subgraph what it is
// given, in the whole what the nearest object above has that sets the context.
func (w *world) contextText(graph int, o thing, f *ast.Field, variables map[string]any) string {
	text := ""
	for _, j := range w.sg.Types[o.typ].Fields[f.Name].Joins {
		if graph != planner.Local && graph != j.Graph {
			continue
		}
		for _, c := range j.ContextArguments {
			var value any
			if graph != planner.Local {
				given := f.Arguments.ForName(c.Name)
				if given == nil || given.Value.Kind != ast.Variable {
					w.t.Errorf("%s.%s is asked for without %s", o.typ, f.Name, c.Name)
					continue
				}
				value = variables[given.Value.Raw]
			} else {
				above := o.above
				for above != nil && !w.sg.Contexts[c.Context].Has(w.sg.Types[above.typ].Object) {
					above = above.above
				}
				if above == nil {
					w.t.Errorf("nothing above %s.%s sets %s", o.typ, f.Name, c.Context)
					continue
				}
				value = innermost(w.object(planner.Local, *above, c.Selections, nil, nil))
			}
			b, err := json.Marshal(value)
			if err != nil {
				w.t.Errorf("%v", err)
			}
			text += c.Name + string(b)
		}
	}
	return text
}

// innermost is the one value in an object of objects, null where there is none.
func innermost(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = innermost(v[i])
		}
		return out
	case map[string]any:
		for key, value := range v {
			if !strings.HasPrefix(key, "\x00") && key != "__typename" {
				return innermost(value)
			}
		}
		return nil
	}
	return v
}

// writeContextArguments writes the arguments that a subgraph's field takes from contexts.
func writeContextArguments(f *ast.FieldDefinition, j *schema.FieldJoin) string {
	text := ""
	for i, c := range j.ContextArguments {
		text += map[bool]string{true: "(", false: ","}[i == 0 && len(f.Arguments) == 0]
		text += fmt.Sprintf("%s:%s", c.Name, c.Type)
	}
	return text
}

// runContexts asks for the entities of a part one by one, each with its own values
// from the objects above.
func (w *world) runContexts(s *planner.Step, part *planner.Part, text string, root, variables map[string]any) {
	for i, path := range part.Entity.Paths {
		w.followAbove(root, path, nil, func(o map[string]any, above []map[string]any) {
			typ, _ := o[typeKey].(string)
			for _, in := range part.Entity.Inputs {
				r := map[string]any{"__typename": typ}
				if in.Typename != "" {
					r["__typename"] = in.Typename
				}
				if !in.On.Has(w.sg.Types[typ].Object) || !w.represent(r, o, in.Fields) {
					continue
				}
				vars := map[string]any{part.Entity.Variable: []any{r}}
				for _, c := range part.Entity.Contexts {
					for _, source := range c.Sources[i] {
						from := above[source.At]
						if !source.On.Has(w.sg.Types[from[typeKey].(string)].Object) {
							continue
						}
						read := map[string]any{}
						w.represent(read, from, source.Fields)
						vars[c.Variable] = innermost(read)
						break
					}
				}
				maps.Copy(vars, variables)
				e := w.answer(s.Graph, text, vars)[part.Key].([]any)[0].(map[string]any)
				w.tag(e, part.Output)
				delete(e, typeKey)
				mergeObjects(o, e)
				return
			}
		})
	}
}

// followAbove yields the objects at a path, each with those that lead to it.
func (w *world) followAbove(v any, path planner.Path, above []map[string]any, yield func(o map[string]any, above []map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			w.followAbove(item, path, above, yield)
		}
	case map[string]any:
		if len(path) == 0 {
			yield(v, above)
			return
		}
		above = append(above[:len(above):len(above)], v)
		for _, o := range flatten(v[path[0].Key]) {
			typ, _ := o[typeKey].(string)
			if types := path[0].Types; types == nil || typ != "" && types.Has(w.sg.Types[typ].Object) {
				w.followAbove(o, path[1:], above, yield)
			}
		}
	}
}

// flatten gives the objects in lists of lists.
func flatten(v any) []map[string]any {
	switch v := v.(type) {
	case []any:
		var out []map[string]any
		for _, item := range v {
			out = append(out, flatten(item)...)
		}
		return out
	case map[string]any:
		return []map[string]any{v}
	}
	return nil
}
