package compose

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// supergraph is the merged schema on its way to be printed. Its types are plain
// definitions whose directives include those of the join specification.
type supergraph struct {
	types map[string]*ast.Definition
	// sources holds each type's declarations, in subgraph order.
	sources map[string][]*typeDef
	// implementations holds each interface's object types, by name.
	implementations map[string][]*ast.Definition
	// interfaceObjects holds the declarations of interfaces that are interface
	// objects.
	interfaceObjects map[string][]*typeDef
	// guarded says that some element asks for authorization.
	guarded bool
	// directives are the composed ones, and the executable ones that all
	// subgraphs share.
	directives ast.DirectiveDefinitionList
	// schema holds what is applied to the schema itself, @link aside.
	schema ast.DirectiveList
	// specs are the canonical names of the directives applied anywhere.
	specs map[string]bool
}

// names gives the types in order.
func (m *supergraph) names() []string { return slices.Sorted(maps.Keys(m.types)) }

// merge builds the supergraph. Types come first, with what subtyping needs
// (implemented interfaces, union members); then fields; enums last, because how
// they merge depends on where they are used.
func (c *composer) merge() {
	c.merged = &supergraph{
		types: map[string]*ast.Definition{}, sources: map[string][]*typeDef{}, implementations: map[string][]*ast.Definition{},
		interfaceObjects: map[string][]*typeDef{}, specs: map[string]bool{},
	}
	c.collectTypes()
	c.checkImportedNames()
	c.collectCustomDirectives()
	c.resolveOverrides()
	names := c.merged.names()
	for _, name := range names {
		def, sources := c.merged.types[name], c.merged.sources[name]
		c.mergeImplements(def, sources)
		if def.Kind == ast.Union {
			c.mergeMembers(def, sources)
		}
		if def.Kind == ast.Object {
			for _, i := range def.Interfaces {
				c.merged.implementations[i] = append(c.merged.implementations[i], def)
			}
		}
	}
	for _, name := range names {
		def, sources := c.merged.types[name], c.merged.sources[name]
		c.describe(&def.Description, name, elementsOf(sources))
		c.joinType(def, sources)
		switch def.Kind {
		case ast.Object, ast.Interface:
			c.mergeFields(def, sources)
		case ast.InputObject:
			c.mergeInputFields(def, sources)
		}
		c.mergeApplied(&def.Directives, name, elementsOf(sources), c.typeGuards(def)...)
	}
	c.validateInterfaceObjects()
	c.addInterfaceObjectFields()
	use := c.enumUse()
	for _, name := range names {
		if def := c.merged.types[name]; def.Kind == ast.Enum {
			c.mergeValues(def, c.merged.sources[name], use[name])
		}
	}
	c.mergeSchemaDirectives()
	c.mergeExecutableDirectives()
	c.merged.directives = append(c.merged.directives, c.customDefinitions()...)
}

// holder is anything that embeds an element.
type holder interface{ self() *element }

func (e *element) self() *element { return e }

func elementsOf[T holder](all []T) []*element {
	out := make([]*element, len(all))
	for i, h := range all {
		out[i] = h.self()
	}
	return out
}

func placesOf[T holder](all []T) []schema.Location {
	out := make([]schema.Location, len(all))
	for i, h := range all {
		out[i] = h.self().at()
	}
	return out
}

func namesOf[T holder](all []T) []string {
	out := make([]string, len(all))
	for i, h := range all {
		out[i] = h.self().sub.Name
	}
	return out
}

// without gives the types of all that do not occur in some, compared by subgraph.
func without[T, U holder](all []T, some []U) []T {
	return slices.DeleteFunc(slices.Clone(all), func(t T) bool {
		return slices.ContainsFunc(some, func(u U) bool { return u.self().sub == t.self().sub })
	})
}

// describe takes the description that most subgraphs give, the first of equals.
func (c *composer) describe(to *string, coordinate string, sources []*element) {
	count := map[string]int{}
	var given []*element
	for _, e := range sources {
		if e.description != "" {
			count[e.description]++
			given = append(given, e)
		}
	}
	best := 0
	for _, e := range given {
		if count[e.description] > best {
			best, *to = count[e.description], e.description
		}
	}
	if len(count) > 1 {
		c.hint(hintDescription, coordinate, placesOf(given), "The description of %s differs between subgraphs: %s. The supergraph has that of %s.",
			quoteCoordinate(coordinate), groups(given, func(e *element) string { return firstLine(e.description) }), firstWith(given, *to))
	}
}

func firstWith(given []*element, description string) string {
	for _, e := range given {
		if e.description == description {
			return quoted([]string{e.sub.Name})
		}
	}
	return ""
}
