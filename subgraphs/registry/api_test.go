package registry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/registry"
)

// serve serves a catalog over real HTTP.
func serve(t *testing.T, c registry.Catalog, o registry.HandlerOptions) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(registry.NewHandler(c, o))
	t.Cleanup(server.Close)
	return server
}

// ask posts an operation and gives the status and the body.
func ask(t *testing.T, server *httptest.Server, query string) (int, string) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	return send(t, server, http.MethodPost, "", string(body))
}

func send(t *testing.T, server *httptest.Server, method, search, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+search, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func TestTheAPIShowsARegistry(t *testing.T) {
	f := open(t, t.TempDir(), registry.Options{})
	server := serve(t, f, registry.HandlerOptions{})
	if _, got := ask(t, server, "{revision subgraphs {name}}"); got != `{"data":{"revision":null,"subgraphs":[]}}` {
		t.Errorf("an empty registry is shown as %s", got)
	}
	publish(t, f, accounts("name: String"), reviews())
	last := publish(t, f, accounts("name: String age: Int"))

	status, got := ask(t, server, `{
		revision
		subgraphs { name url version revision message }
		subgraph(name: "accounts") { sdl publishedAt sha256 history(first: 1, before: 2) { version url revision message sha256 publishedAt } }
		none: subgraph(name: "none") { name }
	}`)
	v := last.Versions[0]
	history, err := f.History(t.Context(), "accounts", registry.Page{Before: 2})
	if err != nil {
		t.Fatal(err)
	}
	sdl, _ := json.Marshal(accounts("name: String age: Int").SDL)
	at := v.PublishedAt.Format("2006-01-02T15:04:05Z")
	before := history[0].PublishedAt.Format("2006-01-02T15:04:05Z")
	want := fmt.Sprintf(`{"data":{"revision":2,"subgraphs":[`+
		`{"name":"accounts","url":"http://127.0.0.1:1/accounts","version":2,"revision":2,"message":"from a test"},`+
		`{"name":"reviews","url":"http://127.0.0.1:1/reviews","version":1,"revision":1,"message":"from a test"}],`+
		`"subgraph":{"sdl":%s,"publishedAt":%q,"sha256":%q,"history":[`+
		`{"version":1,"url":"http://127.0.0.1:1/accounts","revision":1,"message":"from a test","sha256":%q,"publishedAt":%q}]},"none":null}}`,
		sdl, at, v.SHA256, history[0].SHA256, before)
	if diff := cmp.Diff(want, got); status != http.StatusOK || diff != "" {
		t.Errorf("status %d: %s", status, diff)
	}
	if _, got := send(t, server, http.MethodGet, "?query="+url.QueryEscape("{revision}"), ""); got != `{"data":{"revision":2}}` {
		t.Errorf("a GET is answered with %s", got)
	}
}

func TestTheAPIShowsAGraphThatNoRegistryHas(t *testing.T) {
	server := serve(t, registry.Static(func() []schema.Subgraph {
		return []schema.Subgraph{{Name: "b", URL: "http://b"}, {Name: "a", SDL: "type Query { a: Int }"}}
	}), registry.HandlerOptions{})
	_, got := ask(t, server, `{revision subgraphs {name url sdl version publishedAt history {version}}}`)
	want := `{"data":{"revision":null,"subgraphs":[` +
		`{"name":"a","url":null,"sdl":"type Query { a: Int }","version":null,"publishedAt":null,"history":[]},` +
		`{"name":"b","url":"http://b","sdl":null,"version":null,"publishedAt":null,"history":[]}]}}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheAPIKeepsToItsLimits(t *testing.T) {
	f := open(t, t.TempDir(), registry.Options{})
	publish(t, f, accounts("name: String"))
	server := serve(t, f, registry.HandlerOptions{MaxBodyBytes: 4000, MaxTokens: 300, MaxComplexity: 2000})
	deep := "{__schema{types{" + strings.Repeat("fields{type{", 8) + "name" + strings.Repeat("}}", 8) + "}}}"
	for name, c := range map[string]struct{ query, want string }{
		"many tokens":        {"{" + strings.Repeat("revision ", 300) + "}", "exceeded token limit"},
		"many values":        {"{subgraphs{history(first: 1000){version}}}", "exceeds the limit of 2000"},
		"an overflow":        {"{subgraphs{history(first: 2147483647){version}}}", "exceeds the limit of 2000"},
		"deep introspection": {deep, "introspection depth"},
		"a page too long":    {`{subgraph(name: "accounts") {history(first: 101){version}}}`, "1 to 100 versions"},
		"a page of nothing":  {`{subgraph(name: "accounts") {history(first: 0){version}}}`, "1 or more"},
		"an unknown field":   {"{subgraph}", "GRAPHQL_VALIDATION_FAILED"},
		"a mutation":         {"mutation {publish}", "Schema does not support operation type"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, got := ask(t, server, c.query); !strings.Contains(strings.ToLower(got), strings.ToLower(c.want)) {
				t.Errorf("the answer is %.500s", got)
			}
		})
	}
	if status, got := ask(t, server, strings.Repeat(" ", 4000)+"{revision}"); status != http.StatusRequestEntityTooLarge || !strings.Contains(got, "4000 bytes") {
		t.Errorf("a long body is answered with %d %s", status, got)
	}
	if status, _ := send(t, server, http.MethodGet, "?query="+strings.Repeat("%20", 2000)+"{revision}", ""); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long query string is answered with %d", status)
	}
	if status, _ := send(t, server, http.MethodPost, "", "{"); status != http.StatusBadRequest {
		t.Errorf("a body that is no JSON is answered with %d", status)
	}
	if status, _ := send(t, server, http.MethodDelete, "", ""); status != http.StatusBadRequest {
		t.Errorf("DELETE is answered with %d", status)
	}
}

func TestTheAPIAnswersIntrospection(t *testing.T) {
	server := serve(t, open(t, t.TempDir(), registry.Options{}), registry.HandlerOptions{})
	_, got := ask(t, server, `{__schema{queryType{name} types{name fields{name args{name} type{kind name ofType{kind name ofType{kind name}}}}}}}`)
	if !strings.Contains(got, `"queryType":{"name":"Query"}`) || strings.Contains(got, `"errors"`) {
		t.Errorf("the answer is %s", got)
	}
}

func TestTheAPISaysWhyItCannotAnswer(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, registry.Options{})
	publish(t, f, accounts("name: String"))
	if err := os.Remove(filepath.Join(dir, "supergraphs", "1.graphql")); err != nil {
		t.Fatal(err)
	}
	server := serve(t, f, registry.HandlerOptions{})
	if _, got := ask(t, server, "{revision}"); !strings.Contains(got, "the registry cannot be read") {
		t.Errorf("the answer is %s", got)
	}
	if _, err := f.Graph(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
}
