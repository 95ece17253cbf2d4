package executor

import "time"

// Freshness says for how long an answer may be reused, and by whom. The zero
// value says nothing: the subgraph sent no policy.
type Freshness struct {
	// Known is set where a policy was given.
	Known bool
	// MaxAge is how long the answer stays fresh from now on.
	MaxAge time.Duration
	// NoStore forbids keeping it at all.
	NoStore bool
	// Public allows sharing it between requests that differ in what the subgraph
	// saw of their headers; Private forbids sharing between users.
	Public, Private bool
}
