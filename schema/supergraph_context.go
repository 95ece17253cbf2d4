package schema

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// ContextArgument is an argument that a subgraph wants for a field and that
// clients do not see: the gateway takes its value from the nearest object above
// whose type sets the context (@fromContext, join v0.5).
type ContextArgument struct {
	// Name is the argument's name, Type its type in the subgraph.
	Name string
	Type *ast.Type
	// Context is the context's name in the supergraph: "subgraph__name".
	Context string
	// Selection is what is read of the object, one field in the end, without
	// braces; Selections is the same, parsed.
	Selection  string
	Selections ast.SelectionSet
}

// readContexts reads which contexts the values of a type set.
func (l *loader) readContexts(t *Type, d *ast.Definition) error {
	for _, a := range d.Directives {
		f, own := l.features.directive(a.Name)
		if f == nil || f.identity != apolloSpecs+"context" || own != "context" {
			continue
		}
		name := stringArgument(a, "name")
		switch {
		case name == "":
			return invalid(a.Position, "@%s on %s has no name", a.Name, t.Name)
		case t.Kind != ast.Object && t.Kind != ast.Interface && t.Kind != ast.Union:
			return invalid(a.Position, "@%s is on %s, which has no fields to read", a.Name, t.Name)
		}
		if l.out.Contexts == nil {
			l.out.Contexts = map[string]TypeSet{}
		}
		l.out.Contexts[name] = l.out.Contexts[name].Or(t.Possible)
		l.setters[name] = append(l.setters[name], t)
	}
	return nil
}

// readContextArguments reads the contextArguments of a @join__field.
func (l *loader) readContextArguments(coordinate string, a *ast.Directive) ([]ContextArgument, error) {
	list := a.Arguments.ForName("contextArguments")
	if list == nil || list.Value == nil || list.Value.Kind == ast.NullValue {
		return nil, nil
	}
	items := list.Value.Children
	if list.Value.Kind == ast.ObjectValue {
		items = ast.ChildValueList{{Value: list.Value}}
	}
	var out []ContextArgument
	for _, item := range items {
		text := func(name string) string {
			if v := item.Value.Children.ForName(name); v != nil && (v.Kind == ast.StringValue || v.Kind == ast.BlockValue) {
				return v.Raw
			}
			return ""
		}
		c := ContextArgument{Name: text("name"), Context: text("context"), Selection: withoutBraces(text("selection"))}
		var err error
		switch c.Selections, err = parseFieldSet(c.Selection); {
		case c.Name == "":
			return nil, invalid(a.Position, "an item of the contextArguments of %s has no name", coordinate)
		case len(l.setters[c.Context]) == 0:
			return nil, invalid(a.Position, "the argument %q of %s is from the context %q, which no type sets", c.Name, coordinate, c.Context)
		case err != nil:
			return nil, invalid(a.Position, "the selection of the argument %q of %s is no list of fields: %v", c.Name, coordinate, err)
		}
		if c.Type, err = l.parseType(text("type"), a.Position); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// checkContextArguments makes sure that what contextual arguments select is in
// the supergraph, on whatever sets the context.
func (l *loader) checkContextArguments(f *Field, j *FieldJoin, at *ast.Position, where string) error {
	for _, c := range j.ContextArguments {
		conditions := slices.ContainsFunc(c.Selections, func(s ast.Selection) bool { _, ok := s.(*ast.InlineFragment); return ok })
		for _, t := range l.setters[c.Context] {
			if t.Kind == ast.Union && !conditions {
				return invalid(at, "the argument %q%s selects fields of %s, which is a union", c.Name, where, t.Name)
			}
			if err := l.checkSelections(c.Selections, t, at, "the argument "+c.Name+where); err != nil {
				return err
			}
		}
		if f.Definition.Arguments.ForName(c.Name) != nil {
			return invalid(at, "the argument %q%s is from a context, and clients give it, too", c.Name, where)
		}
	}
	return nil
}
