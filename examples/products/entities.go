package products

import (
	"context"

	"github.com/weft-graphql/weft/examples/products/graph"
)

// entity resolves representations in batches; one that nothing matches gives null.
type entity struct{ store *store }

// FindProduct takes representations with either key, mixed.
func (e entity) FindProduct(_ context.Context, reps []*graph.ProductRepresentation) ([]*graph.Product, error) {
	found := make([]*graph.Product, len(reps))
	for i, rep := range reps {
		if rep.MatchedKey == graph.ProductMatchedKeySku {
			found[i] = e.store.bySKU[*rep.Sku]
		} else {
			found[i] = e.store.byUPC[*rep.Upc]
		}
	}
	return found, nil
}

func (e entity) FindBundle(_ context.Context, reps []*graph.BundleRepresentation) ([]*graph.Bundle, error) {
	found := make([]*graph.Bundle, len(reps))
	for i, rep := range reps {
		found[i] = e.store.bundleByUPC[*rep.Upc]
	}
	return found, nil
}

func (e entity) FindCategory(_ context.Context, reps []*graph.CategoryRepresentation) ([]*graph.Category, error) {
	found := make([]*graph.Category, len(reps))
	for i, rep := range reps {
		found[i] = e.store.categoryBySlug[*rep.Slug]
	}
	return found, nil
}

// FindUser finds everybody: who designed nothing has an empty list of designs.
func (e entity) FindUser(_ context.Context, reps []*graph.UserRepresentation) ([]*graph.User, error) {
	found := make([]*graph.User, len(reps))
	for i, rep := range reps {
		found[i] = &graph.User{ID: *rep.ID}
	}
	return found, nil
}
