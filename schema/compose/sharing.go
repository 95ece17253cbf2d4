package compose

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateSharing checks that a field which several subgraphs resolve is
// @shareable in each of them. own are the declarations that are not external,
// sources all.
func (c *composer) validateSharing(def *ast.Definition, own, sources []*fieldDef) {
	if def.Kind != ast.Object {
		return
	}
	coordinate := def.Name + "." + sources[0].name
	if def.Name == "Subscription" {
		for _, f := range own {
			if f.shareable {
				c.fail(problem{code: codeInvalidFieldSharing, coordinate: coordinate, at: placesOf([]*fieldDef{f}), fix: "Remove @shareable."},
					"The subscription %q is @shareable in subgraph %q, but a subscription can come from one subgraph only.", coordinate, f.sub.Name)
				return
			}
		}
	}
	var resolving, unshared []*fieldDef
	var stray *fieldDef
	for _, f := range sources {
		if !f.resolves() {
			continue
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
		"The field %q is resolved by %s but is not @shareable in %s.%s", coordinate, inSubgraphs(namesOf(resolving)), quoted(namesOf(unshared)), extra)
}
