package compose

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// validateMerged checks what only the whole supergraph shows.
func (c *composer) validateMerged() {
	query := c.merged.types["Query"]
	if query == nil || len(query.Fields) == 0 {
		c.fail(problem{code: codeNoQueries, coordinate: "Query", fix: "Give the Query type of at least one subgraph a field."},
			"No subgraph has a field of the type Query.")
	}
	for _, name := range c.merged.names() {
		def := c.merged.types[name]
		for _, i := range def.Interfaces {
			if iface := c.merged.types[i]; iface != nil {
				c.validateImplementation(def, iface)
			}
		}
	}
	c.validateDefaults()
	for _, s := range c.subgraphs {
		c.validateMergedRequires(s)
		c.validateContextGuards(s)
	}
	c.validateInaccessible()
	c.validateReserved()
}

// validateReserved refuses names that the supergraph needs for its own elements.
func (c *composer) validateReserved() {
	own := func(name string) bool {
		switch name {
		case "link__Import", "link__Purpose", "context__ContextFieldValue", "policy__Policy", "requiresScopes__Scope":
			return true
		}
		return strings.HasPrefix(name, "join__")
	}
	for _, name := range c.merged.names() {
		if sources := c.merged.sources[name]; own(name) {
			c.fail(problem{code: codeInvalidGraphQL, coordinate: name, at: placesOf(sources), fix: "Rename it."},
				"The type %q of %s has a name that the supergraph uses itself.", name, inSubgraphs(namesOf(sources)))
		}
	}
	for _, d := range c.merged.directives {
		if own(d.Name) || d.Name == "link" || d.Name == "context__fromContext" || c.merged.specs[d.Name] {
			c.fail(problem{code: codeDirectiveComposition, coordinate: "@" + d.Name, fix: "Rename it."},
				"The subgraphs' directive @%s has a name that the supergraph uses itself.", d.Name)
		}
	}
}

// validateImplementation checks that a type has every field of the merged
// interface, though no subgraph may know them all.
func (c *composer) validateImplementation(def, iface *ast.Definition) {
	sources := c.merged.sources[def.Name]
	for _, want := range iface.Fields {
		have := def.Fields.ForName(want.Name)
		if have == nil {
			declared := c.declarations(iface.Name, want.Name)
			c.fail(problem{
				code: codeInterfaceFieldMissing, coordinate: iface.Name + "." + want.Name,
				at:  append(placesOf(declared), placesOf(sources)...),
				fix: fmt.Sprintf("Add %q to %q, or remove it from the interface.", want.Name, def.Name),
			}, "The interface field %q, declared in %s, is not implemented by %q in any subgraph (%s).",
				iface.Name+"."+want.Name, inSubgraphs(namesOf(declared)), def.Name, inSubgraphs(namesOf(sources)))
			continue
		}
		coordinate := def.Name + "." + want.Name
		invalid := func(fix, format string, args ...any) {
			c.fail(problem{
				code: codeInvalidGraphQL, coordinate: coordinate, fix: fix,
				at: append(placesOf(c.declarations(def.Name, want.Name)), placesOf(c.declarations(iface.Name, want.Name))...),
			}, format, args...)
		}
		if !c.sameOrSubtype(have.Type, want.Type) {
			invalid("Change one of the declarations that were merged.",
				"In the supergraph %q has the type %s, but the interface %q asks for %s.", coordinate, have.Type, iface.Name, want.Type)
		}
		for _, a := range want.Arguments {
			if own := have.Arguments.ForName(a.Name); own == nil || own.Type.String() != a.Type.String() {
				invalid(fmt.Sprintf("Give %q the argument %s: %s in every subgraph.", coordinate, a.Name, a.Type),
					"In the supergraph %q does not have the argument %s: %s that the interface %q asks for.", coordinate, a.Name, a.Type, iface.Name)
			}
		}
	}
}

// validateDefaults checks that merging has left what default values use: they
// were right within each subgraph.
func (c *composer) validateDefaults() {
	for _, name := range c.merged.names() {
		for _, f := range c.merged.types[name].Fields {
			coordinate := name + "." + f.Name
			c.validateDefault(coordinate, placesOf(c.declarations(name, f.Name)), f.DefaultValue, f.Type)
			for _, a := range f.Arguments {
				c.validateDefault(fmt.Sprintf("%s(%s:)", coordinate, a.Name), placesOf(c.declarations(name, f.Name)), a.DefaultValue, a.Type)
			}
		}
	}
}

