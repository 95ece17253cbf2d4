// Package products is the example subgraph that owns the shop's catalogue.
package products

//go:generate go run github.com/99designs/gqlgen generate

import (
	"context"
	_ "embed"

	"github.com/weft-graphql/weft/examples/loader"
	"github.com/weft-graphql/weft/examples/products/graph"
	"github.com/weft-graphql/weft/examples/serve"
)

//go:embed schema.graphql
var sdl string

// New makes the subgraph.
func New() serve.Subgraph {
	s := newStore()
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: resolver{s}})
	return serve.Subgraph{
		Name: "products",
		SDL:  sdl,
		Handler: serve.Handler(schema, serve.Options{
			CacheControl: "public, max-age=30",
			Attach: func(ctx context.Context) context.Context {
				return loader.Attach(ctx, newLoaders(s))
			},
		}),
	}
}

// store is the subgraph's data. Nothing changes it.
type store struct {
	products   []*graph.Product
	bundles    []*graph.Bundle
	categories []*graph.Category
	designers  []designer

	byUPC          map[string]*graph.Product
	bySKU          map[string]*graph.Product
	byCategory     map[string][]*graph.Product
	byDesigner     map[string][]*graph.Product
	bundleByUPC    map[string]*graph.Bundle
	bundlesBySKU   map[string][]*graph.Bundle
	categoryBySlug map[string]*graph.Category
}

func newStore() *store {
	s := &store{
		products:       products(),
		bundles:        bundles(),
		categories:     categories(),
		designers:      designers(),
		byUPC:          make(map[string]*graph.Product),
		bySKU:          make(map[string]*graph.Product),
		byCategory:     make(map[string][]*graph.Product),
		byDesigner:     make(map[string][]*graph.Product),
		bundleByUPC:    make(map[string]*graph.Bundle),
		bundlesBySKU:   make(map[string][]*graph.Bundle),
		categoryBySlug: make(map[string]*graph.Category),
	}
	for _, p := range s.products {
		s.byUPC[p.Upc] = p
		s.bySKU[p.Sku] = p
		s.byCategory[p.CategorySlug] = append(s.byCategory[p.CategorySlug], p)
		if p.Designer != nil {
			s.byDesigner[p.Designer.ID] = append(s.byDesigner[p.Designer.ID], p)
		}
	}
	for _, b := range s.bundles {
		s.bundleByUPC[b.Upc] = b
		for _, sku := range b.SKUs {
			s.bundlesBySKU[sku] = append(s.bundlesBySKU[sku], b)
		}
	}
	for _, c := range s.categories {
		s.categoryBySlug[c.Slug] = c
	}
	return s
}

// loaders load what fields inside other types ask for, per operation.
type loaders struct {
	products   *loader.Loader[string, *graph.Product]
	bundles    *loader.Loader[string, []*graph.Bundle]
	categories *loader.Loader[string, *graph.Category]
	inCategory *loader.Loader[string, []*graph.Product]
	designs    *loader.Loader[string, []*graph.Product]
}

func newLoaders(s *store) *loaders {
	return &loaders{
		products:   loader.New(func([]string) map[string]*graph.Product { return s.bySKU }),
		bundles:    loader.New(func([]string) map[string][]*graph.Bundle { return s.bundlesBySKU }),
		categories: loader.New(func([]string) map[string]*graph.Category { return s.categoryBySlug }),
		inCategory: loader.New(func([]string) map[string][]*graph.Product { return s.byCategory }),
		designs:    loader.New(func([]string) map[string][]*graph.Product { return s.byDesigner }),
	}
}
