package compose

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// composed reports whether the supergraph carries the directive of that
// canonical name, merged from all declarations.
func composed(name string) bool {
	switch name {
	case "tag", "inaccessible", "deprecated", "specifiedBy", "oneOf", "cost", "listSize":
		return true
	}
	return guards(name)
}

// mergeApplied merges the directives that the declarations of an element carry
// into to. The element takes over the guards of guarding.
func (c *composer) mergeApplied(to *ast.DirectiveList, coordinate string, sources []*element, guarding ...*element) {
	var names []string
	for _, e := range guarding {
		for _, a := range e.directives {
			if guards(a.name) && !slices.Contains(names, a.name) {
				names = append(names, a.name)
			}
		}
	}
	for _, e := range sources {
		for _, a := range e.directives {
			if (composed(a.name) || c.custom["@"+a.name] != nil && !a.unasked) && !slices.Contains(names, a.name) {
				names = append(names, a.name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if c.custom["@"+name] == nil {
			c.merged.specs[name] = true
		}
		if d := c.custom["@"+name]; name == "tag" || d != nil && d.def.IsRepeatable {
			*to = append(*to, repeated(sources, name)...)
			continue
		}
		from := sources
		if guards(name) {
			from = append(slices.Clip(from), guarding...)
		}
		*to = append(*to, c.mergeOnce(coordinate, from, name))
	}
	*to = append(*to, c.contextDirectives(sources)...)
	*to = append(*to, c.joinDirectives(sources)...)
}

// repeated gives the applications of a repeatable directive without duplicates.
func repeated(sources []*element, name string) ast.DirectiveList {
	var all ast.DirectiveList
	seen := map[string]bool{}
	for _, e := range sources {
		for _, a := range e.directives {
			if text := canonicalArguments(a.args); a.name == name && !seen[text] {
				seen[text] = true
				all = append(all, &ast.Directive{Name: name, Arguments: a.args})
			}
		}
	}
	return all
}

func canonicalArguments(args ast.ArgumentList) string {
	parts := make([]string, 0, len(args))
	for _, a := range args {
		parts = append(parts, a.Name+": "+canonical(a.Value))
	}
	slices.Sort(parts)
	return listed(parts)
}

// applications are those of one directive that may stand once on an element:
// at most one a declaration.
type applications struct {
	on  []*element
	all []*applied
}

// mergeOnce merges the applications of a directive that is not repeatable: the
// arguments are merged where their directive says how, else those that most
// subgraphs give are taken.
func (c *composer) mergeOnce(coordinate string, sources []*element, name string) *ast.Directive {
	var found applications
	for _, e := range sources {
		if a := e.find(name); a != nil {
			found.on = append(found.on, e)
			found.all = append(found.all, a)
		}
	}
	merged := &ast.Directive{Name: name, Arguments: found.all[0].args}
	first := canonicalArguments(merged.Arguments)
	if !slices.ContainsFunc(found.all, func(a *applied) bool { return canonicalArguments(a.args) != first }) {
		return merged
	}
	variant := func(e *element) string { return "@" + name + "(" + canonicalArguments(e.find(name).args) + ")" }
	if args := found.merge(name); args != nil {
		merged.Arguments = args
		c.hint(hintDirectiveMerged, coordinate, placesOf(found.on), "@%s on %s differs between subgraphs: %s. The supergraph has the merged arguments (%s).",
			name, quoteCoordinate(coordinate), groups(found.on, variant), canonicalArguments(args))
		return merged
	}
	merged.Arguments = found.mostFrequent()
	c.hint(hintDirectiveArguments, coordinate, placesOf(found.on), "@%s on %s differs between subgraphs: %s. The supergraph has @%s(%s).",
		name, quoteCoordinate(coordinate), groups(found.on, variant), name, canonicalArguments(merged.Arguments))
	return merged
}

func (f applications) mostFrequent() ast.ArgumentList {
	count := map[string]int{}
	for _, a := range f.all {
		count[canonicalArguments(a.args)]++
	}
	return slices.MaxFunc(f.all, func(a, b *applied) int {
		return cmp.Compare(count[canonicalArguments(a.args)], count[canonicalArguments(b.args)])
	}).args
}

// merge merges the arguments one by one; nil where the directive does not say how.
func (f applications) merge(name string) ast.ArgumentList {
	switch name {
	case "requiresScopes":
		return arguments(argument{"scopes", f.conjunction("scopes")})
	case "policy":
		return arguments(argument{"policies", f.conjunction("policies")})
	case "cost":
		return arguments(argument{"weight", f.greatest("weight")})
	case "listSize":
		return arguments(
			argument{"assumedSize", f.greatest("assumedSize")},
			argument{"slicingArguments", f.union("slicingArguments")},
			argument{"sizedFields", f.union("sizedFields")},
			argument{"requireOneSlicingArgument", f.and("requireOneSlicingArgument")},
		)
	}
	return nil
}

// given gives the values of an argument that are there and not null.
func (f applications) given(name string) []*ast.Value {
	var all []*ast.Value
	for _, a := range f.all {
		if arg := a.args.ForName(name); arg != nil && arg.Value.Kind != ast.NullValue {
			all = append(all, arg.Value)
		}
	}
	return all
}

func (f applications) greatest(name string) *ast.Value {
	var best *ast.Value
	most := 0
	for _, v := range f.given(name) {
		if n, err := strconv.Atoi(v.Raw); err == nil && (best == nil || n > most) {
			best, most = v, n
		}
	}
	return best
}

func (f applications) union(name string) *ast.Value {
	given := f.given(name)
	if len(given) == 0 {
		return nil
	}
	list := &ast.Value{Kind: ast.ListValue}
	seen := map[string]bool{}
	for _, v := range given {
		for _, item := range listItems(v) {
			if !seen[item] {
				seen[item] = true
				list.Children = append(list.Children, &ast.ChildValue{Value: text(item)})
			}
		}
	}
	return list
}

// and is true where every application says so, or does not say otherwise.
func (f applications) and(name string) *ast.Value {
	return boolean(!slices.ContainsFunc(f.given(name), func(v *ast.Value) bool { return v.Raw != "true" }))
}

// mergeSchemaDirectives merges what stands on the schema definitions.
func (c *composer) mergeSchemaDirectives() {
	var sources []*element
	for _, s := range c.subgraphs {
		sources = append(sources, &element{sub: s, name: "schema", coordinate: "schema", directives: s.applied})
	}
	c.mergeApplied(&c.merged.schema, "schema", sources)
}
