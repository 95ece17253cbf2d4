// Command cmd serves the accounts subgraph alone: go run ./examples/accounts/cmd
package main

import (
	"github.com/weft-graphql/weft/examples/accounts"
	"github.com/weft-graphql/weft/examples/serve"
)

func main() { serve.Main(accounts.New(), "127.0.0.1:4101") }
