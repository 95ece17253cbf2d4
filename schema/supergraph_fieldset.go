package schema

import (
	"errors"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

var errNoFieldSet = errors.New("it must be one selection set without braces")

// completeMembers fills Members of unions in documents that do not say which
// subgraph has which member.
func (l *loader) completeMembers() {
	for _, d := range l.doc.Definitions {
		if d.Kind != ast.Union || l.isMachinery(d) || len(l.out.Types[d.Name].Members) > 0 {
			continue
		}
		t := l.out.Types[d.Name]
		for _, j := range t.Joins {
			for _, m := range d.Types {
				if l.out.Types[m].In(j.Graph) {
					t.Members[j.Graph] = append(t.Members[j.Graph], m)
				}
			}
		}
	}
}

// completeValues does the same for enums.
func (l *loader) completeValues() {
	for _, d := range l.doc.Definitions {
		if d.Kind != ast.Enum || l.isMachinery(d) || len(l.out.Types[d.Name].Values) > 0 {
			continue
		}
		t := l.out.Types[d.Name]
		for _, j := range t.Joins {
			for _, v := range d.EnumValues {
				t.Values[j.Graph] = append(t.Values[j.Graph], v.Name)
			}
		}
	}
}

// checkFieldSets makes sure that keys, requires and provides select what the
// supergraph has, so that nobody needs to check that again.
func (l *loader) checkFieldSets() error {
	for _, d := range l.doc.Definitions {
		if l.isMachinery(d) {
			continue
		}
		t := l.out.Types[d.Name]
		for _, j := range t.Joins {
			for _, k := range j.Keys {
				if err := l.checkSelections(k.Selections, t, d.Position, "the key of "+t.Name+" in subgraph "+l.out.Graphs[j.Graph].Name); err != nil {
					return err
				}
			}
		}
		for _, fd := range d.Fields {
			f := t.Fields[fd.Name]
			for _, j := range f.Joins {
				if j.Requires == nil && j.Provides == nil && j.ContextArguments == nil {
					continue
				}
				where := " of " + t.Name + "." + f.Name + " in subgraph " + l.out.Graphs[j.Graph].Name
				if err := l.checkSelections(j.Requires, t, fd.Position, "requires"+where); err != nil {
					return err
				}
				if err := l.checkSelections(j.Provides, l.out.Types[fd.Type.Name()], fd.Position, "provides"+where); err != nil {
					return err
				}
				if err := l.checkContextArguments(f, &j, fd.Position, where); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (l *loader) checkSelections(set ast.SelectionSet, t *Type, at *ast.Position, where string) error {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			on := t
			if s.TypeCondition != "" {
				on = l.out.Types[s.TypeCondition]
			}
			if on == nil {
				return invalid(at, "%s names type %q, which is not in the supergraph", where, s.TypeCondition)
			}
			if len(s.Directives) > 0 {
				return invalid(at, "%s has a directive, which a field set cannot", where)
			}
			if err := l.checkSelections(s.SelectionSet, on, at, where); err != nil {
				return err
			}
		case *ast.Field:
			if err := l.checkField(s, t, at, where); err != nil {
				return err
			}
		default:
			return invalid(at, "%s spreads a named fragment, which a field set cannot", where)
		}
	}
	return nil
}

func (l *loader) checkField(s *ast.Field, t *Type, at *ast.Position, where string) error {
	if len(s.Directives) > 0 {
		return invalid(at, "%s has a directive, which a field set cannot", where)
	}
	if s.Name == "__typename" {
		return nil
	}
	f := t.Fields[s.Name]
	if f == nil {
		return invalid(at, "%s selects %s.%s, which is not in the supergraph", where, t.Name, s.Name)
	}
	child := l.out.Types[f.Definition.Type.Name()]
	composite := slices.Contains([]ast.DefinitionKind{ast.Object, ast.Interface, ast.Union}, child.Kind)
	if composite != (len(s.SelectionSet) > 0) {
		return invalid(at, "%s selects %s.%s, a value of type %s, with the wrong kind of selection", where, t.Name, s.Name, child.Name)
	}
	for _, a := range s.Arguments {
		if f.Definition.Arguments.ForName(a.Name) == nil {
			return invalid(at, "%s gives %s.%s the argument %q, which is not in the supergraph", where, t.Name, s.Name, a.Name)
		}
	}
	return l.checkSelections(s.SelectionSet, child, at, where)
}
