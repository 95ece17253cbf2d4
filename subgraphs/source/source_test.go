package source_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	link  = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])\n"
	users = link + "type Query { me: User } type User @key(fields: \"id\") { id: ID! name: String }\n"
	posts = link + "type Query { posts: [Post] } type Post { title: String author: User } type User @key(fields: \"id\") { id: ID! }\n"
)

func TestSubgraphsComposeFromFilesTextAndRunningSubgraphs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "schemas", "users.graphql"), users)
	running := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "_service") {
			t.Errorf("asked %s", body)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer none" {
			t.Errorf("the Authorization is %q", got)
		}
		io.WriteString(w, `{"data":{"_service":{"sdl":"type Query { up: Boolean @deprecated }"}}}`)
	}))
	defer running.Close()
	path := write(t, filepath.Join(dir, "supergraph.yaml"), `
federation_version: =2.3.2
subgraphs:
  users:
    routing_url: http://127.0.0.1:1/users
    schema: {file: schemas/users.graphql}
  posts:
    routing_url: http://127.0.0.1:1/posts
    schema:
      sdl: |
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
        type Query { posts: [Post] }
        type Post { title: String author: User }
        type User @key(fields: "id") { id: ID! }
  extra:
    schema: {subgraph_url: "${env.EXTRA}", introspection_headers: {Authorization: "Bearer ${TOKEN:-none}"}}
`)
	env := func(name string) (string, bool) { return running.URL, name == "EXTRA" }
	got, err := (&source.Subgraphs{Path: path, Client: running.Client(), Env: env}).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"name: \"users\"", "http://127.0.0.1:1/posts", running.URL, "title: String"} {
		if !strings.Contains(got.SDL, want) {
			t.Errorf("the supergraph lacks %q:\n%s", want, got.SDL)
		}
	}
	if len(got.Files) != 2 || !strings.HasSuffix(got.Files[1], "users.graphql") {
		t.Errorf("it was read from %v", got.Files)
	}
}

