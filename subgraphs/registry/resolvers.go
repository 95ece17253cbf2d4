package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/weft-graphql/weft/subgraphs/registry/graph"
)

// resolverRoot, queryResolver and subgraphResolver answer from a catalog.
type resolverRoot struct{ catalog Catalog }

func (r resolverRoot) Query() graph.QueryResolver       { return queryResolver{} }
func (r resolverRoot) Subgraph() graph.SubgraphResolver { return subgraphResolver(r) }

// queryResolver reads the operation's graph, which is in the context.
type queryResolver struct{}

func (queryResolver) Revision(ctx context.Context) (*int, error) {
	g, err := graphOf(ctx)
	if err != nil {
		return nil, err
	}
	return optional(g.Revision), nil
}

func (queryResolver) Subgraphs(ctx context.Context) ([]*graph.Subgraph, error) {
	g, err := graphOf(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*graph.Subgraph, len(g.Subgraphs))
	for i, e := range g.Subgraphs {
		out[i] = model(e)
	}
	return out, nil
}

func (queryResolver) Subgraph(ctx context.Context, name string) (*graph.Subgraph, error) {
	g, err := graphOf(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(g.Subgraphs, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return nil, nil
	}
	return model(g.Subgraphs[i]), nil
}

type subgraphResolver struct{ catalog Catalog }

func (r subgraphResolver) History(ctx context.Context, of *graph.Subgraph, first int, before *int) ([]*graph.Version, error) {
	p := Page{First: first}
	if before != nil {
		p.Before = *before
	}
	if first < 1 || before != nil && *before < 1 {
		return nil, errors.New("`first` and `before` are 1 or more")
	}
	versions, err := r.catalog.History(ctx, of.Name, p)
	if err != nil {
		return nil, err
	}
	out := make([]*graph.Version, len(versions))
	for i, v := range versions {
		out[i] = &graph.Version{
			Version: v.Number, URL: optional(v.URL), PublishedAt: v.PublishedAt,
			Message: optional(v.Message), Sha256: v.SHA256, Revision: v.Revision,
		}
	}
	return out, nil
}

func model(e Entry) *graph.Subgraph {
	out := &graph.Subgraph{Name: e.Name, URL: optional(e.URL), Sdl: optional(e.SDL)}
	if v := e.Version; v.Number > 0 {
		out.Version, out.PublishedAt, out.Message = &v.Number, &v.PublishedAt, optional(v.Message)
		out.Sha256, out.Revision = &v.SHA256, &v.Revision
	}
	return out
}

// optional gives nil for a zero value, which is null in the answer.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
