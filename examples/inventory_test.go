package examples_test

import (
	"strings"
	"testing"
)

func TestInventoryAnswersNestedLoads(t *testing.T) {
	answer, _ := post(t, start(t, "inventory"), `{
		warehouse(code: "LIS") { city stock(first: 2) { quantity availability product { sku inStock } } }
		lowStock(first: 1) { product { sku stock { quantity warehouse { code } } } }
	}`, nil)
	equalJSON(t, answer, `{"data": {
		"warehouse": {"city": "Lisbon", "stock": [
			{"quantity": 210, "availability": "IN_STOCK", "product": {"sku": "BULB-WARM", "inStock": true}},
			{"quantity": 9, "availability": "LOW_STOCK", "product": {"sku": "CHAIR-OAK", "inStock": true}}
		]},
		"lowStock": [{"product": {"sku": "KETTLE", "stock": [
			{"quantity": 0, "warehouse": {"code": "AMS"}}, {"quantity": 0, "warehouse": {"code": "LIS"}}, {"quantity": 0, "warehouse": {"code": "OSL"}}
		]}}]
	}}`)
}

func TestInventoryResolvesEntitiesByCompoundKey(t *testing.T) {
	answer := entities(t, start(t, "inventory"), `[
		{"__typename": "StockLevel", "product": {"__typename": "Product", "sku": "KETTLE"}, "warehouse": {"code": "OSL"}},
		{"__typename": "StockLevel", "product": {"sku": "GIFT-CARD"}, "warehouse": {"code": "OSL"}},
		{"__typename": "StockLevel", "product": {"sku": "KETTLE"}, "warehouse": {"code": null}},
		{"__typename": "Warehouse", "code": "AMS"},
		{"__typename": "Warehouse", "code": "XXX"},
		{"__typename": "Product", "sku": "GIFT-CARD"},
		{"__typename": "Product", "sku": "NOTHING"}
	]`, `... on StockLevel { availability } ... on Warehouse { city } ... on Product { inStock stock { quantity } }`)
	equalJSON(t, answer, `{"data": {"_entities": [
		{"__typename": "StockLevel", "availability": "OUT_OF_STOCK"},
		null, null,
		{"__typename": "Warehouse", "city": "Amsterdam"},
		null,
		{"__typename": "Product", "inStock": true, "stock": []},
		null
	]}}`)
}

func TestShippingEstimateReckonsWithWhatItRequires(t *testing.T) {
	answer := entities(t, start(t, "inventory"), `[
		{"__typename": "Product", "sku": "LAMP-DESK", "price": {"amount": 7900, "currency": "EUR"}, "weightGrams": 2100},
		{"__typename": "Product", "sku": "DESK-OAK", "price": {"amount": 64900, "currency": "USD"}, "weightGrams": 38000},
		{"__typename": "Product", "sku": "GIFT-CARD", "price": {"amount": 5000, "currency": "EUR"}, "weightGrams": null}
	]`, `... on Product { shippingEstimate { amount currency } express: shippingEstimate(express: true) { amount } }`)
	equalJSON(t, answer, `{"data": {"_entities": [
		{"__typename": "Product", "shippingEstimate": {"amount": 516, "currency": "EUR"}, "express": {"amount": 2016}},
		{"__typename": "Product", "shippingEstimate": {"amount": 0, "currency": "USD"}, "express": {"amount": 4170}},
		{"__typename": "Product", "shippingEstimate": null, "express": null}
	]}}`)
}

func TestFieldsThatFailOnPurposeLeaveTheOthers(t *testing.T) {
	answer := entities(t, start(t, "inventory"), `[
		{"__typename": "Product", "sku": "LAMP-ARC"},
		{"__typename": "Product", "sku": "TYPEWRITER"},
		{"__typename": "Product", "sku": "NOTEBOOK"}
	]`, `... on Product { inStock leadTimeDays }`)
	if !strings.Contains(answer, `"COUNTER_BROKEN"`) || !strings.Contains(answer, `"path":["_entities",0,"inStock"]`) ||
		!strings.Contains(answer, `"NO_SUPPLIER"`) || !strings.Contains(answer, `"path":["_entities",1,"leadTimeDays"]`) {
		t.Errorf("an error is missing in %s", answer)
	}
	_, data, _ := strings.Cut(answer, `"data":`)
	equalJSON(t, strings.TrimSuffix(data, "}"), `{"_entities": [
		{"__typename": "Product", "inStock": null, "leadTimeDays": 9},
		null,
		{"__typename": "Product", "inStock": true, "leadTimeDays": 1}
	]}`)
}

func TestReservingStockRunsInSeriesUntilNothingIsLeft(t *testing.T) {
	answer, _ := post(t, start(t, "inventory"), `mutation {
		a: reserveStock(input: {sku: "LAMP-ARC", warehouse: "LIS"}) { ...s }
		b: reserveStock(input: {sku: "LAMP-ARC", warehouse: "LIS"}) { ...s }
	}
	fragment s on ReserveStockPayload { reserved stock { quantity product { stock { quantity } } warehouse { stock(first: 6) { quantity } } } }`, nil)
	equalJSON(t, answer, `{"data": {
		"a": {"reserved": 1, "stock": {"quantity": 1, "product": {"stock": [{"quantity": 6}, {"quantity": 1}, {"quantity": 4}]}, "warehouse": {"stock": [{"quantity": 210}, {"quantity": 9}, {"quantity": 1}, {"quantity": 95}, {"quantity": 0}, {"quantity": 1}]}}},
		"b": {"reserved": 1, "stock": {"quantity": 0, "product": {"stock": [{"quantity": 6}, {"quantity": 0}, {"quantity": 4}]}, "warehouse": {"stock": [{"quantity": 210}, {"quantity": 9}, {"quantity": 1}, {"quantity": 95}, {"quantity": 0}, {"quantity": 0}]}}}
	}}`)
}

func TestReservingStockRefusesBadInput(t *testing.T) {
	server := start(t, "inventory")
	for _, test := range []struct{ name, input, code string }{
		{"more than there is", `sku: "DESK-OAK", warehouse: "LIS", quantity: 2`, "OUT_OF_STOCK"},
		{"nothing", `sku: "DESK-OAK", warehouse: "LIS", quantity: 0`, "BAD_USER_INPUT"},
		{"unknown warehouse", `sku: "DESK-OAK", warehouse: "XXX"`, "NOT_FOUND"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, _ := post(t, server, `mutation { reserveStock(input: {`+test.input+`}) { reserved } }`, nil)
			if !strings.Contains(answer, `"code":"`+test.code+`"`) {
				t.Errorf("answer = %s, want the code %s", answer, test.code)
			}
		})
	}
}
