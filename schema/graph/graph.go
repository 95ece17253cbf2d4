// Package graph compiles a supergraph into the graph that operations are
// planned on: for each subgraph the types it has, the fields it resolves and
// how, and the keys by which entities can be moved to it.
//
// The graph says what is possible and chooses nothing: package planner walks
// it for an operation, and composition will walk it to prove that every
// operation can be planned.
package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// Graph is a supergraph compiled for planning. It is immutable and safe for
// concurrent use.
type Graph struct {
	Supergraph *schema.Supergraph
	// Types are the composite types by name, introspection's excluded.
	Types map[string]*Type
	// Labels are the labels of progressive @override, sorted; an index into it
	// identifies a label in [Edge].
	Labels []string
	// Nesting is how many fields stand inside each other in the deepest field set.
	Nesting int

	objects []*Type
	// direct holds, for each subgraph and field name, the object types whose field
	// the subgraph resolves without any condition.
	direct []map[string]schema.TypeSet
	// contextValues are what contextual arguments take; values finds them by
	// context and selection.
	contextValues []*ContextValue
	values        map[string]*ContextValue
	// variables are the numbers of contextual arguments.
	variables map[string]int
	// labelled holds the same for fields that a label decides about.
	labelled      []map[string][]*Edge
	labelledNames map[string]bool
}

// Type is a composite type of the supergraph.
type Type struct {
	*schema.Type
	// nodes holds the type in each subgraph, nil where it is not.
	nodes []*Node
	// Hubs are the keys by which values of an object type can be moved to other
	// subgraphs, those of its interface objects included.
	Hubs []*Hub
	// givers holds for each field the subgraphs that resolve it for this object type
	// without any condition.
	givers map[string]schema.TypeSet
	// conditional are the fields that a subgraph resolves for this object type only
	// with something else, or under a label.
	conditional map[string]bool
}

// Node is a composite type in one subgraph.
type Node struct {
	Type  *Type
	Graph int
	// Possible are the object types that a value can have in this subgraph.
	Possible schema.TypeSet
	// Opaque is set for an interface object: the subgraph knows the interface as
	// an object type and cannot tell the runtime type.
	Opaque bool
	// Hubs are the keys that the subgraph resolves for this type.
	Hubs []*Hub

	edges map[string]*Edge
}

// Edge is a field in one subgraph.
type Edge struct {
	Name string
	From *Node
	// Definition is the field in the supergraph's schema.
	Definition *ast.FieldDefinition
	// Type is the field's type in this subgraph.
	Type *ast.Type
	// To is the type of a composite value, nil for a leaf.
	To *Node
	// Requires is what the subgraph must be sent to resolve the field; Provides is
	// what it can give below this field though it cannot elsewhere. nil for none.
	Requires, Provides *FieldSet
	// Contexts are the arguments that the subgraph wants from objects above.
	Contexts []*ContextArgument
	// External is set where the subgraph names the field and cannot resolve it.
	External bool
	// Label is the index of the label that decides whether the subgraph resolves
	// the field, or -1; LabelOn says for which value of the label it does.
	Label   int
	LabelOn bool
}

// Hub is a key: whoever has its fields can move a value to each of its targets.
// It stands between the subgraphs that have the fields and those that resolve
// the key, so that their pairs need no edges.
type Hub struct {
	// Text is the field set in normal form; it names the hub within its type.
	Text string
	Set  *FieldSet
	// Targets are the types as which subgraphs resolve the key: the type itself,
	// or an interface object that stands for it.
	Targets []*Node
}

