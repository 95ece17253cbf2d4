// Package planner turns a normalised operation into a plan: the requests to
// make of the subgraphs, what each of them needs from the others, and where
// their answers belong.
//
// It sends nothing: package executor runs plans. It reads the query graph of
// package schema/graph and nothing else of the supergraph.
package planner
