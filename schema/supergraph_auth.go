package schema

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// deny marks the fields that authorization guards: by a directive on the field,
// on its type, or on the type of its value. A field that an interface object
// gives to an implementation is guarded as the interface's is, whether or not
// the supergraph repeats that on the implementation.
func (l *loader) deny() {
	guarded := map[string]bool{}
	for _, d := range l.doc.Definitions {
		if l.guards(d.Directives) {
			guarded[d.Name] = true
		}
	}
	for _, d := range l.doc.Definitions {
		if l.isMachinery(d) || d.Kind != ast.Object && d.Kind != ast.Interface {
			continue
		}
		for _, f := range d.Fields {
			field := l.out.Types[d.Name].Fields[f.Name]
			field.Denied = guarded[d.Name] || guarded[f.Type.Name()] || l.guards(f.Directives) ||
				len(field.Joins) == 0 && l.guardedByInterface(d, f.Name)
		}
	}
}

func (l *loader) guardedByInterface(d *ast.Definition, field string) bool {
	return slices.ContainsFunc(d.Interfaces, func(name string) bool {
		i := l.definitions[name]
		if i == nil {
			return false
		}
		f := i.Fields.ForName(field)
		return f != nil && l.guards(f.Directives)
	})
}

// guards reports whether a directive among ds is one of authorization.
func (l *loader) guards(ds ast.DirectiveList) bool {
	return l.features.has(ds, "authenticated", "authenticated") ||
		l.features.has(ds, "requiresScopes", "requiresScopes") ||
		l.features.has(ds, "policy", "policy")
}
