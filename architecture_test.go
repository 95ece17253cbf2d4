// Package weft_test holds the rules of the house that no single package can
// keep: who may import whom.
package weft_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/weft-graphql/weft/"

// floors are the packages from the ground up: imports point down, or sideways
// inside one folder. Siblings on one floor do not know each other.
var floors = [][]string{
	{"schema"},
	{"planner"},
	{"executor"},
	{"subgraphs", "cache"},
	{"gateway"},
	{"cmd"},
}

// reserved are modules that only some packages may import, by their prefix.
var reserved = map[string][]string{
	"github.com/99designs/gqlgen":           {"gateway/transport", "subgraphs/registry", "examples"},
	"github.com/redis/go-redis":             {"cache", "cache/redis", "subgraphs/registry", "subgraphs/events"},
	"github.com/graph-gophers/dataloader":   {"subgraphs/batch", "cache", "subgraphs/registry", "examples"},
	"github.com/weft-graphql/weft/examples": {"cmd/weft", "examples"},
}

// silent are the folders whose packages do no I/O, and what they may not import for it.
var (
	silent  = []string{"schema", "planner", "executor"}
	outside = []string{"net", "os", "os/exec", "io/ioutil", "database/sql"}
)

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		path, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		top := folder(path)
		for _, imported := range p.Imports {
			for prefix, allowed := range reserved {
				if strings.HasPrefix(imported, prefix) && !slices.ContainsFunc(allowed, func(a string) bool { return within(path, a) }) {
					t.Errorf("%s imports %s: only %s may", path, imported, strings.Join(allowed, ", "))
				}
			}
			if slices.Contains(silent, top) && slices.Contains(outside, imported) {
				t.Errorf("%s imports %s: it does no I/O", path, imported)
			}
			other, ours := strings.CutPrefix(imported, module)
			if !ours || folder(other) == top {
				continue
			}
			from, to := floor(top), floor(folder(other))
			if from >= 0 && to >= from {
				t.Errorf("%s imports %s: imports point down", path, other)
			}
		}
	}
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list named %d packages only", len(all))
	}
	return all
}

func folder(path string) string {
	top, _, _ := strings.Cut(path, "/")
	return top
}

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func floor(folder string) int {
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, folder) })
}
