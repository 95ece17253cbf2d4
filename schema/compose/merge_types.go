package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// collectTypes finds every type's declarations and creates the merged types,
// still empty.
func (c *composer) collectTypes() {
	for _, s := range c.subgraphs {
		for _, t := range s.order {
			c.merged.sources[t.name] = append(c.merged.sources[t.name], t)
			if t.isInterfaceObject() {
				c.merged.interfaceObjects[t.name] = append(c.merged.interfaceObjects[t.name], t)
			}
		}
	}
	for name, sources := range c.merged.sources {
		kind := mergedKind(sources)
		if kind == "" {
			c.fail(problem{code: codeTypeKindMismatch, coordinate: name, at: placesOf(sources), fix: "Make it one kind in all subgraphs, or rename it in some."},
				"The type %q is not of one kind: it is %s.", name, groups(sources, func(t *typeDef) string { return kindName(t.kind) }))
			continue
		}
		c.checkBase(name, sources)
		if isRoot(name) && name != "Query" && !hasFields(sources) {
			continue
		}
		c.merged.types[name] = &ast.Definition{Kind: kind, Name: name}
	}
}

// checkBase refuses a type that subgraphs extend and none defines.
func (c *composer) checkBase(name string, sources []*typeDef) {
	if !isRoot(name) && !slices.ContainsFunc(sources, func(t *typeDef) bool { return t.defined }) {
		c.fail(problem{code: codeExtensionWithNoBase, coordinate: name, at: placesOf(sources), fix: "Define the type in one subgraph, or correct the name."},
			"The type %q is extended in %s but no subgraph defines it.", name, inSubgraphs(namesOf(sources)))
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
			own := append(slices.Clip(args), argument{"key", text(t.sub.normalFields(k.fields))})
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
