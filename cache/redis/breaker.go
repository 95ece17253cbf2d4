package redis

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sony/gobreaker/v2"
)

// What makes the breaker open: a run of failures in which no call succeeded for ten times a call's budget, or half of the
// calls of the last seconds. The number of failures alone would not do: under load, one pause of this process fails as many
// calls as are under way.
const (
	tripAfterFailures = 5
	tripAfterBudgets  = 10
	tripMinCalls      = 20
	tripWindow        = 10 * time.Second
	tripAfterTrouble  = time.Second
)

// trouble knows since when calls fail. The breaker's lock guards it.
type trouble struct {
	budget time.Duration
	// run is when the latest run of failures began, window when the first failure of the window came.
	run, window time.Time
}

// tooMuch is asked after each failure.
func (t *trouble) tooMuch(counts gobreaker.Counts) bool {
	now := time.Now()
	if counts.ConsecutiveFailures == 1 {
		t.run = now
	}
	if counts.TotalFailures == 1 {
		t.window = now
	}
	return counts.ConsecutiveFailures >= tripAfterFailures && now.Sub(t.run) >= tripAfterBudgets*t.budget ||
		counts.Requests >= tripMinCalls && counts.TotalFailures*2 >= counts.Requests && now.Sub(t.window) >= tripAfterTrouble
}

func (c *Client) breakerSettings() gobreaker.Settings {
	return gobreaker.Settings{
		Name:         "redis",
		MaxRequests:  1,
		Interval:     tripWindow,
		BucketPeriod: tripWindow / 10,
		// Shorter than the time between two probes, so that each probe finds the breaker half open.
		Timeout:       c.options.ProbeInterval / 2,
		ReadyToTrip:   (&trouble{budget: c.options.CallTimeout}).tooMuch,
		OnStateChange: c.stateChanged,
		IsSuccessful:  func(err error) bool { return !failed(err) },
		IsExcluded: func(err error) bool {
			_, canceled := errors.AsType[*canceledError](err)
			return canceled
		},
	}
}

// stateChanged runs under the breaker's lock: it must not ask the breaker anything.
func (c *Client) stateChanged(_ string, from, to gobreaker.State) {
	c.metrics.state.Set(stateNumber(to))
	logger := c.options.Logger.With("redis", c.String())
	switch {
	case from == gobreaker.StateClosed && to == gobreaker.StateOpen:
		reason := "unknown"
		if last := c.lastFailure.Load(); last != nil {
			reason = *last
		}
		logger.LogAttrs(context.Background(), slog.LevelWarn, "Redis is away; serving without it", slog.String("reason", reason))
		select {
		case c.tripped <- struct{}{}:
		default:
		}
	case to == gobreaker.StateClosed:
		logger.LogAttrs(context.Background(), slog.LevelInfo, "Redis is back")
	}
}

// stateNumber is the breaker's state in the metric.
func stateNumber(state gobreaker.State) float64 {
	switch state {
	case gobreaker.StateClosed:
		return 0
	case gobreaker.StateHalfOpen:
		return 1
	default:
		return 2
	}
}

// probe waits for the breaker to open and then asks Redis until it answers. Requests never do that: they would pay for it.
func (c *Client) probe() {
	timer := time.NewTimer(c.options.ProbeInterval)
	defer timer.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-c.tripped:
		}
		for c.Away() {
			timer.Reset(c.options.ProbeInterval)
			select {
			case <-c.stop:
				return
			case <-timer.C:
			}
			// What becomes of it is the breaker's to remember.
			_ = c.guarded(context.Background(), "probe", c.options.CallTimeout, ping)
		}
	}
}
