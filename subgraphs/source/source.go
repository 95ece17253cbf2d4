// Package source says where a supergraph comes from: a file of supergraph SDL,
// or a supergraph.yaml (in rover's format) whose subgraphs are composed. It
// also watches a source and hands on each new version.
//
// A version that cannot be read or composed is reported, never handed on.
package source

import (
	"context"

	"github.com/weft-graphql/weft/schema"
)

// Source is a place that a supergraph can be loaded from, again and again.
type Source interface {
	// Load reads the newest version, all of its files from the same moment. The
	// result is never nil: when Load fails, its Files still say what to watch for
	// a better version.
	Load(ctx context.Context) (*Supergraph, error)
	// String names the source for people: "supergraph.graphql".
	String() string
}

// Supergraph is one version of a source.
type Supergraph struct {
	// SDL is the supergraph document.
	SDL string
	// Hints are what composition noticed; none where the source is a supergraph.
	Hints []schema.Hint
	// Subgraphs are what was composed; none where the source is a supergraph.
	Subgraphs []schema.Subgraph
	// Files are the paths that the version was read from.
	Files []string
}
