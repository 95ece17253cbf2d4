// Package loader makes the data loaders of the example subgraphs. They live as
// long as one operation: whatever its fields ask for at the same time is loaded
// together, and nothing is loaded twice.
package loader

import (
	"context"
	"time"

	"github.com/graph-gophers/dataloader/v7"
)

// window is how long a loader collects keys. Sibling fields ask within
// microseconds of each other.
const window = time.Millisecond

// maxBatch is how many keys a loader collects before it loads without waiting.
const maxBatch = 1000

// A Loader loads values by their keys in batches.
type Loader[K comparable, V any] struct {
	batches *dataloader.Loader[K, V]
}

// New makes a loader around a function that loads many keys at once. A key that
// the function leaves out of its answer gets V's zero value.
func New[K comparable, V any](load func(keys []K) map[K]V) *Loader[K, V] {
	batch := func(_ context.Context, keys []K) []*dataloader.Result[V] {
		values := load(keys)
		results := make([]*dataloader.Result[V], len(keys))
		for i, key := range keys {
			results[i] = &dataloader.Result[V]{Data: values[key]}
		}
		return results
	}
	return &Loader[K, V]{dataloader.NewBatchedLoader(batch,
		dataloader.WithWait[K, V](window),
		dataloader.WithBatchCapacity[K, V](maxBatch),
	)}
}

// Load returns one key's value.
func (l *Loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	return l.batches.Load(ctx, key)()
}

// LoadMany returns the values of keys, in their order.
func (l *Loader[K, V]) LoadMany(ctx context.Context, keys []K) ([]V, error) {
	values, errs := l.batches.LoadMany(ctx, keys)()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Forget makes the loader load a key again: a mutation changed its value.
func (l *Loader[K, V]) Forget(ctx context.Context, key K) {
	l.batches.Clear(ctx, key)
}

type contextKey[T any] struct{}

// Attach returns a context that carries a subgraph's set of loaders.
func Attach[T any](ctx context.Context, loaders T) context.Context {
	return context.WithValue(ctx, contextKey[T]{}, loaders)
}

// From returns the loaders of type T that the context carries, or T's zero value.
func From[T any](ctx context.Context) T {
	loaders, _ := ctx.Value(contextKey[T]{}).(T)
	return loaders
}
