// Package redis opens the one Redis client that a process shares, from a URL that names a single server, servers behind
// Sentinel, or a Cluster, and keeps a Redis that is away from costing anyone more than a few waits.
//
// [Client.Do] gives each call a time budget and runs it behind a circuit breaker (sony/gobreaker: one small state machine
// without dependencies, with a rolling window, and nothing that retries by itself). When calls fail, the breaker opens and
// calls fail at once with [ErrAway]. A goroutine of the client then asks Redis with a PING from time to time and closes
// the breaker on the first answer, so that no request is spent on finding out.
//
// The package knows no keys and no values: what is kept in Redis is up to its callers.
package redis
