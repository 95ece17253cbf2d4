package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateInterfaceObjects checks every @interfaceObject against the interface
// that it stands for, and the interface's keys against its implementations.
func (c *composer) validateInterfaceObjects() {
	for _, name := range c.merged.names() {
		def := c.merged.types[name]
		if def.Kind != ast.Interface {
			continue
		}
		implementations := c.merged.implementations[name]
		sources := c.merged.sources[name]
		if !slices.ContainsFunc(sources, func(t *typeDef) bool { return t.kind == ast.Interface }) {
			c.fail(problem{code: codeInterfaceObjectUsage, coordinate: name, at: placesOf(sources), fix: "Define the interface in another subgraph, or remove the @interfaceObject."},
				"The type %q is an @interfaceObject in %s, but no subgraph defines it as an interface.", name, inSubgraphs(namesOf(sources)))
		}
		for _, t := range sources {
			switch {
			case t.isInterfaceObject():
				c.validateInterfaceObject(t, implementations)
				c.validateOnInterface(t)
			case slices.ContainsFunc(t.keys, func(k *key) bool { return k.resolvable }):
				c.validateKeyedInterface(t, implementations)
			}
		}
	}
}

func (c *composer) validateInterfaceObject(t *typeDef, implementations []*ast.Definition) {
	for _, def := range implementations {
		if own := t.sub.types[def.Name]; own != nil {
			c.fail(problem{
				code: codeInterfaceObjectUsage, coordinate: t.name, at: append(placesOf([]*typeDef{t}), own.at()),
				fix: fmt.Sprintf("Remove %q from the subgraph, or define %q as an interface there.", own.name, t.name),
			}, "In subgraph %q, %q is an @interfaceObject, so the subgraph cannot define its implementation %q.", t.sub.Name, t.name, own.name)
		}
	}
}

// validateOnInterface refuses directives that the supergraph would carry on the
// interface and that can only stand on object types.
func (c *composer) validateOnInterface(t *typeDef) {
	known := shapes{t.sub, map[string]*directiveShape{}}
	for _, a := range t.directives {
		var locations []ast.DirectiveLocation
		switch d := c.custom["@"+a.local]; {
		case d != nil:
			locations = d.def.Locations
		case composed(a.name):
			locations = known.of(a).locations
		default:
			continue
		}
		if !slices.Contains(locations, ast.LocationInterface) {
			c.fail(problem{code: codeInvalidGraphQL, coordinate: t.name, at: at(t.sub, a.pos), fix: "Remove it, or put it on the implementations."},
				"In subgraph %q, @%s stands on the @interfaceObject %q, which is an interface in the supergraph: it cannot stand there.", t.sub.Name, a.local, t.name)
		}
	}
}

// validateKeyedInterface checks that a subgraph which resolves an interface by
// its key can tell all implementations apart.
func (c *composer) validateKeyedInterface(t *typeDef, implementations []*ast.Definition) {
	var missing []string
	for _, def := range implementations {
		if own := t.sub.types[def.Name]; own == nil || !own.implements(t.name) {
			missing = append(missing, def.Name)
		}
	}
	if len(missing) > 0 {
		c.fail(problem{
			code: codeInterfaceKeyMissing, coordinate: t.name, at: placesOf([]*typeDef{t}),
			fix: fmt.Sprintf("Define %s in subgraph %q and let it implement %q, or make the key resolvable: false.", quoted(missing), t.sub.Name, t.name),
		}, "The interface %q has a resolvable key in subgraph %q, but the subgraph does not have all of its implementations: it lacks %s.", t.name, t.sub.Name, quoted(missing))
	}
}

// standIns gives the fields of interface objects that answer the field for the
// object type.
func (c *composer) standIns(def *ast.Definition, name string) []*fieldDef {
	if def.Kind != ast.Object {
		return nil
	}
	var all []*fieldDef
	for _, i := range def.Interfaces {
		for _, t := range c.merged.interfaceObjects[i] {
			f := t.byName[name]
			if f != nil && f.resolves() && t.sub.types[def.Name] == nil {
				all = append(all, f)
			}
		}
	}
	return all
}

// addInterfaceObjectFields gives every implementation the fields that only
// interface objects resolve: no subgraph has them on the implementation itself,
// so their @join__field names none.
func (c *composer) addInterfaceObjectFields() {
	for _, name := range c.merged.names() {
		def := c.merged.types[name]
		if def.Kind != ast.Object {
			continue
		}
		for _, i := range def.Interfaces {
			iface := c.merged.types[i]
			if iface == nil {
				continue
			}
			for _, f := range iface.Fields {
				if def.Fields.ForName(f.Name) != nil || len(c.standIns(def, f.Name)) == 0 {
					continue
				}
				c.validateSharing(def, f.Name, nil)
				def.Fields = append(def.Fields, copyField(f))
			}
		}
	}
}

// copyField copies a merged field with everything but its join directives.
func copyField(f *ast.FieldDefinition) *ast.FieldDefinition {
	out := *f
	out.Directives = slices.DeleteFunc(slices.Clone(f.Directives), func(d *ast.Directive) bool { return strings.HasPrefix(d.Name, "join__") })
	out.Directives = append(out.Directives, directive("join__field"))
	return &out
}
