package reviews

import (
	"context"

	"github.com/weft-graphql/weft/examples/reviews/graph"
)

// entity resolves representations in batches; one that nothing matches gives null.
type entity struct{ store *store }

func (e entity) FindReview(_ context.Context, reps []*graph.ReviewRepresentation) ([]*graph.Review, error) {
	found := make([]*graph.Review, len(reps))
	for i, rep := range reps {
		found[i] = e.store.review(*rep.ID)
	}
	return found, nil
}

func (e entity) FindUser(_ context.Context, reps []*graph.UserRepresentation) ([]*graph.User, error) {
	found := make([]*graph.User, len(reps))
	for i, rep := range reps {
		found[i] = e.store.authors[*rep.ID]
	}
	return found, nil
}

func (e entity) FindProduct(_ context.Context, reps []*graph.ProductRepresentation) ([]*graph.Product, error) {
	found := make([]*graph.Product, len(reps))
	for i, rep := range reps {
		found[i], _ = e.store.items[*rep.Upc].(*graph.Product)
	}
	return found, nil
}

func (e entity) FindBundle(_ context.Context, reps []*graph.BundleRepresentation) ([]*graph.Bundle, error) {
	found := make([]*graph.Bundle, len(reps))
	for i, rep := range reps {
		found[i], _ = e.store.items[*rep.Upc].(*graph.Bundle)
	}
	return found, nil
}
