// Package gateway wires everything into one process: it compiles each
// supergraph into an immutable runtime, swaps runtimes whole, carries client
// requests through the one pipeline, and serves two listeners.
//
// What outlives a swap belongs to the [Gateway]: connections to subgraphs, the
// entity cache, budgets, metrics. What depends on the supergraph belongs to the
// runtime: the schema, the query graph, documents and plans.
package gateway
