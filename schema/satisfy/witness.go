package satisfy

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// witness gives the shortest operation that asks for a field at the end of a way.
func (c *checker) witness(w *way, on string, f *ast.FieldDefinition) string {
	inner := f.Name + c.arguments(f)
	if typ := c.sg.API.Types[f.Type.Name()]; typ != nil && typ.IsCompositeType() {
		inner += " { __typename }"
	}
	return c.operation(w, on, inner)
}

// operation wraps a selection on a type into all that leads to it.
func (c *checker) operation(w *way, on, inner string) string {
	for ; w != nil; w = w.from {
		if on != w.typ.Name {
			inner = "... on " + on + " { " + inner + " }"
		}
		inner = "{ " + inner + " }"
		if w.from == nil {
			switch w.typ {
			case c.sg.API.Mutation:
				return "mutation " + inner
			case c.sg.API.Subscription:
				return "subscription " + inner
			}
			return inner
		}
		inner = w.field.Name + c.arguments(w.field) + " " + inner
		on = w.on
	}
	return inner
}

// arguments gives a field's required arguments with some value.
func (c *checker) arguments(f *ast.FieldDefinition) string {
	var parts []string
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			parts = append(parts, a.Name+": "+c.value(a.Type, nil))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// value gives some value of an input type. within are the input types around
// it, so that one that needs itself, which no schema may have, ends.
func (c *checker) value(t *ast.Type, within []string) string {
	if t.Elem != nil {
		return "[" + c.value(t.Elem, within) + "]"
	}
	d := c.sg.API.Types[t.NamedType]
	switch {
	case d == nil || slices.Contains(within, t.NamedType):
		return "null"
	case d.Kind == ast.Enum && len(d.EnumValues) > 0:
		return d.EnumValues[0].Name
	case d.Kind == ast.InputObject:
		var parts []string
		for _, f := range d.Fields {
			if f.Type.NonNull && f.DefaultValue == nil {
				parts = append(parts, f.Name+": "+c.value(f.Type, append(slices.Clone(within), t.NamedType)))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case t.NamedType == "Boolean":
		return "true"
	case t.NamedType == "Int" || t.NamedType == "Float":
		return "1"
	}
	return `"1"`
}
