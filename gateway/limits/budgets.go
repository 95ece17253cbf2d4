package limits

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/cache"
)

// Options says what each client may spend.
type Options struct {
	// Store keeps the counters.
	Store cache.Budgets
	// Rate is what flows back to a client, and what it may spend at once.
	Rate cache.Rate
	// MaxCost is the most that one operation may cost, in points; 0, or more than the burst, means as much as the burst.
	MaxCost float64
	// Identify says how a client is recognised: the first entry that the request answers to counts, and the IP address
	// where it answers to none.
	Identify []Identifier
	// Policy names the budgets in the store and to the client: letters, digits and _-. ; "" means "default".
	Policy string
}

// Budgets admits operations to their clients' budgets. It is safe for concurrent use. A nil Budgets admits everything.
type Budgets struct {
	store   cache.Budgets
	rate    cache.Rate
	maxCost float64
	headers []string
	policy  string
	fields  fields
	metrics *metrics
}

// New makes the budgets.
func New(options Options) (*Budgets, error) {
	if options.Store == nil {
		return nil, errors.New("budgets need a store for their counters")
	}
	if err := options.Rate.Check(); err != nil {
		return nil, err
	}
	if !(options.MaxCost >= 0) {
		return nil, fmt.Errorf("the highest cost of an operation must be 0 or more points, not %v", options.MaxCost)
	}
	if options.Policy == "" {
		options.Policy = "default"
	}
	if !validPolicy(options.Policy) {
		return nil, fmt.Errorf("the budgets' name %q must be at most 64 letters, digits and _-.", options.Policy)
	}
	for i, identifier := range options.Identify {
		if strings.TrimSpace(identifier.Header) == "" {
			return nil, fmt.Errorf("way %d to recognise a client names no header", i+1)
		}
	}
	maxCost := options.Rate.Burst
	if options.MaxCost > 0 {
		maxCost = min(maxCost, options.MaxCost)
	}
	return &Budgets{
		store:   options.Store,
		rate:    options.Rate,
		maxCost: maxCost,
		headers: headerNames(options.Identify),
		policy:  options.Policy,
		fields:  newFields(options.Policy, options.Rate),
		metrics: newMetrics(),
	}, nil
}

// Admission is a charge that was made for one operation. A nil Admission, which a nil Budgets gives, does nothing.
type Admission struct {
	budgets  *Budgets
	account  cache.Account
	decision cache.Decision
	charged  float64
	admitted time.Time
	settled  atomic.Bool
}

// Admit charges the operation's estimated cost to its client. It refuses with a *RefusedError; any other error is the
// context's.
func (b *Budgets) Admit(ctx context.Context, client Client, cost float64) (*Admission, error) {
	if b == nil {
		return nil, nil
	}
	cost = max(cost, 0)
	account := cache.Account{Key: client.key(b.policy), Rate: b.rate}
	tooHigh := !(cost <= b.maxCost)
	charged := cost
	if tooHigh {
		charged = 0 // only to say what is left
	}
	decision, err := b.store.Charge(ctx, account, charged)
	if err != nil {
		return nil, fmt.Errorf("charging the operation's cost: %w", err)
	}
	if tooHigh || !decision.Allowed {
		return nil, b.refuse(cost, tooHigh, decision)
	}
	b.metrics.allowed.Inc()
	return &Admission{budgets: b, account: account, decision: decision, charged: charged, admitted: time.Now()}, nil
}

func (b *Budgets) refuse(cost float64, tooHigh bool, decision cache.Decision) error {
	refused := &RefusedError{
		Code: CodeBudgetExceeded, Cost: cost, Limit: b.rate.Burst, Remaining: decision.Remaining,
		RetryAfter: decision.RetryAfter, Reset: decision.Reset, fields: b.fields,
	}
	if tooHigh {
		refused.Code, refused.Limit, refused.RetryAfter = CodeCostTooHigh, b.maxCost, 0
	}
	b.metrics.refused.WithLabelValues(refused.Code).Inc()
	return refused
}

// Settle corrects the charge by the operation's actual cost. It counts once and does not wait. Who does not know the actual
// cost, because the operation did not end, leaves the charge as it is.
func (a *Admission) Settle(actual float64) {
	if a == nil || !a.settled.CompareAndSwap(false, true) {
		return
	}
	actual = max(actual, 0)
	a.budgets.metrics.estimated.Add(a.charged)
	a.budgets.metrics.actual.Add(finite(actual))
	if delta := actual - a.charged; delta != 0 {
		a.budgets.store.Settle(a.account, a.decision, delta)
	}
}

// WriteHeader sets the answer's header fields. cost is the operation's actual cost, or the estimated one where the answer
// begins before the actual one is known; what is left is told as if it were settled.
func (a *Admission) WriteHeader(header http.Header, cost float64) {
	if a == nil {
		return
	}
	rate := a.budgets.rate
	flowedBack := time.Since(a.admitted).Seconds() * rate.PointsPerSecond
	remaining := max(0, min(rate.Burst, a.decision.Remaining+a.charged-cost+flowedBack))
	reset := time.Duration((rate.Burst - remaining) / rate.PointsPerSecond * float64(time.Second))
	a.budgets.fields.write(header, cost, remaining, reset)
}

// Estimated is the cost that was charged.
func (a *Admission) Estimated() float64 {
	if a == nil {
		return 0
	}
	return a.charged
}

// Collectors returns what the budgets count.
func (b *Budgets) Collectors() []prometheus.Collector {
	if b == nil {
		return nil
	}
	m := b.metrics
	return []prometheus.Collector{m.allowed, m.refused, m.estimated, m.actual}
}
