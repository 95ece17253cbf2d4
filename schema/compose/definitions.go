package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema/link"
)

// specOf gives what a specification says about a local name of its directive,
// or nil when the name is the schema's own.
func (b *builder) specOf(directive string) *link.Directive {
	if e, ok := b.s.links.Resolve("@" + directive); ok {
		if e.Feature.Spec == nil {
			return nil
		}
		return e.Feature.Spec.Directive(strings.TrimPrefix(e.Name, "@"))
	}
	if b.s.federation1() {
		return b.spec.Directive(directive)
	}
	return nil
}

// checkDefinition compares a subgraph's own definition of a specification's
// directive with the specification's: it may leave out optional arguments and
// locations, and ask for more.
func (b *builder) checkDefinition(d *ast.DirectiveDefinition, spec *link.Directive) {
	invalid := func(pos *ast.Position, format string, args ...any) {
		b.c.fail(problem{
			code: codeDirectiveDefinition, coordinate: "@" + d.Name, at: at(b.s, pos),
			fix: "Remove the definition: the composition adds it.",
		}, "In subgraph %q, the definition of @%s does not fit its specification: %s.", b.s.Name, d.Name, fmt.Sprintf(format, args...))
	}
	for _, a := range d.Arguments {
		want := spec.Argument(a.Name)
		if want == nil {
			invalid(a.Position, "there is no argument %q", a.Name)
			continue
		}
		if typ := parseType(want.Type); !b.fits(a.Type, typ) && !(spec.Name == "key" && a.Name == "fields") {
			invalid(a.Position, "the argument %q is a %s", a.Name, typ)
		}
		if have := canonical(a.DefaultValue); have != want.Default && want.Default != "" {
			invalid(a.Position, "the argument %q has the default %s", a.Name, want.Default)
		}
	}
	for _, a := range spec.Arguments {
		if strings.HasSuffix(a.Type, "!") && a.Default == "" && d.Arguments.ForName(a.Name) == nil {
			invalid(d.Position, "the argument %q is missing", a.Name)
		}
	}
	for _, l := range d.Locations {
		if !slices.Contains(spec.Locations, l) {
			invalid(d.Position, "it cannot stand on %s", l)
		}
	}
}

// fits reports whether an argument of type have takes what one of type want
// takes: a type of the specification may be a String, and a nullable argument
// may be required.
func (b *builder) fits(have, want *ast.Type) bool {
	if want.NonNull && !have.NonNull || (have.Elem == nil) != (want.Elem == nil) {
		return false
	}
	if have.Elem != nil {
		return b.fits(have.Elem, want.Elem)
	}
	if have.NamedType == want.NamedType {
		return true
	}
	return !builtInScalar(want.NamedType) && (have.NamedType == "String" || b.machinery(have.NamedType))
}

// checkType refuses a definition of a specification's type that is of another kind.
func (b *builder) checkType(def *ast.Definition) {
	want := ast.Scalar
	e, ok := b.s.links.Resolve(def.Name)
	switch {
	case !ok:
		return
	case e.Name == "Purpose":
		want = ast.Enum
	}
	if def.Kind != want {
		b.c.fail(problem{
			code: codeTypeDefinition, coordinate: def.Name, at: at(b.s, def.Position),
			fix: "Remove the definition: the composition adds it.",
		}, "In subgraph %q, %q of %s is %s, but the specification has %s.", b.s.Name, def.Name, e.Feature.URL, kindName(def.Kind), kindName(want))
	}
}

// checkImportedNames refuses one directive under several names: the supergraph
// has one, which has to be what people expect in every subgraph.
func (c *composer) checkImportedNames() {
	used := map[string][]*element{}
	var names []string
	for _, s := range c.subgraphs {
		seen := map[string]bool{}
		s.eachElement(func(e *element, _ ast.DirectiveLocation) {
			for _, a := range e.directives {
				if a.feature != nil && a.feature.URL.Identity == link.IdentityWeft {
					continue // the supergraph has one name for them, whatever a subgraph's is
				}
				if seen[a.name] || !(composed(a.name) || joined(a.name)) || specified(a.name) {
					continue
				}
				seen[a.name] = true
				c.merged.guarded = c.merged.guarded || guards(a.name)
				if used[a.name] == nil {
					names = append(names, a.name)
				}
				used[a.name] = append(used[a.name], &element{sub: s, name: a.local, pos: a.pos})
			}
		})
	}
	for _, name := range names {
		all := used[name]
		if slices.ContainsFunc(all, func(e *element) bool { return e.name != all[0].name }) {
			c.fail(problem{code: codeImportMismatch, coordinate: "@" + name, at: placesOf(all), fix: "Import it under one name everywhere."},
				"The directive @%s has different names in different subgraphs: it is %s.", name, groups(all, func(e *element) string { return "@" + e.name }))
		}
	}
}
