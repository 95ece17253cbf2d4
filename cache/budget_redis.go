package cache

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"

	"github.com/weft-graphql/weft/cache/redis"
)

var _ Budgets = (*RedisBudgets)(nil)

//go:embed charge.lua
var chargeScript string

//go:embed settle.lua
var settleScript string

// settlementBatch is the number of settlements in one pipeline.
const settlementBatch = 256

// RedisBudgetsOptions says where budgets are kept.
type RedisBudgetsOptions struct {
	// Redis is where the gateways share the budgets.
	Redis *redis.Client
	// Prefix begins every key in Redis; "" means "weft:v1:budget:".
	Prefix string
	// MaxAccounts limits the accounts that are kept in this process for when Redis is away; 0 means 100000.
	MaxAccounts int
	// QueueSize limits the settlements that wait for Redis; those beyond it are dropped and counted. 0 means 4096.
	QueueSize int
	// Logger is told of what goes wrong; nil logs nothing.
	Logger *slog.Logger
}

// RedisBudgets keeps budgets in Redis, by Redis' clock (its scripts need Redis 5 or later). When Redis is away, charges are
// counted in this process, each account going on from what this process last knew of it. It is safe for concurrent use.
type RedisBudgets struct {
	options        RedisBudgetsOptions
	charge, settle *goredis.Script
	local          *LocalBudgets
	metrics        budgetMetrics

	queue  chan settlement
	closed atomic.Bool
	stop   chan struct{}
	once   sync.Once
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// settlement is one correction on its way to Redis, in microseconds.
type settlement struct {
	key                string
	correction, window int64
}

type budgetMetrics struct {
	local   prometheus.Counter
	dropped prometheus.Counter
}

// NewRedisBudgets makes the store. Close ends it.
func NewRedisBudgets(options RedisBudgetsOptions) (*RedisBudgets, error) {
	if options.Redis == nil {
		return nil, errors.New("budgets in Redis need a Redis client")
	}
	if options.Prefix == "" {
		options.Prefix = "weft:v1:budget:"
	}
	if options.QueueSize <= 0 {
		options.QueueSize = 4096
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	b := &RedisBudgets{
		options: options,
		charge:  goredis.NewScript(chargeScript),
		settle:  goredis.NewScript(settleScript),
		local:   NewLocalBudgets(options.MaxAccounts),
		queue:   make(chan settlement, options.QueueSize),
		stop:    make(chan struct{}),
		metrics: budgetMetrics{
			local: prometheus.NewCounter(prometheus.CounterOpts{
				Name: "weft_budget_local_charges_total",
				Help: "Charges counted in this process only, because Redis was away.",
			}),
			dropped: prometheus.NewCounter(prometheus.CounterOpts{
				Name: "weft_budget_settlements_dropped_total",
				Help: "Corrections of charges that did not reach Redis.",
			}),
		},
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.done.Go(b.run)
	return b, nil
}

// Charge implements Budgets in one round trip.
func (b *RedisBudgets) Charge(ctx context.Context, account Account, cost float64) (Decision, error) {
	if err := account.Rate.Check(); err != nil {
		return Decision{}, err
	}
	g := newGCRA(account.Rate)
	payableCost, payable := account.Rate.payable(cost)
	if !payable {
		payableCost = 0
	}
	var reply []int64
	err := b.options.Redis.Do(ctx, "charge", func(ctx context.Context, u goredis.UniversalClient) (err error) {
		reply, err = b.charge.Run(ctx, u, []string{b.options.Prefix + account.Key}, g.increment(payableCost), g.window).Int64Slice()
		return err
	})
	if err == nil && len(reply) != 2 {
		err = fmt.Errorf("Redis answered a charge with %d numbers instead of 2", len(reply))
	}
	if err != nil {
		return b.chargeLocally(ctx, account, cost, err)
	}
	b.local.observe(account.Key, reply[0])
	decision := g.decision(reply[0], reply[1])
	if !payable {
		decision.Allowed, decision.TooHigh, decision.RetryAfter = false, true, 0
	}
	return decision, nil
}

// chargeLocally is for when Redis is away.
func (b *RedisBudgets) chargeLocally(ctx context.Context, account Account, cost float64, cause error) (Decision, error) {
	if err := ctx.Err(); err != nil {
		return Decision{}, err
	}
	b.metrics.local.Inc()
	if !errors.Is(cause, redis.ErrAway) { // which the client logs once
		b.options.Logger.LogAttrs(ctx, slog.LevelDebug, "charging a budget in this process", slog.Any("error", cause))
	}
	return b.local.Charge(ctx, account, cost)
}

// Settle implements Budgets. A charge that was counted in this process is settled there.
func (b *RedisBudgets) Settle(account Account, charge Decision, delta float64) {
	if !charge.Allowed {
		return
	}
	g := newGCRA(account.Rate)
	correction := g.correction(delta)
	if correction == 0 {
		return
	}
	b.local.Settle(account, charge, delta)
	if charge.Local {
		return
	}
	if !b.closed.Load() {
		select {
		case b.queue <- settlement{b.options.Prefix + account.Key, correction, g.window}:
			return
		default:
		}
	}
	b.metrics.dropped.Inc()
}

// run sends settlements until the store is closed and the queue is empty.
func (b *RedisBudgets) run() {
	batch := make([]settlement, 0, settlementBatch)
	for {
		select {
		case first := <-b.queue:
			b.send(b.fill(append(batch[:0], first)))
		case <-b.stop:
			for batch = b.fill(batch[:0]); len(batch) > 0; batch = b.fill(batch[:0]) {
				b.send(batch)
			}
			return
		}
	}
}

// fill adds to the batch what waits, without waiting for more.
func (b *RedisBudgets) fill(batch []settlement) []settlement {
	for len(batch) < settlementBatch {
		select {
		case next := <-b.queue:
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// send settles one batch in a pipeline, with EVALSHA, and again with EVAL what Redis did not know the script for. Nothing
// else is sent twice: it may have been carried out.
func (b *RedisBudgets) send(batch []settlement) {
	lost := len(batch)
	err := b.options.Redis.DoBackground(b.ctx, "settle", func(ctx context.Context, u goredis.UniversalClient) error {
		unknown, failed, err := pipeline(ctx, u, batch, b.settle.EvalSha)
		if len(unknown) > 0 {
			var again int
			unknown, again, err = pipeline(ctx, u, unknown, b.settle.Eval)
			failed += again
		}
		lost = len(unknown) + failed
		return err
	})
	b.metrics.dropped.Add(float64(lost))
	if err != nil {
		b.options.Logger.LogAttrs(b.ctx, slog.LevelDebug, "settling budgets in Redis", slog.Int("lost", lost), slog.Any("error", err))
	}
}

// evaluate is EVALSHA or EVAL of a script.
type evaluate func(ctx context.Context, c goredis.Scripter, keys []string, arguments ...any) *goredis.Cmd

// pipeline sends a batch. It returns those for which Redis did not know the script, the number of those that failed
// otherwise, and the first such failure.
func pipeline(ctx context.Context, u goredis.UniversalClient, batch []settlement, run evaluate) (unknown []settlement, failed int, err error) {
	pipe := u.Pipeline()
	for _, s := range batch {
		run(ctx, pipe, []string{s.key}, s.correction, s.window)
	}
	commands, _ := pipe.Exec(ctx) // each command has its own error
	for i, command := range commands {
		switch commandErr := command.Err(); {
		case commandErr == nil:
		case goredis.HasErrorPrefix(commandErr, "NOSCRIPT"):
			unknown = append(unknown, batch[i])
		default:
			failed++
			if err == nil {
				err = commandErr
			}
		}
	}
	return unknown, failed, err
}

// Close sends the settlements that wait, as long as the context allows, and ends the store's goroutine. Charges after it
// still work; settlements after it are dropped.
func (b *RedisBudgets) Close(ctx context.Context) error {
	b.closed.Store(true)
	b.once.Do(func() { close(b.stop) })
	abort := context.AfterFunc(ctx, b.cancel)
	b.done.Wait()
	b.cancel()
	if !abort() {
		return fmt.Errorf("ending the budgets before all are settled in Redis: %w", ctx.Err())
	}
	return nil
}

// Collectors returns what the store counts.
func (b *RedisBudgets) Collectors() []prometheus.Collector {
	return append(b.local.Collectors(), b.metrics.local, b.metrics.dropped)
}
