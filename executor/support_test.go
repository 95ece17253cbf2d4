package executor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@context", "@fromContext", "@key", "@external", "@requires", "@provides", "@shareable", "@inaccessible"])
`

// composed makes a supergraph of subgraphs' SDL, given as name, SDL, name, SDL…
func composed(t testing.TB, subgraphs ...string) *schema.Supergraph {
	t.Helper()
	var all []schema.Subgraph
	for i := 0; i < len(subgraphs); i += 2 {
		all = append(all, schema.Subgraph{Name: subgraphs[i], URL: "http://" + subgraphs[i], SDL: federation + subgraphs[i+1]})
	}
	result, err := compose.Compose(all, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded(t, result.SDL)
}

func loaded(t testing.TB, sdl string) *schema.Supergraph {
	t.Helper()
	sg, err := schema.LoadSupergraph(sdl, schema.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return sg
}

func parsed(t testing.TB, sg *schema.Supergraph, text string) *operation.Operation {
	t.Helper()
	doc, errs := operation.NewParser(sg, operation.Options{Introspection: true}).Parse(text)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// plans makes plans by hand.
type plans struct {
	t  testing.TB
	sg *schema.Supergraph
}

func (p plans) graph(name string) int {
	i, ok := p.sg.Graph(name)
	if !ok {
		p.t.Fatalf("no subgraph %q", name)
	}
	return i
}

func (p plans) on(names ...string) schema.TypeSet {
	var s schema.TypeSet
	for _, n := range names {
		s = s.Or(schema.NewTypeSet(p.sg.Types[n].Object))
	}
	return s
}

// selection reads "{ id ... on User { name } }" as what a request selects.
func (p plans) selection(typename, text string) *planner.Selection {
	p.t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return p.selected(typename, doc.Operations[0].SelectionSet)
}

func (p plans) selected(typename string, set ast.SelectionSet) *planner.Selection {
	s := &planner.Selection{Object: p.sg.Types[typename].Object}
	p.fields(s, typename, nil, set)
	return s
}

func (p plans) fields(s *planner.Selection, typename string, on schema.TypeSet, set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.InlineFragment:
			p.fields(s, sel.TypeCondition, p.sg.Types[sel.TypeCondition].Possible, sel.SelectionSet)
		case *ast.Field:
			out := &planner.Output{Key: sel.Alias, Name: sel.Name, On: on}
			if sel.Name == "__typename" {
				s.Object = -1
			} else if sel.SelectionSet != nil {
				def := p.sg.Schema.Types[typename].Fields.ForName(sel.Name)
				out.Selection = p.selected(def.Type.Name(), sel.SelectionSet)
			}
			s.Fields = append(s.Fields, out)
		}
	}
}

// root is a step with one root field.
func (p plans) root(graph, text string, dependsOn ...int) *planner.Step {
	p.t.Helper()
	s := p.selection("Query", "{"+text+"}")
	return &planner.Step{Graph: p.graph(graph), Kind: ast.Query, DependsOn: dependsOn,
		Parts: []*planner.Part{{Key: s.Fields[0].Key, Text: text, Output: s}}}
}

// entities is a step that fetches fields of one type's entities by some keys.
func (p plans) entities(graph, typename, keys, path, fields string, dependsOn ...int) *planner.Step {
	p.t.Helper()
	var at planner.Path
	for key := range strings.SplitSeq(path, ".") {
		at = append(at, planner.PathElement{Key: key})
	}
	in := &planner.Input{On: p.on(typename)}
	in.Fields = p.requires(p.selection(typename, keys))
	return &planner.Step{Graph: p.graph(graph), Kind: ast.Query, DependsOn: dependsOn, Parts: []*planner.Part{{
		Key:    "_e0",
		Text:   fmt.Sprintf("_e0: _entities(representations: $_r0) { ... on %s %s }", typename, fields),
		Output: p.selection(typename, fields),
		Entity: &planner.Entity{Variable: "_r0", Paths: []planner.Path{at}, Inputs: []*planner.Input{in}},
	}}}
}

func (p plans) requires(s *planner.Selection) []*planner.Require {
	var rs []*planner.Require
	for _, f := range s.Fields {
		r := &planner.Require{Name: f.Name, Key: f.Key, NonNull: !strings.HasPrefix(f.Key, "nullable_")}
		r.Key = strings.TrimPrefix(f.Key, "nullable_")
		if f.Selection != nil {
			r.Fields = p.requires(f.Selection)
		}
		rs = append(rs, r)
	}
	return rs
}

func (p plans) program(op *operation.Operation, steps ...*planner.Step) *Program {
	p.t.Helper()
	for i, s := range steps {
		s.ID = i
	}
	prog, err := Compile(p.sg, &planner.Plan{Operation: op, Steps: steps})
	if err != nil {
		p.t.Fatal(err)
	}
	return prog
}

// canned answers by subgraph and body, and notes what it was asked.
type canned struct {
	mu    sync.Mutex
	asked []string
	// answer gives status and body; an empty body is a transport error.
	answer func(f *Fetch) (int, string)
	header http.Header
	more   []http.Header
}

func (c *canned) Fetch(ctx context.Context, f *Fetch) (*Answer, error) {
	c.mu.Lock()
	c.asked = append(c.asked, f.Subgraph+" "+string(f.Body))
	c.mu.Unlock()
	if !json.Valid(f.Body) {
		return nil, fmt.Errorf("the request is not JSON: %s", f.Body)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	status, body := c.answer(f)
	if body == "" {
		return nil, &FetchError{Subgraph: f.Subgraph, Code: codeHTTP, Message: "the subgraph is away"}
	}
	b := []byte(body)
	return &Answer{Status: status, Header: c.header, More: c.more, Body: b, Release: func() { poison(b) }}, nil
}

func (c *canned) Subscribe(context.Context, *Fetch) (Stream, error) {
	return nil, fmt.Errorf("no subscriptions here")
}

// bySubgraph answers each subgraph's requests with one body.
func bySubgraph(bodies map[string]string) *canned {
	return &canned{answer: func(f *Fetch) (int, string) { return 200, bodies[f.Subgraph] }}
}

// kept is a Sink that keeps the answer.
type kept struct {
	body   []byte
	result *Result
}

func (k *kept) Payload(_ context.Context, p Payload) error {
	k.body, k.result = bytes.Clone(p.Body), p.Result
	return nil
}

func newExecutor(t testing.TB, o Options) *Executor {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	e.poison = true
	return e
}

// run carries a program out and gives the answer.
func run(t testing.TB, e *Executor, p *Program, r *Request) (string, *Result) {
	t.Helper()
	if r == nil {
		r = &Request{Operation: p.plan.Operation}
	}
	var k kept
	if err := e.Run(t.Context(), p, r, &k); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(k.body) {
		t.Fatalf("the answer is not JSON: %s", k.body)
	}
	return string(k.body), k.result
}
