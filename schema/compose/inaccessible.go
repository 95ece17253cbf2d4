package compose

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// validateInaccessible checks that what @inaccessible leaves is a schema: the
// API schema that clients see.
func (c *composer) validateInaccessible() {
	if !c.merged.specs["inaccessible"] {
		return
	}
	for _, name := range c.merged.names() {
		def := c.merged.types[name]
		if hidden(def.Directives) {
			if name == "Query" {
				c.fail(problem{code: codeQueryInaccessible, coordinate: name, at: placesOf(c.merged.sources[name]), fix: "Remove the @inaccessible."},
					"The type Query is @inaccessible, but clients need it.")
			}
			continue
		}
		c.validateChildren(def)
		for _, f := range def.Fields {
			v := visibility{c: c, def: def, field: f, coordinate: name + "." + f.Name}
			v.at = placesOf(c.declarations(name, f.Name))
			v.validate()
		}
	}
}

func hidden(directives ast.DirectiveList) bool { return directives.ForName("inaccessible") != nil }

// hiddenType reports whether the supergraph hides the type.
func (c *composer) hiddenType(name string) bool {
	def := c.merged.types[name]
	return def != nil && hidden(def.Directives)
}

// validateChildren checks that something of a visible type is visible.
func (c *composer) validateChildren(def *ast.Definition) {
	visible, what := true, ""
	switch def.Kind {
	case ast.Object, ast.Interface, ast.InputObject:
		what = "fields"
		visible = slices.ContainsFunc(def.Fields, func(f *ast.FieldDefinition) bool { return !hidden(f.Directives) })
	case ast.Union:
		what = "members"
		visible = slices.ContainsFunc(def.Types, func(name string) bool { return !c.hiddenType(name) })
	case ast.Enum:
		what = "values"
		visible = slices.ContainsFunc(def.EnumValues, func(v *ast.EnumValueDefinition) bool { return !hidden(v.Directives) })
	}
	if !visible {
		c.fail(problem{code: codeOnlyInaccessible, coordinate: def.Name, at: placesOf(c.merged.sources[def.Name]), fix: "Mark the type @inaccessible too."},
			"All %s of %q are @inaccessible, but the type itself is not.", what, def.Name)
	}
}

// visibility checks one field of a visible type.
type visibility struct {
	c          *composer
	def        *ast.Definition
	field      *ast.FieldDefinition
	coordinate string
	at         []schema.Location
}

func (v visibility) fail(code schema.Code, coordinate, fix, format string, args ...any) {
	v.c.fail(problem{code: code, coordinate: coordinate, at: v.at, fix: fix}, format, args...)
}

func (v visibility) validate() {
	if hidden(v.field.Directives) {
		if v.def.Kind == ast.InputObject && v.field.Type.NonNull && v.field.DefaultValue == nil {
			v.fail(codeRequiredInaccessible, v.coordinate, "Make it nullable, or give it a default.", "The input field %q is @inaccessible but required.", v.coordinate)
		}
		v.implemented(v.coordinate, func(f *ast.FieldDefinition) bool { return true })
		return
	}
	v.reference(v.coordinate, v.field.Type)
	v.defaultValue(v.coordinate, v.field.DefaultValue, v.field.Type)
	for _, a := range v.field.Arguments {
		coordinate := fmt.Sprintf("%s(%s:)", v.coordinate, a.Name)
		if !hidden(a.Directives) {
			v.reference(coordinate, a.Type)
			v.defaultValue(coordinate, a.DefaultValue, a.Type)
			continue
		}
		if a.Type.NonNull && a.DefaultValue == nil {
			v.fail(codeRequiredInaccessible, coordinate, "Make it nullable, or give it a default.", "The argument %q is @inaccessible but required.", coordinate)
		}
		v.implemented(coordinate, func(f *ast.FieldDefinition) bool {
			own := f.Arguments.ForName(a.Name)
			return own != nil && !hidden(own.Directives)
		})
	}
}

func (v visibility) reference(coordinate string, t *ast.Type) {
	if v.c.hiddenType(t.Name()) {
		v.fail(codeReferencedInaccessible, coordinate, fmt.Sprintf("Mark %q @inaccessible too.", coordinate),
			"The type %q is @inaccessible, but %q, which is not, is of that type.", t.Name(), coordinate)
	}
}

// implemented refuses to hide what a visible interface asks for.
func (v visibility) implemented(coordinate string, asked func(*ast.FieldDefinition) bool) {
	for _, i := range v.def.Interfaces {
		iface := v.c.merged.types[i]
		if iface == nil || hidden(iface.Directives) {
			continue
		}
		if f := iface.Fields.ForName(v.field.Name); f != nil && !hidden(f.Directives) && asked(f) {
			v.fail(codeImplementedInaccessible, coordinate, fmt.Sprintf("Hide it in %q too.", i),
				"%q is @inaccessible, but the interface %q, which is not, asks for it.", coordinate, i)
		}
	}
}

// defaultValue refuses a visible default that uses what is hidden.
func (v visibility) defaultValue(coordinate string, value *ast.Value, t *ast.Type) {
	if value == nil {
		return
	}
	if value.Kind == ast.ListValue {
		for _, child := range value.Children {
			item := t
			if t.Elem != nil {
				item = t.Elem
			}
			v.defaultValue(coordinate, child.Value, item)
		}
		return
	}
	def := v.c.merged.types[t.Name()]
	if def == nil {
		return
	}
	used := ""
	switch def.Kind {
	case ast.Enum:
		if own := def.EnumValues.ForName(value.Raw); own != nil && hidden(own.Directives) {
			used = def.Name + "." + own.Name
		}
	case ast.InputObject:
		for _, child := range value.Children {
			f := def.Fields.ForName(child.Name)
			if f == nil {
				continue
			}
			if hidden(f.Directives) {
				used = def.Name + "." + f.Name
				continue
			}
			v.defaultValue(coordinate, child.Value, f.Type)
		}
	}
	if used != "" {
		v.fail(codeDefaultInaccessible, coordinate, "Change the default value.", "The default of %q uses %q, which is @inaccessible.", coordinate, used)
	}
}
