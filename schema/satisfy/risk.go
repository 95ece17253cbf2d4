package satisfy

import (
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// risk knows the nodes from which a field leads on to values whose possible
// types differ between subgraphs. An additional way to have such a value may
// bring additional types, so that more ways are not always better: a state with
// more of them must be visited, too.
type risk struct {
	nodes map[*graph.Node]bool
}

// findRisk walks back from every field whose possible types differ.
func findRisk(sg *schema.Supergraph, g *graph.Graph) *risk {
	r := &risk{nodes: map[*graph.Node]bool{}}
	uneven := map[*graph.Type]bool{}
	for _, t := range g.Types {
		uneven[t] = t.Object < 0 && !even(t)
	}
	var open []string // types to walk back from
	for _, t := range g.Types {
		for _, f := range t.Fields {
			if len(f.Joins) < 2 || g.Types[f.Definition.Type.Name()] == nil {
				continue
			}
			if edges := composite(t, f); differ(edges, uneven) {
				open = append(open, t.Name)
				for _, e := range edges {
					r.nodes[e.From] = true
				}
			}
		}
	}
	if len(open) > 0 {
		r.walkBack(sg, g, open)
	}
	return r
}

// even reports whether all subgraphs give the abstract type the same possible types.
func even(t *graph.Type) bool {
	var first *graph.Node
	for _, n := range t.Nodes() {
		switch {
		case n == nil:
		case first == nil:
			first = n
		case !n.Possible.Equal(first.Possible):
			return false
		}
	}
	return true
}

// composite gives a field's edges in all subgraphs, none for a field of leaves.
func composite(t *graph.Type, f *schema.Field) []*graph.Edge {
	var edges []*graph.Edge
	for _, j := range f.Joins {
		n := t.Node(j.Graph)
		if n == nil {
			continue
		}
		e := n.Edge(f.Name)
		if e == nil || e.To == nil {
			return edges
		}
		edges = append(edges, e)
	}
	return edges
}

func differ(edges []*graph.Edge, uneven map[*graph.Type]bool) bool {
	for _, e := range edges[min(1, len(edges)):] {
		same := e.To.Type == edges[0].To.Type
		if same && uneven[e.To.Type] || !same {
			if !e.To.Possible.Equal(edges[0].To.Possible) {
				return true
			}
		}
	}
	return false
}

// walkBack marks all nodes with a field that leads to one of some types.
func (r *risk) walkBack(sg *schema.Supergraph, g *graph.Graph, open []string) {
	into := map[string][]*graph.Edge{} // by the type that the edge leads to
	abstract := map[string][]string{}  // by the object type
	for _, t := range g.Types {
		for _, f := range t.Fields {
			for _, e := range composite(t, f) {
				into[e.To.Type.Name] = append(into[e.To.Type.Name], e)
			}
		}
		if t.Object < 0 {
			for o := range t.Possible.All() {
				abstract[sg.Objects[o].Name] = append(abstract[sg.Objects[o].Name], t.Name)
			}
		}
	}
	marked := map[string]bool{}
	for len(open) > 0 {
		name := open[len(open)-1]
		open = open[:len(open)-1]
		if marked[name] {
			continue
		}
		marked[name] = true
		for _, e := range into[name] {
			r.nodes[e.From] = true
			open = append(open, e.From.Type.Name)
		}
		open = append(open, abstract[name]...)
	}
}
