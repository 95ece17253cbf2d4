package accounts

import (
	"context"

	"github.com/weft-graphql/weft/examples/accounts/graph"
	"github.com/weft-graphql/weft/examples/loader"
	"github.com/weft-graphql/weft/examples/page"
)

// signedIn is the id of the person who is always signed in.
const signedIn = "u1"

type resolver struct{ store *store }

func (r resolver) Query() graph.QueryResolver   { return query{r.store} }
func (r resolver) Entity() graph.EntityResolver { return entity{r.store} }
func (r resolver) User() graph.UserResolver     { return user{} }
func (r resolver) Order() graph.OrderResolver   { return order{} }

type query struct{ store *store }

func (q query) Me(ctx context.Context) (*graph.User, error) {
	return q.User(ctx, signedIn)
}

func (q query) User(ctx context.Context, id string) (*graph.User, error) {
	return loader.From[*loaders](ctx).users.Load(ctx, id)
}

func (q query) Users(_ context.Context, first int, after *string) (*graph.UserConnection, error) {
	p, err := page.Cut(q.store.users, first, after, func(u *graph.User) string { return u.ID })
	if err != nil {
		return nil, err
	}
	connection := &graph.UserConnection{
		Nodes:      p.Items,
		Edges:      make([]*graph.UserEdge, len(p.Items)),
		PageInfo:   &graph.PageInfo{HasNextPage: p.HasNext, EndCursor: p.EndCursor},
		TotalCount: p.Total,
	}
	for i, u := range p.Items {
		connection.Edges[i] = &graph.UserEdge{Cursor: page.Cursor(u.ID), Node: u}
	}
	return connection, nil
}

type user struct{}

func (user) Following(ctx context.Context, u *graph.User) ([]*graph.User, error) {
	return loader.From[*loaders](ctx).users.LoadMany(ctx, u.FollowingIDs)
}

func (user) Orders(ctx context.Context, u *graph.User, first int) ([]*graph.Order, error) {
	all, err := loader.From[*loaders](ctx).orders.Load(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	return page.First(all, first)
}

type order struct{}

func (order) Buyer(ctx context.Context, o *graph.Order) (*graph.User, error) {
	return loader.From[*loaders](ctx).users.Load(ctx, o.BuyerID)
}

// entity resolves representations in batches; one that nothing matches gives null.
type entity struct{ store *store }

func (e entity) FindUser(_ context.Context, reps []*graph.UserRepresentation) ([]*graph.User, error) {
	found := make([]*graph.User, len(reps))
	for i, rep := range reps {
		found[i] = e.store.usersByID[*rep.ID]
	}
	return found, nil
}

func (e entity) FindOrder(_ context.Context, reps []*graph.OrderRepresentation) ([]*graph.Order, error) {
	found := make([]*graph.Order, len(reps))
	for i, rep := range reps {
		found[i] = e.store.ordersByID[*rep.ID]
	}
	return found, nil
}
