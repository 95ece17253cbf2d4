package compose

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// mergeArguments keeps the arguments that all of the field's declarations have.
func (c *composer) mergeArguments(coordinate string, fields []*fieldDef) ast.ArgumentDefinitionList {
	var merged ast.ArgumentDefinitionList
	seen := map[string]bool{}
	for _, f := range fields {
		for _, a := range f.args {
			if seen[a.name] {
				continue
			}
			seen[a.name] = true
			if arg := c.mergeArgument(fmt.Sprintf("%s(%s:)", coordinate, a.name), fields, a.name); arg != nil {
				merged = append(merged, arg)
			}
		}
	}
	return merged
}

func (c *composer) mergeArgument(coordinate string, fields []*fieldDef, name string) *ast.ArgumentDefinition {
	var sources []*argDef
	required := false
	for _, f := range fields {
		if a := f.arg(name); a != nil {
			sources = append(sources, a)
			required = required || a.typ.NonNull && a.def == nil
		}
	}
	if c.mergeContextual(coordinate, sources) {
		return nil
	}
	if rest := without(fields, sources); len(rest) > 0 {
		if required {
			c.fail(problem{
				code: codeRequiredArgument, coordinate: coordinate, at: append(placesOf(sources), placesOf(rest)...),
				fix: "Add it everywhere, or make it nullable.",
			}, "The argument %q is required in some subgraphs but is not declared in all: it is in %s but not in %s.",
				coordinate, inSubgraphs(namesOf(sources)), inSubgraphs(namesOf(rest)))
			return nil
		}
		c.hint(hintArgumentPresence, coordinate, placesOf(rest), "The argument %q is in %s but not in %s, so the supergraph does not have it.",
			coordinate, inSubgraphs(namesOf(sources)), inSubgraphs(namesOf(rest)))
		return nil
	}
	typ := mergeTypes(c, coordinate, sources, argumentPosition)
	def := mergeDefault(c, coordinate, sources, argumentPosition)
	if typ == nil {
		return nil
	}
	arg := &ast.ArgumentDefinition{Name: name, Type: typ, DefaultValue: def}
	c.describe(&arg.Description, coordinate, elementsOf(sources))
	c.mergeApplied(&arg.Directives, coordinate, elementsOf(sources))
	return arg
}
