package compose_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/schema/graph"
)

// TestContracts composes the subgraphs of every file in testdata/contract with
// the contract in contract.txt ("include: a b", "exclude: c", "hide
// unreachable") and expects the API schema in api.graphql, or errors.txt, and
// hints.txt when there are hints.
func TestContracts(t *testing.T) {
	files, err := filepath.Glob("testdata/contract/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := txtar.Format(contracted(t, archive))
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := txtar.Format(archive); !bytes.Equal(want, got) {
				t.Errorf("the contract differs from %s (go test -update rewrites it):\n%s", file, got)
			}
		})
	}
}

func contracted(t *testing.T, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	out := &txtar.Archive{Comment: archive.Comment}
	var sources []schema.Subgraph
	var options compose.Options
	for _, f := range archive.Files {
		name, isSDL := strings.CutSuffix(f.Name, ".graphql")
		switch {
		case isSDL && name != "api":
			sources = append(sources, schema.Subgraph{Name: name, URL: "http://" + name, SDL: string(f.Data), File: f.Name})
		case f.Name == "contract.txt":
			options.Contract = contract(t, string(f.Data))
		default:
			continue
		}
		out.Files = append(out.Files, f)
	}
	result, err := compose.Compose(sources, options)
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
	sg, err := schema.LoadSupergraph(result.SDL, schema.LoadOptions{})
	if err != nil {
		t.Fatalf("the supergraph does not load: %v", err)
	}
	if _, err := graph.New(sg); err != nil {
		t.Fatalf("the supergraph cannot be planned on: %v", err)
	}
	out.Files = append(out.Files, txtar.File{Name: "api.graphql", Data: []byte(printed(sg.API))})
	if len(result.Hints) > 0 {
		compose.FormatHints(&text, result.Hints, sources, false)
		out.Files = append(out.Files, txtar.File{Name: "hints.txt", Data: text.Bytes()})
	}
	return out
}

func contract(t *testing.T, text string) compose.Contract {
	t.Helper()
	var c compose.Contract
	for line := range strings.Lines(text) {
		what, names, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch what {
		case "include":
			c.Include = strings.Fields(names)
		case "exclude":
			c.Exclude = strings.Fields(names)
		case "hide unreachable":
			c.HideUnreachable = true
		default:
			t.Fatalf("contract.txt has %q", line)
		}
	}
	return c
}

// printed gives a schema's own types.
func printed(s *ast.Schema) string {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(s)
	return b.String()
}

// FuzzContract filters single documents: there is no panic, and what is left
// loads as a supergraph.
func FuzzContract(f *testing.F) {
	files, err := filepath.Glob("testdata/contract/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			if strings.HasSuffix(part.Name, ".graphql") {
				f.Add(string(part.Data), "public", "internal", true)
			}
		}
	}
	f.Fuzz(func(t *testing.T, sdl, include, exclude string, hide bool) {
		options := compose.Options{MaxSDLBytes: 1 << 14, SkipSatisfiability: true, Contract: compose.Contract{Include: strings.Fields(include), Exclude: strings.Fields(exclude), HideUnreachable: hide}}
		result, err := compose.Compose([]schema.Subgraph{{Name: "a", SDL: sdl}}, options)
		if err != nil {
			return
		}
		if _, err := schema.LoadSupergraph(result.SDL, schema.LoadOptions{DenyUnenforced: true}); err != nil && !errors.Is(err, &schema.Error{Code: "UNSUPPORTED_LINKED_FEATURE"}) {
			t.Fatalf("the filtered supergraph does not load: %v\n%s", err, result.SDL)
		}
	})
}
