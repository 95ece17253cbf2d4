package compose_test

import (
	"fmt"
	"testing"

	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/schema/compose/graphtest"
)

func BenchmarkCompose(b *testing.B) {
	for _, n := range []int{10, 50, 150, 300} {
		subgraphs := graphtest.Company(n)
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
