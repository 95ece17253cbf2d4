package graph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// FieldSet is a key's, @requires' or @provides' selection, fragments expanded.
type FieldSet struct {
	Fields []*FieldUse
}

// FieldUse is one field of a FieldSet.
type FieldUse struct {
	Name       string
	Arguments  ast.ArgumentList
	Definition *ast.FieldDefinition
	// On are the object types that the field is selected for; nil means all.
	On schema.TypeSet
	// Type is the type of a composite value, Set what is selected of it; nil for a leaf.
	Type *Type
	Set  *FieldSet
}

// fieldSet compiles a parsed field set on a type; nil stays nil.
func (g *Graph) fieldSet(t *Type, selections ast.SelectionSet) (*FieldSet, error) {
	if selections == nil {
		return nil, nil
	}
	s := &FieldSet{}
	if err := g.addSelections(s, t, nil, selections); err != nil {
		return nil, err
	}
	g.Nesting = max(g.Nesting, s.nesting())
	return s, nil
}

// nesting is how many fields stand inside each other, the leaf left out.
func (s *FieldSet) nesting() int {
	n := 0
	for _, u := range s.Fields {
		if u.Set != nil {
			n = max(n, 1+u.Set.nesting())
		}
	}
	return n
}

func (g *Graph) addSelections(s *FieldSet, t *Type, on schema.TypeSet, selections ast.SelectionSet) error {
	for _, sel := range selections {
		switch sel := sel.(type) {
		case *ast.InlineFragment:
			inner, narrowed := t, on
			if sel.TypeCondition != "" {
				inner = g.Types[sel.TypeCondition]
				if inner == nil {
					return fmt.Errorf("type %s is in no subgraph", sel.TypeCondition)
				}
				if narrowed = inner.Possible; on != nil {
					narrowed = on.And(inner.Possible)
				}
			}
			if err := g.addSelections(s, inner, narrowed, sel.SelectionSet); err != nil {
				return err
			}
		case *ast.Field:
			use, err := g.fieldUse(t, on, sel)
			if err != nil {
				return err
			}
			s.Fields = append(s.Fields, use)
		}
	}
	return nil
}

func (g *Graph) fieldUse(t *Type, on schema.TypeSet, sel *ast.Field) (*FieldUse, error) {
	use := &FieldUse{Name: sel.Name, Arguments: sel.Arguments, On: on}
	if sel.Name == "__typename" {
		return use, nil
	}
	f := t.Fields[sel.Name]
	if f == nil {
		return nil, fmt.Errorf("%s has no field %s", t.Name, sel.Name)
	}
	use.Definition = f.Definition
	if len(sel.SelectionSet) == 0 {
		return use, nil
	}
	if use.Type = g.Types[f.Definition.Type.Name()]; use.Type == nil {
		return nil, fmt.Errorf("type %s of %s.%s is in no subgraph", f.Definition.Type.Name(), t.Name, sel.Name)
	}
	var err error
	use.Set, err = g.fieldSet(use.Type, sel.SelectionSet)
	return use, err
}

// String gives the field set in normal form, for comparison and for people.
func (s *FieldSet) String() string {
	var b strings.Builder
	for i, u := range s.Fields {
		if i > 0 {
			b.WriteByte(' ')
		}
		if u.On != nil {
			fmt.Fprintf(&b, "on%v:", []uint64(u.On))
		}
		b.WriteString(u.Name)
		if len(u.Arguments) > 0 {
			b.WriteByte('(')
			for _, a := range u.Arguments {
				fmt.Fprintf(&b, "%s:%s ", a.Name, a.Value.String())
			}
			b.WriteByte(')')
		}
		if u.Set != nil {
			b.WriteString(" { " + u.Set.String() + " }")
		}
	}
	return b.String()
}

// Below gives what the set selects below a field of some object types; provided
// is false where it does not select the field for all of them.
func (s *FieldSet) Below(field string, on schema.TypeSet) (below *FieldSet, provided bool) {
	for _, u := range s.Fields {
		if u.Name == field && (u.On == nil || on.SubsetOf(u.On)) {
			provided = true
			switch {
			case u.Set == nil:
			case below == nil:
				below = u.Set
			default:
				below = &FieldSet{Fields: append(append([]*FieldUse(nil), below.Fields...), u.Set.Fields...)}
			}
		}
	}
	return below, provided
}

// Gives are the object types for which the set selects a field.
func (s *FieldSet) Gives(field string, all schema.TypeSet) schema.TypeSet {
	var types schema.TypeSet
	for _, u := range s.Fields {
		if u.Name != field {
			continue
		}
		if u.On == nil {
			return all
		}
		types = types.Or(u.On.And(all))
	}
	return types
}
