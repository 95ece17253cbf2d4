package executor

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// listing is a Fetcher that keeps what it was asked for.
type listing struct {
	replay
	mu   sync.Mutex
	seen []*Fetch
}

func (l *listing) Fetch(ctx context.Context, f *Fetch) (*Answer, error) {
	l.mu.Lock()
	l.seen = append(l.seen, f)
	l.mu.Unlock()
	return l.replay.Fetch(ctx, f)
}

func TestFetchTellsWhereItsRepresentationsAre(t *testing.T) {
	p, r := benchShop(t)
	l := &listing{replay: r}
	run(t, newExecutor(t, Options{Fetcher: l}), p.heavy(), nil)
	byCount := map[int]int{}
	for _, f := range l.seen {
		byCount[len(f.Lists)]++
		entities := 0
		var keys []string
		for _, list := range f.Lists {
			var items []json.RawMessage
			if err := json.Unmarshal(f.Body[list.Start:list.End], &items); err != nil {
				t.Errorf("the list of %s in %s: %v", list.Key, f.Body, err)
			}
			entities += len(items)
			keys = append(keys, list.Key)
		}
		if entities != f.Entities {
			t.Errorf("%d entities in the lists of %s, want %d", entities, f.Body, f.Entities)
		}
		if len(keys) == 2 && strings.Join(keys, " ") != "_e0 _e1" {
			t.Errorf("the keys are %q", keys)
		}
	}
	if byCount[0] != 2 || byCount[1] != 4 || byCount[2] != 1 {
		t.Errorf("requests by their number of lists: %v", byCount)
	}
}