func TestBadSubgraphsSayWhatIsWrong(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	noService := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"data":{}}`) }))
	defer noService.Close()
	for name, tt := range map[string]struct{ yaml, want string }{
		"no such file":      {"subgraphs: {a: {schema: {file: nowhere.graphql}}}", `subgraph "a" cannot be read`},
		"no subgraphs":      {"federation_version: 2", "names no subgraphs"},
		"unknown key":       {"subgraphs:\n  a:\n    schma: {file: x}", "schma"},
		"no schema":         {"subgraphs: {a: {routing_url: x}}", "must be given once"},
		"two schemas":       {"subgraphs: {a: {schema: {file: x, sdl: y}}}", "must be given once"},
		"federation 1":      {"federation_version: 1\nsubgraphs: {a: {schema: {sdl: x}}}", "federation_version"},
		"subgraph is down":  {"subgraphs: {a: {schema: {subgraph_url: \"" + down.URL + "\"}}}", `subgraph "a" at ` + down.URL + " did not give its schema"},
		"not a subgraph":    {"subgraphs: {a: {schema: {subgraph_url: \"" + noService.URL + "\"}}}", "it does not answer `_service { sdl }` (it answered without it), so it was introspected: it answered without a schema"},
		"no such variable":  {"subgraphs:\n  a: {schema: {file: \"${NOWHERE}/x\"}}", "supergraph.yaml:2:22: file of subgraph \"a\" needs the environment variable `NOWHERE`, which is not set"},
		"unknown at top":    {"subgraph: {}", "supergraph.yaml:1:1: unknown key `subgraph` in the file; did you mean `subgraphs`?"},
		"unknown in schema": {"subgraphs:\n  a:\n    schema: {urls: x}", "supergraph.yaml:3:14: unknown key `urls` in the schema of subgraph \"a\"; known here: file, "},
		"a key twice":       {"subgraphs:\n  a: {schema: {sdl: x}}\n  a: {schema: {sdl: x}}", "3:3: the key `a` stands twice"},
		"Apollo's registry": {"subgraphs: {a: {schema: {graphref: x@y, subgraph: a}}}", "`graphref` is not carried out"},
		"headers for files": {"subgraphs: {a: {schema: {file: x, introspection_headers: {A: b}}}}", "introspection_headers go with subgraph_url"},
		"a later version":   {"federation_version: =2.99.0\nsubgraphs: {a: {schema: {sdl: x}}}", "1:21: federation_version `=2.99.0` is newer than what Weft composes, which is up to 2.14"},
		"no version":        {"federation_version: two\nsubgraphs: {a: {schema: {sdl: x}}}", "federation_version `two` is not carried out"},
		"two documents":     {"a: 1\n---\nb: 2", "one YAML document"},
		"does not compose":  {"subgraphs: {a: {schema: {sdl: \"type Query { a: Nowhere }\"}}}", "Nowhere"},
		"reports all":       {"subgraphs: {a: {schema: {file: x}}, b: {schema: {file: y}}}", `subgraph "b" cannot be read`},
		"is not YAML":       {"subgraphs: [", "supergraph.yaml:2:1: the file is not YAML"},
		"a subgraph's list": {"subgraphs: [a]", "supergraph.yaml:1:12: subgraphs must be a section"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(t.TempDir(), "supergraph.yaml"), tt.yaml)
			got, err := (&source.Subgraphs{Path: path, Client: noService.Client()}).Load(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want … %s …", err, tt.want)
			}
			if len(got.Files) == 0 || got.Files[0] != path {
				t.Errorf("a failed load does not say what to watch: %v", got.Files)
			}
		})
	}
}

// follow watches a source and gives the versions that are swapped in.
func follow(t *testing.T, src source.Source, refuse func(*source.Supergraph) error) <-chan string {
	t.Helper()
	loaded, err := src.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	versions := make(chan string, 16)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- source.Watch(ctx, src, loaded, source.WatchOptions{Quiet: 20 * time.Millisecond, Poll: 50 * time.Millisecond},
			func(_ context.Context, next *source.Supergraph) error {
				if refuse != nil {
					if err := refuse(next); err != nil {
						return err
					}
				}
				versions <- next.SDL
				return nil
			})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return versions
}

func expect(t *testing.T, versions <-chan string, want string) {
	t.Helper()
	select {
	case got := <-versions:
		if !strings.Contains(got, want) {
			t.Fatalf("swapped in %q, want %q", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%q was not swapped in", want)
	}
}

func TestWatchSeesWritesRenamesAndLinkSwaps(t *testing.T) {
	dir := t.TempDir()
	// As Kubernetes mounts a ConfigMap: file -> ..data/file, ..data -> a folder
	// that is replaced.
	for _, v := range []string{"v1", "v2"} {
		write(t, filepath.Join(dir, v, "s.graphql"), v)
	}
	link := func(to string) {
		if err := os.Symlink(to, filepath.Join(dir, "..new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	link("v1")
	path := filepath.Join(dir, "s.graphql")
	if err := os.Symlink(filepath.Join("..data", "s.graphql"), path); err != nil {
		t.Fatal(err)
	}
	versions := follow(t, source.File(path), nil)
	link("v2")
	expect(t, versions, "v2")
	write(t, filepath.Join(dir, "v2", "s.graphql"), "written in place")
	expect(t, versions, "written in place")
	if err := os.Rename(write(t, filepath.Join(dir, "next"), "renamed over"), path); err != nil {
		t.Fatal(err)
	}
	expect(t, versions, "renamed over")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, path, "back again")
	expect(t, versions, "back again")
}

func TestWatchKeepsTheOldVersionUntilAGoodOneComes(t *testing.T) {
	dir := t.TempDir()
	yaml := "subgraphs: {users: {routing_url: 'http://u', schema: {file: users.graphql}}, posts: {routing_url: 'http://p', schema: {file: posts.graphql}}}"
	path := write(t, filepath.Join(dir, "supergraph.yaml"), yaml)
	file := write(t, filepath.Join(dir, "users.graphql"), users)
	write(t, filepath.Join(dir, "posts.graphql"), posts)
	refused := make(chan struct{}, 16)
	versions := follow(t, &source.Subgraphs{Path: path}, func(s *source.Supergraph) error {
		if strings.Contains(s.SDL, "unwelcome") {
			refused <- struct{}{}
			return errors.New("unwelcome")
		}
		return nil
	})
	write(t, file, users+"type Broken { a: Nowhere }")
	write(t, file, strings.Replace(users, "name: String", "unwelcome: String", 1))
	select {
	case <-refused:
	case <-time.After(10 * time.Second):
		t.Fatal("the version was not tried")
	}
	write(t, file, strings.Replace(users, "name: String", "name: String email: String", 1))
	expect(t, versions, "email: String")
	select {
	case v := <-versions:
		t.Fatalf("swapped in once more: %s", v)
	default:
	}
}

func TestLoadErrorsOfCompositionAreData(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "supergraph.yaml"), `subgraphs: {a: {schema: {sdl: "type Query { a: Nowhere }"}}}`)
	_, err := (&source.Subgraphs{Path: path}).Load(t.Context())
	var errs schema.Errors
	if !errors.As(err, &errs) || len(errs) == 0 {
		t.Fatalf("got %#v, want schema.Errors", err)
	}
}

// flaky is a source that fails some times before it is back.
type flaky struct {
	file  string
	fails int
	loads int
}

func (f *flaky) String() string { return "flaky" }

func (f *flaky) Load(context.Context) (*source.Supergraph, error) {
	f.loads++
	out := &source.Supergraph{Files: []string{f.file}, SDL: "new"}
	if f.loads <= f.fails {
		return out, errors.New("not now")
	}
	return out, nil
}

func TestWatchTriesAFailedLoadAgain(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "f"), "x")
	src := &flaky{file: file, fails: 3}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var swapped []string
	err := source.Watch(ctx, src, &source.Supergraph{SDL: "old", Files: []string{file}}, source.WatchOptions{Quiet: time.Millisecond, Retry: time.Millisecond},
		func(_ context.Context, s *source.Supergraph) error {
			swapped = append(swapped, s.SDL)
			cancel()
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if len(swapped) != 1 || swapped[0] != "new" || src.loads != 4 {
		t.Errorf("swapped %v after %d loads, want one after 4", swapped, src.loads)
	}
}

func TestReplaceKeepsLinksAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "there", "f"), "old")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := source.Replace(link, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "new" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info, err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := source.Replace(os.DevNull, []byte("new"), 0o600); err != nil {
		t.Errorf("a device: %v", err)
	}
	if err := source.Replace(filepath.Join(dir, "no", "f"), nil, 0o600); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), dir) {
		t.Errorf("a missing folder: %v", err)
	}
}
