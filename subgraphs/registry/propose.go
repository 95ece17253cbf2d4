package registry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/subgraphs/registry/apidiff"
)

// Check says what publishing the schemas together would do, and changes nothing.
// Where the graph would not compose it gives a *[RefusedError].
func (f *Folder) Check(ctx context.Context, subgraphs []schema.Subgraph) (*CheckResult, error) {
	now, err := f.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	next, err := f.propose(now, subgraphs)
	if err != nil {
		return nil, err
	}
	changes, err := next.changes()
	if err != nil {
		return nil, err
	}
	return &CheckResult{
		Revision: now.Revision, Supergraph: next.supergraph, Hints: next.hints,
		Changes: changes, Breaking: apidiff.HasBreaking(changes),
	}, nil
}

// proposal is the graph that publishing would make.
type proposal struct {
	before     *snapshot
	names      []string           // what is published, in the order given
	versions   map[string]Version // theirs; those of changed ones are made at last
	changed    []schema.Subgraph  // what differs from the graph, by name
	supergraph string
	api        *ast.Schema
	hints      []schema.Hint
}

// propose composes the graph with the schemas in it.
func (f *Folder) propose(now *snapshot, subgraphs []schema.Subgraph) (*proposal, error) {
	if err := f.check(now, subgraphs); err != nil {
		return nil, err
	}
	p := &proposal{before: now, versions: map[string]Version{}}
	graph := map[string]schema.Subgraph{}
	for _, e := range now.entries {
		graph[e.Name] = e.Subgraph
	}
	for _, s := range subgraphs {
		p.names = append(p.names, s.Name)
		e, exists := now.entry(s.Name)
		if exists && s.URL == "" {
			s.URL = e.URL
		}
		if exists && s.SDL == e.SDL && s.URL == e.URL {
			p.versions[s.Name] = e.Version
			continue
		}
		graph[s.Name] = s
		p.changed = append(p.changed, s)
	}
	if len(graph) > f.options.MaxSubgraphs {
		return nil, fmt.Errorf("the graph would have %d subgraphs, more than the limit of %d", len(graph), f.options.MaxSubgraphs)
	}
	slices.SortFunc(p.changed, byName)
	all := make([]schema.Subgraph, 0, len(graph))
	for _, s := range graph {
		all = append(all, s)
	}
	slices.SortFunc(all, byName)

	composed, err := compose.Compose(all, f.options.Compose)
	if err != nil {
		return nil, &RefusedError{Names: p.names, Subgraphs: all, Err: err}
	}
	// Whether what authorization guards can be served is the gateway's to say.
	loaded, err := schema.LoadSupergraph(composed.SDL, schema.LoadOptions{DenyUnenforced: true})
	if err != nil {
		return nil, &RefusedError{Names: p.names, Subgraphs: all, Err: err}
	}
	p.supergraph, p.hints, p.api = composed.SDL, composed.Hints, loaded.API
	return p, nil
}

func byName(a, b schema.Subgraph) int { return strings.Compare(a.Name, b.Name) }

// changes compares the proposal's API with the one that is published.
func (p *proposal) changes() ([]apidiff.Change, error) {
	if p.before.Revision == 0 {
		return nil, nil
	}
	before, err := schema.LoadSupergraph(p.before.supergraph, schema.LoadOptions{DenyUnenforced: true})
	if err != nil {
		return nil, fmt.Errorf("the published graph (revision %d) cannot be loaded to be compared: %w", p.before.Revision, err)
	}
	return apidiff.Compare(before.API, p.api), nil
}

// check refuses what cannot be kept.
func (f *Folder) check(now *snapshot, subgraphs []schema.Subgraph) error {
	if len(subgraphs) == 0 {
		return errors.New("there is nothing to publish: name at least one subgraph")
	}
	taken := map[string]string{}
	for name := range now.Subgraphs {
		taken[strings.ToLower(name)] = name
	}
	given := map[string]bool{}
	for _, s := range subgraphs {
		if err := checkName(s.Name); err != nil {
			return err
		}
		if given[s.Name] {
			return fmt.Errorf("the subgraph %s is given twice", s.Name)
		}
		given[s.Name] = true
		// Where file names have no case, two such subgraphs would share a folder.
		low := strings.ToLower(s.Name)
		if other, ok := taken[low]; ok && other != s.Name {
			return fmt.Errorf("there is a subgraph %s already, and %s differs from it only in case: choose another name", other, s.Name)
		}
		taken[low] = s.Name
		if len(s.SDL) > f.options.MaxSDLBytes {
			return fmt.Errorf("the schema of the subgraph %s has %d bytes, more than the limit of %d", s.Name, len(s.SDL), f.options.MaxSDLBytes)
		}
		if err := checkURL(s.URL); err != nil {
			return fmt.Errorf("the URL of the subgraph %s: %w", s.Name, err)
		}
	}
	return nil
}

const maxName = 100

// checkName refuses names that are not fit for a folder.
func checkName(name string) error {
	if ok, _ := regexp.MatchString(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`, name); !ok || len(name) > maxName {
		return fmt.Errorf("%.200q cannot be a subgraph's name in a registry: use 1 to %d letters, digits, `_`, `-` and `.`, beginning with a letter, a digit or `_`", name, maxName)
	}
	return nil
}

func checkURL(raw string) error {
	if raw == "" {
		return nil // the gateway's configuration may say it
	}
	u, err := url.Parse(raw)
	if err != nil {
		return err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not where a gateway can send requests: use http://HOST… or https://HOST…", raw)
	}
	return nil
}
