package source_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/weft-graphql/weft/subgraphs/source"
)

// asking writes a supergraph.yaml with one subgraph, which is asked for its schema.
func asking(t *testing.T, handler http.HandlerFunc) *source.Subgraphs {
	t.Helper()
	running := httptest.NewServer(handler)
	t.Cleanup(running.Close)
	path := write(t, filepath.Join(t.TempDir(), "supergraph.yaml"), `subgraphs: {plain: {schema: {subgraph_url: "`+running.URL+`"}}}`)
	return &source.Subgraphs{Path: path, Client: running.Client()}
}

// A server that is no federation subgraph: testdata/introspected.json is what
// graphql-js answers to the introspection of introspected.graphql.
func TestASubgraphWithoutServiceIsIntrospected(t *testing.T) {
	answer, err := os.ReadFile("testdata/introspected.json")
	if err != nil {
		t.Fatal(err)
	}
	src := asking(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "_service") {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"errors":[{"message":"Cannot query field \"_service\" on type \"Root\"."}]}`)
			return
		}
		w.Write(answer)
	})
	got, err := src.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/introspected.graphql")
	if err != nil {
		t.Fatal(err)
	}
	// A query that old servers understand is not told of deprecated arguments.
	want = []byte(strings.Replace(string(want), `, "Old." first: Int @deprecated`, "", 1))
	if a, b := normal(t, string(want)), normal(t, got[0].SDL); a != b {
		t.Errorf("got\n%s\nwant\n%s", b, a)
	}
	if _, err := src.Load(t.Context()); err != nil {
		t.Errorf("it does not compose: %v", err)
	}
}

// normal prints a schema so that two that are equal look equal.
func normal(t *testing.T, sdl string) string {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatalf("%v in\n%s", err, sdl)
	}
	var b strings.Builder
	formatter.NewFormatter(&b).FormatSchema(s)
	return b.String()
}

func TestASubgraphThatDoesNotAnswerInTimeIsNamed(t *testing.T) {
	release := make(chan struct{})
	src := asking(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	defer close(release)
	src.Timeout = 20 * time.Millisecond
	_, err := src.Read(t.Context())
	if err == nil || !strings.Contains(err.Error(), `subgraph "plain"`) || !strings.Contains(err.Error(), "it did not answer within 20ms") {
		t.Errorf("got %v", err)
	}
}

func TestARedirectDoesNotCarryHeadersToAnotherHost(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was followed") }))
	defer elsewhere.Close()
	src := asking(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if _, err := src.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "redirects to another host") {
		t.Errorf("got %v", err)
	}
}

func TestWhoIsWaitedForIsTold(t *testing.T) {
	told := make(chan struct{})
	src := asking(t, func(w http.ResponseWriter, r *http.Request) {
		<-told
		io.WriteString(w, `{"data":{"_service":{"sdl":"type Query { a: Int }"}}}`)
	})
	var once sync.Once
	src.Waiting = func(names []string, all int) {
		if len(names) != 1 || names[0] != "plain" || all != 1 {
			t.Errorf("told of %q, of %d", names, all)
		}
		once.Do(func() { close(told) })
	}
	if _, err := src.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
}
