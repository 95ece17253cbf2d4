package cache

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Budgets counts what clients spend. It has two implementations: [LocalBudgets] and [RedisBudgets].
type Budgets interface {
	// Charge takes cost points from the account if they are there, all of them or none. A cost of 0 only asks what is left.
	// It fails only when the rate is not a valid one, or with the context's error when that ends.
	Charge(ctx context.Context, account Account, cost float64) (Decision, error)
	// Settle corrects a charge that was allowed by delta points, the actual cost less the charged one. It does not wait: the
	// correction is seen a moment later. A client gains no more than a full budget by it, and owes no more than one more.
	Settle(account Account, charge Decision, delta float64)
}

// Account is one client's budget under one policy.
type Account struct {
	// Key names policy and client. It ends up in Redis as it is: it must be short and without secrets.
	Key string
	// Rate is the same for all calls with one Key.
	Rate Rate
}

// Rate is what a client may spend.
type Rate struct {
	// PointsPerSecond flow back to the client until its budget is full.
	PointsPerSecond float64
	// Burst is the full budget in points: what a client may spend at once.
	Burst float64
}

// maxWindow limits the time in which an empty budget fills up, so that microseconds since 1970 plus two windows stay below
// 2^53, the integers that a script in Redis counts with.
const maxWindow = 10 * 365 * 24 * time.Hour

// Check says what is wrong with the rate.
func (r Rate) Check() error {
	switch {
	case !(r.PointsPerSecond > 0) || math.IsInf(r.PointsPerSecond, 0):
		return fmt.Errorf("a budget's rate must be more than 0 points a second, not %v", r.PointsPerSecond)
	case !(r.Burst > 0) || math.IsInf(r.Burst, 0):
		return fmt.Errorf("a budget's burst must be more than 0 points, not %v", r.Burst)
	case r.Burst/r.PointsPerSecond > maxWindow.Seconds():
		return errors.New("a budget's burst must flow back within ten years: raise its rate or lower its burst")
	}
	return nil
}

// Decision is the answer to a charge.
type Decision struct {
	// Allowed is set where the points were taken.
	Allowed bool
	// TooHigh is set where the cost is more than a full budget: waiting does not help.
	TooHigh bool
	// Remaining is what is left, in points: after the charge where it was allowed.
	Remaining float64
	// RetryAfter is when the same charge would be allowed if nothing else is spent; 0 where it was allowed or is too high.
	RetryAfter time.Duration
	// Reset is when the budget will be full again.
	Reset time.Duration
	// Local is set where the charge was counted in this process only.
	Local bool
}

// gcra is a rate in the generic cell rate algorithm's terms, in whole microseconds. An account is one number, the time at
// which its budget is full again (the theoretical arrival time, TAT); a charge moves it ahead by its cost's time, and is
// allowed when the result is no more than a window away.
type gcra struct {
	perPoint float64 // microseconds in which a point flows back
	window   int64   // microseconds in which an empty budget fills up
}

func newGCRA(r Rate) gcra {
	perPoint := 1e6 / r.PointsPerSecond
	return gcra{perPoint: perPoint, window: int64(math.Ceil(r.Burst * perPoint))}
}

// increment is the time of a cost, rounded up: a client gains nothing by many small charges. The cost is at most the burst.
func (g gcra) increment(cost float64) int64 { return int64(math.Ceil(cost * g.perPoint)) }

// correction is the time of a difference in cost, rounded up as well, and no more than a window either way.
func (g gcra) correction(delta float64) int64 {
	if math.IsNaN(delta) {
		return 0
	}
	window := float64(g.window)
	return int64(math.Ceil(max(-window, min(window, delta*g.perPoint))))
}

// charge moves the time at which the budget is full, or says how long to wait.
func (g gcra) charge(full, now, increment int64) (newFull, wait int64) {
	full = max(full, now)
	if wait := full + increment - g.window - now; wait > 0 {
		return full, wait
	}
	return full + increment, 0
}

// settle corrects the time at which the budget is full: not before now, and not more than two windows away.
func (g gcra) settle(full, now, correction int64) int64 {
	return min(max(max(full, now)+correction, now), now+2*g.window)
}

// decision says what a charge came to. used is the time until the budget is full.
func (g gcra) decision(used, wait int64) Decision {
	return Decision{
		Allowed:    wait == 0,
		Remaining:  max(0, float64(g.window-used)/g.perPoint),
		RetryAfter: time.Duration(wait) * time.Microsecond,
		Reset:      time.Duration(used) * time.Microsecond,
	}
}

// payable brings the cost into range; it is false where a full budget would not pay it. NaN is not payable.
func (r Rate) payable(cost float64) (float64, bool) { return max(cost, 0), cost <= r.Burst }
