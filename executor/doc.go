// Package executor runs plans: it makes each step's request as soon as what
// the step needs is there, links the subgraphs' answers together, and writes
// the client's answer.
//
// It has no network of its own: requests go through a [Fetcher], cached
// answers come from an [EntityCache].
package executor
