package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

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

// watchedSource is a source as the watch sees it: one whose schemas may be
// anything without ending the process. It counts the versions that never reach
// [Gateway.Swap], which counts the others.
type watchedSource struct {
	source.Source
	gateway *Gateway
	files   []string // of the last version
}

// Load loads the newest version. Only one goroutine may call it.
func (s *watchedSource) Load(ctx context.Context) (*source.Supergraph, error) {
	out := &source.Supergraph{Files: s.files}
	err := s.gateway.guarded(ctx, "loading the supergraph", func() (err error) {
		var next *source.Supergraph
		next, err = s.Source.Load(ctx)
		out = next
		return err
	})
	s.files = out.Files
	if err != nil && ctx.Err() == nil {
		s.gateway.metrics.Loaded(false)
	}
	return out, err
}

// guarded does work in the background on what comes from outside: a schema or an
// operation that meets a mistake in the program costs that work, not the process.
func (g *Gateway) guarded(ctx context.Context, what string, work func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			g.logger.ErrorContext(ctx, "work in the background met a mistake in the program",
				"work", what, "panic", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s met a mistake in the program: %v", what, cause)
		}
	}()
	return work()
}
