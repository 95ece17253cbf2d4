package subgraphtest

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// contextual is an argument that a field takes from the nearest object above
// whose type is one of setters (@fromContext).
type contextual struct {
	argument  string
	setters   []string
	selection ast.SelectionSet
}

var fromContext = regexp.MustCompile(`(?s)^\s*\$\s*(\w+)\s*(.*)$`)

// ReadContexts makes the data that of a graph in which a subgraph's @context and
// @fromContext hold: [Execute] then gives fields the arguments that the gateway
// would have given.
func (d *Data) ReadContexts(sdl string) error {
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		return err
	}
	setters := map[string][]string{}
	types := slices.Concat(doc.Definitions, doc.Extensions)
	for _, def := range types {
		for _, a := range def.Directives {
			if a.Name == "context" {
				name := a.Arguments.ForName("name").Value.Raw
				setters[name] = append(setters[name], def.Name)
			}
		}
	}
	for _, def := range types {
		for _, f := range def.Fields {
			for _, arg := range f.Arguments {
				a := arg.Directives.ForName("fromContext")
				if a == nil {
					continue
				}
				m := fromContext.FindStringSubmatch(a.Arguments.ForName("field").Value.Raw)
				if m[2][0] != '{' {
					m[2] = "{" + m[2] + "}"
				}
				query, err := parser.ParseQuery(&ast.Source{Input: m[2]})
				if err != nil {
					return fmt.Errorf("the context of %s.%s: %w", def.Name, f.Name, err)
				}
				if d.contexts == nil {
					d.contexts = map[string][]contextual{}
				}
				at := def.Name + "." + f.Name
				d.contexts[at] = append(d.contexts[at], contextual{arg.Name, setters[m[1]], query.Operations[0].SelectionSet})
			}
		}
	}
	return nil
}

// addContexts gives a field of an object the arguments that it takes from the
// objects above, the nearest of which is the last.
func (x *execution) addContexts(f *ast.Field, o *object, arguments map[string]any) error {
	for _, c := range x.data.contexts[o.typ.Name+"."+f.Name] {
		found := false
		for _, above := range slices.Backward(x.above[:len(x.above)-1]) {
			if !slices.ContainsFunc(c.setters, func(name string) bool { return x.applies(name, above.typ) }) {
				continue
			}
			found = true
			arguments[c.argument] = x.read(c.selection, above)
			break
		}
		if !found {
			return fmt.Errorf("nothing above sets the context of %s.%s", o.typ.Name, f.Name)
		}
	}
	return nil
}

// read gives the one value that a selection has of an object.
func (x *execution) read(set ast.SelectionSet, o *object) any {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			if x.applies(s.TypeCondition, o.typ) {
				return x.read(s.SelectionSet, o)
			}
		case *ast.Field:
			return x.readValue(s, o.typ.Fields.ForName(s.Name).Type, o.fields[s.Name])
		}
	}
	return nil
}

func (x *execution) readValue(f *ast.Field, typ *ast.Type, v any) any {
	items, isList := v.([]any)
	switch {
	case v == nil:
		return nil
	case isList && typ.Elem != nil:
		out := make([]any, len(items))
		for i, item := range items {
			out[i] = x.readValue(f, typ.Elem, item)
		}
		return out
	case len(f.SelectionSet) == 0:
		return v
	}
	o, err := x.object(x.schema.Types[typ.Name()], v)
	if err != nil {
		return nil
	}
	return x.read(f.SelectionSet, o)
}
