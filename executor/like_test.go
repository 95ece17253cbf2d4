package executor

import (
	"fmt"
	"strings"
	"testing"
)

// TestPartsForTheSameObjectsGoWithoutAWalk compares with the walk, whatever the
// earlier part gives.
func TestPartsForTheSameObjectsGoWithoutAWalk(t *testing.T) {
	sg := composed(t, "reviews", `
type Query { reviews: [Review] }
type Review { product: Product }
type Product @key(fields: "upc") { upc: ID! }
`, "products", `
type Product @key(fields: "upc") { upc: ID! price: Int weight: Int! }
`, "stock", `
type Product @key(fields: "upc") { upc: ID! price: Int @external weight: Int! @external estimate: Int @requires(fields: "price weight") }
`)
	p := plans{t, sg}
	prog := p.program(parsed(t, sg, `{ reviews { product { upc price weight estimate } } }`),
		p.root("reviews", "reviews { product { upc } }"),
		p.entities("products", "Product", "{upc}", "reviews.product", "{ price weight }", 0),
		p.entities("stock", "Product", "{upc price weight}", "reviews.product", "{ estimate }", 1))
	like := prog.steps[2].parts[0].like
	if like == nil || *like != (partOfStep{1, 0}) {
		t.Fatalf("the third request goes like %v", like)
	}
	const root = `{"data":{"reviews":[{"product":{"upc":"1"}},{"product":null},{"product":{"upc":"2"}},{"product":{"upc":"1"}},{"product":{"upc":null}},{"product":{"upc":"3"}},{"product":{"upc":"2"}}]}}`
	for name, products := range map[string]string{
		"all":      `{"data":{"_e0":[{"price":1,"weight":2},{"price":1,"weight":2},{"price":3,"weight":4}]}}`,
		"null":     `{"data":{"_e0":[{"price":1,"weight":2},null,{"price":3,"weight":4}]}}`,
		"nulls":    `{"data":{"_e0":[{"price":null,"weight":2},{"price":null,"weight":null},{"price":3,"weight":4}]}}`,
		"an error": `{"data":{"_e0":[{"price":1,"weight":2},{"price":null,"weight":2},{"price":3,"weight":4}]},"errors":[{"message":"x","path":["_e0",1,"price"]}]}`,
		"nothing":  `{"data":null,"errors":[{"message":"x"}]}`,
		"too few":  `{"data":{"_e0":[]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var got [2]string
			for i, l := range []*partOfStep{like, nil} {
				prog.steps[2].parts[0].like = l
				fetcher := &canned{answer: func(f *Fetch) (int, string) {
					switch f.Subgraph {
					case "reviews":
						return 200, root
					case "products":
						return 200, products
					}
					return 200, `{"data":{"_e0":[` + strings.Repeat(`,{"estimate":5}`, f.Entities)[1:] + `]}}`
				}}
				body, _ := run(t, newExecutor(t, Options{Fetcher: fetcher}), prog, nil)
				got[i] = fmt.Sprint(fetcher.asked, body)
			}
			prog.steps[2].parts[0].like = like
			if got[0] != got[1] {
				t.Errorf("got  %s\nwant %s", got[0], got[1])
			}
		})
	}
}

func TestTheHeavyOperationWalksLess(t *testing.T) {
	p, _ := benchShop(t)
	if prog := p.heavy(); prog.steps[6].parts[0].like == nil {
		t.Error("the last request walks over the objects that an earlier one has found")
	}
}
