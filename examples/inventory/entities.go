package inventory

import (
	"context"

	"github.com/weft-graphql/weft/examples/inventory/graph"
)

// entity resolves representations in batches; one that nothing matches gives null.
type entity struct{ store *store }

func (e entity) FindProduct(_ context.Context, reps []*graph.ProductRepresentation) ([]*graph.Product, error) {
	found := make([]*graph.Product, len(reps))
	for i, rep := range reps {
		if _, ok := e.store.supplies[*rep.Sku]; ok {
			found[i] = &graph.Product{Sku: *rep.Sku, Price: required(rep.Price), WeightGrams: rep.WeightGrams}
		}
	}
	return found, nil
}

// required is the price as @requires brought it, or nil when it was not asked for.
func required(price *graph.MoneyRepresentation) *graph.Money {
	if price == nil || price.Amount == nil || price.Currency == nil {
		return nil
	}
	return &graph.Money{Amount: *price.Amount, Currency: *price.Currency}
}

func (e entity) FindWarehouse(_ context.Context, reps []*graph.WarehouseRepresentation) ([]*graph.Warehouse, error) {
	found := make([]*graph.Warehouse, len(reps))
	for i, rep := range reps {
		found[i] = e.store.warehouseByCode[*rep.Code]
	}
	return found, nil
}

// FindStockLevel takes the compound key: the product's sku and the warehouse's code.
func (e entity) FindStockLevel(_ context.Context, reps []*graph.StockLevelRepresentation) ([]*graph.StockLevel, error) {
	found := make([]*graph.StockLevel, len(reps))
	for i, rep := range reps {
		if rep.Product.Sku != nil && rep.Warehouse.Code != nil {
			found[i] = e.store.at(place{*rep.Product.Sku, *rep.Warehouse.Code})
		}
	}
	return found, nil
}
