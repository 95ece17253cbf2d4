package compose

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// definedDirective is a subgraph's own definition of a directive.
type definedDirective struct {
	element
	def *ast.DirectiveDefinition
}

// mergeExecutableDirectives keeps the directives that operations can use: those
// that every subgraph defines, where every subgraph allows them.
func (c *composer) mergeExecutableDirectives() {
	all := map[string][]*definedDirective{}
	for _, s := range c.subgraphs {
		for _, d := range s.directives {
			if len(executableLocations(d)) > 0 && c.custom["@"+d.Name] == nil {
				e := element{sub: s, name: d.Name, coordinate: "@" + d.Name, description: d.Description, pos: d.Position}
				all[d.Name] = append(all[d.Name], &definedDirective{e, d})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if merged := c.mergeExecutable("@"+name, all[name]); merged != nil {
			merged.Name = name
			c.merged.directives = append(c.merged.directives, merged)
		}
	}
}

func (c *composer) mergeExecutable(coordinate string, sources []*definedDirective) *ast.DirectiveDefinition {
	if len(sources) < len(c.subgraphs) {
		c.hint(hintExecutablePresence, coordinate, placesOf(sources), "The directive %q is only in %s, so the supergraph does not have it: operations can use what all subgraphs define.",
			coordinate, inSubgraphs(namesOf(sources)))
		return nil
	}
	merged := &ast.DirectiveDefinition{Locations: executableLocations(sources[0].def), IsRepeatable: true}
	sameLocations, sameRepeatable := true, true
	for _, d := range sources {
		own := executableLocations(d.def)
		sameLocations = sameLocations && len(own) == len(merged.Locations)
		merged.Locations = slices.DeleteFunc(merged.Locations, func(l ast.DirectiveLocation) bool { return !slices.Contains(own, l) })
		sameLocations = sameLocations && len(own) == len(merged.Locations)
		sameRepeatable = sameRepeatable && d.def.IsRepeatable == sources[0].def.IsRepeatable
		merged.IsRepeatable = merged.IsRepeatable && d.def.IsRepeatable
	}
	if len(merged.Locations) == 0 {
		c.hint(hintNoExecutable, coordinate, placesOf(sources), "The directive %q has no location that all subgraphs allow, so the supergraph does not have it.", coordinate)
		return nil
	}
	if !sameRepeatable {
		c.hint(hintExecutableRepeatable, coordinate, placesOf(sources), "The directive %q is repeatable in some subgraphs only, so it is not in the supergraph.", coordinate)
	}
	if !sameLocations {
		c.hint(hintExecutableLocations, coordinate, placesOf(sources), "The locations of the directive %q differ between subgraphs; the supergraph has the common ones.", coordinate)
	}
	c.describe(&merged.Description, coordinate, elementsOf(sources))
	fields := make([]*fieldDef, len(sources))
	for i, d := range sources {
		fields[i] = d.asField()
	}
	merged.Arguments = c.mergeArguments(coordinate, fields)
	return merged
}

// asField gives the directive as a field with its arguments, which merge as
// those of fields do.
func (d *definedDirective) asField() *fieldDef {
	f := &fieldDef{element: d.element}
	for _, a := range d.def.Arguments {
		own := element{
			sub: d.sub, name: a.Name, coordinate: d.coordinate + "(" + a.Name + ":)", description: a.Description, pos: a.Position,
			directives: d.sub.onArguments[a],
		}
		f.args = append(f.args, &argDef{element: own, typ: a.Type, def: a.DefaultValue})
	}
	return f
}

func executableLocations(d *ast.DirectiveDefinition) []ast.DirectiveLocation {
	return slices.DeleteFunc(slices.Clone(d.Locations), func(l ast.DirectiveLocation) bool {
		switch l {
		case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField,
			ast.LocationFragmentDefinition, ast.LocationFragmentSpread, ast.LocationInlineFragment, ast.LocationVariableDefinition:
			return false
		}
		return true
	})
}
