package compose

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema"
)

// TestWhatIsPrintedReadsAndPrintsTheSame composes all cases and sets, reads the
// supergraph as text and prints what was read.
func TestWhatIsPrintedReadsAndPrintsTheSame(t *testing.T) {
	composed := 0
	for _, pattern := range []string{"testdata/*.txtar", "corpus/testdata/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var all []schema.Subgraph
			for _, f := range archive.Files {
				name, isSDL := strings.CutSuffix(f.Name, ".graphql")
				if isSDL && name != "supergraph" && name != "apollo" {
					all = append(all, schema.Subgraph{Name: name, URL: "http://" + name, SDL: string(f.Data)})
				}
			}
			result, err := Compose(all, Options{SkipSatisfiability: true})
			if err != nil {
				continue
			}
			composed++
			if again := reprint(t, result.SDL); again != result.SDL {
				t.Errorf("%s: printed, read and printed again it is:\n%s", file, again)
			}
		}
	}
	if composed < 300 {
		t.Errorf("only %d sets compose", composed)
	}
}

// reprint reads SDL and prints it in the order in which it stands.
func reprint(t *testing.T, sdl string) string {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return print(doc, len(sdl))
}
