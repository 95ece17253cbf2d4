package schema

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Supergraph is a composed graph, read from supergraph SDL of the join
// specification v0.1 to v0.5. It is immutable: every package that runs on it
// shares one value.
type Supergraph struct {
	// SDL is the document that it was read from.
	SDL string
	// Graphs are the subgraphs, by the order of the join__Graph enum. An index
	// into it identifies a subgraph wherever plans and graphs are compiled.
	Graphs []Graph
	// Objects are the object types, sorted by name. A [TypeSet] holds indexes
	// into it.
	Objects []*Type
	// Types are all types by name, @inaccessible ones included, federation's own
	// machinery excluded. GraphQL's own scalars and introspection types are here,
	// too, with no Joins.
	Types map[string]*Type
	// Schema has all Types as gqlparser knows them: what plans are made on.
	Schema *ast.Schema
	// API is what clients see and are validated against: Schema without what is
	// @inaccessible and without federation's directives.
	API *ast.Schema
	// Contexts are, by the name of a context, the object types whose values set it:
	// those with @context, and those of an interface or a union with it.
	Contexts map[string]TypeSet
}

// Graph is one subgraph of a supergraph.
type Graph struct {
	// Name is the subgraph's name as its team gave it (@join__graph(name:)).
	Name string
	// EnumValue is its value of the join__Graph enum.
	EnumValue string
	// URL is its routing URL; the gateway's configuration may override it.
	URL string
}

// Type is a type of the supergraph with what the join directives say of it.
type Type struct {
	Name string
	Kind ast.DefinitionKind
	// Object is the index in [Supergraph.Objects], or -1 where Kind is not OBJECT.
	Object int
	// Possible holds the object types that a value of a composite type can have:
	// the implementations, the members, or the type itself.
	Possible TypeSet
	// Definition is the type in [Supergraph.Schema].
	Definition *ast.Definition
	// Joins says in which subgraphs the type is, in the order of Graphs; a graph
	// where it has several keys has one Join with all of them.
	Joins []Join
	// Fields are the fields of an object, interface or input object by name.
	Fields map[string]*Field
	// Interfaces are, for each graph, the interfaces that the type implements there.
	Interfaces map[int][]string
	// Members are, for each graph, the union's members there.
	Members map[int][]string
	// Values are, for each graph, the enum's values there.
	Values map[int][]string
	// Directives are the subgraphs' directives on the type that travelled through
	// composition (@join__directive).
	Directives []GraphDirective
}

// GraphDirective is a directive that some subgraphs applied to an element and
// that composition carried along for the gateway (@join__directive).
type GraphDirective struct {
	Graphs    []int
	Name      string
	Arguments ast.ChildValueList
}

// Join is a type's presence in one subgraph (@join__type).
type Join struct {
	Graph int
	Keys  []Key
	// InterfaceObject is set where the supergraph's interface is an object type
	// in this subgraph (@interfaceObject).
	InterfaceObject bool
}

// Key is an entity key of a type in one subgraph.
type Key struct {
	// Fields is the key's selection set without braces: "id organization { id }".
	Fields string
	// Selections is Fields, parsed.
	Selections ast.SelectionSet
	// Resolvable is false where the subgraph can name the entity by this key but
	// not resolve it.
	Resolvable bool
}

// Field is a field of the supergraph with what the join directives say of it.
type Field struct {
	Name string
	// Definition is the field in [Supergraph.Schema].
	Definition *ast.FieldDefinition
	// Joins says which subgraphs have the field, in the order of Graphs. The
	// rule of absence is applied: a field without @join__field is in every graph
	// of its type, and one whose only @join__field names no graph is in none.
	Joins []FieldJoin
	// Directives are the subgraphs' directives on the field that travelled through
	// composition (@join__directive).
	Directives []GraphDirective
	// Denied is set where authorization guards the field, its type or the type of
	// its value and nothing enforces that ([LoadOptions.DenyUnenforced]): the field
	// is never asked for, and is null in every answer.
	Denied bool
}

// FieldJoin is a field's presence in one subgraph (@join__field).
type FieldJoin struct {
	Graph int
	// Type is the field's type in this subgraph where it differs from the
	// supergraph's; nil otherwise.
	Type *ast.Type
	// Requires and Provides are field sets, nil where there are none.
	Requires, Provides ast.SelectionSet
	// External fields are named by the subgraph but resolved elsewhere: it can
	// give them only where a @provides on the way says so, or as its own key.
	External bool
	// Override names the subgraph that the field was taken from; OverrideLabel
	// decides per request where it is not empty.
	Override, OverrideLabel string
	// UsedOverridden is set where the field moved away by @override but the
	// subgraph still needs it in a field set; it is then treated as External.
	UsedOverridden bool
	// ContextArguments are the arguments that the subgraph wants from a context.
	ContextArguments []ContextArgument
}

// Graph finds a subgraph's index by its name.
func (s *Supergraph) Graph(name string) (int, bool) {
	i := slices.IndexFunc(s.Graphs, func(g Graph) bool { return g.Name == name })
	return i, i >= 0
}

// In reports whether the subgraph has the type.
func (t *Type) In(graph int) bool { return t.Join(graph) != nil }

// Join gives the type's presence in a subgraph, or nil.
func (t *Type) Join(graph int) *Join {
	for i := range t.Joins {
		if t.Joins[i].Graph == graph {
			return &t.Joins[i]
		}
	}
	return nil
}

// Join gives the field's presence in a subgraph, or nil.
func (f *Field) Join(graph int) *FieldJoin {
	for i := range f.Joins {
		if f.Joins[i].Graph == graph {
			return &f.Joins[i]
		}
	}
	return nil
}
