package schema

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Federation 1's join v0.1 says less than its successors: a type that no
// subgraph owns (a value type, an enum, an interface) is in every subgraph that
// uses it, and a field without @join__field belongs to its type's owner. The
// functions here write that down as later versions would.

// placeV01 gives each type without @join__type a Join in every subgraph that
// can reach it.
func (l *loader) placeV01() {
	free := map[string]bool{}
	for _, d := range l.doc.Definitions {
		if !l.isMachinery(d) && len(l.out.Types[d.Name].Joins) == 0 {
			free[d.Name] = true
		}
	}
	reached := make([]map[string]bool, len(l.out.Graphs))
	for g := range l.out.Graphs {
		reached[g] = map[string]bool{}
		for _, root := range []*ast.Definition{l.out.Schema.Query, l.out.Schema.Mutation, l.out.Schema.Subscription} {
			if root != nil {
				l.reachV01(g, root.Name, free, reached[g])
			}
		}
		for name, t := range l.out.Types {
			if t.In(g) {
				l.reachV01(g, name, free, reached[g])
			}
		}
	}
	for name := range free {
		t := l.out.Types[name]
		for g := range l.out.Graphs {
			if reached[g][name] {
				t.Joins = append(t.Joins, Join{Graph: g})
			}
		}
	}
}

// reachV01 marks the types that one subgraph can come to from a type of its own.
func (l *loader) reachV01(g int, name string, free, reached map[string]bool) {
	t := l.out.Types[name]
	if t == nil || reached[name] || !free[name] && !t.In(g) {
		return
	}
	reached[name] = true
	for _, f := range t.Definition.Fields {
		if !l.fieldInV01(g, t, f.Name, free[name]) {
			continue
		}
		l.reachV01(g, f.Type.Name(), free, reached)
		for _, a := range f.Arguments {
			l.reachV01(g, a.Type.Name(), free, reached)
		}
	}
	if t.Kind == ast.Interface || t.Kind == ast.Union {
		for o := range t.Possible.All() {
			l.reachV01(g, l.out.Objects[o].Name, free, reached)
		}
	}
}

// fieldInV01 reports whether a subgraph resolves a field by itself.
func (l *loader) fieldInV01(g int, t *Type, field string, free bool) bool {
	d := l.definitions[t.Name]
	if d == nil || d.Fields.ForName(field) == nil {
		return false // introspection
	}
	said, owner := false, -1
	for _, a := range d.Directives {
		if l.features.join(a) == "owner" {
			owner, _ = l.graphArgument(a, t.Name)
		}
	}
	for _, a := range d.Fields.ForName(field).Directives {
		if l.features.join(a) != "field" || a.Arguments.ForName("graph") == nil {
			continue
		}
		said = true
		if in, err := l.graphArgument(a, t.Name); err == nil && in == g {
			return true
		}
	}
	return !said && (free || owner == g || owner < 0 && t.In(g))
}

// placeFieldsV01 applies v0.1's rule of absence to the fields of owned types,
// and says that every subgraph has the fields of its own keys and what it provides.
func (l *loader) placeFieldsV01() {
	for _, d := range l.doc.Definitions {
		if l.isMachinery(d) {
			continue
		}
		t := l.out.Types[d.Name]
		for _, f := range t.Fields {
			f.Joins = slices.DeleteFunc(f.Joins, func(j FieldJoin) bool {
				return !l.fieldInV01(j.Graph, t, f.Name, !l.ownedV01(d))
			})
		}
		for _, i := range d.Interfaces {
			for _, j := range t.Joins {
				if l.out.Types[i].In(j.Graph) && !slices.Contains(t.Interfaces[j.Graph], i) {
					t.Interfaces[j.Graph] = append(t.Interfaces[j.Graph], i)
				}
			}
		}
	}
	for _, d := range l.doc.Definitions {
		if l.isMachinery(d) {
			continue
		}
		t := l.out.Types[d.Name]
		for _, j := range t.Joins {
			for _, k := range j.Keys {
				l.placeSetV01(j.Graph, t, k.Selections, false)
			}
		}
	}
	for _, d := range l.doc.Definitions {
		if l.isMachinery(d) {
			continue
		}
		for _, f := range l.out.Types[d.Name].Fields {
			for _, j := range f.Joins {
				if to := l.out.Types[f.Definition.Type.Name()]; to != nil {
					l.placeSetV01(j.Graph, to, j.Provides, true)
				}
			}
		}
	}
}

func (l *loader) ownedV01(d *ast.Definition) bool {
	return slices.ContainsFunc(d.Directives, func(a *ast.Directive) bool {
		own := l.features.join(a)
		return own == "owner" || own == "type"
	})
}

// placeSetV01 says that a subgraph has the fields of a field set: those of its
// keys, and as external ones those that it provides.
func (l *loader) placeSetV01(g int, t *Type, set ast.SelectionSet, external bool) {
	for _, s := range set {
		if i, ok := s.(*ast.InlineFragment); ok {
			on := t
			if named := l.out.Types[i.TypeCondition]; named != nil {
				on = named
			}
			l.placeSetV01(g, on, i.SelectionSet, external)
			continue
		}
		f, ok := s.(*ast.Field)
		if !ok || t.Fields[f.Name] == nil {
			continue
		}
		field := t.Fields[f.Name]
		if field.Join(g) == nil {
			field.Joins = append(field.Joins, FieldJoin{Graph: g, External: external})
			slices.SortFunc(field.Joins, func(a, b FieldJoin) int { return a.Graph - b.Graph })
		}
		child := l.out.Types[field.Definition.Type.Name()]
		if len(f.SelectionSet) == 0 || child == nil {
			continue
		}
		if !child.In(g) {
			child.Joins = append(child.Joins, Join{Graph: g})
			slices.SortFunc(child.Joins, func(a, b Join) int { return a.Graph - b.Graph })
		}
		l.placeSetV01(g, child, f.SelectionSet, external)
	}
}
