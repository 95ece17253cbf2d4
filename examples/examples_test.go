package examples_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/examples"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves one subgraph with fresh data until the test ends.
func start(t *testing.T, name string) *httptest.Server {
	t.Helper()
	all := examples.Subgraphs()
	i := slices.IndexFunc(all, func(s examples.Subgraph) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no subgraph %q", name)
	}
	server := httptest.NewServer(all[i].Handler)
	t.Cleanup(server.Close)
	return server
}

// post sends an operation and returns the answer's body and headers.
func post(t *testing.T, server *httptest.Server, query string, variables any) (string, http.Header) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/query", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return answer.String(), response.Header
}

// entities resolves representations, given as JSON, with one selection.
func entities(t *testing.T, server *httptest.Server, representations, selection string) string {
	t.Helper()
	answer, _ := post(t, server,
		`query($r: [_Any!]!) { _entities(representations: $r) { __typename `+selection+` } }`,
		map[string]any{"r": json.RawMessage(representations)})
	return answer
}

// equalJSON compares JSON by value.
func equalJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the expectation is not JSON: %v", err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("answer differs (-want +got):\n%s", diff)
	}
}

func TestSubgraphsAreSortedAndServeTheirOwnSDL(t *testing.T) {
	var names []string
	for _, s := range examples.Subgraphs() {
		names = append(names, s.Name)
		answer, _ := post(t, start(t, s.Name), `{ _service { sdl } }`, nil)
		var got struct {
			Data struct {
				Service struct {
					SDL string `json:"sdl"`
				} `json:"_service"`
			} `json:"data"`
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		if s.SDL == "" || !strings.HasPrefix(got.Data.Service.SDL, s.SDL) {
			t.Errorf("%s: _service does not begin with the authored schema", s.Name)
		}
	}
	if want := []string{"accounts", "inventory", "products", "reviews"}; !slices.Equal(names, want) {
		t.Errorf("names = %q, want %q", names, want)
	}
}

func TestSupergraphFileNamesEverySubgraphsSchema(t *testing.T) {
	file, err := os.ReadFile("supergraph.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range examples.Subgraphs() {
		schema := filepath.Join(s.Name, "schema.graphql")
		if !strings.Contains(string(file), "./"+filepath.ToSlash(schema)) {
			t.Errorf("supergraph.yaml does not name %s", schema)
		}
		if text, err := os.ReadFile(schema); err != nil || string(text) != s.SDL {
			t.Errorf("%s is not the SDL of %s (%v)", schema, s.Name, err)
		}
	}
}

func TestHealthAnswersOnEverySubgraph(t *testing.T) {
	for _, s := range examples.Subgraphs() {
		recorder := httptest.NewRecorder()
		s.Handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/health", nil))
		if recorder.Code != http.StatusOK {
			t.Errorf("%s: GET /health answered %d", s.Name, recorder.Code)
		}
	}
}

func TestCacheControlFollowsSubgraphAndOperation(t *testing.T) {
	for _, test := range []struct{ name, subgraph, query, want string }{
		{"accounts query", "accounts", `{ me { id } }`, "public, max-age=30"},
		{"products query", "products", `{ topProducts { upc } }`, "public, max-age=30"},
		{"query with an error", "products", `{ topProducts(first: 101) { upc } }`, "no-store"},
		{"operation that does not validate", "products", `{ nothing }`, "no-store"},
		{"reviews query", "reviews", `{ latestReviews { id } }`, "no-store"},
		{"inventory query", "inventory", `{ warehouses { code } }`, "no-store"},
		{"mutation", "reviews", `mutation { addReview(input: {upc: "1001", authorId: "u1", rating: 3}) { review { rating } } }`, "no-store"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, header := post(t, start(t, test.subgraph), test.query, nil)
			if got := header.Get("Cache-Control"); got != test.want {
				t.Errorf("Cache-Control = %q, want %q", got, test.want)
			}
		})
	}
}
