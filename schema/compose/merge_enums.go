package compose

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// use says where the supergraph uses an enum.
type use struct{ input, output bool }

// enumUse finds where types are used. Input fields that did not make it to the
// supergraph count, as Apollo counts them; other fields and arguments do not.
func (c *composer) enumUse() map[string]use {
	all := map[string]use{}
	note := func(name string, input bool) {
		u := all[name]
		u.input, u.output = u.input || input, u.output || !input
		all[name] = u
	}
	for _, s := range c.subgraphs {
		for _, t := range s.order {
			def := c.merged.types[t.name]
			for _, f := range t.fields {
				if t.kind == ast.InputObject {
					note(f.typ.Name(), true)
					continue
				}
				if def == nil || def.Fields.ForName(f.name) == nil {
					continue
				}
				note(f.typ.Name(), false)
				for _, a := range f.args {
					if def.Fields.ForName(f.name).Arguments.ForName(a.name) != nil {
						note(a.typ.Name(), true)
					}
				}
			}
		}
	}
	return all
}

// mergeValues merges an enum's values: all of them where they only come out,
// the common ones where they only go in; where they do both, subgraphs have to
// agree.
func (c *composer) mergeValues(def *ast.Definition, sources []*typeDef, u use) {
	if !u.input && !u.output {
		c.hint(hintUnusedEnum, def.Name, placesOf(sources), "No field or argument of the supergraph uses the enum %q.", def.Name)
	}
	seen := map[string]bool{}
	before := len(c.errs)
	for _, t := range sources {
		for _, v := range t.values {
			if !seen[v.name] {
				seen[v.name] = true
				c.mergeValue(def, sources, v.name, u)
			}
		}
	}
	if len(def.EnumValues) == 0 && len(c.errs) == before {
		c.fail(problem{code: codeEmptyEnum, coordinate: def.Name, at: placesOf(sources), fix: "Give it a value that all subgraphs have."},
			"No value of the enum %q, which is only used for input, is in all of %s.", def.Name, inSubgraphs(namesOf(sources)))
	}
}

func (c *composer) mergeValue(def *ast.Definition, owners []*typeDef, name string, u use) {
	coordinate := def.Name + "." + name
	var sources []*valueDef
	hidden := false
	for _, t := range owners {
		if v := t.value(name); v != nil {
			sources = append(sources, v)
			hidden = hidden || v.has("inaccessible")
		}
	}
	rest := without(owners, sources)
	switch {
	case len(rest) == 0 || hidden && u.input:
	case u.input && u.output:
		c.fail(problem{
			code: codeEnumValueMismatch, coordinate: coordinate, at: append(placesOf(sources), placesOf(rest)...),
			fix: "Give the enum the same values in all subgraphs, or mark the extra ones @inaccessible.",
		}, "The enum %q is used for input and for output, so its values have to be the same everywhere, but %s is in %s and not in %s.",
			def.Name, name, inSubgraphs(namesOf(sources)), inSubgraphs(namesOf(rest)))
		return
	case u.input:
		c.hint(hintEnumInput, coordinate, placesOf(rest), "The value %q of an enum that is only used for input is in %s but not in %s, so the supergraph does not have it.",
			coordinate, inSubgraphs(namesOf(sources)), inSubgraphs(namesOf(rest)))
		return
	default:
		c.hint(hintEnumOutput, coordinate, placesOf(rest), "The supergraph has the enum value %q, which is in %s but not in %s.",
			coordinate, inSubgraphs(namesOf(sources)), inSubgraphs(namesOf(rest)))
	}
	value := &ast.EnumValueDefinition{Name: name}
	c.describe(&value.Description, coordinate, elementsOf(sources))
	for _, v := range sources {
		value.Directives = append(value.Directives, directive("join__enumValue", argument{"graph", enumValue(v.sub.graph)}))
	}
	c.mergeApplied(&value.Directives, coordinate, elementsOf(sources))
	def.EnumValues = append(def.EnumValues, value)
}
