// Package examples is a small shop in four subgraphs, made with gqlgen, to try
// the gateway with. Each also runs alone: go run ./examples/accounts/cmd.
package examples

import (
	_ "embed"

	"github.com/weft-graphql/weft/examples/accounts"
	"github.com/weft-graphql/weft/examples/inventory"
	"github.com/weft-graphql/weft/examples/products"
	"github.com/weft-graphql/weft/examples/reviews"
	"github.com/weft-graphql/weft/examples/serve"
)

// Subgraph is one example service, not yet listening: its Name, its SDL as its
// author wrote it, and its Handler, which answers POST at any path.
type Subgraph = serve.Subgraph

// ShopQuery is an operation across all four subgraphs, and ExpensiveQuery one
// that costs more than most clients may spend.
var (
	//go:embed operations/shop.graphql
	ShopQuery string
	//go:embed operations/expensive.graphql
	ExpensiveQuery string
)

// Subgraphs makes the shop's four subgraphs, sorted by name, each with fresh data.
func Subgraphs() []Subgraph {
	return []Subgraph{accounts.New(), inventory.New(), products.New(), reviews.New()}
}
