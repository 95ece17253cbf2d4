package schema

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// deny marks the fields that authorization guards: by a directive on the field,
// on its type, or on the type of its value. A field that an interface object
// gives to an implementation is guarded as the interface's is, whether or not
// the supergraph repeats that on the implementation.
func (l *loader) deny() {
	if !slices.ContainsFunc(l.features, (*feature).isAuthorization) {
		return
	}
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

// isAuthorization reports whether the specification guards who may have what.
func (f *feature) isAuthorization() bool {
	name, ok := strings.CutPrefix(f.identity, apolloSpecs)
	return ok && (name == "authenticated" || name == "requiresScopes" || name == "policy")
}

// guards reports whether a directive among ds is one of authorization.
func (l *loader) guards(ds ast.DirectiveList) bool {
	return slices.ContainsFunc(ds, func(d *ast.Directive) bool {
		f, own := l.features.directive(d.Name)
		return f != nil && f.isAuthorization() && strings.HasSuffix(f.identity, "/"+own)
	})
}
