// Package accounts is the example subgraph that owns the shop's people and their orders.
package accounts

//go:generate go run github.com/99designs/gqlgen generate

import (
	"context"
	_ "embed"

	"github.com/weft-graphql/weft/examples/accounts/graph"
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
		Name: "accounts",
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
	users         []*graph.User
	usersByID     map[string]*graph.User
	ordersByID    map[string]*graph.Order
	ordersByBuyer map[string][]*graph.Order
}

func newStore() *store {
	s := &store{
		users:         users(),
		usersByID:     make(map[string]*graph.User),
		ordersByID:    make(map[string]*graph.Order),
		ordersByBuyer: make(map[string][]*graph.Order),
	}
	for _, u := range s.users {
		s.usersByID[u.ID] = u
	}
	for _, o := range orders() {
		s.ordersByID[o.ID] = o
		s.ordersByBuyer[o.BuyerID] = append(s.ordersByBuyer[o.BuyerID], o)
	}
	return s
}

// loaders load what fields inside other types ask for, per operation.
type loaders struct {
	users  *loader.Loader[string, *graph.User]
	orders *loader.Loader[string, []*graph.Order]
}

func newLoaders(s *store) *loaders {
	return &loaders{
		users:  loader.New(func([]string) map[string]*graph.User { return s.usersByID }),
		orders: loader.New(func([]string) map[string][]*graph.Order { return s.ordersByBuyer }),
	}
}
