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
	types := map[string]bool{}
	var open []string
	mark := func(name string) {
		if !types[name] {
			types[name] = true
			open = append(open, name)
		}
	}
	into := map[string][]*graph.Edge{} // by the type that the edge leads to
	for _, t := range g.Types {
		for _, f := range t.Fields {
			var first *graph.Edge
			var edges []*graph.Edge
			differ := false
			for _, j := range f.Joins {
				n := t.Node(j.Graph)
				if n == nil {
					continue
				}
				e := n.Edge(f.Name)
				if e == nil || e.To == nil {
					continue
				}
				edges = append(edges, e)
				if first == nil {
					first = e
				} else if !first.To.Possible.Equal(e.To.Possible) {
					differ = true
				}
			}
			for _, e := range edges {
				into[e.To.Type.Name] = append(into[e.To.Type.Name], e)
				if differ {
					r.nodes[e.From] = true
					mark(t.Name)
				}
			}
		}
	}
	above := map[string][]string{} // the abstract types of an object type
	for _, t := range g.Types {
		if t.Object >= 0 {
			continue
		}
		for o := range t.Possible.All() {
			name := sg.Objects[o].Name
			above[name] = append(above[name], t.Name)
		}
	}
	for len(open) > 0 {
		name := open[len(open)-1]
		open = open[:len(open)-1]
		for _, e := range into[name] {
			r.nodes[e.From] = true
			mark(e.From.Type.Name)
		}
		for _, abstract := range above[name] {
			mark(abstract)
		}
	}
	return r
}
