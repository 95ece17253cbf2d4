// Command cmd serves the reviews subgraph alone: go run ./examples/reviews/cmd
package main

import (
	"github.com/weft-graphql/weft/examples/reviews"
	"github.com/weft-graphql/weft/examples/serve"
)

func main() { serve.Main(reviews.New(), "127.0.0.1:4103") }
