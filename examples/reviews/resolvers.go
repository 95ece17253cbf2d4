package reviews

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/examples/loader"
	"github.com/weft-graphql/weft/examples/page"
	"github.com/weft-graphql/weft/examples/reviews/graph"
)

type resolver struct{ store *store }

func (r resolver) Query() graph.QueryResolver       { return query{r.store} }
func (r resolver) Mutation() graph.MutationResolver { return mutation{r.store} }
func (r resolver) Entity() graph.EntityResolver     { return entity{r.store} }
func (r resolver) Review() graph.ReviewResolver     { return review{} }
func (r resolver) User() graph.UserResolver         { return user{} }
func (r resolver) Product() graph.ProductResolver   { return product{} }
func (r resolver) Bundle() graph.BundleResolver     { return bundle{} }

type query struct{ store *store }

func (q query) Review(_ context.Context, id string) (*graph.Review, error) {
	return q.store.review(id), nil
}

func (q query) LatestReviews(_ context.Context, first int) ([]*graph.Review, error) {
	return page.First(q.store.all(), first)
}

func (q query) SearchReviews(_ context.Context, text string, first int) ([]graph.SearchResult, error) {
	found := []graph.SearchResult{}
	seen := make(map[graph.Item]bool)
	for _, r := range q.store.all() {
		if !strings.Contains(strings.ToLower(r.Body), strings.ToLower(text)) {
			continue
		}
		found = append(found, r)
		if item, ok := r.Item.(graph.SearchResult); ok && !seen[r.Item] {
			seen[r.Item] = true
			found = append(found, item)
		}
	}
	return page.First(found, first)
}

type mutation struct{ store *store }

func (m mutation) AddReview(ctx context.Context, input graph.AddReviewInput) (*graph.AddReviewPayload, error) {
	added, err := m.store.add(input)
	if err != nil {
		return nil, err
	}
	loaders := loader.From[*loaders](ctx)
	loaders.ofItem.Forget(ctx, input.Upc)
	loaders.byAuthor.Forget(ctx, input.AuthorID)
	return &graph.AddReviewPayload{Review: added}, nil
}

type review struct{}

func (review) Stars(_ context.Context, r *graph.Review) (int, error) {
	return r.Rating, nil
}

type user struct{}

func (user) Reviews(ctx context.Context, u *graph.User, first int, after *string, order graph.ReviewOrder) (*graph.ReviewConnection, error) {
	all, err := loader.From[*loaders](ctx).byAuthor.Load(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	return connection(all, first, after, order)
}

type product struct{}

func (product) AverageRating(ctx context.Context, p *graph.Product) (*float64, error) {
	return averageRating(ctx, p.Upc)
}

func (product) Reviews(ctx context.Context, p *graph.Product, first int, after *string, order graph.ReviewOrder) (*graph.ReviewConnection, error) {
	return itemReviews(ctx, p.Upc, first, after, order)
}

type bundle struct{}

func (bundle) AverageRating(ctx context.Context, b *graph.Bundle) (*float64, error) {
	return averageRating(ctx, b.Upc)
}

func (bundle) Reviews(ctx context.Context, b *graph.Bundle, first int, after *string, order graph.ReviewOrder) (*graph.ReviewConnection, error) {
	return itemReviews(ctx, b.Upc, first, after, order)
}

// averageRating is the mean of an item's ratings with two decimals; nil when it has none.
func averageRating(ctx context.Context, upc string) (*float64, error) {
	all, err := loader.From[*loaders](ctx).ofItem.Load(ctx, upc)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	sum := 0
	for _, r := range all {
		sum += r.Rating
	}
	mean := math.Round(100*float64(sum)/float64(len(all))) / 100
	return &mean, nil
}

func itemReviews(ctx context.Context, upc string, first int, after *string, order graph.ReviewOrder) (*graph.ReviewConnection, error) {
	all, err := loader.From[*loaders](ctx).ofItem.Load(ctx, upc)
	if err != nil {
		return nil, err
	}
	return connection(all, first, after, order)
}

// connection makes a page of reviews, which are given newest first.
func connection(newest []*graph.Review, first int, after *string, order graph.ReviewOrder) (*graph.ReviewConnection, error) {
	p, err := page.Cut(sorted(newest, order), first, after, func(r *graph.Review) string { return r.ID })
	if err != nil {
		return nil, err
	}
	c := &graph.ReviewConnection{
		Nodes:      p.Items,
		Edges:      make([]*graph.ReviewEdge, len(p.Items)),
		PageInfo:   &graph.PageInfo{HasNextPage: p.HasNext, EndCursor: p.EndCursor},
		TotalCount: p.Total,
	}
	for i, r := range p.Items {
		c.Edges[i] = &graph.ReviewEdge{Cursor: page.Cursor(r.ID), Node: r}
	}
	return c, nil
}

func sorted(newest []*graph.Review, order graph.ReviewOrder) []*graph.Review {
	worstFirst := func(a, b *graph.Review) int { return cmp.Compare(a.Rating, b.Rating) }
	switch order {
	case graph.ReviewOrderBest:
		return slices.SortedStableFunc(slices.Values(newest), func(a, b *graph.Review) int { return worstFirst(b, a) })
	case graph.ReviewOrderWorst:
		return slices.SortedStableFunc(slices.Values(newest), worstFirst)
	default:
		return newest
	}
}
