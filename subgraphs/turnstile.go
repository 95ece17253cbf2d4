package subgraphs

import (
	"context"
	"sync/atomic"
)

// turnstile limits how many requests to a subgraph are under way at once, and
// how many may wait for their turn. One without a limit only counts.
type turnstile struct {
	slots      chan struct{} // nil where there is no limit
	inFlight   atomic.Int64
	waiting    atomic.Int64
	maxWaiting int64
}

func newTurnstile(maxConcurrent, maxWaiting int) *turnstile {
	t := &turnstile{maxWaiting: int64(maxWaiting)}
	if maxConcurrent > 0 {
		t.slots = make(chan struct{}, maxConcurrent)
	}
	return t
}

// enter counts a request in. It reports false where too many wait already; an
// error says that ctx has ended first. Whoever is let in must leave.
func (t *turnstile) enter(ctx context.Context) (bool, error) {
	if t.slots != nil {
		select {
		case t.slots <- struct{}{}:
		default:
			if t.waiting.Add(1) > t.maxWaiting {
				t.waiting.Add(-1)
				return false, nil
			}
			defer t.waiting.Add(-1)
			select {
			case t.slots <- struct{}{}:
			case <-ctx.Done():
				return false, ctx.Err()
			}
		}
	}
	t.inFlight.Add(1)
	return true, nil
}

func (t *turnstile) leave() {
	t.inFlight.Add(-1)
	if t.slots != nil {
		<-t.slots
	}
}
