package compose

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/link"
)

// validateSubgraph checks a subgraph alone: as a GraphQL schema, and then what it
// does with federation's directives. One of federation 1 is upgraded before the
// latter.
func (c *composer) validateSubgraph(s *subgraph) {
	if c.validateGraphQL(s) && !s.federation1() {
		c.validateFederation(s)
	}
}

// validateUpgraded checks a subgraph that came from federation 1.
func (c *composer) validateUpgraded(s *subgraph) {
	if s.upgraded {
		c.validateFederation(s)
	}
}

// validateGraphQL reports whether the subgraph is a GraphQL schema that Weft
// can carry out.
func (c *composer) validateGraphQL(s *subgraph) bool {
	before := len(c.errs)
	c.refuseUnsupported(s)
	if len(c.errs) > before {
		return false // its directives would only be reported as unknown
	}
	c.validateTypes(s)
	c.validateDirectives(s)
	return len(c.errs) == before
}

func (c *composer) validateFederation(s *subgraph) {
	sets := c.bindFieldSets(s)
	c.validateFieldSets(s, sets)
	c.validateContexts(s) // it notes which external fields are used
	c.validateExternal(s)
	c.validateUsage(s)
	c.validateCost(s)
	c.validateGuards(s)
	c.hintNewerFederation(s)
	c.validateWeft(s)
	c.dropUnjoinable(s)
}

func at(s *subgraph, pos *ast.Position) []schema.Location {
	return []schema.Location{s.location(pos)}
}

// refuseUnsupported refuses by name what would otherwise be lost on the way to
// the supergraph.
func (c *composer) refuseUnsupported(s *subgraph) {
	for _, f := range s.links.Features() {
		if f.URL.Identity == link.IdentityConnect || strings.HasPrefix(f.URL.Identity, link.IdentitySource) {
			c.fail(problem{code: codeUnsupportedFeature, coordinate: "@link", at: at(s, f.Position), fix: "Serve the data with a subgraph instead."},
				"Subgraph %q links %s: Weft does not carry out connectors.", s.Name, f.URL)
		}
	}
}

// hintNewerFederation tells about a specification that came with a newer version
// of federation than the subgraph links: Weft takes it to be of that version.
func (c *composer) hintNewerFederation(s *subgraph) {
	federation := s.links.Federation()
	if federation == nil {
		return
	}
	newest, at := federation.URL.Version, federation.Position
	for _, f := range s.links.Features() {
		if since, ok := link.FederationOf(f.URL.Identity); ok && !newest.AtLeast(since) {
			newest, at = since, f.Position
		}
	}
	if newest != federation.URL.Version {
		c.hint(hintUpgraded, "@link", []schema.Location{s.location(at)}, "Subgraph %q links federation %s and a specification that came with %s, and counts as a schema of that version.",
			s.Name, federation.URL.Version, newest)
	}
}

func quoteCoordinate(coordinate string) string {
	if coordinate == "schema" {
		return "the schema"
	}
	return fmt.Sprintf("%q", coordinate)
}

// eachElement visits everything in the subgraph that can carry a directive.
func (s *subgraph) eachElement(visit func(*element, ast.DirectiveLocation)) {
	visit(&element{sub: s, name: "schema", coordinate: "schema", directives: s.applied}, ast.LocationSchema)
	for _, t := range s.order {
		visit(&t.element, ast.DirectiveLocation(t.kind))
		fieldLocation := ast.LocationFieldDefinition
		if t.kind == ast.InputObject {
			fieldLocation = ast.LocationInputFieldDefinition
		}
		for _, f := range t.fields {
			visit(&f.element, fieldLocation)
			for _, a := range f.args {
				visit(&a.element, ast.LocationArgumentDefinition)
			}
		}
		for _, v := range t.values {
			visit(&v.element, ast.LocationEnumValue)
		}
	}
}
