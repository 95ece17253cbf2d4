package limits

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// The codes of refusals, as in the answer's extensions.code.
const (
	// CodeBudgetExceeded says that the client has too little left now: waiting helps.
	CodeBudgetExceeded = "BUDGET_EXCEEDED"
	// CodeCostTooHigh says that the operation costs more than one operation may: waiting does not help.
	CodeCostTooHigh = "COST_TOO_HIGH"
	// CodeOverloaded says that the gateway answers as many requests as it may.
	CodeOverloaded = "OVERLOADED"
)

// RefusedError says that an operation costs more than its client may spend. A transport answers with its status, its header
// fields and a GraphQL error of its code.
type RefusedError struct {
	// Code is CodeBudgetExceeded or CodeCostTooHigh.
	Code string
	// Cost is the operation's estimated cost; Limit is the most that one operation may cost with CodeCostTooHigh, and a full
	// budget otherwise; Remaining is what the client has left. All are in points.
	Cost, Limit, Remaining float64
	// RetryAfter is when the operation would be admitted, 0 with CodeCostTooHigh; Reset is when the budget is full.
	RetryAfter, Reset time.Duration

	fields fields
}

// Error says what is wrong and what helps.
func (e *RefusedError) Error() string {
	if e.Code == CodeCostTooHigh {
		return fmt.Sprintf("the operation costs %s points and may cost %s at most: ask for less at once",
			points(e.Cost), points(e.Limit))
	}
	return fmt.Sprintf("the operation costs %s points and %s are left of this client's budget: ask again in %d s",
		points(e.Cost), points(math.Floor(e.Remaining)), seconds(e.RetryAfter))
}

// Status is the HTTP status of the answer: 429.
func (e *RefusedError) Status() int { return http.StatusTooManyRequests }

// Extensions are those of the GraphQL error.
func (e *RefusedError) Extensions() map[string]any {
	extensions := map[string]any{
		"code":      e.Code,
		"cost":      finite(e.Cost),
		"limit":     e.Limit,
		"remaining": math.Floor(e.Remaining),
	}
	if e.Code == CodeBudgetExceeded {
		extensions["retryAfter"] = seconds(e.RetryAfter)
	}
	return extensions
}

// WriteHeader sets the answer's header fields.
func (e *RefusedError) WriteHeader(header http.Header) {
	e.fields.write(header, e.Cost, e.Remaining, e.Reset)
	if e.Code == CodeBudgetExceeded {
		header.Set("Retry-After", strconv.FormatInt(seconds(e.RetryAfter), 10))
	}
}

// OverloadedError says that the gateway answers as much as it may.
type OverloadedError struct {
	// The limit that is reached: Requests is how many are answered at once, HeldBytes how many bytes of subgraphs' answers
	// are held for them. The other one is 0.
	Requests  int
	HeldBytes int64
}

// Error says what is wrong and what helps.
func (e *OverloadedError) Error() string {
	if e.HeldBytes > 0 {
		return fmt.Sprintf("the gateway holds %d bytes of subgraphs' answers, as many as it may (limits.held_answers): ask again in a moment", e.HeldBytes)
	}
	return fmt.Sprintf("the gateway is answering %d requests already, as many as it may (limits.concurrent_requests): ask again in a moment", e.Requests)
}

// Status is the HTTP status of the answer: 503.
func (e *OverloadedError) Status() int { return http.StatusServiceUnavailable }

// Extensions are those of the GraphQL error.
func (e *OverloadedError) Extensions() map[string]any { return map[string]any{"code": CodeOverloaded} }

// WriteHeader sets the answer's header fields.
func (e *OverloadedError) WriteHeader(header http.Header) { header.Set("Retry-After", "1") }

// seconds rounds up: who waits that long has waited long enough.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }

// points writes a cost without an exponent and without digits that say nothing.
func points(cost float64) string { return strconv.FormatFloat(cost, 'f', -1, 64) }

// finite is the cost as JSON can say it.
func finite(cost float64) float64 {
	if math.IsNaN(cost) {
		return math.MaxFloat64
	}
	return min(cost, math.MaxFloat64)
}
