package cache

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/cache/redis/redistest"
)

func newRedisBudgets(t *testing.T, client *redis.Client) *RedisBudgets {
	t.Helper()
	b, err := NewRedisBudgets(RedisBudgetsOptions{Redis: client})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Errorf("closing the budgets: %v", err)
		}
	})
	return b
}

func charge(t *testing.T, b Budgets, account Account, cost float64) Decision {
	t.Helper()
	decision, err := b.Charge(t.Context(), account, cost)
	if err != nil {
		t.Fatal(err)
	}
	return decision
}

// bucket is the oracle: a token bucket, counted in tokens instead of times.
type bucket struct {
	rate   Rate
	tokens float64
	last   time.Time
}

// refill lets the bucket fill up until now.
func (b *bucket) refill(now time.Time) {
	b.tokens = min(b.rate.Burst, b.tokens+now.Sub(b.last).Seconds()*b.rate.PointsPerSecond)
	b.last = now
}

func TestLocalBudgetsActAsTokenBuckets(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			rate := Rate{PointsPerSecond: math.Pow(10, random.Float64()*8-2), Burst: float64(1 + random.IntN(10_000))}
			account := Account{Key: "k", Rate: rate}
			budgets := NewLocalBudgets(0)
			oracle := &bucket{rate: rate, tokens: rate.Burst, last: time.Now()}
			// Each charge and settlement rounds up to a microsecond.
			tolerance := rate.PointsPerSecond/1e6*600 + 1e-6*rate.Burst
			for range 500 {
				window := rate.Burst / rate.PointsPerSecond
				time.Sleep(time.Duration(random.ExpFloat64() * 0.05 * window * float64(time.Second)))
				oracle.refill(time.Now())
				cost := float64(random.IntN(int(rate.Burst)/2 + 2))
				decision := charge(t, budgets, account, cost)
				switch short := cost - oracle.tokens; {
				case math.Abs(short) <= tolerance: // either is right
					if decision.Allowed {
						oracle.tokens -= cost
					}
				case decision.TooHigh != (cost > rate.Burst):
					t.Fatalf("a cost of %v of %v: %+v", cost, rate.Burst, decision)
				case decision.Allowed != (short < 0):
					t.Fatalf("%v of %v points: %+v", cost, oracle.tokens, decision)
				case decision.Allowed:
					oracle.tokens -= cost
				case !decision.TooHigh:
					want := short / rate.PointsPerSecond
					if got := decision.RetryAfter.Seconds(); math.Abs(got-want) > tolerance/rate.PointsPerSecond+1e-6 {
						t.Fatalf("retry after %v s, want %v s", got, want)
					}
				}
				if math.Abs(decision.Remaining-max(0, oracle.tokens)) > tolerance {
					t.Fatalf("%v points remain, want %v", decision.Remaining, oracle.tokens)
				}
				if decision.Allowed && random.IntN(2) == 0 {
					delta := (random.Float64()*2 - 1.5) * cost
					budgets.Settle(account, decision, delta)
					oracle.tokens = max(-rate.Burst, min(rate.Burst, oracle.tokens-delta))
				}
			}
		})
	}
}

func TestSettlingNeitherGainsNorOwesMoreThanABurst(t *testing.T) {
	server := redistest.Start(t)
	remote := newRedisBudgets(t, open(t, server))
	for name, budgets := range map[string]Budgets{"local": NewLocalBudgets(0), "redis": remote} {
		t.Run(name, func(t *testing.T) {
			// So slow that nothing flows back in the time of the test.
			rate := Rate{PointsPerSecond: 0.001, Burst: 100}
			account := Account{Key: "gain", Rate: rate}
			left := func() int { return int(math.Round(charge(t, budgets, account, 0).Remaining)) }

			decision := charge(t, budgets, account, 60)
			budgets.Settle(account, decision, -20)
			until(t, "20 points are given back", func() bool { return left() == 60 })
			budgets.Settle(account, decision, -math.MaxFloat64)
			until(t, "the budget is full", func() bool { return left() == 100 })
			if got := charge(t, budgets, account, 100); !got.Allowed {
				t.Errorf("a full budget does not pay a burst: %+v", got)
			}
			if got := charge(t, budgets, account, 1); got.Allowed {
				t.Errorf("more than a burst was paid: %+v", got)
			}

			account.Key = "debt"
			decision = charge(t, budgets, account, 10)
			budgets.Settle(account, decision, math.Inf(1))
			until(t, "the budget is overdrawn", func() bool { return !charge(t, budgets, account, 0).Allowed })
			owing := charge(t, budgets, account, 0)
			// To have nothing again takes at most as long as to fill up from nothing.
			if seconds := owing.RetryAfter.Seconds(); seconds > rate.Burst/rate.PointsPerSecond || owing.Remaining != 0 {
				t.Errorf("owing too much: %+v", owing)
			}
			budgets.Settle(account, decision, math.NaN())
		})
	}
}

