package executor

import (
	"strings"
	"testing"
)

const (
	accountsSDL = `
type Query { me: User users: [User] node: Node strict: User! }
interface Node { id: ID! }
type User implements Node @key(fields: "id") { id: ID! name: String username: String! @shareable role: Role tags: [String!] data: JSON age: Int score: Float ok: Boolean }
type Robot implements Node @key(fields: "id") { id: ID! model: String }
enum Role { ADMIN GUEST SECRET @inaccessible }
scalar JSON
`
	reviewsSDL = `
type User @key(fields: "id") { id: ID! reviews: [Review] }
type Review @key(fields: "id") { id: ID! body: String! product: Product author: User }
type Product @key(fields: "upc") { upc: String! reviews: [Review] }
`
	productsSDL = `
type Query { topProducts: [Product] }
type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }
`
	inventorySDL = `
type Product @key(fields: "upc") { upc: String! inStock: Boolean price: Int @external weight: Int @external shippingEstimate: Int @requires(fields: "price weight") }
`
)

func shop(t testing.TB) plans {
	t.Helper()
	return plans{t, composed(t, "accounts", accountsSDL, "reviews", reviewsSDL, "products", productsSDL, "inventory", inventorySDL)}
}

func (p plans) small() *Program {
	op := parsed(p.t, p.sg, `{ me { id name username reviews { id body product { upc name inStock } } } }`)
	return p.program(op,
		p.root("accounts", "me { __typename id name username }"),
		p.entities("reviews", "User", "{id}", "me", "{ reviews { id body product { upc } } }", 0),
		p.entities("products", "Product", "{upc}", "me.reviews.product", "{ name }", 1),
		p.entities("inventory", "Product", "{upc}", "me.reviews.product", "{ inStock }", 1),
	)
}

var smallAnswers = map[string]string{
	"accounts":  `{"data":{"me":{"__typename":"User","id":"1","name":"Ada","username":"ada"}}}`,
	"reviews":   `{"data":{"_e0":[{"reviews":[{"id":"1","body":"B1","product":{"upc":"p1"}},{"id":"2","body":"B\u00e9","product":{"upc":"p1"}},{"id":"3","body":"x","product":{"upc":"p2"}}]}]}}`,
	"products":  `{"data":{"_e0":[{"name":"Table"},{"name":"Chair"}]}}`,
	"inventory": `{"data":{"_e0":[{"inStock":true},{"inStock":null}]}}`,
}

