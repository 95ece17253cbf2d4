package apidiff_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/subgraphs/registry/apidiff"
)

var update = flag.Bool("update", false, "rewrite the expected changes in testdata")

// Each file holds `before.graphql`, `after.graphql` and `changes.txt`.
func TestChangesHaveTheirSeverity(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				files[f.Name] = string(f.Data)
			}
			before, after := load(t, files["before.graphql"]), load(t, files["after.graphql"])
			var b strings.Builder
			for _, c := range apidiff.Compare(before, after) {
				fmt.Fprintln(&b, c)
			}
			if got := b.String(); got != files["changes.txt"] {
				if !*update {
					t.Fatalf("changes:\n%s\nwant:\n%s", got, files["changes.txt"])
				}
				rewrite(t, path, archive, got)
			}
			if same := apidiff.Compare(after, after); len(same) > 0 {
				t.Errorf("a schema differs from itself: %v", same)
			}
		})
	}
}

func rewrite(t *testing.T, path string, archive *txtar.Archive, changes string) {
	t.Helper()
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "changes.txt" {
			kept = append(kept, f)
		}
	}
	archive.Files = append(kept, txtar.File{Name: "changes.txt", Data: []byte(changes)})
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, sdl string) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOnlyABreakingChangeBreaks(t *testing.T) {
	before := load(t, `type Query { a(x: Int): Int b: Int }`)
	for sdl, want := range map[string]bool{
		`type Query { a(x: Int): Int b: Int c: Int }`:       false,
		`type Query { a(x: Int, y: Int): Int b: Int }`:      false,
		`type Query { a(x: Int): Int }`:                     true,
		`type Query { a(x: Int, y: Int!): Int b: Int }`:     true,
		`type Query { a(x: Int, y: Int! = 1): Int b: Int }`: false,
	} {
		if got := apidiff.HasBreaking(apidiff.Compare(before, load(t, sdl))); got != want {
			t.Errorf("%s: breaking is %t, want %t", sdl, got, want)
		}
	}
}