func TestACostAboveTheBurstIsNeverPaid(t *testing.T) {
	server := redistest.Start(t)
	for name, budgets := range map[string]Budgets{"local": NewLocalBudgets(0), "redis": newRedisBudgets(t, open(t, server))} {
		t.Run(name, func(t *testing.T) {
			account := Account{Key: "k", Rate: Rate{PointsPerSecond: 0.001, Burst: 100}}
			for _, cost := range []float64{101, math.Inf(1), math.NaN()} {
				got := charge(t, budgets, account, cost)
				if got.Allowed || !got.TooHigh || got.RetryAfter != 0 || got.Remaining != 100 {
					t.Errorf("a cost of %v: %+v", cost, got)
				}
			}
			if got := charge(t, budgets, account, -5); !got.Allowed || got.Remaining != 100 {
				t.Errorf("a negative cost: %+v", got)
			}
			got := charge(t, budgets, account, 100)
			if !got.Allowed || got.Remaining != 0 || got.Local != (name == "local") {
				t.Errorf("a cost of the whole burst: %+v", got)
			}
			got = charge(t, budgets, account, 1)
			if got.Allowed || got.TooHigh || got.RetryAfter <= 0 || got.Reset <= got.RetryAfter {
				t.Errorf("one point more: %+v", got)
			}
			if _, err := budgets.Charge(t.Context(), Account{Key: "k"}, 1); err == nil {
				t.Error("a rate of nothing was taken")
			}
		})
	}
}

func TestImpossibleRatesAreRefused(t *testing.T) {
	for _, rate := range []Rate{
		{}, {PointsPerSecond: 1}, {Burst: 1}, {-1, 1}, {1, -1}, {math.NaN(), 1}, {1, math.NaN()}, {math.Inf(1), 1}, {1, math.Inf(1)}, {1, 1e12},
	} {
		if rate.Check() == nil {
			t.Errorf("%+v was taken", rate)
		}
	}
	if err := (Rate{PointsPerSecond: 1e9, Burst: 1e12}).Check(); err != nil {
		t.Error(err)
	}
}

func TestTwoStoresShareABudgetExactly(t *testing.T) {
	server := redistest.Start(t)
	stores := []*RedisBudgets{newRedisBudgets(t, open(t, server)), newRedisBudgets(t, open(t, server))}
	rate := Rate{PointsPerSecond: 500, Burst: 1000}
	account := Account{Key: "default:shared", Rate: rate}
	var spent, refused atomic.Int64
	var clients sync.WaitGroup
	start := time.Now()
	for i := range 8 {
		clients.Go(func() {
			cost := float64(i + 1)
			for range 400 {
				decision, err := stores[i%2].Charge(t.Context(), account, cost)
				switch {
				case err != nil || decision.Local:
					t.Errorf("not charged in Redis: %+v, %v", decision, err)
				case decision.Allowed:
					spent.Add(int64(cost))
				default:
					refused.Add(1)
				}
			}
		})
	}
	clients.Wait()
	most := rate.Burst + rate.PointsPerSecond*time.Since(start).Seconds()
	if float64(spent.Load()) > most {
		t.Errorf("%d points were spent, at most %v were there", spent.Load(), most)
	}
	if float64(spent.Load()) < rate.Burst-8 {
		t.Errorf("only %d points of a burst of %v were spent", spent.Load(), rate.Burst)
	}
	if refused.Load() == 0 {
		t.Error("nothing was refused: the test shows nothing")
	}
}

func TestBudgetsAreCountedLocallyWhileRedisIsAway(t *testing.T) {
	for name, fault := range map[string]struct{ hurt, heal func(*redistest.Server) }{
		"killed": {(*redistest.Server).Stop, (*redistest.Server).Restart},
		"paused": {(*redistest.Server).Pause, (*redistest.Server).Resume},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			client := openWith(t, redis.Options{
				URL: server.URL(), CallTimeout: 50 * time.Millisecond, BackgroundTimeout: 100 * time.Millisecond, ProbeInterval: 20 * time.Millisecond,
			})
			budgets := newRedisBudgets(t, client)
			rate := Rate{PointsPerSecond: 0.001, Burst: 100}
			spender, other := Account{Key: "spender", Rate: rate}, Account{Key: "other", Rate: rate}
			until(t, "Redis is used", func() bool { return !charge(t, budgets, other, 0).Local })
			if got := charge(t, budgets, spender, 70); !got.Allowed || got.Local {
				t.Fatalf("%+v", got)
			}

			fault.hurt(server)
			got := charge(t, budgets, spender, 70)
			if got.Allowed || !got.Local {
				t.Errorf("what was spent in Redis is forgotten: %+v", got)
			}
			got = charge(t, budgets, other, 70)
			if !got.Allowed || !got.Local {
				t.Errorf("no budget without Redis: %+v", got)
			}
			budgets.Settle(other, got, -30)
			if got := charge(t, budgets, other, 0); math.Round(got.Remaining) != 60 {
				t.Errorf("a local charge is not settled locally: %+v", got)
			}
			until(t, "the breaker opens", func() bool { charge(t, budgets, other, 0); return client.Away() })

			fault.heal(server)
			until(t, "Redis is used again", func() bool { return !charge(t, budgets, other, 0).Local })
			if n := count(t, budgets.metrics.local); n == 0 {
				t.Error("no local charge was counted")
			}
		})
	}
}

