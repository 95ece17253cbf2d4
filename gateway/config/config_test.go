package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected errors in testdata")

func environment(pairs string) func(string) (string, bool) {
	values := make(map[string]string)
	for line := range strings.Lines(pairs) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		values[name] = value
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func TestParseReportsEverythingThatIsWrong(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases:", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := make(map[string]*txtar.File)
			for i := range archive.Files {
				part[archive.Files[i].Name] = &archive.Files[i]
			}
			env := ""
			if part["env"] != nil {
				env = string(part["env"].Data)
			}
			_, err = Parse("weft.yaml", part["weft.yaml"].Data, environment(env))
			if err == nil {
				t.Fatal("accepted")
			}
			got := err.Error() + "\n"
			if strings.Contains(got, "hunter2") {
				t.Error("an error repeats a secret")
			}
			if *update {
				part["errors"].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(part["errors"].Data), got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEmptyFileIsTheDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "{}", "limits:\nlog: {}\n"} {
		c, err := Parse("weft.yaml", []byte(text), nil)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(Default(), c); diff != "" {
			t.Errorf("%q (-default +got):\n%s", text, diff)
		}
	}
}

func TestSubgraphsInheritFromAllWhereverItStands(t *testing.T) {
	c, err := Parse("weft.yaml", []byte(`
subgraphs:
  reviews: {url: "http://127.0.0.1:1/", batching: {window: 5ms}}
  products:
  all: {timeout: 3s, max_answer: 1MiB, tls: {ca_file: ca.pem}, retries: {budget: {percent: 5}}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	all := defaultTraffic()
	all.Timeout, all.MaxAnswer = Duration(3*time.Second), 1<<20
	all.TLS.CAFile, all.Retries.Budget.Percent = "ca.pem", 5
	reviews := Subgraph{URL: "http://127.0.0.1:1/", Traffic: all}
	reviews.Batching.Window = Duration(5 * time.Millisecond)
	for name, want := range map[string]Subgraph{"reviews": reviews, "products": {Traffic: all}, "other": {Traffic: all}} {
		if diff := cmp.Diff(want, c.Subgraphs.Get(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCacheOfASubgraphInheritsFromTheCache(t *testing.T) {
	c, err := Parse("weft.yaml", []byte("cache: {subgraphs: {a: {enabled: false}, b: {ttl: 0}}, ttl: 10s}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	ten := Duration(10 * time.Second)
	for name, want := range map[string]CacheSubgraph{"a": {TTL: ten}, "b": {Enabled: true}, "c": {Enabled: true, TTL: ten}} {
		if got := c.Cache.Get(name); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestOptionalSectionsStartFromTheirDefaults(t *testing.T) {
	c, err := Parse("weft.yaml", []byte("cache: {}\nbudgets: {rate: 5/m, burst: 7}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	budgets := DefaultBudgets()
	budgets.Rate, budgets.Burst = Rate{Points: 5, Per: time.Minute}, 7
	if diff := cmp.Diff(budgets, c.Budgets); diff != "" {
		t.Errorf("budgets (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(DefaultCache(), c.Cache); diff != "" {
		t.Errorf("cache (-want +got):\n%s", diff)
	}
}

func TestListsReplaceTheirDefault(t *testing.T) {
	c, err := Parse("weft.yaml", []byte("csrf: {headers: [X-Mine]}\nbudgets: {rate: 1/s, burst: 1, identify: []}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"X-Mine"}, c.CSRF.Headers); diff != "" {
		t.Error(diff)
	}
	if len(c.Budgets.Identify) != 0 {
		t.Errorf("identify is %v", c.Budgets.Identify)
	}
}

func TestAliasesAreFollowed(t *testing.T) {
	c, err := Parse("weft.yaml", []byte("subgraphs:\n  a: &slow {timeout: 50s}\n  b: *slow\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Subgraphs.Get("b").Timeout; got != Duration(50*time.Second) {
		t.Errorf("b's timeout is %s", got)
	}
}

func TestFilesThatExplodeAreRefused(t *testing.T) {
	rule := "{forward: {name: X}}"
	bomb := "headers: {request: [" + strings.Repeat("*r, ", 200_000) + "]}\n"
	for name, text := range map[string]string{
		"repeats an alias":    "subgraphs: {a: &r " + rule + "}\n" + bomb,
		"contains itself":     "headers: &h {request: [*h]}\n",
		"nests deep":          strings.Repeat("[", 100_000),
		"nests deep in a key": "limits: {x: " + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + "}",
		"is too large":        "listen: \"" + strings.Repeat("x", maxFile) + "\"",
		"has too many errors": strings.Repeat("? [a]\n: b\n", 10_000),
	} {
		_, err := Parse("weft.yaml", []byte(text), nil)
		if _, ok := errors.AsType[Errors](err); !ok {
			t.Errorf("a file that %s: got error %v", name, err)
		} else if len(err.Error()) > 20_000 {
			t.Errorf("a file that %s: the error has %d bytes", name, len(err.Error()))
		}
	}
}

func TestLoadCountsPathsFromTheFilesFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "weft.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("supergraph: {file: graphs/supergraph.graphql}")
	c, err := Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "graphs/supergraph.graphql"); c.Supergraph.File != want {
		t.Errorf("file is %q, want %q", c.Supergraph.File, want)
	}
	write("subgraphs: {all: {tls: {ca_file: ca.pem}}, reviews: {tls: {key_file: tls/key.pem, certificate_file: /etc/weft.pem}}}")
	if c, err = Load(file, nil); err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		c.Subgraphs.All.TLS.CAFile:                     filepath.Join(dir, "ca.pem"),
		c.Subgraphs.Get("reviews").TLS.CAFile:          filepath.Join(dir, "ca.pem"),
		c.Subgraphs.Get("reviews").TLS.KeyFile:         filepath.Join(dir, "tls/key.pem"),
		c.Subgraphs.Get("reviews").TLS.CertificateFile: "/etc/weft.pem",
	} {
		if got != want {
			t.Errorf("a path is %q, want %q", got, want)
		}
	}
	write("registry: {dir: /var/lib/weft}")
	if c, err = Load(file, nil); err != nil || c.Registry.Dir != "/var/lib/weft" {
		t.Errorf("an absolute path became %v, error %v", c, err)
	}
}

func TestLoadSaysWhenTheFileIsMissing(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "weft.yaml"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestValidateChecksTheWholeAfterOverrides(t *testing.T) {
	sourced := func(change func(*Config)) *Config {
		c := Default()
		c.Supergraph.File = "supergraph.graphql"
		change(c)
		return c
	}
	for name, test := range map[string]struct {
		config *Config
		want   string
	}{
		"complete":           {sourced(func(*Config) {}), ""},
		"no source":          {Default(), "nothing says where the supergraph comes from; set supergraph.file, supergraph.subgraphs or registry.dir"},
		"admin off":          {sourced(func(c *Config) { c.Admin.Listen = Off }), ""},
		"both on free ports": {sourced(func(c *Config) { c.Listen, c.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0" }), ""},
		"a flag's address":   {sourced(func(c *Config) { c.Listen = "nowhere" }), "listen is `nowhere`; it must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4000"},
		"a cache of nothing": {sourced(func(c *Config) { c.Cache = DefaultCache(); c.Cache.Memory.Size = 0 }), "the cache can keep nothing: cache.memory.size is 0 and it has no Redis; give it a size, set redis.url, or remove `cache`"},
	} {
		got := ""
		if err := test.config.Validate(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestEveryDefaultIsAllowed(t *testing.T) {
	c := Default()
	c.Cache = DefaultCache()
	c.Budgets = DefaultBudgets()
	c.Budgets.Rate, c.Budgets.Burst = Rate{1, time.Second}, 1
	if errs := validateValues(c); len(errs) > 0 {
		t.Error(errs)
	}
}

// A tag that does not parse would switch a check off in silence.
func TestEveryBoundParsesAndIsOrdered(t *testing.T) {
	root, err := describeConfig()
	if err != nil {
		t.Fatal(err)
	}
	walkEntries(root, func(e entry) {
		if e.doc == "" {
			t.Errorf("%s has no doc comment", e.path)
		}
		low, high, ok := e.bounds()
		if tagged := e.tag.Get("min") != "" || e.tag.Get("max") != ""; tagged && (!ok || low > high) {
			t.Errorf("%s has bounds that are not understood: %q", e.path, e.tag)
		}
		switch e.typ.Kind() {
		case reflect.Int, reflect.Int64:
			if !ok {
				t.Errorf("%s has no bounds", e.path)
			}
		}
	})
}

func walkEntries(e entry, visit func(entry)) {
	for _, inner := range e.entries {
		visit(inner)
		walkEntries(inner, visit)
	}
}

func FuzzParse(f *testing.F) {
	example, err := Example()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			if part.Name == "weft.yaml" {
				f.Add(string(part.Data))
			}
		}
	}
	f.Add("a: &a [*a]\nlisten: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("weft.yaml", []byte(text), environment("A=1\nB=x: y"))
		if (c == nil) == (err == nil) {
			t.Fatalf("got both or neither of a configuration and an error: %v", err)
		}
		if err == nil && len(validateValues(c)) > 0 {
			t.Fatalf("accepted what Validate refuses: %v", validateValues(c))
		}
	})
}
