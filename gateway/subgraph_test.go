package gateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// The schemas of the graph under test. Accounts comes in two versions, of which
// the second has one field more.
const (
	federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])` + "\n"

	accountsSDL = federation + `
type Query { me: User user(id: ID!): User }
type Mutation { rename(name: String!): User }
type User @key(fields: "id") { id: ID! name: String }
`
	reviewsSDL = federation + `
type Query { reviews(first: Int! = 2): [Review!] }
type Review { id: ID! body: String author: User product: Product }
type User @key(fields: "id") { id: ID! reviews: [Review!] }
type Product @key(fields: "upc", resolvable: false) { upc: ID! }
`
	productsSDL = federation + `
type Query { product(upc: ID!): Product }
type Product @key(fields: "upc") { upc: ID! name: String price: Int }
`
)

var accountsWithEmailSDL = strings.Replace(accountsSDL, "name: String }", "name: String email: String }", 1)

// object is a value of the graph: fields by name. A field with arguments is a
// func(args object) any.
type object = map[string]any

// received is one request that a subgraph was sent.
type received struct {
	query     string
	variables object
	header    http.Header
}

// subgraph is an HTTP server that answers GraphQL from a few values.
type subgraph struct {
	name, sdl string
	server    *httptest.Server
	roots     object // "Query" and "Mutation"
	entity    func(representation object) object

	// before may answer in place of the subgraph, when it gives true.
	before atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool]

	mu   sync.Mutex
	seen []received
}

// graph is the three subgraphs.
type graph struct{ accounts, reviews, products *subgraph }

func newGraph(t testing.TB) *graph {
	user := func(id any) object {
		return object{"__typename": "User", "id": id, "name": fmt.Sprintf("User %v", id), "email": fmt.Sprintf("%v@example.com", id)}
	}
	product := func(upc any) object {
		return object{"__typename": "Product", "upc": upc, "name": fmt.Sprintf("Product %v", upc), "price": len(fmt.Sprint(upc))}
	}
	reviews := func(n int) []any {
		out := make([]any, n)
		for i := range out {
			out[i] = object{"__typename": "Review", "id": fmt.Sprint(i), "body": fmt.Sprintf("Review %d", i),
				"author": object{"__typename": "User", "id": "1"}, "product": object{"__typename": "Product", "upc": fmt.Sprintf("p%d", i)}}
		}
		return out
	}
	g := &graph{
		accounts: &subgraph{name: "accounts", sdl: accountsSDL, roots: object{
			"Query":    object{"me": user("1"), "user": func(args object) any { return user(args["id"]) }},
			"Mutation": object{"rename": func(args object) any { return object{"__typename": "User", "id": "1", "name": args["name"]} }},
		}, entity: func(r object) object { return user(r["id"]) }},
		reviews: &subgraph{name: "reviews", sdl: reviewsSDL, roots: object{
			"Query": object{"reviews": func(args object) any {
				n, _ := args["first"].(json.Number)
				first, _ := n.Int64()
				return reviews(int(first))
			}},
		}, entity: func(r object) object {
			return object{"__typename": "User", "id": r["id"], "reviews": reviews(2)}
		}},
		products: &subgraph{name: "products", sdl: productsSDL, roots: object{
			"Query": object{"product": func(args object) any { return product(args["upc"]) }},
		}, entity: func(r object) object { return product(r["upc"]) }},
	}
	for _, s := range g.all() {
		s.server = httptest.NewServer(s)
		t.Cleanup(s.server.Close)
	}
	return g
}

func (g *graph) all() []*subgraph { return []*subgraph{g.accounts, g.reviews, g.products} }

// schemas are the subgraphs as composition takes them.
func (g *graph) schemas() []schema.Subgraph {
	var out []schema.Subgraph
	for _, s := range g.all() {
		out = append(out, schema.Subgraph{Name: s.name, URL: s.server.URL, SDL: s.sdl})
	}
	return out
}

// supergraph composes the subgraphs, the accounts' with the given schema.
func (g *graph) supergraph(t testing.TB, accounts string) *source.Supergraph {
	t.Helper()
	subgraphs := g.schemas()
	subgraphs[0].SDL = accounts
	composed, err := compose.Compose(subgraphs, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &source.Supergraph{SDL: composed.SDL, Subgraphs: subgraphs}
}

// intercept lets f answer in place of the subgraph, when it gives true.
func (s *subgraph) intercept(f func(w http.ResponseWriter, r *http.Request) bool) { s.before.Store(&f) }

// sendHeader adds a header to each answer.
func (s *subgraph) sendHeader(name, value string) {
	s.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set(name, value)
		return false
	})
}

// take gives the requests since it was last called.
func (s *subgraph) take() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.seen
	s.seen = nil
	return out
}

func (s *subgraph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Query     string `json:"query"`
		Variables object `json:"variables"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	if s.seen = append(s.seen, received{body.Query, body.Variables, r.Header}); len(s.seen) > 10_000 {
		s.seen = nil // a test under load does not ask
	}
	s.mu.Unlock()
	if before := s.before.Load(); before != nil && (*before)(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.answer(body.Query, body.Variables)) // the gateway may be gone
}

// answer carries out an operation without asking whether it is valid: the
// gateway sends no other.
func (s *subgraph) answer(query string, variables object) []byte {
	document, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		out, _ := json.Marshal(object{"errors": []any{object{"message": err.Error()}}})
		return out
	}
	operation := document.Operations[0]
	root := "Query"
	if operation.Operation == ast.Mutation {
		root = "Mutation"
	}
	e := evaluation{subgraph: s, document: document, variables: variables}
	out, err := json.Marshal(object{"data": e.selection(operation.SelectionSet, s.roots[root].(object))})
	if err != nil {
		panic(err) // a mistake in the test's values
	}
	return out
}

type evaluation struct {
	subgraph  *subgraph
	document  *ast.QueryDocument
	variables object
}

func (e *evaluation) selection(set ast.SelectionSet, on object) object {
	out := object{}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			out[s.Alias] = e.value(s, e.field(s, on))
		case *ast.InlineFragment:
			if s.TypeCondition == "" || s.TypeCondition == on["__typename"] {
				maps.Copy(out, e.selection(s.SelectionSet, on))
			}
		case *ast.FragmentSpread:
			maps.Copy(out, e.selection(e.document.Fragments.ForName(s.Name).SelectionSet, on))
		}
	}
	return out
}

func (e *evaluation) field(f *ast.Field, on object) any {
	args := object{}
	for _, a := range f.Arguments {
		if a.Value.Kind == ast.Variable {
			args[a.Name] = e.variables[a.Value.Raw]
			continue
		}
		args[a.Name], _ = a.Value.Value(nil)
		if a.Value.Kind == ast.IntValue {
			args[a.Name] = json.Number(a.Value.Raw)
		}
	}
	if f.Name == "_entities" {
		var out []any
		for _, r := range args["representations"].([]any) {
			out = append(out, e.subgraph.entity(r.(object)))
		}
		return out
	}
	if resolve, ok := on[f.Name].(func(object) any); ok {
		return resolve(args)
	}
	return on[f.Name]
}

func (e *evaluation) value(f *ast.Field, v any) any {
	switch v := v.(type) {
	case object:
		return e.selection(f.SelectionSet, v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = e.value(f, v[i])
		}
		return out
	default:
		return v
	}
}
