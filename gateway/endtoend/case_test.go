package endtoend

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the expected sections of testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCases runs every operation of testdata.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c := readCase(t, file)
			for _, folder := range c.folders() {
				name := strings.TrimSuffix(folder, "/")
				if name == "" {
					c.operation(t, folder)
					continue
				}
				t.Run(name, func(t *testing.T) { c.operation(t, folder) })
			}
			if *update {
				c.write(t)
			}
		})
	}
}

// testCase is one file of testdata.
type testCase struct {
	file    string
	archive *txtar.Archive
}

func readCase(t *testing.T, file string) *testCase {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return &testCase{file: file, archive: archive}
}

// section gives the text of a section; nil where there is none.
func (c *testCase) section(name string) []byte {
	i := slices.IndexFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return c.archive.Files[i].Data
}

// folders are where the case's operations are; one that does not compose has
// none, which counts as one at the top.
func (c *testCase) folders() []string {
	var out []string
	for _, f := range c.archive.Files {
		if folder, ok := strings.CutSuffix(f.Name, "operation.graphql"); ok {
			out = append(out, folder)
		}
	}
	if len(out) == 0 {
		out = []string{""}
	}
	return out
}

// subgraphs are the names of the case's subgraphs.
func (c *testCase) subgraphs() []string {
	var out []string
	for _, f := range c.archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".graphql")
		if ok && name != "operation" && !strings.Contains(name, "/") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// expect compares what came out with its section, or updates that. Nothing is
// expected where there is no section.
func (c *testCase) expect(t *testing.T, name, got string) {
	t.Helper()
	if !*update {
		if diff := cmp.Diff(string(c.section(name)), got); diff != "" {
			t.Errorf("%s is another (-want +got):\n%s", name, diff)
		}
		return
	}
	folder := name[:strings.LastIndexByte(name, '/')+1]
	i := slices.IndexFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == name })
	switch {
	case i >= 0 && got == "":
		c.archive.Files = slices.Delete(c.archive.Files, i, i+1)
	case i >= 0:
		c.archive.Files[i].Data = []byte(got)
	case got != "":
		last := len(c.archive.Files)
		for i, f := range c.archive.Files {
			if folder != "" && strings.HasPrefix(f.Name, folder) {
				last = i + 1
			}
		}
		c.archive.Files = slices.Insert(c.archive.Files, last, txtar.File{Name: name, Data: []byte(got)})
	}
}

func (c *testCase) write(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(c.file, txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// requestIDs are those of masked errors, which are new with each request.
var requestIDs = regexp.MustCompile(`"requestId":"[A-Z2-7]{26}"`)

// pretty lays JSON out; keys and numbers stay as they are.
func pretty(text []byte) string {
	var b bytes.Buffer
	text = requestIDs.ReplaceAll(text, []byte(`"requestId":"ID"`))
	if json.Indent(&b, bytes.TrimSpace(text), "", "  ") != nil {
		return string(text)
	}
	return b.String() + "\n"
}
