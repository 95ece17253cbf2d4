package corpus_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

var write = flag.String("write", "", "a folder to write the supergraphs to that Weft composes, for other tools to load")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// set is one archive of testdata.
type set struct {
	name      string
	about     []string
	subgraphs []schema.Subgraph
	apollo    verdict
	guild     verdict
	// supergraph is Apollo's; empty where Apollo refuses.
	supergraph string
}

// verdict is what a composer says about a set.
type verdict struct {
	Version string
	Accepts bool
	Codes   []string
	Hints   []string
}

func readSets(t testing.TB) []set {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	sets := make([]set, len(files))
	for i, file := range files {
		sets[i] = readSet(t, file)
	}
	return sets
}

var (
	fromLine  = regexp.MustCompile(`(?m)^from: (\S+)$`)
	aboutLine = regexp.MustCompile(`(?m)^about: (.+)$`)
)

func readSet(t testing.TB, file string) set {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := set{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
	if about := aboutLine.FindSubmatch(archive.Comment); about != nil {
		s.about = strings.Fields(string(about[1]))
	}
	files := archive.Files
	if from := fromLine.FindSubmatch(archive.Comment); from != nil {
		source, err := txtar.ParseFile(filepath.Join("testdata", string(from[1])))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, source.Files...)
	}
	for _, f := range files {
		switch name, isSDL := strings.CutSuffix(f.Name, ".graphql"); {
		case f.Name == "expected.json":
			var expected struct{ Apollo, Guild verdict }
			if err := json.Unmarshal(f.Data, &expected); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			s.apollo, s.guild = expected.Apollo, expected.Guild
		case f.Name == "apollo.graphql":
			s.supergraph = string(f.Data)
		case isSDL && name != "supergraph":
			s.subgraphs = append(s.subgraphs, schema.Subgraph{Name: name, URL: "http://" + name, SDL: string(f.Data), File: f.Name})
		}
	}
	if s.apollo.Version == "" {
		t.Fatalf("%s has no expectations: run make corpus", file)
	}
	return s
}

// weft composes a set. The supergraph is empty where Weft refuses.
func weft(t *testing.T, s set) (v verdict, supergraph string) {
	t.Helper()
	result, err := compose.Compose(s.subgraphs, compose.Options{})
	if err != nil {
		v.Codes = errorCodes(t, err)
		return v, ""
	}
	for _, h := range result.Hints {
		v.Hints = append(v.Hints, string(h.Code))
	}
	slices.Sort(v.Hints)
	v.Hints = slices.Compact(v.Hints)
	v.Accepts = true
	return v, result.SDL
}

func errorCodes(t *testing.T, err error) []string {
	t.Helper()
	var codes []string
	if all, ok := errors.AsType[schema.Errors](err); ok {
		for _, e := range all {
			codes = append(codes, string(e.Code))
		}
	} else if one, ok := errors.AsType[*schema.Error](err); ok {
		codes = append(codes, string(one.Code))
	} else {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// TestWeftComposesAsApollo holds every set to Apollo's verdict: the same answer,
// the same codes, and the same supergraph but for the order of things.
func TestWeftComposesAsApollo(t *testing.T) {
	listed := readDifferences(t)
	sets := readSets(t)
	for name := range listed {
		if !slices.ContainsFunc(sets, func(s set) bool { return s.name == name }) {
			t.Errorf("differences.txt names %q, which is no set", name)
		}
	}
	for _, s := range sets {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			kinds := differences(t, s)
			for kind, detail := range kinds {
				if listed[s.name][kind] == "" {
					t.Errorf("differs from Apollo in %s:\n%s", kind, detail)
				}
			}
			for kind := range listed[s.name] {
				if kinds[kind] == "" {
					t.Errorf("differences.txt lists a difference in %s, and there is none", kind)
				}
			}
		})
	}
}

// differences compares Weft with Apollo. The kinds are "verdict", "codes",
// "supergraph" and "hints".
func differences(t *testing.T, s set) map[string]string {
	t.Helper()
	got, supergraph := weft(t, s)
	if *write != "" && got.Accepts {
		if err := os.WriteFile(filepath.Join(*write, s.name+".graphql"), []byte(supergraph), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	switch {
	case got.Accepts != s.apollo.Accepts:
		return map[string]string{"verdict": "Weft has " + cmp.Or(strings.Join(got.Codes, " "), "no errors") +
			", Apollo has " + cmp.Or(strings.Join(s.apollo.Codes, " "), "no errors")}
	case !slices.Equal(got.Codes, s.apollo.Codes):
		return map[string]string{"codes": "Weft has " + strings.Join(got.Codes, " ") + ", Apollo has " + strings.Join(s.apollo.Codes, " ")}
	case !got.Accepts:
		return nil
	}
	out := map[string]string{}
	if !slices.Equal(got.Hints, s.apollo.Hints) {
		out["hints"] = "Weft has " + strings.Join(got.Hints, " ") + ", Apollo has " + strings.Join(s.apollo.Hints, " ")
	}
	ours, err := facts(supergraph)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := facts(s.supergraph)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range missing(theirs, ours) {
		lines = append(lines, "  only Apollo: "+line)
	}
	for _, line := range missing(ours, theirs) {
		lines = append(lines, "  only Weft:   "+line)
	}
	if len(lines) > 0 {
		out["supergraph"] = strings.Join(lines[:min(len(lines), 40)], "\n")
	}
	return out
}

// readDifferences reads the deliberate differences: a reason as a comment line,
// then lines of a set and the kind of difference.
func readDifferences(t *testing.T) map[string]map[string]string {
	t.Helper()
	f, err := os.Open("differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]map[string]string{}
	reason := ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if text, isReason := strings.CutPrefix(line, "#"); isReason || line == "" {
			reason = strings.TrimSpace(text)
			continue
		}
		name, kind, ok := strings.Cut(line, " ")
		if !ok || reason == "" {
			t.Fatalf("differences.txt: %q is no set with a kind of difference under a reason", line)
		}
		if all[name] == nil {
			all[name] = map[string]string{}
		}
		all[name][kind] = reason
	}
	return all
}
