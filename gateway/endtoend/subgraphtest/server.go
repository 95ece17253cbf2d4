package subgraphtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// Fault is how a server misbehaves: the first one that fits a request counts.
type Fault struct {
	// When makes the fault one of requests whose operation holds this text.
	// Empty means all.
	When string `json:"when"`
	// WhenVariables makes it one of requests whose variables hold this text.
	WhenVariables string `json:"whenVariables"`
	// Status is the answer's HTTP status. 0 means 200.
	Status int `json:"status"`
	// HTML makes the answer an error page.
	HTML bool `json:"html"`
	// Body is the answer's body instead of the right one.
	Body *string `json:"body"`
	// Hang gives no answer until the client leaves.
	Hang bool `json:"hang"`
	// Reset closes the connection without an answer.
	Reset bool `json:"reset"`
	// Header is what the answer's header has besides the content type.
	Header http.Header `json:"header"`
	// Entities is how many entities the answer has, whatever was asked for.
	Entities *int `json:"entities"`
}

// Request is a request that a server has seen.
type Request struct {
	// Operation is its text, laid out anew.
	Operation string
	// Variables are its variables, as they were sent.
	Variables json.RawMessage
	Header    http.Header
}

// Server is a subgraph on a socket of this machine.
type Server struct {
	Name, SDL string
	// URL is where it answers GraphQL.
	URL string

	schema  *subgraphSchema
	mu      sync.Mutex
	data    *Data
	seen    []Request
	arrived func(context.Context, Request)
}

// Serve starts a subgraph with the data of the package's format. It ends with
// the test.
func Serve(t *testing.T, name, sdl string, data []byte) *Server {
	t.Helper()
	s := &Server{Name: name, SDL: sdl}
	var err error
	if s.schema, err = loadSchema(name, sdl); err != nil {
		t.Fatal(err)
	}
	if s.data, err = ParseData(data); err != nil {
		t.Fatalf("the data of %s: %v", name, err)
	}
	socket := httptest.NewServer(s)
	t.Cleanup(socket.Close)
	s.URL = socket.URL + "/graphql"
	return s
}

// OnRequest makes the server call f with each request before it answers.
func (s *Server) OnRequest(f func(context.Context, Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived = f
}

// Requests are the requests so far, those for entities last and else ordered by
// their text: what was under way at the same time has no order of its own.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedStableFunc(slices.Values(s.seen), func(a, b Request) int {
		return cmp.Or(strings.Index(a.Operation, "_entities(")-strings.Index(b.Operation, "_entities("),
			strings.Compare(a.Operation, b.Operation), strings.Compare(string(a.Variables), string(b.Variables)))
	})
}

// ServeHTTP answers a GraphQL request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Query         string
		OperationName string
		Variables     json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: body.Query})
	if err != nil {
		s.write(w, http.StatusOK, &Response{Errors: []Error{{Message: "the operation does not parse: " + err.Error()}}})
		return
	}
	request := Request{Operation: layOut(doc), Variables: body.Variables, Header: r.Header}
	s.mu.Lock()
	s.seen = append(s.seen, request)
	arrived := s.arrived
	s.mu.Unlock()
	if arrived != nil {
		arrived(r.Context(), request)
	}
	i := slices.IndexFunc(s.data.faults, func(f Fault) bool {
		return strings.Contains(body.Query, f.When) && strings.Contains(string(body.Variables), f.WhenVariables)
	})
	fault := Fault{}
	if i >= 0 {
		fault = s.data.faults[i]
	}
	maps.Copy(w.Header(), fault.Header)
	if s.misbehave(w, r, fault) {
		return
	}
	s.write(w, cmp.Or(fault.Status, http.StatusOK), s.answer(body.Query, body.OperationName, body.Variables, fault))
}

// misbehave carries out a fault that leaves no right answer. The client may be
// gone before it is written; the test sees what it got.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, f Fault) bool {
	switch {
	case f.Hang:
		<-r.Context().Done()
	case f.Reset:
		panic(http.ErrAbortHandler) // net/http's way to drop a connection
	case f.HTML:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
		_, _ = fmt.Fprint(w, "<html><body>The service is unavailable.</body></html>")
	case f.Body != nil:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
		_, _ = fmt.Fprint(w, *f.Body)
	default:
		return false
	}
	return true
}

func (s *Server) answer(text, name string, raw json.RawMessage, f Fault) *Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc, errs := gqlparser.LoadQueryWithRules(s.schema.Schema, text, nil)
	if len(errs) > 0 {
		return invalid(errs)
	}
	var variables map[string]any
	if len(raw) > 0 {
		if err := decode(raw, &variables); err != nil {
			return &Response{Errors: []Error{{Message: "the variables are not an object: " + err.Error()}}}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if doc.Operations[0].VariableDefinitions.ForName(name) == nil {
			return &Response{Errors: []Error{{Message: "the operation has no variable $" + name}}}
		}
	}
	x := &execution{schema: s.schema.Schema, keys: s.schema.keys, sdl: s.SDL, data: s.data, entityCount: -1}
	if f.Entities != nil {
		x.entityCount = *f.Entities
	}
	out, err := x.run(doc, name, variables)
	if err != nil {
		return &Response{Errors: []Error{{Message: err.Error()}}}
	}
	return out
}

func invalid(errs gqlerror.List) *Response {
	out := &Response{}
	for _, err := range errs {
		out.Errors = append(out.Errors, Error{Message: "the operation is invalid here: " + err.Message})
	}
	return out
}

func (s *Server) write(w http.ResponseWriter, status int, response *Response) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone; the test sees what it got.
	_ = json.NewEncoder(w).Encode(response)
}

func layOut(doc *ast.QueryDocument) string {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatQueryDocument(doc)
	return b.String()
}
