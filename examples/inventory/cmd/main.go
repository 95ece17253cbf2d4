// Command cmd serves the inventory subgraph alone: go run ./examples/inventory/cmd
package main

import (
	"github.com/weft-graphql/weft/examples/inventory"
	"github.com/weft-graphql/weft/examples/serve"
)

func main() { serve.Main(inventory.New(), "127.0.0.1:4104") }
