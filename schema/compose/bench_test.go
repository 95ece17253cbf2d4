package compose_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// generate makes n subgraphs that look like those of a company: each owns
// entities, extends some of its neighbours', and shares value types with all.
func generate(n, entities int) []schema.Subgraph {
	all := make([]schema.Subgraph, n)
	for s := range all {
		var b strings.Builder
		b.WriteString(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@external", "@requires"])
type Money @shareable { amount: Int! currency: String! }
interface Node { id: ID! }
enum Sort { ASC DESC }
input Page { first: Int = 10 after: String sort: Sort }
`)
		fmt.Fprintf(&b, "type Query { find%d(page: Page): [E%d_0!]! }\n", s, s)
		for e := range entities {
			fmt.Fprintf(&b, "type E%d_%d implements Node @key(fields: \"id\") @key(fields: \"sku\") @key(fields: \"owner { id }\") {\n  id: ID!\n  sku: String!\n  owner: Owner%d_%d!\n  price(currency: String = \"EUR\"): Money\n  weight: Int\n}\n", s, e, s, e)
			fmt.Fprintf(&b, "type Owner%d_%d @key(fields: \"id\") { id: ID! name: String }\n", s, e)
			next := (s + 1) % n
			if n > 1 {
				fmt.Fprintf(&b, "type E%d_%d implements Node @key(fields: \"id\") {\n  id: ID!\n  weight: Int @external\n  shipping%d: Money @requires(fields: \"weight\")\n}\n", next, e, s)
			}
		}
		all[s] = schema.Subgraph{Name: fmt.Sprintf("s%03d", s), SDL: b.String()}
	}
	return all
}

func BenchmarkCompose(b *testing.B) {
	for _, n := range []int{10, 50, 150, 300} {
		subgraphs := generate(n, 6)
		b.Run(fmt.Sprintf("subgraphs=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := compose.Compose(subgraphs, compose.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
