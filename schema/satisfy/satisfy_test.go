package satisfy_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/schema/graph"
	"github.com/weft-graphql/weft/schema/satisfy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// TestCases checks the subgraphs of every file in testdata. A file holds a
// NAME.graphql for each subgraph; errors.txt when the check refuses, and
// hints.txt when there are hints.
func TestCases(t *testing.T) {
	forEachCase(t, func(t *testing.T, file string, archive *txtar.Archive) {
		t.Helper()
		sources := subgraphs(archive)
		_, _, hints, errs := check(t, sources)
		got := &txtar.Archive{Comment: archive.Comment}
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, ".graphql") {
				got.Files = append(got.Files, f)
			}
		}
		var text bytes.Buffer
		if len(errs) > 0 {
			compose.Format(&text, errs, sources, false)
			got.Files = append(got.Files, txtar.File{Name: "errors.txt", Data: bytes.Clone(text.Bytes())})
		}
		if len(hints) > 0 {
			text.Reset()
			compose.FormatHints(&text, hints, sources, false)
			got.Files = append(got.Files, txtar.File{Name: "hints.txt", Data: text.Bytes()})
		}
		have := txtar.Format(got)
		if *update {
			if err := os.WriteFile(file, have, 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(have, txtar.Format(archive)) {
			t.Errorf("the check differs from %s (go test -update rewrites it):\n%s", file, have)
		}
	})
}

func forEachCase(t *testing.T, f func(t *testing.T, file string, archive *txtar.Archive)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f(t, file, archive)
		})
	}
}

func subgraphs(archive *txtar.Archive) []schema.Subgraph {
	var all []schema.Subgraph
	for _, f := range archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".graphql"); ok {
			all = append(all, schema.Subgraph{Name: name, URL: "http://" + name, SDL: string(f.Data), File: f.Name})
		}
	}
	return all
}

// check composes subgraphs and checks the supergraph.
func check(tb testing.TB, sources []schema.Subgraph) (*schema.Supergraph, *graph.Graph, []schema.Hint, schema.Errors) {
	tb.Helper()
	sg, g := compiled(tb, sources)
	hints, errs := satisfy.Check(sg, g, satisfy.Options{})
	return sg, g, hints, errs
}

func compiled(tb testing.TB, sources []schema.Subgraph) (*schema.Supergraph, *graph.Graph) {
	tb.Helper()
	sg, g, err := compileSources(sources)
	if err != nil {
		tb.Fatal(err)
	}
	return sg, g
}

func compileSources(sources []schema.Subgraph) (*schema.Supergraph, *graph.Graph, error) {
	result, err := compose.Compose(sources, compose.Options{SkipSatisfiability: true})
	if err != nil {
		return nil, nil, fmt.Errorf("the subgraphs do not compose: %w", err)
	}
	sg, err := schema.LoadSupergraph(result.SDL, schema.LoadOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("the supergraph does not load: %w", err)
	}
	g, err := graph.New(sg)
	if err != nil {
		return nil, nil, fmt.Errorf("the graph does not compile: %w", err)
	}
	return sg, g, nil
}
