package batch_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

// hanging never answers its first request.
type hanging struct {
	instant
	requests atomic.Int64
}

func (h *hanging) Fetch(ctx context.Context, f *executor.Fetch) (*executor.Answer, error) {
	if h.requests.Add(1) == 1 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return h.instant.Fetch(ctx, f)
}

func TestWhatHangsIsNotJoinedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &hanging{instant: instant{&executor.Answer{Status: 200, Header: http.Header{}, Body: []byte(`{"data":{}}`)}}}
		f := batch.New(next, batch.Options{All: batch.Settings{Deduplicate: true}})
		defer f.Close()
		fetch := func(patience time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := f.Fetch(ctx, rootFetch("", nil))
			return err
		}
		go func() { _ = fetch(time.Hour) }()
		synctest.Wait()
		if fetch(time.Second/2) == nil || next.requests.Load() != 1 {
			t.Error("an equal request did not join it")
		}
		time.Sleep(time.Second)
		if err := fetch(time.Second); err != nil {
			t.Errorf("one that came later hangs with it: %v", err)
		}
		time.Sleep(time.Hour)
	})
}
