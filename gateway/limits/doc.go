// Package limits says how much a client may ask: a budget in cost points for each client, and a number of requests that the
// gateway answers at once for all of them.
//
// # Who a client is
//
// [Budgets.Identify] goes through the configured headers in order, an API key first and a client's name after it; the first
// that the request has counts. A request that has none is counted by its IP address. Weft does not verify such a header:
// whoever may invent names gets a budget with each of them. Put only headers into the list that something in front of the
// gateway checks, or take budgets as a fair share among clients who mean well. The IP address is the connection's own:
// X-Forwarded-For and its like are never trusted. Addresses of IPv6 count by their /64, which is what one client has.
//
// What a header said never leaves this package: a client's name is a hash of it.
//
// # What is charged
//
// [Budgets.Admit] charges the estimated cost before anything is asked of a subgraph; [Admission.Settle] settles the
// difference to the actual one. The counters are in the store, see the package cache.
//
// # What the client is told
//
// Every answer to an operation with a known cost has these header fields, refused ones as well:
//
//	Weft-Cost: 12
//	RateLimit-Policy: "default";q=10000;qu="points";w=10
//	RateLimit: "default";r=9988;t=1
//
// They say the operation's cost in points; a full budget (q) and the seconds in which it fills up (w); what is left (r) and
// the seconds until the budget is full (t).
//
// The latter two fields are those of the IETF's draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers). A
// refusal that waiting helps against has Retry-After, too.
//
// The package neither writes answers nor knows GraphQL: gateway/transport asks it.
package limits
