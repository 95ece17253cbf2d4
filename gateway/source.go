package gateway

import (
	"errors"

	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/subgraphs/registry"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// Source gives the place that a configuration takes its supergraph from.
func Source(c *config.Config) (source.Source, error) {
	switch {
	case c.Supergraph.File != "":
		return source.File(c.Supergraph.File), nil
	case c.Supergraph.Subgraphs != "":
		return &source.Subgraphs{Path: c.Supergraph.Subgraphs}, nil
	case c.Registry.Dir != "":
		return registry.Open(c.Registry.Dir, registry.Options{})
	}
	return nil, errors.New("there is no supergraph to serve: set supergraph.file, supergraph.subgraphs or registry.dir")
}
