package examples_test

import "testing"

func TestAccountsAnswersNestedLoads(t *testing.T) {
	answer, _ := post(t, start(t, "accounts"), `{
		me { username tier following { username } orders(first: 1) { id buyer { id } lines { quantity product { sku } shipsFrom { warehouse { code } } } } }
		user(id: "nobody") { id }
	}`, nil)
	equalJSON(t, answer, `{"data": {
		"me": {
			"username": "ada", "tier": "GOLD",
			"following": [{"username": "esi"}, {"username": "greta"}, {"username": "hana"}],
			"orders": [{"id": "o12", "buyer": {"id": "u1"}, "lines": [
				{"quantity": 1, "product": {"sku": "KETTLE"}, "shipsFrom": {"warehouse": {"code": "LIS"}}},
				{"quantity": 2, "product": {"sku": "MUG-STONE"}, "shipsFrom": {"warehouse": {"code": "LIS"}}}
			]}]
		},
		"user": null
	}}`)
}

func TestAccountsPagesReachTheEnd(t *testing.T) {
	server := start(t, "accounts")
	answer, _ := post(t, server, `{ users(first: 6) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`, nil)
	equalJSON(t, answer, `{"data": {"users": {
		"totalCount": 8,
		"nodes": [{"id": "u1"}, {"id": "u2"}, {"id": "u3"}, {"id": "u4"}, {"id": "u5"}, {"id": "u6"}],
		"pageInfo": {"hasNextPage": true, "endCursor": "dTY"}
	}}}`)
	answer, _ = post(t, server, `{ users(after: "dTY") { edges { cursor node { id } } pageInfo { hasNextPage } } }`, nil)
	equalJSON(t, answer, `{"data": {"users": {
		"edges": [{"cursor": "dTc", "node": {"id": "u7"}}, {"cursor": "dTg", "node": {"id": "u8"}}],
		"pageInfo": {"hasNextPage": false}
	}}}`)
}

func TestAccountsResolvesEntitiesOfTwoTypes(t *testing.T) {
	answer := entities(t, start(t, "accounts"), `[
		{"__typename": "User", "id": "u2"},
		{"__typename": "Order", "id": "o1"},
		{"__typename": "User", "id": "nobody"},
		{"__typename": "User", "id": "u1"}
	]`, `... on User { username } ... on Order { placedOn }`)
	equalJSON(t, answer, `{"data": {"_entities": [
		{"__typename": "User", "username": "bento"},
		{"__typename": "Order", "placedOn": "2025-07-21"},
		null,
		{"__typename": "User", "username": "ada"}
	]}}`)
}
