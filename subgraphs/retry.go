package subgraphs

import (
	"context"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/hedgepolicy"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

// newRetry makes the policy by which a query is sent again.
func (h *host) newRetry() failsafe.Executor[*outcome] {
	r := h.settings.Retries
	return failsafe.With(retrypolicy.NewBuilder[*outcome]().
		WithMaxRetries(r.Max).
		ReturnLastFailure().
		WithBackoff(r.Backoff, r.MaxBackoff).
		WithJitterFactor(0.5).
		HandleIf(func(o *outcome, _ error) bool { return o.again }).
		AbortIf(func(o *outcome, _ error) bool { return !h.mayRetry(o) }).
		Build())
}

// mayRetry reports whether there is time and budget for a retry after o.
func (h *host) mayRetry(o *outcome) bool {
	if o.attempt > h.settings.Retries.Max {
		return false
	}
	if deadline, ok := o.ctx.Deadline(); ok && time.Until(deadline) <= max(o.retryAfter, h.settings.Retries.Backoff/2) {
		return false // the answer would come too late
	}
	return h.spend()
}

// spend takes the token of one retry or hedge, if there is one.
func (h *host) spend() bool {
	ok := h.budget.spend()
	if !ok {
		h.metrics.retriesRefused.Inc()
	}
	return ok
}

// retry sends a query again, for as long as the policy wants it. The policy is
// handed what has become of the first attempt, so that a request that succeeds
// never meets it.
func (c *Client) retry(ctx context.Context, r request, first outcome) outcome {
	h := r.host
	now := first
	now.ctx, now.attempt = ctx, 1
	_, _ = h.retry.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[*outcome]) (*outcome, error) {
		if e.IsFirstAttempt() {
			return &now, nil
		}
		if !pause(ctx, now.notBefore) {
			return &now, ctx.Err()
		}
		h.metrics.retries.Inc()
		now.release()
		now = c.try(ctx, r, now.endpoint)
		now.ctx, now.attempt = ctx, e.Attempts()
		return &now, nil
	})
	return now // where time has ended before the next attempt, what the last gave
}

// pause waits until a moment, and reports false where ctx ends first.
func pause(ctx context.Context, until time.Time) bool {
	if d := time.Until(until); d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// newHedge makes the policy by which a query is sent a second time when its
// answer does not come.
func (c *Client) newHedge(h *host) failsafe.Executor[*outcome] {
	return failsafe.With(hedgepolicy.NewBuilderWithDelay[*outcome](h.settings.Hedging.Delay).
		WithMaxHedges(1).
		CancelIf(func(o *outcome, _ error) bool { return o.decides }).
		OnHedge(func(failsafe.ExecutionEvent[*outcome]) { c.hedging.Add(1) }).
		Build())
}

// hedged sends a query, and once more where the answer takes too long and the
// budget allows it. Whichever is not needed is given up.
func (c *Client) hedged(ctx context.Context, r request, avoid *endpoint) outcome {
	h := r.host
	var outcomes contest
	var first, refused outcome
	picked := make(chan *endpoint, 1)
	c.hedging.Add(1)
	last, err := h.hedge.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[*outcome]) (*outcome, error) {
		defer c.hedging.Done()
		if !e.IsHedge() {
			first = c.attempt(e.Context(), r, avoid, picked)
			// A failure decides only where no second request may still succeed.
			first.decides = first.good() || e.Hedges() == 0
			outcomes.add(&first)
			return &first, nil
		}
		if !h.spend() {
			return &refused, nil
		}
		h.metrics.hedges.Inc()
		select {
		case avoid = <-picked:
		default: // the first still waits for its turn
		}
		second := c.attempt(e.Context(), r, avoid, nil)
		second.decides = second.good()
		outcomes.add(&second)
		return &second, nil
	})
	switch {
	case err != nil || last == nil:
		outcomes.settle(nil)
		return r.ended(ctx, nil)
	case last == &refused:
		last = &first // both have ended, and the first not well
	}
	outcomes.settle(last)
	return *last
}

// contest gives back the answers that are not needed, also those that come when
// it is settled.
type contest struct {
	mu      sync.Mutex
	settled bool
	open    []*outcome
}

func (t *contest) add(o *outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.settled {
		o.release()
		return
	}
	t.open = append(t.open, o)
}

// settle is told which outcome is needed.
func (t *contest) settle(needed *outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settled = true
	for _, o := range t.open {
		if o != needed {
			o.release()
		}
	}
}

// try makes one attempt, hedged where that is set.
func (c *Client) try(ctx context.Context, r request, avoid *endpoint) outcome {
	if r.host.hedge != nil && !r.fetch.Mutation {
		return c.hedged(ctx, r, avoid)
	}
	return c.attempt(ctx, r, avoid, nil)
}
