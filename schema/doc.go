// Package schema holds what every other package says about GraphQL schemas:
// the subgraphs that teams register, the errors and hints of working with
// them, and the Supergraph that planner and gateway run on.
//
// It reads no files and opens no connections; its sub-packages compose
// subgraphs ([github.com/weft-graphql/weft/schema/compose]) and compile a
// supergraph into the graph that plans are made on
// ([github.com/weft-graphql/weft/schema/graph]).
package schema
