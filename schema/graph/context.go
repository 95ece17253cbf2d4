package graph

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// ContextArgument is an argument that a subgraph wants for a field from a context.
type ContextArgument struct {
	Name string
	// Variable numbers arguments by value and type: it is equal for those that one
	// variable can carry.
	Variable int
	// Type is the argument's type in the subgraph.
	Type  *ast.Type
	Value *ContextValue
}

// ContextValue is what contextual arguments take from the nearest object above
// that sets a context. Arguments that take the same share one value.
type ContextValue struct {
	// ID is the value's index in [Graph.ContextValues].
	ID int
	// Context is the context's name in the supergraph, Selection what is read.
	Context, Selection string
	// On are the object types that set the context.
	On schema.TypeSet
	// sets are what is read of an object, by object type.
	sets map[int]*FieldSet
}

// Set is what is read of an object of a type that sets the context: one field,
// which may have one below it, and so on. It is empty where the selection has
// nothing for the type: the value is then null.
func (v *ContextValue) Set(object int) *FieldSet { return v.sets[object] }

// ContextValues are all that contextual arguments take.
func (g *Graph) ContextValues() []*ContextValue { return g.contextValues }

// Conditional reports whether the subgraph resolves the field only where it is
// sent something for it besides a key: what the field requires, or values from
// contexts. It has to be asked for entities then.
func (e *Edge) Conditional() bool { return e.Requires != nil || len(e.Contexts) > 0 }

// numberContexts gives values and arguments their numbers in the order of the
// types and fields, so that plans name them alike every time.
func (g *Graph) numberContexts(types []string) error {
	for _, name := range types {
		t := g.Types[name]
		if t == nil {
			continue
		}
		for _, d := range t.Definition.Fields {
			f := t.Fields[d.Name]
			if f == nil {
				continue // introspection's
			}
			for _, j := range f.Joins {
				if _, err := g.contexts(j.ContextArguments); err != nil {
					return fmt.Errorf("a contextual argument of %s.%s: %w", name, d.Name, err)
				}
			}
		}
	}
	return nil
}

// contexts compiles the contextual arguments of a field.
func (g *Graph) contexts(args []schema.ContextArgument) ([]*ContextArgument, error) {
	var out []*ContextArgument
	for _, a := range args {
		v, err := g.contextValue(a)
		if err != nil {
			return nil, err
		}
		key := fmt.Sprintf("%d %s", v.ID, a.Type)
		n, known := g.variables[key]
		if !known {
			n = len(g.variables)
			g.variables[key] = n
		}
		out = append(out, &ContextArgument{Name: a.Name, Variable: n, Type: a.Type, Value: v})
	}
	return out, nil
}

func (g *Graph) contextValue(a schema.ContextArgument) (*ContextValue, error) {
	key := a.Context + " " + a.Selection
	if v := g.values[key]; v != nil {
		return v, nil
	}
	v := &ContextValue{
		ID: len(g.contextValues), Context: a.Context, Selection: a.Selection,
		On: g.Supergraph.Contexts[a.Context], sets: map[int]*FieldSet{},
	}
	for o := range v.On.All() {
		if g.objects[o] == nil {
			continue
		}
		all, err := g.fieldSet(g.objects[o], a.Selections)
		if err != nil {
			return nil, err
		}
		set := &FieldSet{}
		for _, u := range all.Fields {
			if u.On == nil || u.On.Has(o) {
				own := *u
				own.On = nil
				set.Fields = append(set.Fields, &own)
			}
		}
		v.sets[o] = set
	}
	g.values[key] = v
	g.contextValues = append(g.contextValues, v)
	return v, nil
}
