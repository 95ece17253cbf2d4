package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/registry"
	"github.com/weft-graphql/weft/subgraphs/registry/apidiff"
	"github.com/weft-graphql/weft/subgraphs/source"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(publisherDir); dir != "" {
		os.Exit(publisher(dir, os.Getenv(publisherName)))
	}
	goleak.VerifyTestMain(m)
}

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])` + "\n"

func accounts(fields string) schema.Subgraph {
	return schema.Subgraph{Name: "accounts", URL: "http://127.0.0.1:1/accounts",
		SDL: link + `type Query { me: User } type User @key(fields: "id") { id: ID! ` + fields + ` }`}
}

func reviews() schema.Subgraph {
	return schema.Subgraph{Name: "reviews", URL: "http://127.0.0.1:1/reviews",
		SDL: link + `type User @key(fields: "id") { id: ID! reviews: [String!] }`}
}

func open(t *testing.T, dir string, o registry.Options) *registry.Folder {
	t.Helper()
	f, err := registry.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func publish(t *testing.T, f *registry.Folder, subgraphs ...schema.Subgraph) *registry.Publication {
	t.Helper()
	p, err := f.Publish(t.Context(), subgraphs, registry.PublishOptions{Message: "from a test"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// files gives the bytes of all files below dir, by path.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAPublishedSubgraphIsInTheGraph(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "registry")
	f := open(t, dir, registry.Options{})
	first := publish(t, f, accounts("name: String"))
	if !first.Changed || first.Revision != 1 || len(first.Changes) != 0 || first.Versions[0].Number != 1 {
		t.Errorf("the first publication is %+v", first)
	}
	second := publish(t, f, reviews())
	if !second.Changed || second.Revision != 2 || second.Versions[0].Number != 1 || second.Versions[0].Revision != 2 {
		t.Errorf("the second publication is %+v", second)
	}
	if len(second.Changes) != 1 || second.Changes[0].Kind != apidiff.FieldAdded || second.Changes[0].Coordinate != "User.reviews" {
		t.Errorf("its changes are %v", second.Changes)
	}

	// Another process sees it.
	graph, err := open(t, dir, registry.Options{}).Graph(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if graph.Revision != 2 || len(graph.Subgraphs) != 2 {
		t.Fatalf("the graph is %+v", graph)
	}
	got := graph.Subgraphs[0]
	if got.Name != "accounts" || got.URL != accounts("").URL || got.SDL != accounts("name: String").SDL ||
		got.Version.Number != 1 || got.Version.Message != "from a test" || time.Since(got.Version.PublishedAt) > time.Hour {
		t.Errorf("the entry is %+v", got)
	}
	loaded, err := f.Load(t.Context())
	if err != nil || loaded.SDL != second.Supergraph || len(loaded.Subgraphs) != 2 {
		t.Errorf("loaded %+v, %v", loaded, err)
	}
	if _, err := schema.LoadSupergraph(loaded.SDL, schema.LoadOptions{}); err != nil {
		t.Error(err)
	}
}

func TestTheFilesHaveTheirPlaces(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, registry.Options{})
	publish(t, f, accounts("name: String"))
	publish(t, f, accounts("name: String age: Int"), reviews())
	got := map[string]bool{}
	for name := range files(t, dir) {
		got[filepath.ToSlash(name)] = true
	}
	want := map[string]bool{}
	for _, name := range []string{
		".lock", "current.json",
		"subgraphs/accounts/1.graphql", "subgraphs/accounts/1.json", "subgraphs/accounts/2.graphql", "subgraphs/accounts/2.json",
		"subgraphs/reviews/1.graphql", "subgraphs/reviews/1.json",
		"supergraphs/1.graphql", "supergraphs/1.json", "supergraphs/2.graphql", "supergraphs/2.json",
	} {
		want[name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPublishingTheSameAgainChangesNothing(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, registry.Options{})
	publish(t, f, accounts("name: String"))
	before := files(t, dir)
	same := accounts("name: String")
	same.URL = "" // keeps the one it has
	p := publish(t, f, same)
	if p.Changed || p.Revision != 1 || p.Versions[0].Number != 1 || p.Supergraph == "" {
		t.Errorf("the publication is %+v", p)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Error(diff)
	}
	// What is new beside it is published, and only that.
	p = publish(t, f, same, reviews())
	if !p.Changed || p.Revision != 2 || p.Versions[0].Revision != 1 || p.Versions[1].Revision != 2 {
		t.Errorf("the publication is %+v", p)
	}
	// Another URL is another version.
	same.URL = "http://127.0.0.1:1/other"
	if p = publish(t, f, same); !p.Changed || p.Versions[0].Number != 2 || !strings.Contains(p.Supergraph, same.URL) {
		t.Errorf("the publication is %+v", p)
	}
}

func TestARefusedPublishChangesNothing(t *testing.T) {
	broken := schema.Subgraph{Name: "reviews", SDL: `type User {`}
	clash := schema.Subgraph{Name: "reviews", SDL: link + `type User @key(fields: "id") { id: ID! name: Int }`}
	named := func(name string) schema.Subgraph { return schema.Subgraph{Name: name, SDL: reviews().SDL} }
	at := func(url string) schema.Subgraph {
		return schema.Subgraph{Name: "reviews", SDL: reviews().SDL, URL: url}
	}
	for name, c := range map[string]struct {
		subgraphs []schema.Subgraph
		want      string
		refused   bool
	}{
		"invalid SDL":           {[]schema.Subgraph{broken}, "INVALID_GRAPHQL", true},
		"types that clash":      {[]schema.Subgraph{clash}, "does not compose with this schema of reviews", true},
		"one of two is invalid": {[]schema.Subgraph{accounts("age: Int"), broken}, "INVALID_GRAPHQL", true},
		"nothing":               {nil, "nothing to publish", false},
		"the same twice":        {[]schema.Subgraph{reviews(), reviews()}, "given twice", false},
		"no name":               {[]schema.Subgraph{named("")}, "cannot be a subgraph's name", false},
		"a path":                {[]schema.Subgraph{named("../reviews")}, "cannot be a subgraph's name", false},
		"a hidden folder":       {[]schema.Subgraph{named(".git")}, "cannot be a subgraph's name", false},
		"a flag":                {[]schema.Subgraph{named("-rf")}, "cannot be a subgraph's name", false},
		"a line break":          {[]schema.Subgraph{named("reviews\n")}, "cannot be a subgraph's name", false},
		"a long name":           {[]schema.Subgraph{named(strings.Repeat("x", 101))}, "cannot be a subgraph's name", false},
		"case alone":            {[]schema.Subgraph{named("Accounts")}, "differs from it only in case", false},
		"a URL without a host":  {[]schema.Subgraph{at("http:///x")}, "not where a gateway can send requests", false},
		"a file URL":            {[]schema.Subgraph{at("file:///etc/passwd")}, "not where a gateway can send requests", false},
		"a long schema":         {[]schema.Subgraph{{Name: "x", SDL: strings.Repeat("#", 2001)}}, "more than the limit of 2000", false},
		"a third subgraph":      {[]schema.Subgraph{named("a"), named("b")}, "more than the limit of 2", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f := open(t, dir, registry.Options{MaxSDLBytes: 2000, MaxSubgraphs: 2})
			publish(t, f, accounts("name: String"))
			before := files(t, dir)
			_, err := f.Publish(t.Context(), c.subgraphs, registry.PublishOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
			if _, refused := errors.AsType[*registry.RefusedError](err); refused != c.refused {
				t.Errorf("the error is a %T", err)
			}
			if diff := cmp.Diff(before, files(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSubgraphsThatNeedEachOtherArePublishedTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "registry")
	f := open(t, dir, registry.Options{})
	_, err := f.Publish(t.Context(), []schema.Subgraph{reviews()}, registry.PublishOptions{})
	if err == nil || !strings.Contains(err.Error(), "name all of them in one command") {
		t.Fatalf("the error is %v", err)
	}
	refused, ok := errors.AsType[*registry.RefusedError](err)
	if !ok || !errors.Is(err, &schema.Error{Code: "NO_QUERIES"}) || len(refused.Subgraphs) != 1 {
		t.Fatalf("the error is %#v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a refused publish made the folder: %v", err)
	}
	if p := publish(t, f, reviews(), accounts("name: String")); p.Revision != 1 || len(p.Versions) != 2 || p.Versions[0].Subgraph != "reviews" {
		t.Errorf("the publication is %+v", p)
	}
}

func TestCheckTellsWhatPublishingWouldBreak(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, registry.Options{})
	first, err := f.Check(t.Context(), []schema.Subgraph{accounts("name: String")})
	if err != nil || first.Breaking || first.Revision != 0 || len(first.Changes) != 0 {
		t.Fatalf("the check against nothing is %+v, %v", first, err)
	}
	publish(t, f, accounts("name: String"))
	before := files(t, dir)
	got, err := f.Check(t.Context(), []schema.Subgraph{accounts("age: Int")})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Breaking || got.Revision != 1 || len(got.Changes) != 2 || got.Changes[0].Coordinate != "User.name" {
		t.Errorf("the check is %+v", got)
	}
	if got, err = f.Check(t.Context(), []schema.Subgraph{accounts("name: String age: Int")}); err != nil || got.Breaking {
		t.Errorf("the check of an addition is %+v, %v", got, err)
	}
	_, err = f.Check(t.Context(), []schema.Subgraph{{Name: "accounts", SDL: "type"}})
	if _, refused := errors.AsType[*registry.RefusedError](err); !refused {
		t.Errorf("the check of what does not compose gives %v", err)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestHistoryIsPaged(t *testing.T) {
	f := open(t, t.TempDir(), registry.Options{MaxPage: 3})
	for i := range 5 {
		publish(t, f, accounts(fmt.Sprintf("f%d: Int", i)))
	}
	for _, c := range []struct {
		page registry.Page
		want []int
	}{
		{registry.Page{}, []int{5, 4, 3}},
		{registry.Page{First: 2}, []int{5, 4}},
		{registry.Page{First: 3, Before: 3}, []int{2, 1}},
		{registry.Page{Before: 1}, nil},
		{registry.Page{First: 1, Before: 99}, []int{5}},
	} {
		versions, err := f.History(t.Context(), "accounts", c.page)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, v := range versions {
			got = append(got, v.Number)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c.page, diff)
		}
	}
	if _, err := f.History(t.Context(), "accounts", registry.Page{First: 4}); err == nil {
		t.Error("a page beyond the limit is given")
	}
	if _, err := f.History(t.Context(), "other", registry.Page{}); !errors.Is(err, registry.ErrUnknownSubgraph) {
		t.Errorf("an unknown subgraph gives %v", err)
	}
}

func TestNothingIsLoadedFromAnEmptyRegistry(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "missing"), registry.Options{})
	got, err := f.Load(t.Context())
	if !errors.Is(err, registry.ErrEmpty) || !strings.Contains(err.Error(), "weft subgraph publish") {
		t.Errorf("the error is %v", err)
	}
	if len(got.Files) != 1 || filepath.Base(got.Files[0]) != "current.json" {
		t.Errorf("the files to watch are %v", got.Files)
	}
	if graph, err := f.Graph(t.Context()); err != nil || graph.Revision != 0 || len(graph.Subgraphs) != 0 {
		t.Errorf("the graph is %+v, %v", graph, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Open(file, registry.Options{}); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("opening a file gives %v", err)
	}
}

// A publisher that is killed leaves some of its files, never current.json.
func TestWhatADeadPublisherLeftIsWrittenOver(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, registry.Options{})
	first := publish(t, f, accounts("name: String"))
	for name, content := range map[string]string{
		".current.json.tmp":                 "{\"format\":",
		"supergraphs/2.graphql":             "half of a supergr",
		"supergraphs/.2.json.tmp":           "",
		"subgraphs/accounts/2.graphql":      "never published",
		"subgraphs/accounts/2.json":         "{",
		"subgraphs/accounts/.3.json.tmp":    "{",
		"subgraphs/inventory/1.graphql":     "never published",
		"subgraphs/inventory/.1.json.tmp":   "",
		"subgraphs/accounts/.2.graphql.tmp": "",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := f.Load(t.Context()); err != nil || got.SDL != first.Supergraph {
		t.Errorf("the registry is not readable: %v", err)
	}
	if history, err := f.History(t.Context(), "accounts", registry.Page{}); err != nil || len(history) != 1 {
		t.Errorf("the history is %v, %v", history, err)
	}
	if second := publish(t, f, accounts("age: Int")); second.Revision != 2 || second.Versions[0].Number != 2 {
		t.Errorf("the next publication is %+v", second)
	}
	if graph, err := f.Graph(t.Context()); err != nil || len(graph.Subgraphs) != 1 || graph.Subgraphs[0].Version.Number != 2 {
		t.Errorf("the graph is %+v, %v", graph, err)
	}
}

func TestDamageIsNamedNotServed(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"an edited schema": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "subgraphs/accounts/2.graphql"), []byte("type Query { a: Int }"), 0o644)
		}, "must not be edited"},
		"an edited supergraph": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "supergraphs/2.graphql"), nil, 0o644)
		}, "must not be edited"},
		"a lost version": {func(dir string) error {
			return os.Remove(filepath.Join(dir, "subgraphs/accounts/2.json"))
		}, "version 2 of the subgraph accounts cannot be read"},
		"a moved version": {func(dir string) error {
			return os.Rename(filepath.Join(dir, "subgraphs/accounts/1.json"), filepath.Join(dir, "subgraphs/accounts/2.json"))
		}, "moved or edited"},
		"a lost current.json": {func(dir string) error {
			return os.Remove(filepath.Join(dir, "current.json"))
		}, "restore it"},
		"a current.json that is no JSON": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "current.json"), []byte("{"), 0o644)
		}, "not what a registry wrote"},
		"a later layout": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "current.json"), []byte(`{"format": 2}`), 0o644)
		}, "use the Weft that wrote it"},
		"a path as a name": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "current.json"), []byte(`{"format": 1, "revision": 1, "subgraphs": {"../x": {"version": 1}}}`), 0o644)
		}, "cannot be a subgraph's name"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f := open(t, dir, registry.Options{})
			publish(t, f, accounts("name: String"))
			publish(t, f, accounts("age: Int"))
			if err := c.damage(dir); err != nil {
				t.Fatal(err)
			}
			before := files(t, dir)
			if _, err := f.Load(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
			if _, err := f.Publish(t.Context(), []schema.Subgraph{reviews()}, registry.PublishOptions{}); err == nil {
				t.Error("a damaged registry is written to")
			}
			if diff := cmp.Diff(before, files(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWaitingForAnotherPublisherEnds(t *testing.T) {
	dir := t.TempDir()
	held := flock.New(filepath.Join(dir, ".lock"))
	if err := held.Lock(); err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	f := open(t, dir, registry.Options{LockWait: 30 * time.Millisecond})
	_, err := f.Publish(t.Context(), []schema.Subgraph{accounts("a: Int")}, registry.PublishOptions{})
	if err == nil || !strings.Contains(err.Error(), "another publisher has held") {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = f.Publish(ctx, []schema.Subgraph{accounts("a: Int")}, registry.PublishOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if got := slices.Collect(maps.Keys(files(t, dir))); len(got) != 1 {
		t.Errorf("files were written: %v", got)
	}
}

func TestWatchSeesAPublish(t *testing.T) {
	f := open(t, t.TempDir(), registry.Options{})
	publish(t, f, accounts("name: String"))
	loaded, err := f.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen, done := make(chan string), make(chan error)
	go func() {
		done <- source.Watch(ctx, f, loaded, source.WatchOptions{Quiet: 5 * time.Millisecond, Poll: 20 * time.Millisecond},
			func(ctx context.Context, s *source.Supergraph) error {
				select {
				case seen <- s.SDL:
				case <-ctx.Done():
				}
				return nil
			})
	}()
	published := publish(t, f, accounts("name: String age: Int"))
	select {
	case sdl := <-seen:
		if sdl != published.Supergraph {
			t.Error("Watch gave another supergraph than was published")
		}
	case <-time.After(20 * time.Second):
		t.Error("Watch did not see the publish")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
