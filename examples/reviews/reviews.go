// Package reviews is the example subgraph that owns what customers think of the shop's items.
package reviews

//go:generate go run github.com/99designs/gqlgen generate

import (
	"context"
	_ "embed"

	"github.com/weft-graphql/weft/examples/loader"
	"github.com/weft-graphql/weft/examples/reviews/graph"
	"github.com/weft-graphql/weft/examples/serve"
)

//go:embed schema.graphql
var sdl string

// New makes the subgraph.
func New() serve.Subgraph {
	s := newStore()
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: resolver{s}})
	return serve.Subgraph{
		Name: "reviews",
		SDL:  sdl,
		Handler: serve.Handler(schema, serve.Options{
			Attach: func(ctx context.Context) context.Context {
				return loader.Attach(ctx, newLoaders(s))
			},
		}),
	}
}

// loaders load what fields inside other types ask for, per operation.
type loaders struct {
	ofItem   *loader.Loader[string, []*graph.Review]
	byAuthor *loader.Loader[string, []*graph.Review]
}

func newLoaders(s *store) *loaders {
	return &loaders{
		ofItem:   loader.New(s.ofItems),
		byAuthor: loader.New(s.byAuthors),
	}
}
