package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema/link"
)

// directiveShape is what the use of a directive is checked against.
type directiveShape struct {
	args       []directiveArg
	locations  []ast.DirectiveLocation
	repeatable bool
}

type directiveArg struct {
	name     string
	typ      *ast.Type
	required bool
}

// shapes caches the shapes of one subgraph's directives.
type shapes struct {
	s     *subgraph
	found map[string]*directiveShape
}

// validateDirectives checks that every directive exists, stands where it may,
// as often as it may, with the arguments that it has.
func (c *composer) validateDirectives(s *subgraph) {
	known := shapes{s, map[string]*directiveShape{}}
	s.eachElement(func(e *element, location ast.DirectiveLocation) {
		if len(e.directives) == 0 {
			return
		}
		count := map[string]int{}
		for _, a := range e.directives {
			shape := known.of(a)
			if shape == nil {
				c.unknownDirective(s, e, a)
				continue
			}
			count[a.local]++
			c.validateApplication(s, e, a, shape, location)
			if count[a.local] == 2 && !shape.repeatable && a.name != "shareable" {
				c.repeated(s, e, a)
			}
		}
	})
}

func (c *composer) repeated(s *subgraph, e *element, a *applied) {
	c.fail(problem{code: codeInvalidGraphQL, coordinate: e.coordinate, at: at(s, a.pos), fix: "Keep one."},
		"In subgraph %q, %s has @%s more than once.", s.Name, quoteCoordinate(e.coordinate), a.local)
}

func (c *composer) unknownDirective(s *subgraph, e *element, a *applied) {
	fix := "Define it, or correct the name."
	name := a.local[strings.LastIndex(a.local, "__")+1:]
	name = strings.TrimPrefix(name, "_")
	if since, ok := link.Since(name); ok {
		switch f := s.links.Federation(); {
		case f == nil:
			fix = fmt.Sprintf("Link federation %s or later and import %q.", since, "@"+name)
		case !f.URL.Version.AtLeast(since):
			fix = fmt.Sprintf("Link federation %s or later, which has it, instead of %s.", since, f.URL.Version)
		default:
			fix = fmt.Sprintf("Import it from federation, or write @%s.", strings.TrimPrefix(f.Local("@"+name), "@"))
		}
	}
	c.fail(problem{code: codeInvalidGraphQL, coordinate: e.coordinate, at: at(s, a.pos), fix: fix},
		"In subgraph %q, %s has the directive @%s, which is not known.", s.Name, quoteCoordinate(e.coordinate), a.local)
}

func (c *composer) validateApplication(s *subgraph, e *element, a *applied, shape *directiveShape, location ast.DirectiveLocation) {
	if !slices.Contains(shape.locations, location) {
		if a.name == "external" && location == ast.LocationInterface {
			return // EXTERNAL_ON_INTERFACE says it better
		}
		c.fail(problem{code: codeInvalidGraphQL, coordinate: e.coordinate, at: at(s, a.pos), fix: "Remove it."},
			"In subgraph %q, @%s cannot stand on %s.", s.Name, a.local, quoteCoordinate(e.coordinate))
	}
	seen := map[string]bool{}
	for _, arg := range a.args {
		i := slices.IndexFunc(shape.args, func(d directiveArg) bool { return d.name == arg.Name })
		switch {
		case i < 0:
			c.fail(problem{code: codeInvalidGraphQL, coordinate: e.coordinate, at: at(s, arg.Position), fix: "Remove it, or correct the name."},
				"In subgraph %q, @%s on %s has the argument %q, which is not known.", s.Name, a.local, quoteCoordinate(e.coordinate), arg.Name)
			continue
		case seen[arg.Name]:
			c.fail(problem{code: codeInvalidGraphQL, coordinate: e.coordinate, at: at(s, arg.Position), fix: "Keep one."},
				"In subgraph %q, @%s on %s has the argument %q twice.", s.Name, a.local, quoteCoordinate(e.coordinate), arg.Name)
		}
		seen[arg.Name] = true
		if fieldSetDirective(a.name) && arg.Name == "fields" {
			continue // bindFieldSet checks it, with its own codes
		}
		if reason := s.checkValue(arg.Value, shape.args[i].typ, c.options.MaxDepth); reason != "" {
			c.fail(problem{code: codeInvalidGraphQL, coordinate: e.coordinate, at: at(s, arg.Position), fix: "Correct the value."},
				"In subgraph %q, the argument %q of @%s on %s does not fit: %s.", s.Name, arg.Name, a.local, quoteCoordinate(e.coordinate), reason)
		}
	}
	for _, d := range shape.args {
		if d.required && !seen[d.name] {
			c.fail(problem{code: codeInvalidGraphQL, coordinate: e.coordinate, at: at(s, a.pos), fix: fmt.Sprintf("Add %s: %s.", d.name, d.typ)},
				"In subgraph %q, @%s on %s lacks the argument %q.", s.Name, a.local, quoteCoordinate(e.coordinate), d.name)
		}
	}
}

