package satisfy

import (
	"iter"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// resolving yields the items that resolve a field of an object type, each with
// its edge. Edges with @requires count where required has them, even when their
// subgraph is not among the items: the requirement brought a way to enter it.
func (c *checker) resolving(o *object, items schema.TypeSet, required map[*graph.Edge]bool, name string, assign int) iter.Seq2[item, *graph.Edge] {
	return func(yield func(item, *graph.Edge) bool) {
		if f := o.fields[name]; f != nil {
			for _, a := range f.edges {
				if items.Has(a.item) && !a.edge.Conditional() && c.serves(a.edge, assign) && !yield(o.items[a.item], a.edge) {
					return
				}
			}
		}
		for id := len(o.Joins); id < len(o.items); id++ {
			if !items.Has(id) {
				continue
			}
			it := o.items[id]
			e := it.node.Edge(name)
			given := it.view.gives(name, o.index) || e != nil && !e.Conditional() && c.serves(e, assign)
			if given && !yield(it, e) {
				return
			}
		}
		if len(required) == 0 {
			return
		}
		for _, e := range o.requiring {
			if e.Name == name && required[e] && !yield(item{node: e.From}, e) {
				return
			}
		}
	}
}
