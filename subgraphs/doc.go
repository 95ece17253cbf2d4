// Package subgraphs carries requests to subgraphs over HTTP: it knows where
// each subgraph is, which of a client's headers it sees, how long it may take
// and how much it may answer. Its [Client] is the executor's Fetcher.
//
// It does not read answers: that is the executor's job. Its connections
// outlive a change of the supergraph.
package subgraphs