func fieldSetDirective(name string) bool {
	return name == "key" || name == "requires" || name == "provides"
}

// of gives the shape of the directive, or nil when there is none.
func (k shapes) of(a *applied) *directiveShape {
	if shape, ok := k.found[a.local]; ok {
		return shape
	}
	shape := k.find(a)
	k.found[a.local] = shape
	return shape
}

func (k shapes) find(a *applied) *directiveShape {
	if a.name != "" && a.name != "cacheControl" {
		if shape := standardShape(a.name); shape != nil {
			return shape
		}
		if a.feature != nil {
			return specShape(a.feature.Spec.Directive(a.name))
		}
		// Without a link the directive is federation 1's, or stands there by
		// the upgrade from it.
		spec := link.SpecOf(link.URL{Identity: link.IdentityFederation, Version: link.LatestFederation()})
		return specShape(spec.Directive(a.name))
	}
	for _, d := range k.s.directives {
		if d.Name == a.local {
			return definedShape(d)
		}
	}
	return nil
}

func definedShape(d *ast.DirectiveDefinition) *directiveShape {
	shape := &directiveShape{locations: d.Locations, repeatable: d.IsRepeatable}
	for _, arg := range d.Arguments {
		shape.args = append(shape.args, directiveArg{arg.Name, arg.Type, arg.Type.NonNull && arg.DefaultValue == nil})
	}
	return shape
}

func specShape(d *link.Directive) *directiveShape {
	if d == nil {
		return nil
	}
	shape := &directiveShape{locations: d.Locations, repeatable: d.Repeatable}
	for _, arg := range d.Arguments {
		typ := parseType(arg.Type)
		shape.args = append(shape.args, directiveArg{arg.Name, typ, typ.NonNull && arg.Default == ""})
	}
	return shape
}

// standardShape gives the shape of GraphQL's own type system directives.
func standardShape(name string) *directiveShape {
	switch name {
	case "deprecated":
		return &directiveShape{
			args:      []directiveArg{{"reason", ast.NamedType("String", nil), false}},
			locations: []ast.DirectiveLocation{ast.LocationFieldDefinition, ast.LocationArgumentDefinition, ast.LocationInputFieldDefinition, ast.LocationEnumValue},
		}
	case "specifiedBy":
		return &directiveShape{args: []directiveArg{{"url", ast.NonNullNamedType("String", nil), true}}, locations: []ast.DirectiveLocation{ast.LocationScalar}}
	case "oneOf":
		return &directiveShape{locations: []ast.DirectiveLocation{ast.LocationInputObject}}
	case "skip", "include", "defer", "stream":
		return &directiveShape{}
	}
	return nil
}

// parseType reads a type that is written in this program; it gives String for
// one that cannot be read.
func parseType(text string) *ast.Type {
	doc, err := parser.ParseSchema(&ast.Source{Input: "type T { f: " + text + " }"})
	if err != nil || len(doc.Definitions) != 1 || len(doc.Definitions[0].Fields) != 1 {
		return ast.NamedType("String", nil)
	}
	return doc.Definitions[0].Fields[0].Type
}
