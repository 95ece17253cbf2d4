package inventory

import (
	"cmp"
	"context"
	"slices"

	"github.com/weft-graphql/weft/examples/inventory/graph"
	"github.com/weft-graphql/weft/examples/loader"
	"github.com/weft-graphql/weft/examples/page"
	"github.com/weft-graphql/weft/examples/serve"
)

// lowStock is the largest quantity that counts as low.
const lowStock = 10

type resolver struct{ store *store }

func (r resolver) Query() graph.QueryResolver           { return query{r.store} }
func (r resolver) Mutation() graph.MutationResolver     { return mutation{r.store} }
func (r resolver) Entity() graph.EntityResolver         { return entity{r.store} }
func (r resolver) Product() graph.ProductResolver       { return product{r.store} }
func (r resolver) StockLevel() graph.StockLevelResolver { return stockLevel{} }
func (r resolver) Warehouse() graph.WarehouseResolver   { return warehouse{} }

type query struct{ store *store }

func (q query) Warehouses(context.Context) ([]*graph.Warehouse, error) {
	return q.store.warehouses, nil
}

func (q query) Warehouse(_ context.Context, code string) (*graph.Warehouse, error) {
	return q.store.warehouseByCode[code], nil
}

func (q query) LowStock(_ context.Context, first int) ([]*graph.StockLevel, error) {
	all := q.store.levels(func(place) bool { return true })
	slices.SortStableFunc(all, func(a, b *graph.StockLevel) int { return cmp.Compare(a.Quantity, b.Quantity) })
	return page.First(all, first)
}

type mutation struct{ store *store }

func (m mutation) ReserveStock(ctx context.Context, input graph.ReserveStockInput) (*graph.ReserveStockPayload, error) {
	left, err := m.store.reserve(place{input.Sku, input.Warehouse}, input.Quantity)
	if err != nil {
		return nil, err
	}
	loaders := loader.From[*loaders](ctx)
	loaders.ofProduct.Forget(ctx, input.Sku)
	loaders.inWarehouse.Forget(ctx, input.Warehouse)
	return &graph.ReserveStockPayload{Stock: left, Reserved: input.Quantity}, nil
}

type product struct{ store *store }

func (r product) InStock(ctx context.Context, p *graph.Product) (*bool, error) {
	supply := r.store.supplies[p.Sku]
	if supply.miscounted {
		return nil, serve.Errorf("COUNTER_BROKEN", "nobody can count the product %q: the counter is broken", p.Sku)
	}
	levels, err := loader.From[*loaders](ctx).ofProduct.Load(ctx, p.Sku)
	if err != nil {
		return nil, err
	}
	available := supply.digital || slices.ContainsFunc(levels, func(l *graph.StockLevel) bool { return l.Quantity > 0 })
	return &available, nil
}

func (r product) LeadTimeDays(_ context.Context, p *graph.Product) (int, error) {
	supply := r.store.supplies[p.Sku]
	if supply.discontinued {
		return 0, serve.Errorf("NO_SUPPLIER", "nobody supplies the product %q any more", p.Sku)
	}
	return supply.leadTimeDays, nil
}

func (product) Stock(ctx context.Context, p *graph.Product) ([]*graph.StockLevel, error) {
	return loader.From[*loaders](ctx).ofProduct.Load(ctx, p.Sku)
}

// ShippingEstimate reckons with the price and the weight that came in the
// representation, from the products subgraph.
func (product) ShippingEstimate(_ context.Context, p *graph.Product, express bool) (*graph.Money, error) {
	if p.WeightGrams == nil || p.Price == nil {
		return nil, nil
	}
	const (
		baseCents, centsPerKilogram = 390, 60
		expressCents                = 1500
		freeFromCents               = 15000
	)
	estimate := baseCents + centsPerKilogram*(*p.WeightGrams)/1000
	switch {
	case express:
		estimate += expressCents
	case p.Price.Amount >= freeFromCents:
		estimate = 0
	}
	return &graph.Money{Amount: estimate, Currency: p.Price.Currency}, nil
}

type stockLevel struct{}

func (stockLevel) Warehouse(ctx context.Context, l *graph.StockLevel) (*graph.Warehouse, error) {
	return loader.From[*loaders](ctx).warehouses.Load(ctx, l.WarehouseCode)
}

func (stockLevel) Availability(_ context.Context, l *graph.StockLevel) (graph.Availability, error) {
	switch {
	case l.Quantity == 0:
		return graph.AvailabilityOutOfStock, nil
	case l.Quantity <= lowStock:
		return graph.AvailabilityLowStock, nil
	}
	return graph.AvailabilityInStock, nil
}

type warehouse struct{}

func (warehouse) Stock(ctx context.Context, w *graph.Warehouse, first int) ([]*graph.StockLevel, error) {
	all, err := loader.From[*loaders](ctx).inWarehouse.Load(ctx, w.Code)
	if err != nil {
		return nil, err
	}
	return page.First(all, first)
}
