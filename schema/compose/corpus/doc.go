// Package corpus holds subgraph sets and what @apollo/composition and
// @theguild/federation-composition say about each: whether it composes, with
// which error codes and hints, and Apollo's supergraph. Its tests hold package
// compose to Apollo's verdicts; differences.txt lists the exceptions, with the
// reason for each.
//
// A set is a txtar archive in testdata: a sentence, the subgraphs as
// NAME.graphql (or a line "from:" that borrows them from a case of package
// compose), and the expectations expected.json and apollo.graphql, which `make
// corpus` rewrites with node. A line "about:" names the codes that a set is
// close to: those that it has, or just avoids.
package corpus
