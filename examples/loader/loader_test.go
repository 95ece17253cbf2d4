package loader_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/examples/loader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoaderLoadsEachKeyOnceUntilItIsForgotten(t *testing.T) {
	var mu sync.Mutex
	var loaded []string
	l := loader.New(func(keys []string) map[string]int {
		mu.Lock()
		defer mu.Unlock()
		loaded = append(loaded, keys...)
		return map[string]int{"a": 1, "b": 2}
	})
	got, err := l.LoadMany(t.Context(), []string{"b", "a", "b", "missing"})
	if err != nil || !slices.Equal(got, []int{2, 1, 2, 0}) {
		t.Fatalf("LoadMany = %v, %v", got, err)
	}
	if a, err := l.Load(t.Context(), "a"); err != nil || a != 1 {
		t.Fatalf("Load = %d, %v", a, err)
	}
	l.Forget(t.Context(), "a")
	if a, err := l.Load(t.Context(), "a"); err != nil || a != 1 {
		t.Fatalf("Load = %d, %v", a, err)
	}
	slices.Sort(loaded)
	if want := []string{"a", "a", "b", "missing"}; !slices.Equal(loaded, want) {
		t.Errorf("loaded %v, want %v", loaded, want)
	}
}

func TestLoaderBatchesWhatIsAskedForTogether(t *testing.T) {
	var batches atomic.Int32
	l := loader.New(func([]int) map[int]int { batches.Add(1); return nil })
	if _, err := l.LoadMany(t.Context(), []int{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	if n := batches.Load(); n >= 4 {
		t.Errorf("4 keys asked for at once were loaded in %d batches", n)
	}
}

func TestFromFindsTheLoadersOfItsOwnType(t *testing.T) {
	type mine struct{ n int }
	ctx := loader.Attach(loader.Attach(t.Context(), &mine{1}), "another type's")
	if got := loader.From[*mine](ctx); got == nil || got.n != 1 {
		t.Errorf("From = %v", got)
	}
}
