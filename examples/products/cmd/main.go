// Command cmd serves the products subgraph alone: go run ./examples/products/cmd
package main

import (
	"github.com/weft-graphql/weft/examples/products"
	"github.com/weft-graphql/weft/examples/serve"
)

func main() { serve.Main(products.New(), "127.0.0.1:4102") }
