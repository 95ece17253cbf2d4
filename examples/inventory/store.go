package inventory

import (
	"cmp"
	"slices"
	"sync"

	"github.com/weft-graphql/weft/examples/inventory/graph"
	"github.com/weft-graphql/weft/examples/serve"
)

// maxReservation is how many units one reservation may set aside.
const maxReservation = 100

// place is a product in a warehouse: the key of a stock level.
type place struct{ sku, warehouse string }

// supply is what the subgraph knows of a product besides its stock.
type supply struct {
	leadTimeDays int
	// digital products are sent by e-mail and never run out.
	digital bool
	// discontinued products have no supplier, so they have no lead time.
	discontinued bool
	// miscounted products have a broken counter.
	miscounted bool
}

// store is the subgraph's data. Only the quantities change.
type store struct {
	warehouses      []*graph.Warehouse
	warehouseByCode map[string]*graph.Warehouse
	supplies        map[string]supply
	// places are the keys of quantities, by sku and then by warehouse.
	places []place

	mu         sync.RWMutex
	quantities map[place]int
}

func newStore() *store {
	s := &store{
		warehouses:      warehouses(),
		warehouseByCode: make(map[string]*graph.Warehouse),
		supplies:        supplies(),
		quantities:      quantities(),
	}
	for _, w := range s.warehouses {
		s.warehouseByCode[w.Code] = w
	}
	for p := range s.quantities {
		s.places = append(s.places, p)
	}
	slices.SortFunc(s.places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.sku, b.sku), cmp.Compare(a.warehouse, b.warehouse))
	})
	return s
}

// levels returns the stock levels of the places that keep wants, as they are now.
func (s *store) levels(keep func(place) bool) []*graph.StockLevel {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*graph.StockLevel
	for _, p := range s.places {
		if keep(p) {
			found = append(found, level(p, s.quantities[p]))
		}
	}
	return found
}

func (s *store) ofProducts(skus []string) map[string][]*graph.StockLevel {
	bySKU := make(map[string][]*graph.StockLevel, len(skus))
	for _, l := range s.levels(func(p place) bool { return slices.Contains(skus, p.sku) }) {
		bySKU[l.Product.Sku] = append(bySKU[l.Product.Sku], l)
	}
	return bySKU
}

func (s *store) inWarehouses(codes []string) map[string][]*graph.StockLevel {
	byCode := make(map[string][]*graph.StockLevel, len(codes))
	for _, l := range s.levels(func(p place) bool { return slices.Contains(codes, p.warehouse) }) {
		byCode[l.WarehouseCode] = append(byCode[l.WarehouseCode], l)
	}
	return byCode
}

// at returns the stock level at a place, or nil when the product never lay there.
func (s *store) at(p place) *graph.StockLevel {
	s.mu.RLock()
	defer s.mu.RUnlock()
	quantity, ok := s.quantities[p]
	if !ok {
		return nil
	}
	return level(p, quantity)
}

// reserve takes units from a place and returns what is left there.
func (s *store) reserve(p place, units int) (*graph.StockLevel, error) {
	if units < 1 || units > maxReservation {
		return nil, serve.Errorf("BAD_USER_INPUT", "quantity: must be between 1 and %d, not %d", maxReservation, units)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	quantity, ok := s.quantities[p]
	if !ok {
		return nil, serve.Errorf("NOT_FOUND", "the warehouse %q does not keep the product %q", p.warehouse, p.sku)
	}
	if quantity < units {
		return nil, serve.Errorf("OUT_OF_STOCK", "the warehouse %q has %d of %q left, not %d", p.warehouse, quantity, p.sku, units)
	}
	s.quantities[p] = quantity - units
	return level(p, quantity-units), nil
}

func level(p place, quantity int) *graph.StockLevel {
	return &graph.StockLevel{
		Product:       &graph.Product{Sku: p.sku},
		WarehouseCode: p.warehouse,
		Quantity:      quantity,
	}
}
