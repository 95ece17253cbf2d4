package products

import (
	"context"
	"strings"

	"github.com/weft-graphql/weft/examples/loader"
	"github.com/weft-graphql/weft/examples/page"
	"github.com/weft-graphql/weft/examples/products/graph"
)

type resolver struct{ store *store }

func (r resolver) Query() graph.QueryResolver       { return query{r.store} }
func (r resolver) Entity() graph.EntityResolver     { return entity{r.store} }
func (r resolver) Product() graph.ProductResolver   { return product{} }
func (r resolver) Bundle() graph.BundleResolver     { return bundle{} }
func (r resolver) Category() graph.CategoryResolver { return category{} }
func (r resolver) User() graph.UserResolver         { return user{} }

type query struct{ store *store }

func (q query) Product(_ context.Context, upc string) (*graph.Product, error) {
	return q.store.byUPC[upc], nil
}

func (q query) TopProducts(_ context.Context, first int) ([]*graph.Product, error) {
	var top []*graph.Product
	for _, sku := range bestSellers() {
		top = append(top, q.store.bySKU[sku])
	}
	return page.First(top, first)
}

func (q query) Products(_ context.Context, first int, after *string, filter *graph.ProductFilter) (*graph.ProductConnection, error) {
	p, err := page.Cut(matching(q.store.products, filter), first, after, func(p *graph.Product) string { return p.Upc })
	if err != nil {
		return nil, err
	}
	connection := &graph.ProductConnection{
		Nodes:      p.Items,
		Edges:      make([]*graph.ProductEdge, len(p.Items)),
		PageInfo:   &graph.PageInfo{HasNextPage: p.HasNext, EndCursor: p.EndCursor},
		TotalCount: p.Total,
	}
	for i, item := range p.Items {
		connection.Edges[i] = &graph.ProductEdge{Cursor: page.Cursor(item.Upc), Node: item}
	}
	return connection, nil
}

func matching(products []*graph.Product, filter *graph.ProductFilter) []*graph.Product {
	if filter == nil {
		return products
	}
	found := []*graph.Product{}
	for _, p := range products {
		if (filter.Category == nil || p.CategorySlug == *filter.Category) &&
			(filter.MaxAmount == nil || p.Price.Amount <= *filter.MaxAmount) &&
			(filter.Text == nil || contains(p.Name, *filter.Text)) {
			found = append(found, p)
		}
	}
	return found
}

func (q query) Featured(_ context.Context, first int) ([]graph.Item, error) {
	var items []graph.Item
	for _, upc := range window() {
		if b, ok := q.store.bundleByUPC[upc]; ok {
			items = append(items, b)
		} else {
			items = append(items, q.store.byUPC[upc])
		}
	}
	return page.First(items, first)
}

func (q query) Search(_ context.Context, text string, first int) ([]graph.SearchResult, error) {
	found := []graph.SearchResult{}
	for _, c := range q.store.categories {
		if contains(c.Name, text) {
			found = append(found, c)
		}
	}
	for _, d := range q.store.designers {
		if contains(d.credit, text) {
			found = append(found, &graph.User{ID: d.userID})
		}
	}
	for _, b := range q.store.bundles {
		if contains(b.Name, text) {
			found = append(found, b)
		}
	}
	for _, p := range q.store.products {
		if contains(p.Name, text) {
			found = append(found, p)
		}
	}
	return page.First(found, first)
}

func contains(s, text string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(text))
}

func (q query) Categories(context.Context) ([]*graph.Category, error) {
	return q.store.categories, nil
}

type product struct{}

func (product) Title(_ context.Context, p *graph.Product) (string, error) {
	return p.Name, nil
}

func (product) Category(ctx context.Context, p *graph.Product) (*graph.Category, error) {
	return loader.From[*loaders](ctx).categories.Load(ctx, p.CategorySlug)
}

func (product) Accessories(ctx context.Context, p *graph.Product) ([]*graph.Product, error) {
	return loader.From[*loaders](ctx).products.LoadMany(ctx, p.AccessorySKUs)
}

func (product) Bundles(ctx context.Context, p *graph.Product) ([]*graph.Bundle, error) {
	return loader.From[*loaders](ctx).bundles.Load(ctx, p.Sku)
}

type bundle struct{}

func (bundle) Products(ctx context.Context, b *graph.Bundle) ([]*graph.Product, error) {
	return loader.From[*loaders](ctx).products.LoadMany(ctx, b.SKUs)
}

type category struct{}

func (category) Products(ctx context.Context, c *graph.Category, first int) ([]*graph.Product, error) {
	all, err := loader.From[*loaders](ctx).inCategory.Load(ctx, c.Slug)
	if err != nil {
		return nil, err
	}
	return page.First(all, first)
}

type user struct{}

func (user) Designs(ctx context.Context, u *graph.User) ([]*graph.Product, error) {
	return loader.From[*loaders](ctx).designs.Load(ctx, u.ID)
}
