// Package cache keeps what subgraphs answered, entity by entity and root field by root field, in two tiers: in this process
// and in the Redis that all gateways share. It also keeps the counters of clients' budgets.
//
// # Entities
//
// [Cache] is the executor's EntityCache. How long a value is kept follows from the Freshness that comes with it:
//
//   - no-store and private answers are never kept;
//   - a known max-age counts; an answer without a policy is kept for the subgraph's TTL or the default one, 0 meaning not
//     at all; MaxTTL caps both;
//   - null, an entity that does not exist, is kept for at most NullTTL, because it may exist a moment later.
//
// A value that its subgraph marks public is kept under a key without the request's identity, any other under a key with
// it. A request that has an identity asks for both in one round trip. A value in Redis says of itself whether it is public,
// so that what a request without an identity stored is never given to one that has one.
//
// The tier in this process keeps an entry for a few seconds only (MemoryTTL) where there is Redis, too: so long may two
// gateways answer differently after one of them stored anew. Lookups never fail and never wait longer than Redis' time
// budget; writes to Redis happen behind the answer, through a queue that is bounded in bytes and drops what is beyond it.
//
// # Budgets
//
// [Budgets] counts what clients spend by the generic cell rate algorithm: one timestamp a client says when its budget will
// be full again. [LocalBudgets] keeps the timestamps in this process, [RedisBudgets] in Redis, by Redis' clock and in one
// round trip a charge. When Redis is away, RedisBudgets counts locally, from what it last knew.
//
// The package neither knows GraphQL nor HTTP, and it does not decide who a client is.
package cache