func (c *composer) validateDefault(coordinate string, at []schema.Location, value *ast.Value, t *ast.Type) {
	if value == nil {
		return
	}
	gone := func(what, element string) {
		c.fail(problem{code: codeInvalidGraphQL, coordinate: coordinate, at: at, fix: fmt.Sprintf("Declare %q in all subgraphs, or leave it out of the default value.", element)},
			"The default of %q uses the %s %q, which the supergraph does not have because not all subgraphs do.", coordinate, what, element)
	}
	def := c.merged.types[t.Name()]
	switch {
	case def == nil:
	case value.Kind == ast.ListValue:
		for _, child := range value.Children {
			c.validateDefault(coordinate, at, child.Value, t)
		}
	case def.Kind == ast.Enum && value.Kind == ast.EnumValue && def.EnumValues.ForName(value.Raw) == nil:
		gone("value", def.Name+"."+value.Raw)
	case def.Kind == ast.InputObject:
		for _, child := range value.Children {
			if f := def.Fields.ForName(child.Name); f != nil {
				c.validateDefault(coordinate, at, child.Value, f.Type)
			} else {
				gone("field", def.Name+"."+child.Name)
			}
		}
	}
}

// declarations gives a field's declarations in all subgraphs.
func (c *composer) declarations(typeName, field string) []*fieldDef {
	var all []*fieldDef
	for _, t := range c.merged.sources[typeName] {
		if f := t.byName[field]; f != nil {
			all = append(all, f)
		}
	}
	return all
}

// validateMergedRequires checks the arguments in every @requires against the
// merged schema: merging may have dropped an argument or made it required.
func (c *composer) validateMergedRequires(s *subgraph) {
	for _, t := range s.order {
		for _, f := range t.fields {
			a := f.find("requires")
			if a == nil {
				continue
			}
			fs, err := c.parseFieldSet(s, t, &f.element, a)
			if err != nil {
				continue // found before merging
			}
			c.validateRequiredArguments(fs, fs.selections)
			if r := c.newReader(f, a, fs.String()); r != nil {
				r.selections(fs.selections)
			}
		}
	}
}

// validateContextGuards checks what arguments take from contexts.
func (c *composer) validateContextGuards(s *subgraph) {
	if !c.merged.specs["context"] || !c.merged.guarded {
		return
	}
	for _, t := range s.order {
		for _, f := range t.fields {
			for _, arg := range f.args {
				a := arg.find("fromContext")
				if a == nil {
					continue
				}
				name, selection, _ := splitContext(a)
				if r := c.newReader(f, a, fmt.Sprintf("@%s(field: %q)", a.local, a.text("field"))); r != nil {
					r.context(name, selection)
				}
			}
		}
	}
}

func (c *composer) validateRequiredArguments(fs *fieldSet, all []*selected) {
	for _, one := range all {
		c.validateRequiredArguments(fs, one.below)
		if one.field == nil {
			continue
		}
		def := c.merged.types[one.field.parent.name]
		if def == nil {
			continue
		}
		field := def.Fields.ForName(one.field.name)
		if field == nil {
			continue
		}
		p := fs.problem("INVALID_FIELDS", "Declare the same arguments in every subgraph that has the field.")
		for _, a := range one.args {
			if field.Arguments.ForName(a.Name) == nil {
				c.fail(p, "On %q in subgraph %q, %s gives %q the argument %q, which it does not have in the supergraph because not all subgraphs declare it.",
					fs.on, fs.sub.Name, fs, one.field.coordinate, a.Name)
			}
		}
		for _, a := range field.Arguments {
			if a.Type.NonNull && a.DefaultValue == nil && one.args.ForName(a.Name) == nil {
				c.fail(p, "On %q in subgraph %q, %s does not give %q the argument %q, which it needs in the supergraph.",
					fs.on, fs.sub.Name, fs, one.field.coordinate, a.Name)
			}
		}
	}
}
