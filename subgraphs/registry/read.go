package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// Graph gives what is published now. An empty registry is revision 0.
func (f *Folder) Graph(ctx context.Context) (*Graph, error) {
	s, err := f.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return &Graph{Revision: s.Revision, Subgraphs: s.entries}, nil
}

// History gives a part of a subgraph's versions, the newest first.
func (f *Folder) History(ctx context.Context, subgraph string, p Page) ([]Version, error) {
	p, err := p.within(f.options.MaxPage)
	if err != nil {
		return nil, err
	}
	s, err := f.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	place, ok := s.Subgraphs[subgraph]
	if !ok {
		return nil, fmt.Errorf("%w: %q is not in %s", ErrUnknownSubgraph, subgraph, f.dir)
	}
	newest := place.Latest
	if p.Before > 0 {
		newest = min(newest, p.Before-1)
	}
	var out []Version
	for n := newest; n > 0 && len(out) < p.First; n-- {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := f.readVersion(subgraph, n)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// within checks a page against the largest that there may be.
func (p Page) within(most int) (Page, error) {
	if p.First == 0 {
		p.First = min(20, most)
	}
	switch {
	case p.First < 0 || p.First > most:
		return p, fmt.Errorf("a page has 1 to %d versions, not %d: ask for the next one with `before`", most, p.First)
	case p.Before < 0:
		return p, errors.New("`before` is a version's number, which is 1 or more")
	}
	return p, nil
}

// Load gives the supergraph of the current revision and says to watch
// current.json, which every change replaces last. Where nothing is published it
// fails with [ErrEmpty].
func (f *Folder) Load(ctx context.Context) (*source.Supergraph, error) {
	out := &source.Supergraph{Files: []string{f.currentPath()}}
	s, err := f.snapshot(ctx)
	if err != nil {
		return out, err
	}
	if s.Revision == 0 {
		return out, fmt.Errorf("%w %s: publish a subgraph first, with `weft subgraph publish`", ErrEmpty, f.dir)
	}
	out.SDL = s.supergraph
	out.Subgraphs = subgraphsOf(s.entries)
	return out, nil
}

func subgraphsOf(entries []Entry) []schema.Subgraph {
	out := make([]schema.Subgraph, len(entries))
	for i, e := range entries {
		out[i] = e.Subgraph
	}
	return out
}
