package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/gateway/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a pipeline that answers with the parameters it was given.
type echo struct{}

func (echo) Prepare(_ context.Context, p *transport.Params) (transport.Operation, *transport.Refusal) {
	switch {
	case strings.HasPrefix(p.Query, "mutation") && p.ReadOnly:
		return nil, &transport.Refusal{Status: http.StatusMethodNotAllowed, Errors: gqlerror.List{transport.Error("METHOD_NOT_ALLOWED", "no mutations by GET")}}
	case strings.HasPrefix(p.Query, "invalid"):
		return nil, &transport.Refusal{Status: http.StatusBadRequest, RequestError: true, Errors: gqlerror.List{transport.Error("GRAPHQL_VALIDATION_FAILED", "no such field")}}
	case strings.HasPrefix(p.Query, "broke"):
		return nil, &transport.Refusal{Status: http.StatusTooManyRequests, Errors: gqlerror.List{transport.Error("BUDGET_EXCEEDED", "wait")}, Header: http.Header{"Retry-After": {"3"}}}
	}
	return echoed{p}, nil
}

type echoed struct{ params *transport.Params }

func (echoed) Definition() *ast.OperationDefinition {
	return &ast.OperationDefinition{Operation: ast.Query}
}

func (e echoed) Run(_ context.Context, send func(transport.Response) error) error {
	if e.params.Query == "fails" {
		return errors.New("nothing can be said")
	}
	variables := "null"
	if e.params.Variables != nil {
		variables = string(e.params.Variables)
	}
	return send(transport.Response{
		Header: http.Header{"Cache-Control": {"max-age=5"}},
		Body:   []byte(`{"data":{"query":"` + e.params.Query + `","name":"` + e.params.OperationName + `","variables":` + variables + `}}`),
	})
}

