package gateway

import (
	"context"
	"errors"

	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/gateway/telemetry"
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

// countedSource counts the versions that never reach [Gateway.Swap], which
// counts the others: those that cannot be read or do not compose.
type countedSource struct {
	source.Source
	metrics *telemetry.Metrics
}

// Load loads the newest version.
func (s countedSource) Load(ctx context.Context) (*source.Supergraph, error) {
	out, err := s.Source.Load(ctx)
	if err != nil && ctx.Err() == nil {
		s.metrics.Loaded(false)
	}
	return out, err
}
