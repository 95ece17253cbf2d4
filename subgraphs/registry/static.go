package registry

import (
	"context"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/schema"
)

// Static is the Catalog of a graph that comes from no registry: the function
// gives the subgraphs of the running graph, which have no versions. Their SDL may
// be empty: a ready supergraph does not hold it.
type Static func() []schema.Subgraph

// Graph gives the running graph, as revision 0.
func (s Static) Graph(context.Context) (*Graph, error) {
	out := &Graph{}
	for _, sub := range s() {
		out.Subgraphs = append(out.Subgraphs, Entry{Subgraph: sub})
	}
	slices.SortFunc(out.Subgraphs, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// History gives nothing: there are no versions.
func (s Static) History(context.Context, string, Page) ([]Version, error) { return nil, nil }