func TestRunJoinsEntitiesOfSeveralSubgraphs(t *testing.T) {
	p := shop(t)
	prog := p.small()
	f := bySubgraph(smallAnswers)
	e := newExecutor(t, Options{Fetcher: f})
	const want = `{"data":{"me":{"id":"1","name":"Ada","username":"ada","reviews":[` +
		`{"id":"1","body":"B1","product":{"upc":"p1","name":"Table","inStock":true}},` +
		`{"id":"2","body":"B\u00e9","product":{"upc":"p1","name":"Table","inStock":true}},` +
		`{"id":"3","body":"x","product":{"upc":"p2","name":"Chair","inStock":null}}]}}}`
	for range 3 {
		f.asked = nil
		if got, _ := run(t, e, prog, nil); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
	const request = `products {"query":"query($_r0:[_Any!]!){_e0: _entities(representations: $_r0) { ... on Product { name } }}",` +
		`"variables":{"_r0":[{"__typename":"Product","upc":"p1"},{"__typename":"Product","upc":"p2"}]}}`
	if !strings.Contains(strings.Join(f.asked, "\n"), request) {
		t.Errorf("representations are not distinct:\n%s", strings.Join(f.asked, "\n"))
	}
}

// TestRunAnswersWhenSubgraphsFail goes through what one subgraph can do to an answer.
func TestRunAnswersWhenSubgraphsFail(t *testing.T) {
	const (
		me = `{"id":"1","name":"Ada","username":"ada","reviews":`
	)
	tests := []struct {
		name, subgraph string
		status         int
		body           string
		want           string
	}{
		{"html with status 502", "inventory", 502, `<html>`,
			`{"errors":[{"message":"subgraph \"inventory\" answered with HTTP status 502","locations":[{"line":1,"column":43}],"path":["me","reviews","product"],"extensions":{"code":"SUBREQUEST_HTTP_ERROR"}}],` +
				`"data":{"me":` + me + `[{"id":"1","body":"B1","product":{"upc":"p1","name":"Table","inStock":null}}]}}}`},
		{"a transport error quietly skips dependents", "reviews", 0, ``,
			`{"errors":[{"message":"the subgraph is away","locations":[{"line":1,"column":3}],"path":["me"],"extensions":{"code":"SUBREQUEST_HTTP_ERROR"}}],` +
				`"data":{"me":` + me + `null}}}`},
		{"too few entities", "products", 200, `{"data":{"_e0":[]}}`,
			`{"errors":[{"message":"subgraph \"products\" answered with 0 entities where 1 were asked for","locations":[{"line":1,"column":43}],"path":["me","reviews","product"],"extensions":{"code":"SUBREQUEST_MALFORMED_RESPONSE"}}],` +
				`"data":{"me":` + me + `[{"id":"1","body":"B1","product":{"upc":"p1","name":null,"inStock":true}}]}}}`},
		{"a null entity", "products", 200, `{"data":{"_e0":[null]}}`,
			`{"data":{"me":` + me + `[{"id":"1","body":"B1","product":{"upc":"p1","name":null,"inStock":true}}]}}}`},
		{"a missing key", "products", 200, `{"data":{"_e0":[{}]}}`,
			`{"errors":[{"message":"subgraph \"products\" left out the field \"name\" that it was asked for","locations":[{"line":1,"column":43}],"path":["me","reviews","product"],"extensions":{"code":"SUBREQUEST_MALFORMED_RESPONSE"}}],` +
				`"data":{"me":` + me + `[{"id":"1","body":"B1","product":{"upc":"p1","name":null,"inStock":true}}]}}}`},
		{"an error with a path", "products", 200, `{"errors":[{"message":"boom","path":["_e0",0,"name"],"extensions":{"code":"X","a":[1]}}],"data":{"_e0":[{"name":null}]}}`,
			`{"errors":[{"message":"boom","locations":[{"line":1,"column":57}],"path":["me","reviews",0,"product","name"],"extensions":{"code":"X","a":[1]}}],` +
				`"data":{"me":` + me + `[{"id":"1","body":"B1","product":{"upc":"p1","name":null,"inStock":true}}]}}}`},
		{"an error without a path and no data", "products", 200, `{"errors":[{"message":"boom"}]}`,
			`{"errors":[{"message":"boom","locations":[{"line":1,"column":43}],"path":["me","reviews","product"],"extensions":{"code":"DOWNSTREAM_SERVICE_ERROR"}}],` +
				`"data":{"me":` + me + `[{"id":"1","body":"B1","product":{"upc":"p1","name":null,"inStock":true}}]}}}`},
		{"null in a non-null field", "reviews", 200, `{"data":{"_e0":[{"reviews":[{"id":"1","body":null,"product":{"upc":"p1"}}]}]}}`,
			`{"errors":[{"message":"the non-null field Review.body is null","locations":[{"line":1,"column":38}],"path":["me","reviews",0,"body"],"extensions":{"code":"NON_NULL_VIOLATION"}}],` +
				`"data":{"me":` + me + `[null]}}}`},
		{"a null that a subgraph's error explains", "reviews", 200, `{"errors":[{"message":"no body","path":["_e0",0,"reviews",0,"body"]}],"data":{"_e0":[{"reviews":[null]}]}}`,
			`{"errors":[{"message":"no body","locations":[{"line":1,"column":38}],"path":["me","reviews",0,"body"],"extensions":{"code":"DOWNSTREAM_SERVICE_ERROR"}}],` +
				`"data":{"me":` + me + `[null]}}}`},
		{"a missing non-null key", "accounts", 200, `{"data":{"me":{"__typename":"User","id":"1","name":"Ada"}}}`,
			`{"errors":[{"message":"subgraph \"accounts\" left out the field \"username\" that it was asked for","locations":[{"line":1,"column":3}],"path":["me"],"extensions":{"code":"SUBREQUEST_MALFORMED_RESPONSE"}}],"data":{"me":null}}`},
		{"an unknown type", "accounts", 200, `{"data":{"me":{"__typename":"Alien","id":"1","name":"Ada","username":"ada"}}}`,
			`{"errors":[{"message":"the object in Query.me is of a type that is not a possible type of User","locations":[{"line":1,"column":3}],"path":["me"],"extensions":{"code":"INVALID_VALUE"}}],"data":{"me":null}}`},
		{"a list for an object", "accounts", 200, `{"data":{"me":[1]}}`,
			`{"errors":[{"message":"the value of Query.me is a list where its type User wants an object","locations":[{"line":1,"column":3}],"path":["me"],"extensions":{"code":"INVALID_VALUE"}}],"data":{"me":null}}`},
		{"data that is no object", "accounts", 200, `{"data":5}`,
			`{"errors":[{"message":"the answer of subgraph \"accounts\" has neither data nor errors","locations":[{"line":1,"column":3}],"path":["me"],"extensions":{"code":"SUBREQUEST_MALFORMED_RESPONSE"}}],"data":{"me":null}}`},
	}
	p := shop(t)
	prog := p.small()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &canned{answer: func(f *Fetch) (int, string) {
				if f.Subgraph == test.subgraph {
					return test.status, test.body
				}
				if f.Subgraph == "reviews" {
					return 200, `{"data":{"_e0":[{"reviews":[{"id":"1","body":"B1","product":{"upc":"p1"}}]}]}}`
				}
				return 200, strings.NewReplacer(`,{"name":"Chair"}`, "", `,{"inStock":null}`, "").Replace(smallAnswers[f.Subgraph])
			}}
			if got, _ := run(t, newExecutor(t, Options{Fetcher: f}), prog, nil); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
