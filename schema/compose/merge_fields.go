package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// mergeFields merges the fields of an object type or an interface.
func (c *composer) mergeFields(def *ast.Definition, owners []*typeDef) {
	seen := map[string]bool{}
	for _, t := range owners {
		for _, f := range t.fields {
			if seen[f.name] {
				continue
			}
			seen[f.name] = true
			if merged := c.mergeField(def, owners, f.name); merged != nil {
				def.Fields = append(def.Fields, merged)
			}
		}
	}
}

// mergeField merges the declarations of one field. It gives nil when every
// declaration is overridden or when they do not fit.
func (c *composer) mergeField(def *ast.Definition, owners []*typeDef, name string) *ast.FieldDefinition {
	coordinate := def.Name + "." + name
	var sources, own, external []*fieldDef
	for _, t := range owners {
		if f := t.byName[name]; f != nil {
			sources = append(sources, f)
			if f.external {
				external = append(external, f)
			} else {
				own = append(own, f)
			}
		}
	}
	if len(own) == 0 {
		own = c.standIns(def, name)
	}
	if len(own) == 0 {
		c.fail(problem{
			code: codeExternalMissingOnBase, coordinate: coordinate, at: placesOf(external),
			fix: "Declare it without @external in the subgraph that resolves it.",
		}, "The field %q is @external in every subgraph that declares it: %s.", coordinate, inSubgraphs(namesOf(external)))
		return nil
	}
	c.validateSharing(def, name, sources)
	merged := &ast.FieldDefinition{Name: name}
	c.describe(&merged.Description, coordinate, elementsOf(sources))
	merged.Type = c.mergeType(coordinate, own, outputPosition)
	merged.Arguments = c.mergeArguments(coordinate, own)
	failed := merged.Type == nil
	if failed {
		merged.Type = own[0].typ // to check the others against
	}
	for _, f := range external {
		c.validateExternalDeclaration(f, own, merged)
		c.validateExternalDirectives(f)
	}
	if failed {
		return nil
	}
	c.joinField(merged, owners, sources)
	c.hintFieldPresence(def, owners, sources, coordinate)
	c.mergeApplied(&merged.Directives, coordinate, elementsOf(sources), c.fieldGuards(def, name)...)
	return merged
}

// joinField writes the @join__field of each subgraph that has the field, unless
// they would say nothing: all types are equal, nothing is special about any
// declaration, and every subgraph with the type has the field.
func (c *composer) joinField(merged *ast.FieldDefinition, owners []*typeDef, sources []*fieldDef) {
	equal := true
	for _, f := range sources {
		equal = equal && f.typ.String() == sources[0].typ.String()
	}
	needed := !equal || len(sources) < len(owners)
	for _, f := range sources {
		needed = needed || f.external || f.has("requires") || f.has("provides") || f.override.matters() || f.contextArguments() != nil
	}
	if !needed {
		return
	}
	for _, f := range sources {
		if f.override.state == overridden {
			continue
		}
		args := []argument{{"graph", enumValue(f.sub.graph)}}
		for _, name := range []string{"requires", "provides"} {
			if a := f.find(name); a != nil {
				args = append(args, argument{name, text(f.sub.normalFields(a.text("fields")))})
			}
		}
		if !equal {
			args = append(args, argument{"type", text(f.typ.String())})
		}
		if f.external {
			args = append(args, argument{"external", boolean(true)})
		}
		if f.override.from != "" {
			args = append(args, argument{"override", text(f.override.from)})
		}
		if f.override.state == overriddenUsed || f.override.needed {
			args = append(args, argument{"usedOverridden", boolean(true)})
		}
		if f.override.label != "" {
			args = append(args, argument{"overrideLabel", text(f.override.label)})
		}
		args = append(args, argument{"contextArguments", f.contextArguments()})
		merged.Directives = append(merged.Directives, directive("join__field", args...))
	}
}

// hintFieldPresence says where a value type lacks a field that it has elsewhere.
func (c *composer) hintFieldPresence(def *ast.Definition, owners []*typeDef, sources []*fieldDef, coordinate string) {
	rest := without(owners, sources)
	if len(rest) == 0 || isRoot(def.Name) {
		return
	}
	code, what := hintObjectField, "object type"
	if def.Kind == ast.Interface {
		code, what = hintInterfaceField, "interface"
	}
	for _, t := range owners {
		if len(t.keys) > 0 {
			return
		}
	}
	c.hint(code, coordinate, placesOf(rest), "The field %q of the %s %q, which is no entity, is in %s but not in %s.",
		coordinate, what, def.Name, inSubgraphs(namesOf(sources)), inSubgraphs(namesOf(rest)))
}

// validateExternalDeclaration checks an @external declaration against what the
// field has become. own are the declarations that are not external.
func (c *composer) validateExternalDeclaration(f *fieldDef, own []*fieldDef, merged *ast.FieldDefinition) {
	places := append(placesOf([]*fieldDef{f}), placesOf(own)...)
	// A subtype is right only where the real declarations differ themselves.
	fits := f.typ.String() == merged.Type.String()
	if !fits && slices.ContainsFunc(own, func(o *fieldDef) bool { return o.typ.String() != own[0].typ.String() }) {
		fits = c.strictSubtype(f.typ, merged.Type)
	}
	if !fits {
		c.fail(problem{code: codeExternalType, coordinate: f.coordinate, at: places, fix: "Declare it with the type that it has elsewhere."},
			"The @external field %q has the type %s in subgraph %q, but %s in %s.", f.coordinate, f.typ, f.sub.Name, merged.Type, inSubgraphs(namesOf(own)))
	}
	for _, want := range merged.Arguments {
		have := f.arg(want.Name)
		coordinate := f.coordinate + "(" + want.Name + ":)"
		p := problem{coordinate: coordinate, at: places, fix: "Declare the argument as it is elsewhere."}
		switch {
		case have == nil:
			p.code = codeExternalArgumentMissing
			c.fail(p, "The @external field %q lacks the argument %q in subgraph %q, which it has in %s.", f.coordinate, want.Name, f.sub.Name, inSubgraphs(namesOf(own)))
		case !c.sameOrSubtype(want.Type, have.typ):
			p.code = codeExternalArgumentType
			c.fail(p, "The argument %q of the @external field has the type %s in subgraph %q, but %s in %s.", coordinate, have.typ, f.sub.Name, want.Type, inSubgraphs(namesOf(own)))
		case canonical(have.def) != canonical(want.DefaultValue):
			p.code = codeExternalArgumentDefault
			c.fail(p, "The argument %q of the @external field has %s in subgraph %q, but %s in %s.",
				coordinate, defaultText(have.def), f.sub.Name, defaultText(want.DefaultValue), inSubgraphs(namesOf(own)))
		}
	}
}

// validateExternalDirectives refuses on an @external field the directives that
// the supergraph would merge: they belong on the declaration that resolves it.
func (c *composer) validateExternalDirectives(f *fieldDef) {
	for _, a := range f.directives {
		if composed(a.name) {
			c.fail(problem{code: codeMergedOnExternal, coordinate: f.coordinate, at: at(f.sub, a.pos), fix: "Put it on the declaration that is not @external."},
				"In subgraph %q, the @external field %q has @%s, which the supergraph cannot take from there.", f.sub.Name, f.coordinate, a.local)
		}
	}
}

func defaultText(v *ast.Value) string {
	if v == nil {
		return "no default"
	}
	return "the default " + canonical(v)
}
