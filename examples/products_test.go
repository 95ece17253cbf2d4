package examples_test

import "testing"

func TestProductsAnswersNestedLoads(t *testing.T) {
	answer, _ := post(t, start(t, "products"), `{
		product(upc: "1001") { sku title price { amount currency } weightGrams category { name } designer { id } accessories { sku } bundles { upc } }
		featured(first: 2) { __typename name ... on Bundle { products { upc } } }
	}`, nil)
	equalJSON(t, answer, `{"data": {
		"product": {
			"sku": "LAMP-DESK", "title": "Heron Desk Lamp", "price": {"amount": 7900, "currency": "EUR"}, "weightGrams": 2100,
			"category": {"name": "Lamps and Light"}, "designer": {"id": "u5"},
			"accessories": [{"sku": "BULB-WARM"}, {"sku": "DESK-OAK"}], "bundles": []
		},
		"featured": [
			{"__typename": "Bundle", "name": "Reading Corner", "products": [{"upc": "1002"}, {"upc": "1005"}]},
			{"__typename": "Product", "name": "Heron Desk Lamp"}
		]
	}}`)
}

func TestProductsSearchFindsEveryMemberOfTheUnion(t *testing.T) {
	answer, _ := post(t, start(t, "products"), `{ search(text: "DESK") {
		__typename ... on Item { upc } ... on Category { slug } ... on User { id designs { sku } }
	} }`, nil)
	equalJSON(t, answer, `{"data": {"search": [
		{"__typename": "Category", "slug": "paper"},
		{"__typename": "User", "id": "u8", "designs": [{"sku": "NOTEBOOK"}, {"sku": "MUG-STONE"}, {"sku": "TEAPOT"}]},
		{"__typename": "Bundle", "upc": "2002"},
		{"__typename": "Product", "upc": "1001"},
		{"__typename": "Product", "upc": "1006"}
	]}}`)
}

func TestProductsFilterNarrowsThePages(t *testing.T) {
	answer, _ := post(t, start(t, "products"), `{
		products(filter: { category: "paper", maxAmount: 2000, text: "ink" }) { totalCount nodes { sku } pageInfo { hasNextPage } }
		none: products(filter: { category: "none" }) { totalCount edges { cursor } pageInfo { endCursor } }
	}`, nil)
	equalJSON(t, answer, `{"data": {
		"products": {"totalCount": 1, "nodes": [{"sku": "INK-BLUE"}], "pageInfo": {"hasNextPage": false}},
		"none": {"totalCount": 0, "edges": [], "pageInfo": {"endCursor": null}}
	}}`)
}

func TestProductsResolvesEntitiesByEitherKeyInOneBatch(t *testing.T) {
	answer := entities(t, start(t, "products"), `[
		{"__typename": "Product", "upc": "1009"},
		{"__typename": "Product", "sku": "KETTLE"},
		{"__typename": "Product", "sku": "NOTHING"},
		{"__typename": "Bundle", "upc": "2003"},
		{"__typename": "Category", "slug": "gifts"},
		{"__typename": "User", "id": "u1"}
	]`, `... on Item { upc name } ... on Category { title: name } ... on User { designs { upc } }`)
	equalJSON(t, answer, `{"data": {"_entities": [
		{"__typename": "Product", "upc": "1009", "name": "Dotted Notebook"},
		{"__typename": "Product", "upc": "1014", "name": "Whistling Kettle"},
		null,
		{"__typename": "Bundle", "upc": "2003", "name": "Tea for Two"},
		{"__typename": "Category", "title": "Gifts"},
		{"__typename": "User", "designs": []}
	]}}`)
}
