package graph

import "github.com/weft-graphql/weft/schema"

// Object gives an object type by its index in the supergraph; nil for
// introspection's types.
func (g *Graph) Object(object int) *Type { return g.objects[object] }

// Node gives the type in a subgraph, or nil.
func (t *Type) Node(graph int) *Node { return t.nodes[graph] }

// Nodes gives the type in each subgraph by index, nil where it is not.
func (t *Type) Nodes() []*Node { return t.nodes }

// Edge gives a field of the type in the subgraph, or nil.
func (n *Node) Edge(field string) *Edge { return n.edges[field] }

// Labels says for each of [Graph.Labels] whether it is on for a request. nil
// means that none is.
type Labels []bool

// On reports whether the label is on.
func (l Labels) On(label int) bool { return label < len(l) && l[label] }

// Resolves reports whether the subgraph resolves the field, given the request's
// labels; what the field requires is another question.
func (e *Edge) Resolves(labels Labels) bool {
	return !e.External && (e.Label < 0 || labels.On(e.Label) == e.LabelOn)
}

// Direct gives the object types whose field a subgraph resolves with nothing
// but the object at hand.
func (g *Graph) Direct(graph int, field string, labels Labels) schema.TypeSet {
	types := g.direct[graph][field]
	for _, e := range g.labelled[graph][field] {
		if e.Resolves(labels) {
			types = types.Or(e.From.Type.Possible)
		}
	}
	return types
}

// Givers are the subgraphs that resolve a field of an object type with nothing but
// the object at hand, whatever the labels: a set of their indexes.
func (t *Type) Givers(field string) schema.TypeSet { return t.givers[field] }

// Conditional reports whether a subgraph resolves a field of an object type only
// with something else, or depending on a label.
func (t *Type) Conditional(field string) bool { return t.conditional[field] }

// Labelled reports whether a label decides about any field of that name.
func (g *Graph) Labelled(field string) bool { return g.labelledNames[field] }
