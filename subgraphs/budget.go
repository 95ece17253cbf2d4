package subgraphs

import (
	"sync"
	"sync/atomic"
	"time"
)

// budget bounds retries and hedges by the requests that are made, so that a
// subgraph in trouble gets little more than its usual load: a token bucket that
// each request and each second fills a little. A request costs it one atomic
// addition: what it has brought is added up when a token is asked for.
type budget struct {
	// perRequest, perSecond, most and tokens are in hundredths of a token.
	perRequest, perSecond, most float64

	requests atomic.Int64 // since the last time that a token was asked for

	mu     sync.Mutex
	tokens float64
	filled time.Time
}

// budgetSeconds is for how long what is not used adds up.
const budgetSeconds = 10

const token = 100

func newBudget(r Retries) *budget {
	b := &budget{perRequest: float64(r.BudgetPercent), perSecond: token * float64(r.BudgetPerSecond), filled: time.Now()}
	b.most = b.perSecond * budgetSeconds
	if b.perRequest > 0 {
		b.most = max(b.most, token*budgetSeconds)
	}
	b.tokens = b.perSecond
	return b
}

// earn counts requests that are made for a first time.
func (b *budget) earn(requests int) { b.requests.Add(int64(requests)) }

// spend takes the token of one retry or hedge, if there is one.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.tokens += float64(b.requests.Swap(0))*b.perRequest + now.Sub(b.filled).Seconds()*b.perSecond
	b.tokens = min(b.tokens, b.most)
	b.filled = now
	if b.tokens < token {
		return false
	}
	b.tokens -= token
	return true
}
