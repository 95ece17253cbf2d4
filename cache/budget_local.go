package cache

import (
	"context"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var _ Budgets = (*LocalBudgets)(nil)

const (
	budgetShards = 64
	// evictionSample is the number of accounts among which one is chosen to be forgotten.
	evictionSample = 16
)

// LocalBudgets keeps budgets in this process. It is safe for concurrent use.
type LocalBudgets struct {
	seed     maphash.Seed
	start    time.Time
	perShard int
	shards   [budgetShards]budgetShard
}

// budgetShard holds, for each account, when its budget is full, in microseconds since the start.
type budgetShard struct {
	mu   sync.Mutex
	full map[string]int64
}

// NewLocalBudgets makes a store of about maxAccounts accounts; 0 means 100000. Beyond them, accounts are forgotten whose
// budgets are full, or else of a sample the one nearest to it: to forget an account fills its budget, so those who spend
// most are the last to gain by it.
func NewLocalBudgets(maxAccounts int) *LocalBudgets {
	if maxAccounts <= 0 {
		maxAccounts = 100_000
	}
	b := &LocalBudgets{seed: maphash.MakeSeed(), start: time.Now(), perShard: max(1, (maxAccounts+budgetShards-1)/budgetShards)}
	for i := range b.shards {
		b.shards[i].full = make(map[string]int64)
	}
	return b
}

// Charge implements Budgets.
func (b *LocalBudgets) Charge(ctx context.Context, account Account, cost float64) (Decision, error) {
	if err := account.Rate.Check(); err != nil {
		return Decision{}, err
	}
	if err := ctx.Err(); err != nil {
		return Decision{}, err
	}
	g := newGCRA(account.Rate)
	cost, payable := account.Rate.payable(cost)
	if !payable {
		cost = 0
	}
	var wait, used int64
	increment := g.increment(cost)
	b.update(account.Key, func(full, now int64) int64 {
		full, wait = g.charge(full, now, increment)
		used = full - now
		return full
	})
	decision := g.decision(used, wait)
	decision.Local = true
	if !payable {
		decision.Allowed, decision.TooHigh, decision.RetryAfter = false, true, 0
	}
	return decision, nil
}

// Settle implements Budgets.
func (b *LocalBudgets) Settle(account Account, charge Decision, delta float64) {
	if !charge.Allowed {
		return
	}
	g := newGCRA(account.Rate)
	b.update(account.Key, func(full, now int64) int64 { return g.settle(full, now, g.correction(delta)) })
}

// observe sets an account to what is known of it from elsewhere: full again after used microseconds.
func (b *LocalBudgets) observe(key string, used int64) {
	b.update(key, func(_, now int64) int64 { return now + used })
}

// update changes when the account's budget is full. A full budget is not kept: it is what an unknown account has.
func (b *LocalBudgets) update(key string, change func(full, now int64) int64) {
	shard := &b.shards[maphash.String(b.seed, key)%budgetShards]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	now := time.Since(b.start).Microseconds()
	before, known := shard.full[key]
	full := change(before, now)
	switch {
	case full <= now:
		delete(shard.full, key)
		return
	case !known && len(shard.full) >= b.perShard:
		shard.evict(now)
	}
	shard.full[key] = full
}

// evict forgets the full budgets of a sample, or the one nearest to full. Go's maps begin iterating anywhere.
func (s *budgetShard) evict(now int64) {
	var nearest string
	nearestFull, sampled, forgotten := int64(math.MaxInt64), 0, false
	for key, full := range s.full {
		switch {
		case full <= now:
			delete(s.full, key)
			forgotten = true
		case full < nearestFull:
			nearest, nearestFull = key, full
		}
		if sampled++; sampled == evictionSample {
			break
		}
	}
	if !forgotten {
		delete(s.full, nearest)
	}
}

// accounts counts what is kept.
func (b *LocalBudgets) accounts() int {
	total := 0
	for i := range b.shards {
		b.shards[i].mu.Lock()
		total += len(b.shards[i].full)
		b.shards[i].mu.Unlock()
	}
	return total
}

// Collectors returns what the store counts.
func (b *LocalBudgets) Collectors() []prometheus.Collector {
	return []prometheus.Collector{prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "weft_budget_accounts",
		Help: "Accounts whose budgets are kept in this process.",
	}, func() float64 { return float64(b.accounts()) })}
}