func TestScriptsAreSentAgainWhenRedisForgotThem(t *testing.T) {
	server := redistest.Start(t)
	client := open(t, server)
	budgets := newRedisBudgets(t, client)
	account := Account{Key: "k", Rate: Rate{PointsPerSecond: 0.001, Burst: 100}}
	for round := range 3 {
		if err := client.Universal().ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		decision := charge(t, budgets, account, 10)
		if decision.Local {
			t.Fatalf("round %d: %+v", round, decision)
		}
		budgets.Settle(account, decision, -10)
		until(t, "the charge is settled", func() bool { return math.Round(charge(t, budgets, account, 0).Remaining) == 100 })
	}
	if n := count(t, budgets.metrics.dropped); n != 0 {
		t.Errorf("%v settlements were lost", n)
	}
}

func TestAccountsInRedisEndWhenTheirBudgetsAreFull(t *testing.T) {
	server := redistest.Start(t)
	client := open(t, server)
	budgets := newRedisBudgets(t, client)
	decision := charge(t, budgets, Account{Key: "k", Rate: Rate{PointsPerSecond: 1, Burst: 1000}}, 500)
	left := client.Universal().PTTL(t.Context(), "weft:v1:budget:k").Val()
	if left <= 0 || left > decision.Reset+time.Millisecond {
		t.Errorf("the key ends after %v, the budget is full after %v", left, decision.Reset)
	}
}

func TestACanceledChargeIsNotCountedLocally(t *testing.T) {
	server := redistest.Start(t)
	budgets := newRedisBudgets(t, open(t, server))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := budgets.Charge(gone, Account{Key: "k", Rate: Rate{PointsPerSecond: 1, Burst: 1}}, 1); err == nil {
		t.Error("a request that is gone was charged")
	}
	if n := count(t, budgets.metrics.local); n != 0 {
		t.Errorf("%v charges were counted locally", n)
	}
}

func TestForgettingAccountsSparesThoseWhoSpendMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 64 * 20
		budgets := NewLocalBudgets(limit)
		rate := Rate{PointsPerSecond: 1, Burst: 1000}
		spender := Account{Key: "spender", Rate: rate}
		charge(t, budgets, spender, 1000)
		for i := range 50 * limit {
			charge(t, budgets, Account{Key: fmt.Sprint(i), Rate: rate}, 1)
		}
		if n := budgets.accounts(); n > limit {
			t.Errorf("%d accounts are kept", n)
		}
		if got := charge(t, budgets, spender, 1); got.Allowed {
			t.Errorf("a spender got a new budget by inventing clients: %+v", got)
		}
		time.Sleep(1001 * time.Second)
		if got := charge(t, budgets, spender, 1000); !got.Allowed {
			t.Errorf("the budget did not fill up: %+v", got)
		}
	})
}

func TestClosingSettlesWhatWaits(t *testing.T) {
	server := redistest.Start(t)
	client := open(t, server)
	budgets, err := NewRedisBudgets(RedisBudgetsOptions{Redis: client})
	if err != nil {
		t.Fatal(err)
	}
	account := Account{Key: "k", Rate: Rate{PointsPerSecond: 0.001, Burst: 1000}}
	decision := charge(t, budgets, account, 1000)
	for range 600 {
		budgets.Settle(account, decision, -1)
	}
	if err := budgets.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := charge(t, budgets, account, 0); math.Round(got.Remaining) != 600 {
		t.Errorf("%v of 600 points were given back", got.Remaining)
	}
	budgets.Settle(account, decision, -1)
	if n := count(t, budgets.metrics.dropped); n != 1 {
		t.Errorf("counted %v", n)
	}
}

func BenchmarkLocalCharge(b *testing.B) {
	budgets := NewLocalBudgets(0)
	account := Account{Key: "default:ip:127.0.0.1", Rate: Rate{PointsPerSecond: 1e9, Burst: 1e9}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := budgets.Charge(context.Background(), account, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRedisCharge(b *testing.B) {
	client, err := redis.Open(b.Context(), redis.Options{URL: redistest.Start(b).URL(), CallTimeout: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	budgets, err := NewRedisBudgets(RedisBudgetsOptions{Redis: client})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = budgets.Close(context.Background()) })
	account := Account{Key: "default:ip:127.0.0.1", Rate: Rate{PointsPerSecond: 1e9, Burst: 1e9}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := budgets.Charge(context.Background(), account, 1); err != nil {
			b.Fatal(err)
		}
	}
}
