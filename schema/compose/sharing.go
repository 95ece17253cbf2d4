package compose

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateSharing checks that a field of an object type which several subgraphs
// resolve is @shareable in each of them. sources are the field's declarations;
// those of interface objects count too.
func (c *composer) validateSharing(def *ast.Definition, name string, sources []*fieldDef) {
	if def.Kind != ast.Object {
		return
	}
	coordinate := def.Name + "." + name
	var resolving, unshared []*fieldDef
	var stray *fieldDef
	for _, f := range append(slices.Clip(sources), c.standIns(def, name)...) {
		if !f.resolves() {
			continue
		}
		if def.Name == "Subscription" && f.shareable {
			c.fail(problem{code: codeInvalidFieldSharing, coordinate: coordinate, at: placesOf([]*fieldDef{f}), fix: "Remove @shareable."},
				"The subscription %q is @shareable in subgraph %q, but a subscription can come from one subgraph only.", coordinate, f.sub.Name)
			return
		}
		resolving = append(resolving, f)
		if !f.shareable {
			unshared = append(unshared, f)
			if f.override.stray {
				stray = f
			}
		}
	}
	if len(resolving) < 2 || len(unshared) == 0 {
		return
	}
	extra := ""
	fix := fmt.Sprintf("Mark it @shareable in %s, or let one subgraph resolve it.", inSubgraphs(namesOf(unshared)))
	if stray != nil {
		extra = fmt.Sprintf(" (Subgraph %q overrides it from %q, which is no subgraph.)", stray.sub.Name, stray.override.from)
		fix = fmt.Sprintf("Correct the name in the @override of subgraph %q.", stray.sub.Name)
	}
	c.fail(problem{code: codeInvalidFieldSharing, coordinate: coordinate, at: placesOf(resolving), fix: fix},
		"The field %q is resolved by subgraphs %s but is not @shareable in %s.%s", coordinate, resolvers(def, resolving), quoted(namesOf(unshared)), extra)
}

// resolvers names the subgraphs of declarations, and what they stand for where
// that is not def itself.
func resolvers(def *ast.Definition, all []*fieldDef) string {
	parts := make([]string, len(all))
	for i, f := range all {
		parts[i] = strconv.Quote(f.sub.Name)
		if f.parent.name != def.Name {
			parts[i] += fmt.Sprintf(" (by the @interfaceObject %q)", f.parent.name)
		}
	}
	return listed(parts)
}
