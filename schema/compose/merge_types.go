package compose

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// collectTypes finds every type's declarations and creates the merged types,
// still empty.
func (c *composer) collectTypes() {
	for _, s := range c.subgraphs {
		for _, t := range s.order {
			c.merged.sources[t.name] = append(c.merged.sources[t.name], t)
		}
	}
	for name, sources := range c.merged.sources {
		kind := mergedKind(sources)
		if kind == "" {
			c.fail(problem{code: codeTypeKindMismatch, coordinate: name, at: placesOf(sources), fix: "Make it one kind in all subgraphs, or rename it in some."},
				"The type %q is not of one kind: it is %s.", name, groups(sources, func(t *typeDef) string { return kindName(t.kind) }))
			continue
		}
		if !isRoot(name) && !slices.ContainsFunc(sources, func(t *typeDef) bool { return t.defined }) {
			c.fail(problem{code: codeExtensionWithNoBase, coordinate: name, at: placesOf(sources), fix: "Define the type in one subgraph, or correct the name."},
				"The type %q is extended in %s but no subgraph defines it.", name, inSubgraphs(namesOf(sources)))
			continue
		}
		if isRoot(name) && name != "Query" && !hasFields(sources) {
			continue
		}
		c.merged.types[name] = &ast.Definition{Kind: kind, Name: name}
	}
}

// mergedKind gives the kind that all declarations have, or "". An object that
// is an @interfaceObject counts as the interface.
func mergedKind(sources []*typeDef) ast.DefinitionKind {
	var kind ast.DefinitionKind
	for _, t := range sources {
		k := t.kind
		if t.isInterfaceObject() {
			k = ast.Interface
		}
		if kind != "" && k != kind {
			return ""
		}
		kind = k
	}
	return kind
}

func hasFields(sources []*typeDef) bool {
	for _, t := range sources {
		if len(t.fields) > 0 {
			return true
		}
	}
	return false
}

// joinType writes the @join__type of each subgraph: one a key, or one.
func (c *composer) joinType(def *ast.Definition, sources []*typeDef) {
	var withKey, keyless []*typeDef
	for _, t := range sources {
		args := []argument{{"graph", enumValue(t.sub.graph)}}
		if t.isInterfaceObject() {
			args = append(args, argument{"isInterfaceObject", boolean(true)})
		}
		if len(t.keys) == 0 {
			keyless = append(keyless, t)
			def.Directives = append(def.Directives, directive("join__type", args...))
			continue
		}
		withKey = append(withKey, t)
		for _, k := range t.keys {
			own := append(args[:len(args):len(args)], argument{"key", text(t.sub.normalFields(k.fields))})
			if k.at.part.extension || t.has("extends") {
				own = append(own, argument{"extension", boolean(true)})
			}
			if !k.resolvable {
				own = append(own, argument{"resolvable", boolean(false)})
			}
			def.Directives = append(def.Directives, directive("join__type", own...))
		}
	}
	if def.Kind == ast.Object && len(withKey) > 0 && len(keyless) > 0 {
		c.hint(hintEntity, def.Name, placesOf(keyless), "The type %q has a @key in %s but none in %s.",
			def.Name, inSubgraphs(namesOf(withKey)), inSubgraphs(namesOf(keyless)))
	}
}

// mergeImplements joins the interfaces that the declarations implement.
func (c *composer) mergeImplements(def *ast.Definition, sources []*typeDef) {
	seen := map[string]bool{}
	for _, t := range sources {
		for _, i := range t.interfaces {
			if !seen[i.name] {
				seen[i.name] = true
				def.Interfaces = append(def.Interfaces, i.name)
			}
			def.Directives = append(def.Directives, directive("join__implements",
				argument{"graph", enumValue(t.sub.graph)}, argument{"interface", text(i.name)}))
		}
	}
}

// mergeMembers joins the members of a union.
func (c *composer) mergeMembers(def *ast.Definition, sources []*typeDef) {
	have := map[string][]*typeDef{}
	for _, t := range sources {
		for _, m := range t.members {
			if have[m.name] == nil {
				def.Types = append(def.Types, m.name)
			}
			have[m.name] = append(have[m.name], t)
			def.Directives = append(def.Directives, directive("join__unionMember",
				argument{"graph", enumValue(t.sub.graph)}, argument{"member", text(m.name)}))
		}
	}
	for _, m := range def.Types {
		if rest := without(sources, have[m]); len(rest) > 0 {
			c.hint(hintUnionMember, def.Name, placesOf(rest), "The union %q has the member %q in %s but not in %s.",
				def.Name, m, inSubgraphs(namesOf(have[m])), inSubgraphs(namesOf(rest)))
		}
	}
}

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
	for _, s := range c.subgraphs {
		c.validateMergedRequires(s)
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
		p := problem{code: codeInvalidGraphQL, coordinate: coordinate,
			at: append(placesOf(c.declarations(def.Name, want.Name)), placesOf(c.declarations(iface.Name, want.Name))...)}
		if !c.sameOrSubtype(have.Type, want.Type) {
			p.fix = "Change one of the declarations that were merged."
			c.fail(p, "In the supergraph %q has the type %s, but the interface %q asks for %s.", coordinate, have.Type, iface.Name, want.Type)
		}
		for _, a := range want.Arguments {
			if own := have.Arguments.ForName(a.Name); own == nil || own.Type.String() != a.Type.String() {
				p.fix = fmt.Sprintf("Give %q the argument %s: %s in every subgraph.", coordinate, a.Name, a.Type)
				c.fail(p, "In the supergraph %q does not have the argument %s: %s that the interface %q asks for.", coordinate, a.Name, a.Type, iface.Name)
			}
		}
		for _, a := range have.Arguments {
			if want.Arguments.ForName(a.Name) == nil && a.Type.NonNull && a.DefaultValue == nil {
				p.fix = "Make it nullable or give it a default."
				c.fail(p, "In the supergraph the argument %q of %q is required, but the interface %q does not have it.", a.Name, coordinate, iface.Name)
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
			if def := c.merged.types[t.name]; def != nil && def.Fields.ForName(f.name) != nil {
				c.validateTransitiveGuards(fs, fs.selections, def.Fields.ForName(f.name))
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