func TestRequestsAreAnsweredByTheDraft(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") })
	server := httptest.NewServer(transport.New(transport.Options{
		Pipeline: echo{}, MaxBody: 200, PreflightHeaders: []string{"Weft-Preflight"}, Page: page,
	}))
	defer server.Close()

	const (
		json     = "application/json; charset=utf-8"
		response = "application/graphql-response+json; charset=utf-8"
	)
	h := func(pairs ...string) http.Header {
		out := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = []string{pairs[i+1]}
			if pairs[i+1] == "" {
				delete(out, pairs[i])
			}
		}
		return out
	}
	for name, tt := range map[string]struct {
		method, url, body string
		header            http.Header
		status            int
		contentType       string
		contains          string
	}{
		"post":                                {"POST", "", `{"query":"q","variables":{"a":1.50},"operationName":"N"}`, h(), 200, response, `{"data":{"query":"q","name":"N","variables":{"a":1.50}}}`},
		"post, nulls are absent":              {"POST", "", `{"query":"q","variables":null,"operationName":null,"extensions":null}`, h(), 200, response, `"name":"","variables":null`},
		"post, reserved keys are left alone":  {"POST", "", `{"query":"q","documentId":3}`, h(), 200, response, `"query":"q"`},
		"post, keys are told apart by case":   {"POST", "", `{"Query":"q"}`, h(), 400, response, `has no \"query\"`},
		"post, accepts the older type":        {"POST", "", `{"query":"q"}`, h("Accept", "application/json"), 200, json, `"data"`},
		"post, prefers the older type":        {"POST", "", `{"query":"q"}`, h("Accept", "application/graphql-response+json;q=0.5, application/json"), 200, json, `"data"`},
		"post, accepts anything":              {"POST", "", `{"query":"q"}`, h("Accept", "*/*"), 200, response, `"data"`},
		"post, excludes by quality 0":         {"POST", "", `{"query":"q"}`, h("Accept", "*/*, application/graphql-response+json;q=0"), 200, json, `"data"`},
		"post, accepts nothing we have":       {"POST", "", `{"query":"q"}`, h("Accept", "text/csv"), 406, response, "NOT_ACCEPTABLE"},
		"post, invalid operation":             {"POST", "", `{"query":"invalid"}`, h(), 400, response, "GRAPHQL_VALIDATION_FAILED"},
		"post, invalid operation, older type": {"POST", "", `{"query":"invalid"}`, h("Accept", "application/json"), 200, json, "GRAPHQL_VALIDATION_FAILED"},
		"post, no JSON":                       {"POST", "", "{\"query\":\n nonsense}", h("Accept", "application/json"), 400, json, "line 2, column 2"},
		"post, no object":                     {"POST", "", `"q"`, h(), 400, response, "not a JSON object"},
		"post, no body":                       {"POST", "", ``, h(), 400, response, "no body"},
		"post, query is no string":            {"POST", "", `{"query":1}`, h(), 400, response, `\"query\" must be a string`},
		"post, variables are no object":       {"POST", "", `{"query":"q","variables":[7]}`, h(), 400, response, `\"variables\" must be a JSON object`},
		"post, a batch":                       {"POST", "", `[{"query":"q"}]`, h(), 400, response, "BATCHING_NOT_SUPPORTED"},
		"post, a hash alone":                  {"POST", "", `{"extensions":{"persistedQuery":{"version":1}}}`, h(), 400, response, "PersistedQueryNotSupported"},
		"post, too large":                     {"POST", "", `{"query":"` + strings.Repeat("q", 300) + `"}`, h(), 413, response, "limits.body"},
		"post, not UTF-8":                     {"POST", "", "{\"query\":\"\xff\"}", h(), 400, response, "UTF-8"},
		"post, another charset":               {"POST", "", `{"query":"q"}`, h("Content-Type", "application/json; charset=latin1"), 415, response, "latin1"},
		"post, compressed":                    {"POST", "", `{"query":"q"}`, h("Content-Encoding", "gzip"), 415, response, "gzip"},
		"post, another type":                  {"POST", "", `<a/>`, h("Content-Type", "application/xml"), 415, response, "UNSUPPORTED_MEDIA_TYPE"},
		"post, a form's type":                 {"POST", "", `{"query":"q"}`, h("Content-Type", "text/plain"), 415, response, "CSRF_PREVENTED"},
		"post, a form's type with preflight":  {"POST", "", `{"query":"q"}`, h("Content-Type", "text/plain", "Weft-Preflight", "1"), 200, response, `"data"`},
		"post, no type":                       {"POST", "", `{"query":"q"}`, h("Content-Type", ""), 415, response, "CSRF_PREVENTED"},
		"post, a form with preflight":         {"POST", "", `query=q`, h("Content-Type", "application/x-www-form-urlencoded", "Weft-Preflight", "1"), 415, response, "UNSUPPORTED_MEDIA_TYPE"},
		"post, over budget":                   {"POST", "", `{"query":"broke"}`, h("Accept", "application/json"), 429, json, "BUDGET_EXCEEDED"},
		"post, no answer":                     {"POST", "", `{"query":"fails"}`, h("Accept", "application/json"), 500, json, "INTERNAL_SERVER_ERROR"},
		"get":                                 {"GET", `?query=q&variables={"a":1}&operationName=N`, "", nil, 200, response, `{"data":{"query":"q","name":"N","variables":{"a":1}}}`},
		"get, a mutation":                     {"GET", "?query=mutation", "", nil, 405, response, "METHOD_NOT_ALLOWED"},
		"get, no query":                       {"GET", "?operationName=N", "", nil, 400, response, `no \"query\"`},
		"get, variables are no JSON":          {"GET", "?query=q&variables={", "", nil, 400, response, "not valid JSON"},
		"get, a browser":                      {"GET", "", "", http.Header{"Accept": {"text/html,*/*;q=0.8"}}, 200, "text/html; charset=utf-8", "<html>"},
		"get, a browser with a query":         {"GET", "?query=q", "", http.Header{"Accept": {"text/html,*/*;q=0.8"}}, 200, response, `"data"`},
		"another method":                      {"DELETE", "", "", nil, 405, response, "METHOD_NOT_ALLOWED"},
		"options":                             {"OPTIONS", "", "", nil, 200, "", ""},
		"event stream of one answer":          {"POST", "", `{"query":"q","variables":{"a":1}}`, h("Accept", "text/event-stream"), 200, "text/event-stream", "event: next\ndata: {\"data\":{\"query\":\"q\",\"name\":\"\",\"variables\":{\"a\":1}}}\n\nevent: complete"},
		"event stream, refused":               {"POST", "", `{"query":"broke"}`, h("Accept", "text/event-stream"), 200, "text/event-stream", "BUDGET_EXCEEDED"},
		"event stream, a form's type":         {"POST", "", `{"query":"q"}`, h("Accept", "text/event-stream", "Content-Type", "text/plain"), 415, response, "CSRF_PREVENTED"},
	} {
		t.Run(name, func(t *testing.T) {
			url := strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22").Replace(server.URL + tt.url)
			req, err := http.NewRequestWithContext(t.Context(), tt.method, url, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.header != nil {
				req.Header = tt.header
			}
			res, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tt.status || res.Header.Get("Content-Type") != tt.contentType || !strings.Contains(string(body), tt.contains) {
				t.Errorf("status %d, content type %q, body %s\nwant %d, %q, … %s …",
					res.StatusCode, res.Header.Get("Content-Type"), body, tt.status, tt.contentType, tt.contains)
			}
		})
	}
}

func TestRefusalsCarryTheirHeaders(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"query":"broke"}`))
	r.Header.Set("Content-Type", "application/json")
	transport.New(transport.Options{Pipeline: echo{}}).ServeHTTP(w, r)
	if got := w.Header().Get("Retry-After"); got != "3" {
		t.Errorf("Retry-After is %q, want 3", got)
	}
}
