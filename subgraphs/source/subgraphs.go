package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"golang.org/x/sync/errgroup"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// Subgraphs is a supergraph.yaml in rover's format: the subgraphs' names, where
// each one is and where its schema is. Loading it composes them.
type Subgraphs struct {
	// Path is the path of the supergraph.yaml; files that it names are relative
	// to its folder.
	Path string
	// Timeout bounds asking one subgraph for its schema. 0 means 10 s.
	Timeout time.Duration
	// Client asks subgraphs for their schemas. nil means http.DefaultClient.
	Client *http.Client
	// Compose says how to compose.
	Compose compose.Options
}

// document is a supergraph.yaml.
type document struct {
	FederationVersion string           `yaml:"federation_version"`
	Subgraphs         map[string]entry `yaml:"subgraphs"`
}

type entry struct {
	RoutingURL string `yaml:"routing_url"`
	Schema     struct {
		File        string `yaml:"file"`
		SDL         string `yaml:"sdl"`
		SubgraphURL string `yaml:"subgraph_url"`
	} `yaml:"schema"`
}

func (s *Subgraphs) String() string { return s.Path }

// Load reads the subgraphs' schemas and composes them. Errors of composition are
// [schema.Errors].
func (s *Subgraphs) Load(ctx context.Context) (*Supergraph, error) {
	out, err := s.readOne(ctx)
	if err == nil {
		err = s.composeInto(out)
	}
	return out, err
}

// Read reads the subgraphs' schemas without composing them.
func (s *Subgraphs) Read(ctx context.Context) ([]schema.Subgraph, error) {
	out, err := s.readOne(ctx)
	return out.Subgraphs, err
}

// readOne reads all schemas of one version, side by side.
func (s *Subgraphs) readOne(ctx context.Context) (*Supergraph, error) {
	const attempts = 5
	for range attempts {
		out, err := s.read(ctx)
		if !errors.Is(err, errMoved) {
			return out, err
		}
	}
	return &Supergraph{Files: []string{s.Path}}, fmt.Errorf("the files of %s kept changing while they were read", s.Path)
}

func (s *Subgraphs) composeInto(out *Supergraph) error {
	composed, err := compose.Compose(out.Subgraphs, s.Compose)
	if err != nil {
		return err
	}
	out.SDL, out.Hints = composed.SDL, composed.Hints
	return nil
}

// errMoved says that a file changed while the version was read.
var errMoved = errors.New("a file changed while it was read")

func (s *Subgraphs) read(ctx context.Context) (*Supergraph, error) {
	out := &Supergraph{Files: []string{s.Path}}
	before := stamp(s.Path)
	doc, err := s.parse()
	if err != nil {
		return out, err
	}
	names := slices.Sorted(maps.Keys(doc.Subgraphs))
	for _, name := range names {
		if f := doc.Subgraphs[name].Schema.File; f != "" {
			out.Files = append(out.Files, s.resolve(f))
		}
	}
	started := append([]string{before}, stamps(out.Files[1:])...)

	out.Subgraphs = make([]schema.Subgraph, len(names))
	failures := make([]error, len(names))
	var group errgroup.Group
	group.SetLimit(16)
	for i, name := range names {
		group.Go(func() error {
			out.Subgraphs[i], failures[i] = s.subgraph(ctx, name, doc.Subgraphs[name])
			return nil
		})
	}
	_ = group.Wait() // the failures are collected, so that all are reported
	if !slices.Equal(started, stamps(out.Files)) {
		return out, errMoved
	}
	return out, errors.Join(failures...)
}

func (s *Subgraphs) parse() (*document, error) {
	data, err := readFile(s.Path)
	if err != nil {
		return nil, fmt.Errorf("the list of subgraphs cannot be read: %w", err)
	}
	var doc document
	if err := yaml.UnmarshalWithOptions(data, &doc, yaml.DisallowUnknownField()); err != nil {
		return nil, fmt.Errorf("%s: %s", s.Path, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if len(doc.Subgraphs) == 0 {
		return nil, fmt.Errorf("%s names no subgraphs: add them below `subgraphs:`, as NAME: {routing_url: URL, schema: {file: PATH}}", s.Path)
	}
	if v := strings.TrimLeft(doc.FederationVersion, "=v"); v != "" && v != "2" && !strings.HasPrefix(v, "2.") {
		return nil, fmt.Errorf("%s: federation_version %q is not carried out: Weft composes federation 2", s.Path, doc.FederationVersion)
	}
	return &doc, nil
}

func (s *Subgraphs) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(s.Path), path)
}

func (s *Subgraphs) subgraph(ctx context.Context, name string, e entry) (schema.Subgraph, error) {
	out := schema.Subgraph{Name: name, URL: e.RoutingURL}
	given := 0
	for _, v := range []string{e.Schema.File, e.Schema.SDL, e.Schema.SubgraphURL} {
		if v != "" {
			given++
		}
		if strings.Contains(v, "${") && v != e.Schema.SDL {
			return out, fmt.Errorf("%s: subgraph %q: environment variables are not expanded here (%q)", s.Path, name, v)
		}
	}
	if strings.Contains(e.RoutingURL, "${") {
		return out, fmt.Errorf("%s: subgraph %q: environment variables are not expanded here (%q)", s.Path, name, e.RoutingURL)
	}
	if given != 1 {
		return out, fmt.Errorf("%s: subgraph %q: its schema must be given once, as `file`, `sdl` or `subgraph_url`", s.Path, name)
	}
	switch {
	case e.Schema.SDL != "":
		out.SDL = e.Schema.SDL
	case e.Schema.File != "":
		out.File = s.resolve(e.Schema.File)
		data, err := readFile(out.File)
		if err != nil {
			return out, fmt.Errorf("%s: the schema of subgraph %q cannot be read: %w", s.Path, name, err)
		}
		out.SDL = string(data)
	default:
		if out.URL == "" {
			out.URL = e.Schema.SubgraphURL
		}
		sdl, err := s.ask(ctx, e.Schema.SubgraphURL)
		if err != nil {
			return out, fmt.Errorf("%s: subgraph %q at %s did not give its schema: %w", s.Path, name, e.Schema.SubgraphURL, err)
		}
		out.SDL = sdl
	}
	return out, nil
}
