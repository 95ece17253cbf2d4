package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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
	// Env answers for the variables in it. nil means the process's environment.
	Env func(string) (string, bool)
	// Compose says how to compose.
	Compose compose.Options
	// Waiting, if not nil, is told every second which subgraphs have not given
	// their schemas yet, by name, and how many there are in all.
	Waiting func(names []string, all int)
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
	names := slices.Sorted(maps.Keys(doc.subgraphs))
	for _, name := range names {
		if f := doc.subgraphs[name].file; f != "" {
			out.Files = append(out.Files, s.resolve(f))
		}
	}
	started := append([]string{before}, stamps(out.Files[1:])...)

	failures := s.readAll(ctx, doc, names, out)
	if !slices.Equal(started, stamps(out.Files)) {
		return out, errMoved
	}
	return out, errors.Join(failures...)
}

// readAll reads the schemas of the named subgraphs side by side and gives every
// failure.
func (s *Subgraphs) readAll(ctx context.Context, doc *document, names []string, out *Supergraph) []error {
	out.Subgraphs = make([]schema.Subgraph, len(names))
	failures, done := make([]error, len(names)), make([]atomic.Bool, len(names))
	stop := s.tellWaiting(names, done)
	defer stop()
	var group errgroup.Group
	group.SetLimit(16)
	for i, name := range names {
		group.Go(func() error {
			out.Subgraphs[i], failures[i] = s.subgraph(ctx, name, doc.subgraphs[name])
			done[i].Store(true)
			return nil
		})
	}
	_ = group.Wait() // the failures are collected, so that all are reported
	return failures
}

// tellWaiting tells who is waited for until the function that it gives is called.
func (s *Subgraphs) tellWaiting(names []string, done []atomic.Bool) (stop func()) {
	if s.Waiting == nil {
		return func() {}
	}
	ended := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
			}
			var waiting []string
			for i, name := range names {
				if !done[i].Load() {
					waiting = append(waiting, name)
				}
			}
			s.Waiting(waiting, len(names))
		}
	})
	return func() { close(ended); running.Wait() }
}

func (s *Subgraphs) parse() (*document, error) {
	data, err := readFile(s.Path)
	if err != nil {
		return nil, fmt.Errorf("the list of subgraphs cannot be read: %w", err)
	}
	env := s.Env
	if env == nil {
		env = os.LookupEnv
	}
	return parseDocument(s.Path, data, env)
}

func (s *Subgraphs) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(s.Path), path)
}

func (s *Subgraphs) subgraph(ctx context.Context, name string, e entry) (schema.Subgraph, error) {
	out := schema.Subgraph{Name: name, URL: cmp.Or(e.routingURL, e.subgraphURL), SDL: e.sdl}
	switch {
	case e.file != "":
		out.File = s.resolve(e.file)
		data, err := readFile(out.File)
		if err != nil {
			return out, fmt.Errorf("%s: the schema of subgraph %q cannot be read: %w", s.Path, name, err)
		}
		out.SDL = string(data)
	case e.subgraphURL != "":
		sdl, err := s.ask(ctx, e)
		if err != nil {
			return out, fmt.Errorf("%s: subgraph %q at %s did not give its schema: %w", s.Path, name, e.subgraphURL, err)
		}
		out.SDL = sdl
	}
	return out, nil
}
