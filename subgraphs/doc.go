// Package subgraphs carries requests to subgraphs over HTTP: it knows where
// each subgraph is, how it is reached, how long it may take and how much it may
// answer, and what to do when it fails. Its [Client] is the executor's Fetcher.
//
// A request passes these, from the outside in: its retries, the hedging of each
// attempt, then for each request that is sent the limit on those at once, the
// circuit breaker and the choice of a URL. One that succeeds meets only a few
// counters of them.
// An answer that is far larger than any before it is read slowly.
//
// The package does not read answers: that is the executor's job. Its
// connections, and what it has learnt of subgraphs, outlive a change of the
// supergraph.
package subgraphs