// New compiles a supergraph.
func New(sg *schema.Supergraph) (*Graph, error) {
	g := &Graph{
		Supergraph: sg,
		Types:      map[string]*Type{},
		objects:    make([]*Type, len(sg.Objects)),
		direct:     make([]map[string]schema.TypeSet, len(sg.Graphs)),
		labelled:   make([]map[string][]*Edge, len(sg.Graphs)),

		labelledNames: map[string]bool{},
		values:        map[string]*ContextValue{},
		variables:     map[string]int{},
	}
	for i := range sg.Graphs {
		g.direct[i], g.labelled[i] = map[string]schema.TypeSet{}, map[string][]*Edge{}
	}
	names := slices.Sorted(maps.Keys(sg.Types))
	for _, name := range names {
		if t := sg.Types[name]; len(t.Joins) > 0 && (t.Kind == ast.Object || t.Kind == ast.Interface || t.Kind == ast.Union) {
			g.addType(t)
		}
	}
	g.findLabels()
	if err := g.numberContexts(names); err != nil {
		return nil, err
	}
	for _, name := range names {
		t := g.Types[name]
		if t == nil {
			continue
		}
		for _, n := range t.nodes {
			if n == nil {
				continue
			}
			if err := g.addEdges(n); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range names {
		if t := g.Types[name]; t != nil {
			if err := g.addHubs(t); err != nil {
				return nil, err
			}
		}
	}
	g.index()
	return g, nil
}

func (g *Graph) addType(st *schema.Type) {
	t := &Type{Type: st, nodes: make([]*Node, len(g.Supergraph.Graphs))}
	for _, j := range st.Joins {
		t.nodes[j.Graph] = &Node{
			Type: t, Graph: j.Graph, Opaque: j.InterfaceObject,
			Possible: g.possible(st, j), edges: map[string]*Edge{},
		}
	}
	g.Types[st.Name] = t
	if st.Object >= 0 {
		g.objects[st.Object] = t
	}
}

// possible gives the object types that a value of the type can have in one subgraph.
func (g *Graph) possible(t *schema.Type, j schema.Join) schema.TypeSet {
	sg := g.Supergraph
	switch {
	case t.Kind == ast.Object || j.InterfaceObject:
		return t.Possible
	case t.Kind == ast.Union:
		var objects []int
		for _, name := range t.Members[j.Graph] {
			objects = append(objects, sg.Types[name].Object)
		}
		return schema.NewTypeSet(objects...)
	}
	var objects []int
	for o := range t.Possible.All() {
		if slices.Contains(sg.Objects[o].Interfaces[j.Graph], t.Name) {
			objects = append(objects, o)
		}
	}
	return schema.NewTypeSet(objects...)
}

func (g *Graph) findLabels() {
	seen := map[string]bool{}
	for _, t := range g.Types {
		for _, f := range t.Fields {
			for _, j := range f.Joins {
				if j.OverrideLabel != "" {
					seen[j.OverrideLabel] = true
				}
			}
		}
	}
	g.Labels = slices.Sorted(maps.Keys(seen))
}

// addEdges compiles the fields of one type in one subgraph.
func (g *Graph) addEdges(n *Node) error {
	for _, f := range n.Type.Fields {
		j := f.Join(n.Graph)
		if j == nil {
			continue
		}
		e := &Edge{Name: f.Name, From: n, Definition: f.Definition, Type: f.Definition.Type, External: j.External, Label: -1}
		if j.UsedOverridden && j.OverrideLabel == "" { // else the label says when it is
			e.External = true
		}
		if j.Type != nil {
			e.Type = j.Type
		}
		if to := g.Types[e.Type.Name()]; to != nil {
			if e.To = to.Node(n.Graph); e.To == nil {
				return fmt.Errorf("%s.%s gives a %s in subgraph %s, which does not have that type", n.Type.Name, f.Name, to.Name, g.Supergraph.Graphs[n.Graph].Name)
			}
		}
		if j.OverrideLabel != "" {
			g.labelledNames[f.Name] = true
			e.Label, _ = slices.BinarySearch(g.Labels, j.OverrideLabel)
			e.LabelOn = j.Override != ""
		}
		var err error
		if e.Requires, err = g.fieldSet(n.Type, j.Requires); err != nil {
			return fmt.Errorf("what %s.%s requires: %w", n.Type.Name, f.Name, err)
		}
		if e.To != nil {
			if e.Provides, err = g.fieldSet(e.To.Type, j.Provides); err != nil {
				return fmt.Errorf("what %s.%s provides: %w", n.Type.Name, f.Name, err)
			}
		}
		if e.Contexts, err = g.contexts(j.ContextArguments); err != nil {
			return fmt.Errorf("a contextual argument of %s.%s: %w", n.Type.Name, f.Name, err)
		}
		n.edges[f.Name] = e
	}
	return nil
}

// addHubs compiles the keys of a type. An interface object's keys become keys
// of each implementation as well.
func (g *Graph) addHubs(t *Type) error {
	for _, n := range t.nodes {
		if n == nil {
			continue
		}
		for _, k := range t.Join(n.Graph).Keys {
			set, err := g.fieldSet(t, k.Selections)
			if err != nil {
				return fmt.Errorf("the key %q of %s: %w", k.Fields, t.Name, err)
			}
			if !k.Resolvable {
				continue
			}
			n.Hubs = append(n.Hubs, t.hub(set).reach(n))
			if n.Opaque {
				for o := range n.Possible.All() {
					g.objects[o].hub(set).reach(n)
				}
			}
		}
	}
	return nil
}

// hub finds the type's hub for a key, or makes it.
func (t *Type) hub(set *FieldSet) *Hub {
	text := set.String()
	for _, h := range t.Hubs {
		if h.Text == text {
			return h
		}
	}
	h := &Hub{Text: text, Set: set}
	t.Hubs = append(t.Hubs, h)
	return h
}

func (h *Hub) reach(n *Node) *Hub {
	if !slices.Contains(h.Targets, n) {
		h.Targets = append(h.Targets, n)
		slices.SortStableFunc(h.Targets, func(a, b *Node) int { return a.Graph - b.Graph })
	}
	return h
}

func (t *Type) addConditional(field string) {
	if t.conditional == nil {
		t.conditional = map[string]bool{}
	}
	t.conditional[field] = true
}

// index fills the sets that tell at once which subgraph resolves a field.
func (g *Graph) index() {
	for o, t := range g.objects {
		if t == nil {
			continue
		}
		for _, n := range t.nodes {
			if n == nil {
				continue
			}
			for name, e := range n.edges {
				switch {
				case e.External || e.Conditional():
				case e.Label >= 0:
					g.labelled[n.Graph][name] = append(g.labelled[n.Graph][name], e)
				default:
					g.direct[n.Graph][name] = g.direct[n.Graph][name].Or(schema.NewTypeSet(o))
					if t.givers == nil {
						t.givers = map[string]schema.TypeSet{}
					}
					t.givers[name] = t.givers[name].Or(schema.NewTypeSet(n.Graph))
				}
			}
		}
	}
	for _, t := range g.Types {
		for _, n := range t.nodes {
			if n == nil {
				continue
			}
			for name, e := range n.edges {
				if e.Requires == nil && len(e.Contexts) == 0 && e.Label < 0 {
					continue
				}
				for o := range n.Possible.All() {
					if of := g.objects[o]; of != nil {
						of.addConditional(name)
					}
				}
			}
		}
	}
}
