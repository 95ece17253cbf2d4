package compose_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// TestCases composes the subgraphs of every file in testdata. A file holds a
// NAME.graphql for each subgraph and what is expected: supergraph.graphql, or
// errors.txt, and hints.txt when there are hints.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := composed(t, archive)
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, have := txtar.Format(archive), txtar.Format(got)
			if !bytes.Equal(want, have) {
				t.Errorf("composition differs from %s (go test -update rewrites it):\n%s", file, have)
			}
		})
	}
}

// merging leaves out the proof that every query can be answered: the cases are
// about what comes before it, and package satisfy has its own.
var merging = compose.Options{SkipSatisfiability: true}

// subgraphs gives those of a case.
func subgraphs(archive *txtar.Archive) []schema.Subgraph {
	var all []schema.Subgraph
	for _, f := range archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".graphql"); ok && name != "supergraph" {
			all = append(all, schema.Subgraph{Name: name, URL: "http://" + name, SDL: string(f.Data), File: f.Name})
		}
	}
	return all
}

// composed gives the archive with the expectations that composition fulfils.
func composed(t *testing.T, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	out := &txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".graphql") && f.Name != "supergraph.graphql" {
			out.Files = append(out.Files, f)
		}
	}
	sources := subgraphs(archive)
	result, err := compose.Compose(sources, merging)
	var text bytes.Buffer
	if err != nil {
		errs, ok := errors.AsType[schema.Errors](err)
		if !ok {
			t.Fatalf("the error is a %T, not schema.Errors", err)
		}
		compose.Format(&text, errs, sources, false)
		out.Files = append(out.Files, txtar.File{Name: "errors.txt", Data: text.Bytes()})
		return out
	}
	slices.Reverse(sources)
	again, err := compose.Compose(sources, merging)
	if err != nil || again.SDL != result.SDL {
		t.Errorf("the order of the subgraphs changes the supergraph (error %v)", err)
	}
	if _, err := schema.LoadSupergraph(result.SDL, schema.LoadOptions{}); err != nil && !errors.Is(err, &schema.Error{Code: "UNSUPPORTED_LINKED_FEATURE"}) {
		t.Errorf("the supergraph does not load: %v", err)
	}
	out.Files = append(out.Files, txtar.File{Name: "supergraph.graphql", Data: []byte(result.SDL)})
	if len(result.Hints) > 0 {
		compose.FormatHints(&text, result.Hints, sources, false)
		out.Files = append(out.Files, txtar.File{Name: "hints.txt", Data: text.Bytes()})
	}
	return out
}
