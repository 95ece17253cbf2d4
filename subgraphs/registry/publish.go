package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/weft-graphql/weft/schema"
)

// Publish makes the schemas part of the graph, all of them in one revision. It
// composes the graph with them before anything changes; when that fails it gives
// a *[RefusedError], and the registry is as it was.
//
// What is in the graph already, with the same schema and URL, gets no new
// version. An empty URL keeps the one that the subgraph has.
func (f *Folder) Publish(ctx context.Context, subgraphs []schema.Subgraph, o PublishOptions) (*Publication, error) {
	if len(o.Message) > maxMessage {
		return nil, fmt.Errorf("the message has %d bytes, more than the %d that are kept", len(o.Message), maxMessage)
	}
	now, err := f.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	// Composing takes the longest: other publishers need not wait for it, and a
	// schema that is refused touches nothing.
	next, err := f.propose(now, subgraphs)
	if err != nil {
		return nil, err
	}
	if len(next.changed) == 0 {
		return next.publication(now.Revision), nil
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	latest, err := f.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if latest.Revision != now.Revision {
		if next, err = f.propose(latest, subgraphs); err != nil {
			return nil, err
		}
		if len(next.changed) == 0 {
			return next.publication(latest.Revision), nil
		}
	}
	return f.commit(ctx, latest, next, o)
}

// maxMessage is how many bytes a message may have.
const maxMessage = 4 << 10

// commit writes the next revision. The lock is held.
func (f *Folder) commit(ctx context.Context, now *snapshot, next *proposal, o PublishOptions) (*Publication, error) {
	changes, err := next.changes()
	if err != nil {
		// The graph that no gateway of this Weft can load must be replaceable.
		f.options.Logger.WarnContext(ctx, "the changes of the API are not known", "registry", f.dir, "error", err)
	}
	state := current{
		Format: format, Revision: now.Revision + 1, PublishedAt: time.Now().UTC().Truncate(time.Second),
		SHA256: sha256Hex(next.supergraph), Subgraphs: maps.Clone(now.Subgraphs),
	}
	if state.Subgraphs == nil {
		state.Subgraphs = map[string]place{}
	}
	for _, s := range next.changed {
		v := Version{
			Subgraph: s.Name, Number: state.Subgraphs[s.Name].Latest + 1, URL: s.URL,
			PublishedAt: state.PublishedAt, SHA256: sha256Hex(s.SDL), Message: o.Message, Revision: state.Revision,
		}
		state.Subgraphs[s.Name] = place{Version: v.Number, Latest: v.Number}
		next.versions[s.Name] = v
		if err := f.write(f.versionPath(s.Name, v.Number, ".graphql"), []byte(s.SDL)); err != nil {
			return nil, err
		}
		if err := f.writeJSON(f.versionPath(s.Name, v.Number, ".json"), v); err != nil {
			return nil, err
		}
	}
	if err := f.write(f.revisionPath(state.Revision, ".graphql"), []byte(next.supergraph)); err != nil {
		return nil, err
	}
	if err := f.writeJSON(f.revisionPath(state.Revision, ".json"), state); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err // nothing refers to what was written
	}
	if err := f.writeJSON(f.currentPath(), state); err != nil {
		return nil, err
	}
	out := next.publication(state.Revision)
	out.Changed, out.Changes = true, changes
	return out, nil
}

func (f *Folder) writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return f.write(path, append(data, '\n'))
}

// publication describes the published subgraphs, in the order they were given.
func (p *proposal) publication(revision int) *Publication {
	out := &Publication{Revision: revision, Supergraph: p.supergraph, Hints: p.hints}
	for _, name := range p.names {
		out.Versions = append(out.Versions, p.versions[name])
	}
	return out
}
