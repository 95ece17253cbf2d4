package satisfy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/schema/graph"
	"github.com/weft-graphql/weft/schema/satisfy"
)

// largeGraph writes subgraphs that each own some entities with three keys, refer
// to the entities of others, extend some of them, one with @requires, share
// value types and have an interface and a union.
func largeGraph(subgraphs, entities int) []schema.Subgraph {
	var all []schema.Subgraph
	for s := range subgraphs {
		var b strings.Builder
		b.WriteString(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires"])` + "\n")
		b.WriteString("type Money @shareable { amount: Int currency: String }\ntype Page @shareable { next: String prices: [Money] }\n")
		fmt.Fprintf(&b, "interface I%d { id: ID! }\nunion U%d = E%d_0 | E%d_1\n", s, s, s, s)
		var roots []string
		for e := range entities {
			name := fmt.Sprintf("E%d_%d", s, e)
			fmt.Fprintf(&b, "type %s implements I%d @key(fields: \"id\") @key(fields: \"sku\") @key(fields: \"upc sku\") { id: ID! sku: ID! upc: ID! name: String weight: Int price: Money page: Page", name, s)
			for r := range 3 {
				fmt.Fprintf(&b, " to%d: [E%d_%d!]", r, (s+r*3+1)%subgraphs, (e+r)%entities)
			}
			fmt.Fprintf(&b, " any: U%d all: I%d }\n", s, s)
			if e%4 == 0 {
				roots = append(roots, fmt.Sprintf("get%s(id: ID!): %s", name, name))
			}
		}
		for r := range 3 {
			for e := range entities {
				fmt.Fprintf(&b, "type E%d_%d @key(fields: \"id\") { id: ID!", (s+r*3+1)%subgraphs, e)
				if r == 0 {
					fmt.Fprintf(&b, " weight: Int @external cost%d: Int @requires(fields: \"weight\") extra%d: Money", s, s)
				}
				b.WriteString(" }\n")
			}
		}
		fmt.Fprintf(&b, "type Query { %s all%d: I%d any%d: U%d }\n", strings.Join(roots, " "), s, s, s, s)
		name := fmt.Sprintf("s%03d", s)
		all = append(all, schema.Subgraph{Name: name, URL: "http://" + name, SDL: b.String(), File: name + ".graphql"})
	}
	return all
}

func BenchmarkCheck(b *testing.B) {
	for _, size := range [][2]int{{10, 20}, {50, 20}, {150, 20}, {300, 20}} {
		b.Run(fmt.Sprintf("subgraphs=%d/types=%d", size[0], size[0]*size[1]), func(b *testing.B) {
			sg, g := compiled(b, largeGraph(size[0], size[1]))
			b.ReportAllocs()
			for b.Loop() {
				if _, errs := satisfy.Check(sg, g, satisfy.Options{}); len(errs) > 0 {
					b.Fatal(errs)
				}
			}
		})
	}
}

// BenchmarkAround is the work that composing does around the check.
func BenchmarkAround(b *testing.B) {
	sources := largeGraph(150, 20)
	sg, _ := compiled(b, sources)
	b.Run("compose", func(b *testing.B) {
		for b.Loop() {
			if _, err := compose.Compose(sources, compose.Options{SkipSatisfiability: true}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			if _, err := schema.LoadSupergraph(sg.SDL, schema.LoadOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("graph", func(b *testing.B) {
		for b.Loop() {
			if _, err := graph.New(sg); err != nil {
				b.Fatal(err)
			}
		}
	})
}
