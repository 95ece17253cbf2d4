package compose

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// mergeInputFields keeps the fields that all declarations of an input type
// have: a field that some subgraph does not know could not be sent to it.
func (c *composer) mergeInputFields(def *ast.Definition, owners []*typeDef) {
	seen := map[string]bool{}
	kept := false
	for _, t := range owners {
		for _, f := range t.fields {
			if seen[f.name] {
				continue
			}
			seen[f.name] = true
			merged, keep := c.mergeInputField(def, owners, f.name)
			kept = kept || keep
			if merged != nil {
				def.Fields = append(def.Fields, merged)
			}
		}
	}
	if !kept {
		c.fail(problem{code: codeEmptyInput, coordinate: def.Name, at: placesOf(owners), fix: "Give it a field that all subgraphs have."},
			"No field of the input type %q is in all of %s.", def.Name, inSubgraphs(namesOf(owners)))
	}
}

// mergeInputField merges one field. keep says that all subgraphs have it; it is
// nil all the same when its types do not fit. A field that is left out has to fit
// too: its subgraphs still talk of one thing.
func (c *composer) mergeInputField(def *ast.Definition, owners []*typeDef, name string) (merged *ast.FieldDefinition, keep bool) {
	coordinate := def.Name + "." + name
	var sources []*fieldDef
	required, hidden := false, false
	for _, t := range owners {
		if f := t.byName[name]; f != nil {
			sources = append(sources, f)
			required = required || f.typ.NonNull && f.def == nil
			hidden = hidden || f.has("inaccessible")
		}
	}
	merged = &ast.FieldDefinition{Name: name}
	c.describe(&merged.Description, coordinate, elementsOf(sources))
	merged.Type = c.mergeType(coordinate, sources, inputFieldPosition)
	merged.DefaultValue = mergeDefault(c, coordinate, sources, inputFieldPosition)
	rest := without(owners, sources)
	switch {
	case len(rest) == 0 || hidden:
	case required:
		c.fail(problem{
			code: codeRequiredInputField, coordinate: coordinate, at: append(placesOf(sources), placesOf(rest)...),
			fix: "Add it everywhere, or make it nullable.",
		}, "The input field %q is required in some subgraphs but is not declared in all: it is in %s but not in %s.",
			coordinate, inSubgraphs(namesOf(sources)), inSubgraphs(namesOf(rest)))
		return nil, false
	default:
		c.hint(hintInputField, coordinate, placesOf(rest), "The input field %q is in %s but not in %s, so the supergraph does not have it.",
			coordinate, inSubgraphs(namesOf(sources)), inSubgraphs(namesOf(rest)))
		return nil, false
	}
	if merged.Type == nil {
		return nil, true
	}
	c.joinField(merged, owners, sources)
	c.mergeApplied(&merged.Directives, coordinate, elementsOf(sources))
	return merged, true
}
