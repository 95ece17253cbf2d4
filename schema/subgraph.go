package schema

// Subgraph is one service's schema as its team registered it.
type Subgraph struct {
	// Name identifies the subgraph in the supergraph, in configuration and in errors.
	Name string
	// URL is where the gateway sends the subgraph's requests. It may be empty
	// when the configuration gives it later.
	URL string
	// SDL is the schema document, in the Schema Definition Language.
	SDL string
	// File is where SDL came from, to be named in errors. Empty means that it
	// came from no file; errors then name the subgraph alone.
	File string
}
