// Package inventory is the example subgraph that owns the shop's warehouses, their stock and shipping.
package inventory

//go:generate go run github.com/99designs/gqlgen generate

import (
	"context"
	_ "embed"

	"github.com/weft-graphql/weft/examples/inventory/graph"
	"github.com/weft-graphql/weft/examples/loader"
	"github.com/weft-graphql/weft/examples/serve"
)

//go:embed schema.graphql
var sdl string

// New makes the subgraph.
func New() serve.Subgraph {
	s := newStore()
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: resolver{s}})
	return serve.Subgraph{
		Name: "inventory",
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
	warehouses  *loader.Loader[string, *graph.Warehouse]
	ofProduct   *loader.Loader[string, []*graph.StockLevel]
	inWarehouse *loader.Loader[string, []*graph.StockLevel]
}

func newLoaders(s *store) *loaders {
	return &loaders{
		warehouses:  loader.New(func([]string) map[string]*graph.Warehouse { return s.warehouseByCode }),
		ofProduct:   loader.New(s.ofProducts),
		inWarehouse: loader.New(s.inWarehouses),
	}
}
