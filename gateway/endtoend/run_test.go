package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"go.yaml.in/yaml/v4"

	"github.com/weft-graphql/weft/gateway"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/gateway/endtoend/subgraphtest"
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/schema/graph"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// client is what a client sends.
type client struct {
	Method        string            `yaml:"method"`
	OperationName string            `yaml:"operationName"`
	Headers       map[string]string `yaml:"headers"`
	// Labels are those of @override that are on, for the plan alone.
	Labels []string `yaml:"labels"`

	Query     string          `yaml:"-"`
	Variables json.RawMessage `yaml:"-"`
}

// operation runs one operation of a case.
func (c *testCase) operation(t *testing.T, folder string) {
	t.Helper()
	var servers []*subgraphtest.Server
	var composed []schema.Subgraph
	for _, name := range c.subgraphs() {
		s := subgraphtest.Serve(t, name, string(c.section(name+".graphql")), c.section(name+".json"))
		servers = append(servers, s)
		composed = append(composed, schema.Subgraph{Name: name, URL: s.URL, SDL: s.SDL})
	}
	supergraph, err := compose.Compose(composed, compose.Options{})
	if c.section(folder+"operation.graphql") == nil {
		if err == nil {
			_, err = schema.LoadSupergraph(supergraph.SDL, schema.LoadOptions{})
		}
		if err == nil {
			t.Fatalf("the supergraph can be served, and there is no operation:\n%s", supergraph.SDL)
		}
		c.expect(t, "refused.txt", fmt.Sprintln(err))
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var send client
	if err := yaml.Unmarshal(c.section(folder+"request.yaml"), &send); err != nil {
		t.Fatal(err)
	}
	send.Query, send.Variables = string(c.section(folder+"operation.graphql")), c.section(folder+"variables.json")
	c.expect(t, folder+"plan.txt", plan(t, supergraph.SDL, send))

	g := start(t, supergraph.SDL, c.section("weft.yaml"))
	status, body := g.ask(t, send)
	c.expect(t, folder+"traffic.txt", traffic(servers))
	c.expect(t, folder+"answer.json", pretty(body))
	if status != http.StatusOK {
		c.expect(t, folder+"status.txt", fmt.Sprintln(status))
	} else {
		c.expect(t, folder+"status.txt", "")
	}
	refuseBadPlans(t, body)
	if !strings.Contains(send.Query, "# oracle: no") {
		c.compareWithOracle(t, supergraph.SDL, send, body)
	}
}

// plan gives the plan's text, or why there is none.
func plan(t *testing.T, sdl string, send client) string {
	t.Helper()
	sg, err := schema.LoadSupergraph(sdl, schema.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.New(sg)
	if err != nil {
		t.Fatal(err)
	}
	doc, errs := operation.NewParser(sg, operation.Options{Introspection: true, Defer: true}).Parse(send.Query)
	if errs != nil {
		return "" // the answer says why
	}
	op, err := doc.Operation(send.OperationName)
	if err != nil {
		return ""
	}
	p, err := planner.New(g, planner.Options{}).Plan(t.Context(), op.Planned, op.Labels(func(label string) bool { return slices.Contains(send.Labels, label) }))
	if err != nil {
		return "refused: " + err.Error() + "\n"
	}
	return p.Text(sg)
}

// running is a gateway on a socket.
type running struct {
	url    string
	client *http.Client
}

// start starts a gateway; it ends with the test.
func start(t *testing.T, sdl string, weftYAML []byte) *running {
	t.Helper()
	c, err := config.Parse("weft.yaml", weftYAML, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(weftYAML, []byte("mask:")) { // what subgraphs say is what most cases are about
		c.Subgraphs.All.Errors = config.PassOn()
		for name, s := range c.Subgraphs.Named {
			s.Errors = config.PassOn()
			c.Subgraphs.Named[name] = s
		}
	}
	g, err := gateway.New(t.Context(), gateway.Options{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Swap(t.Context(), &source.Supergraph{SDL: sdl}); err != nil {
		t.Fatal(err)
	}
	socket := httptest.NewServer(g.Handler())
	t.Cleanup(func() {
		socket.Close()
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &running{url: socket.URL + "/graphql", client: socket.Client()}
}

// ask sends an operation and reads the answer.
func (g *running) ask(t *testing.T, send client) (int, []byte) {
	status, _, body := g.answer(t, send)
	return status, body
}

// answer is ask with the answer's header.
func (g *running) answer(t *testing.T, send client) (int, http.Header, []byte) {
	t.Helper()
	variables := send.Variables
	if variables == nil {
		variables = json.RawMessage("{}")
	}
	var request *http.Request
	var err error
	if send.Method == http.MethodGet {
		query := url.Values{"query": {send.Query}, "variables": {string(variables)}, "operationName": {send.OperationName}}
		request, err = http.NewRequestWithContext(t.Context(), http.MethodGet, g.url+"?"+query.Encode(), nil)
	} else {
		body, marshalErr := json.Marshal(map[string]any{"query": send.Query, "variables": variables, "operationName": send.OperationName})
		if marshalErr != nil {
			t.Fatal(marshalErr)
		}
		request, err = http.NewRequestWithContext(t.Context(), http.MethodPost, g.url, bytes.NewReader(body))
	}
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	for name, value := range send.Headers {
		request.Header.Set(name, value)
	}
	response, err := g.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, body
}

// traffic writes down what the subgraphs saw, in an order that does not depend
// on time.
func traffic(servers []*subgraphtest.Server) string {
	var b strings.Builder
	for _, s := range servers {
		for _, r := range s.Requests() {
			fmt.Fprintf(&b, "%s: %s", s.Name, r.Operation)
			if v := strings.TrimSpace(string(r.Variables)); v != "" && v != "{}" && v != "null" {
				fmt.Fprintf(&b, "  with %s\n", v)
			}
		}
	}
	return b.String()
}

// refuseBadPlans fails where a subgraph was asked for what it does not have.
func refuseBadPlans(t *testing.T, body []byte) {
	t.Helper()
	for _, sign := range []string{
		"the operation is invalid here", "the operation does not parse", "there is no data for", "which was not given",
		"holds no whole key", "the operation has no variable", "an object's type is unknown",
	} {
		if bytes.Contains(body, []byte(sign)) {
			t.Errorf("a subgraph was asked wrongly: %s", pretty(body))
			return
		}
	}
}

// compareWithOracle answers the operation from the data of all subgraphs at once
// and compares.
func (c *testCase) compareWithOracle(t *testing.T, sdl string, send client, body []byte) {
	t.Helper()
	sg, err := schema.LoadSupergraph(sdl, schema.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var parts []*subgraphtest.Data
	for _, name := range c.subgraphs() {
		data, err := subgraphtest.ParseData(c.section(name + ".json"))
		if err != nil {
			t.Fatal(err)
		}
		if data.Faulty() {
			return
		}
		parts = append(parts, data)
	}
	all := subgraphtest.Merge(sg.API, parts...)
	for _, name := range c.subgraphs() {
		if err := all.ReadContexts(string(c.section(name + ".graphql"))); err != nil {
			t.Fatal(err)
		}
	}
	doc, errs := gqlparser.LoadQueryWithRules(sg.API, send.Query, nil)
	if len(errs) > 0 {
		t.Fatalf("the operation is invalid: %v", errs)
	}
	var variables map[string]any
	if send.Variables != nil {
		d := json.NewDecoder(bytes.NewReader(send.Variables))
		d.UseNumber()
		if err := d.Decode(&variables); err != nil {
			t.Fatal(err)
		}
	}
	want, err := subgraphtest.Execute(sg.API, all, doc, send.OperationName, variables)
	if err != nil {
		t.Fatal(err)
	}
	var got subgraphtest.Response
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pretty(want.Data), pretty(got.Data)); diff != "" {
		t.Errorf("the data differs from the oracle's (-oracle +gateway):\n%s", diff)
	}
	if len(want.Errors) == 0 && len(got.Errors) > 0 {
		t.Errorf("the oracle has no errors, the gateway has: %+v", got.Errors)
	}
}
