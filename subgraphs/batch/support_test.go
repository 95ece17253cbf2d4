package batch_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func product(i int) string { return fmt.Sprintf(`{"__typename":"Product","upc":"%d"}`, i) }

// entityFetch is a request for the entities of one list, as the executor makes it.
func entityFetch(url string, header http.Header, representations ...string) *executor.Fetch {
	return entityFetches(url, header, "{ price }", "", representations)
}

// entityFetches is a request for the entities of several lists.
func entityFetches(url string, header http.Header, selection, variables string, lists ...[]string) *executor.Fetch {
	f := &executor.Fetch{Subgraph: "products", URL: url, Header: header}
	f.Body = append(f.Body, `{"query":"query(`...)
	for i := range lists {
		f.Body = fmt.Appendf(f.Body, `$_r%d:[_Any!]!`, i)
	}
	f.Body = append(f.Body, `){`...)
	for i := range lists {
		f.Body = fmt.Appendf(f.Body, `_e%d: _entities(representations: $_r%d) { ... on Product %s }`, i, i, selection)
	}
	f.Body = append(f.Body, `}","variables":{`...)
	for i, list := range lists {
		f.Body = fmt.Appendf(f.Body, `"_r%d":`, i)
		start := len(f.Body)
		f.Body = fmt.Appendf(f.Body, "[%s]", strings.Join(list, ","))
		f.Lists = append(f.Lists, executor.RepresentationList{Key: fmt.Sprintf("_e%d", i), Start: start, End: len(f.Body)})
		f.Body = append(f.Body, ',')
		f.Entities += len(list)
	}
	if variables == "" {
		f.Body = f.Body[:len(f.Body)-1]
	}
	f.Body = append(append(f.Body, variables...), "}}"...)
	return f
}

// subgraph is a real server that resolves products, and whatever its failures say.
type subgraph struct {
	*httptest.Server
	mu       sync.Mutex
	bodies   []string
	entities int

	// fail answers for the whole request if one of its representations is poisoned.
	fail func(w http.ResponseWriter)
	// hold keeps requests from being answered until it is closed.
	hold chan struct{}
	// arrived gets one value for each request, if it is set.
	arrived chan struct{}
	// ended gets one value for each held request that was given up.
	ended chan struct{}
}

func newSubgraph(t testing.TB) *subgraph {
	s := &subgraph{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *subgraph) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.bodies...)
}

func (s *subgraph) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var request struct {
		Query     string
		Variables map[string]json.RawMessage
	}
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.bodies = append(s.bodies, string(body))
	s.mu.Unlock()
	if s.arrived != nil {
		s.arrived <- struct{}{}
	}
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-r.Context().Done():
			s.ended <- struct{}{}
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "max-age=60, public")
	if s.fail != nil && strings.Contains(string(body), "poison") {
		s.fail(w)
		return
	}
	s.resolve(w, r.Header.Get("Authorization"), request.Query, request.Variables)
}

// resolve answers the way a subgraph does: what it says of an entity depends on
// the representation, the selection, the variables and the header alone.
func (s *subgraph) resolve(w io.Writer, auth, query string, variables map[string]json.RawMessage) {
	if !strings.Contains(query, "_entities") {
		fmt.Fprintf(w, `{"data":{"root":%q}}`, auth)
		return
	}
	data, problems := []string{}, []string{}
	for i := range 9 {
		raw, ok := variables[fmt.Sprintf("_r%d", i)]
		if !ok {
			break
		}
		var representations []json.RawMessage
		json.Unmarshal(raw, &representations)
		items := []string{}
		for k, r := range representations {
			path := fmt.Sprintf(`["_e%d", %d , "price"]`, i, k)
			switch text := string(r); {
			case strings.Contains(text, "missing"):
				items = append(items, "null")
			case strings.Contains(text, "broken"):
				items = append(items, "null")
				problems = append(problems, fmt.Sprintf(`{"message":"broken","path":%s,"extensions":{"n":1.50}}`, path))
			case strings.Contains(text, "dear"):
				items = append(items, `{"price":null}`)
				problems = append(problems, fmt.Sprintf(`{"path" : %s ,"message":"A"}`, path), fmt.Sprintf(`{"message":"B","path":%s}`, path))
			default:
				h := fnv.New32a()
				io.WriteString(h, text+auth+query+string(variables["first"]))
				items = append(items, fmt.Sprintf(`{ "price": %d.10, "of":%s }`, h.Sum32(), r))
			}
		}
		data = append(data, fmt.Sprintf(`"_e%d": [%s]`, i, strings.Join(items, ", ")))
	}
	if len(problems) > 0 {
		fmt.Fprintf(w, `{"errors":[%s],`, strings.Join(problems, ","))
	} else {
		io.WriteString(w, `{`)
	}
	fmt.Fprintf(w, `"data":{%s},"extensions":{"took":1}}`, strings.Join(data, ","))
}

func newFetcher(t testing.TB, settings batch.Settings) (*batch.Fetcher, *subgraphs.Client) {
	client, err := subgraphs.New(subgraphs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := batch.New(client, batch.Options{All: settings})
	t.Cleanup(func() {
		f.Close()
		client.Close()
	})
	return f, client
}

// outcome is what a caller gets, in a form that can be compared.
type outcome struct {
	status    int
	data      string
	errors    []string
	freshness string
	failed    string
}

// fetched makes a request and reads its answer.
func fetched(t testing.TB, next executor.Fetcher, f *executor.Fetch) outcome {
	answer, err := next.Fetch(t.Context(), f)
	if err != nil {
		return outcome{failed: err.Error()}
	}
	out := read(answer)
	if answer.Release != nil {
		answer.Release()
	}
	return out
}

func read(answer *executor.Answer) outcome {
	out := outcome{status: answer.Status, freshness: answer.Header.Get("Cache-Control")}
	var body struct {
		Data   json.RawMessage
		Errors []json.RawMessage
	}
	if err := json.Unmarshal(answer.Body, &body); err != nil {
		out.failed = fmt.Sprintf("%s: %v", answer.Body, err)
	}
	out.data = string(canonical(body.Data))
	for _, e := range body.Errors {
		out.errors = append(out.errors, string(canonical(e)))
	}
	return out
}

// canonical is JSON without white space, its numbers as they were.
func canonical(raw []byte) []byte {
	var b strings.Builder
	quoted := false
	for i, c := range raw {
		if c == '"' && (i == 0 || raw[i-1] != '\\') {
			quoted = !quoted
		}
		if quoted || c != ' ' && c != '\n' {
			b.WriteByte(c)
		}
	}
	return []byte(b.String())
}
