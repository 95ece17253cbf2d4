package executor

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
)

const zooSDL = `
type Query { node: Node nodes: [Node!] grid: [[Animal!]]! any: [Any] hidden: Node }
type Mutation { first: Cat second: Cat third: Cat! }
interface Node { id: ID! name: String }
interface Animal { name: String sound: String }
type Cat implements Node & Animal @key(fields: "id") { id: ID! name: String! sound: String lives: Int }
type Dog implements Node & Animal @key(fields: "id") { id: ID! name: String sound: String! lives: String }
type Ghost implements Node @inaccessible { id: ID! name: String }
union Any = Cat | Dog
`

func zoo(t *testing.T) plans {
	t.Helper()
	return plans{t, composed(t, "zoo", zooSDL, "names", `type Cat @key(fields: "id") { id: ID! nick: String } type Dog @key(fields: "id") { id: ID! nick: String }`)}
}

// TestRunCompletesValues runs plans of one root field on one answer.
func TestRunCompletesValues(t *testing.T) {
	p := zoo(t)
	tests := []struct{ name, operation, root, answer, want string }{
		{"fields by type", `{ nodes { __typename id ... on Cat { lives } ... on Dog { sound } } }`,
			`nodes { __typename id ... on Cat { lives } ... on Dog { sound } }`,
			`{"nodes":[{"__typename":"Cat","id":1,"lives":9},{"__typename":"Dog","id":"2","sound":"woof"}]}`,
			`{"data":{"nodes":[{"__typename":"Cat","id":"1","lives":9},{"__typename":"Dog","id":"2","sound":"woof"}]}}`},
		{"an implementation's own non-null", `{ nodes { name } }`, `nodes { __typename name }`,
			`{"nodes":[{"__typename":"Dog","name":null},{"__typename":"Cat","name":null}]}`,
			`{"errors":[{"message":"the non-null field Node.name is null","path":["nodes",1,"name"],"extensions":{"code":"NON_NULL_VIOLATION"}}],"data":{"nodes":null}}`},
		{"a type that is unknown", `{ node { id } }`, `node { __typename id }`, `{"node":{"__typename":"Fish","id":"1"}}`,
			`{"errors":[{"message":"the object in Query.node is of a type that is not a possible type of Node","path":["node"],"extensions":{"code":"INVALID_VALUE"}}],"data":{"node":null}}`},
		{"a type that is inaccessible", `{ node { id } }`, `node { __typename id }`, `{"node":{"__typename":"Ghost","id":"1"}}`,
			`{"errors":[{"message":"the object in Query.node is of a type that is not a possible type of Node","path":["node"],"extensions":{"code":"INVALID_VALUE"}}],"data":{"node":null}}`},
		{"a type that is missing", `{ node { id } }`, `node { __typename id }`, `{"node":{"id":"1"}}`,
			`{"errors":[{"message":"subgraph \"zoo\" left out the field \"__typename\" that it was asked for","path":["node"],"extensions":{"code":"SUBREQUEST_MALFORMED_RESPONSE"}}],` +
				`"data":{"node":null}}`},
		{"lists in lists", `{ grid { sound } }`, `grid { __typename sound }`,
			`{"grid":[[{"__typename":"Cat","sound":"a"},{"__typename":"Cat","sound":null}],null,[],[{"__typename":"Dog","sound":null}],[null]]}`,
			`{"errors":[{"message":"the non-null field Animal.sound is null","path":["grid",3,0,"sound"],"extensions":{"code":"NON_NULL_VIOLATION"}},` +
				`{"message":"the non-null item of the list Query.grid is null","path":["grid",4,0],"extensions":{"code":"NON_NULL_VIOLATION"}}],` +
				`"data":{"grid":[[{"sound":"a"},{"sound":null}],null,[],null,null]}}`},
		{"a list that is none", `{ grid { sound } }`, `grid { __typename sound }`, `{"grid":[{"__typename":"Cat","sound":"a"}]}`,
			`{"errors":[{"message":"the value of Query.grid is an object where its type [[Animal!]]! wants a list","path":["grid",0],"extensions":{"code":"INVALID_VALUE"}}],"data":{"grid":[null]}}`},
		{"null up to the root", `{ grid { sound } }`, `grid { __typename sound }`, `{"grid":null}`,
			`{"errors":[{"message":"the non-null field Query.grid is null","path":["grid"],"extensions":{"code":"NON_NULL_VIOLATION"}}],"data":null}`},
		{"aliases", `{ a: node { b: id } }`, `a: node { __typename b: id }`, `{"a":{"__typename":"Cat","b":"1"}}`, `{"data":{"a":{"b":"1"}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			op := parsed(t, p.sg, test.operation)
			e := newExecutor(t, Options{Fetcher: bySubgraph(map[string]string{"zoo": `{"data":` + test.answer + `}`})})
			if got, _ := run(t, e, p.program(op, p.root("zoo", test.root)), &Request{}); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestRunAsksOnlyForEntitiesOfTheTypesThatAPartIsFor(t *testing.T) {
	p := zoo(t)
	op := parsed(t, p.sg, `{ nodes { ... on Cat { nick } } }`)
	step := p.entities("names", "Cat", "{id}", "nodes", "{ nick }", 0)
	f := &canned{answer: func(f *Fetch) (int, string) {
		if f.Subgraph == "zoo" {
			return 200, `{"data":{"nodes":[{"__typename":"Dog","id":"1"},{"__typename":"Cat","id":"2"},{"__typename":"Cat","id":"2"}]}}`
		}
		return 200, `{"data":{"_e0":[{"nick":"Tom"}]}}`
	}}
	got, _ := run(t, newExecutor(t, Options{Fetcher: f}), p.program(op, p.root("zoo", "nodes { __typename id }"), step), nil)
	if got != `{"data":{"nodes":[{},{"nick":"Tom"},{"nick":"Tom"}]}}` || !strings.Contains(f.asked[1], `[{"__typename":"Cat","id":"2"}]`) {
		t.Errorf("got %s after %s", got, f.asked[1])
	}
}

func TestRunSkipsStepsAndPartsWhoseGuardsFail(t *testing.T) {
	p := zoo(t)
	const text = `query($cats: Boolean!) { node { id } nodes @include(if: $cats) { id } }`
	op := parsed(t, p.sg, text)
	s := p.root("zoo", "node { __typename id }")
	guarded := p.root("zoo", "nodes { __typename id }").Parts[0]
	guarded.Guards = op.Root.Fields[1].Guards
	s.Parts = append(s.Parts, guarded)
	prog := p.program(op, s)
	f := bySubgraph(map[string]string{"zoo": `{"data":{"node":null,"nodes":[]}}`})
	e := newExecutor(t, Options{Fetcher: f})
	for _, on := range []bool{true, false} {
		raw, _ := json.Marshal(map[string]bool{"cats": on})
		values, errs := op.Coerce(raw)
		if errs != nil {
			t.Fatal(errs)
		}
		f.asked = nil
		got, _ := run(t, e, prog, &Request{Variables: values.Raw, Conditions: values.Conditions})
		want, asked := `{"data":{"node":null,"nodes":[]}}`, `zoo {"query":"{node { __typename id } nodes { __typename id }}"}`
		if !on {
			want, asked = `{"data":{"node":null}}`, `zoo {"query":"{node { __typename id }}"}`
		}
		if got != want || f.asked[0] != asked {
			t.Errorf("%v: %s after %s", on, got, f.asked[0])
		}
	}
}

func TestRunForwardsVariablesAsTheyCame(t *testing.T) {
	p := plans{t, composed(t, "a", `type Query { find(text: String, in: [Float!], limit: Int = 3): String }`)}
	op := parsed(t, p.sg, `query($t: String, $in: [Float!], $l: Int = 7) { find(text: $t, in: $in, limit: $l) }`)
	s := p.root("a", `find(text: $t, in: $in, limit: $l)`)
	s.Parts[0].Variables = []string{"in", "l", "t"}
	f := bySubgraph(map[string]string{"a": `{"data":{"find":"x"}}`})
	e := newExecutor(t, Options{Fetcher: f})
	values, errs := op.Coerce(json.RawMessage(`{"in":[1.50, 12345678901234567890],"t":"\u00e9\"","other":1}`))
	if errs != nil {
		t.Fatal(errs)
	}
	run(t, e, p.program(op, s), &Request{Variables: values.Raw})
	const want = `a {"query":"query($t: String,$in: [Float!],$l: Int = 7){find(text: $t, in: $in, limit: $l)}","variables":{"t":"\u00e9\"","in":[1.50, 12345678901234567890]}}`
	if f.asked[0] != want {
		t.Errorf("got  %s\nwant %s", f.asked[0], want)
	}
}

func TestRunCarriesOutMutationsInSeriesAndAfterFailures(t *testing.T) {
	p := zoo(t)
	op := parsed(t, p.sg, `mutation { first { id } second { id nick } }`)
	step := func(text string, dependsOn ...int) *planner.Step {
		s := p.selection("Mutation", "{"+text+"}")
		i, _ := p.sg.Graph("zoo")
		return &planner.Step{Graph: i, Kind: ast.Mutation, DependsOn: dependsOn, Parts: []*planner.Part{{Key: s.Fields[0].Key, Text: text, Output: s}}}
	}
	prog := p.program(op, step("first { id }"), step("second { id }", 0), p.entities("names", "Cat", "{id}", "second", "{ nick }", 1))
	var order []string
	f := &canned{answer: func(f *Fetch) (int, string) {
		order = append(order, string(f.Body))
		if f.Mutation != (f.Subgraph == "zoo") {
			t.Errorf("Mutation is %v for %s", f.Mutation, f.Body)
		}
		switch {
		case strings.Contains(string(f.Body), "first"):
			return 200, ``
		case f.Mutation:
			return 200, `{"data":{"second":{"id":"2"}}}`
		}
		return 200, `{"data":{"_e0":[{"nick":"Tom"}]}}`
	}}
	cache := &mapCache{}
	got, _ := run(t, newExecutor(t, Options{Fetcher: f, Cache: cache}), prog, nil)
	if want := `"data":{"first":null,"second":{"id":"2","nick":"Tom"}}}`; !strings.HasSuffix(got, want) {
		t.Errorf("got %s", got)
	}
	if order[0] != `{"query":"mutation{first { id }}"}` || len(order) != 3 {
		t.Errorf("order: %q", order)
	}
	if len(cache.values) != 1 {
		t.Errorf("the cache keeps %d values, want the entity alone", len(cache.values))
	}
}

func TestRunLeavesOutWhatDependsOnAFailedField(t *testing.T) {
	p := shop(t)
	op := parsed(t, p.sg, `{ topProducts { upc price shippingEstimate } }`)
	prog := p.program(op,
		p.root("products", "topProducts { upc price weight }"),
		p.entities("inventory", "Product", "{upc nullable_price:price nullable_weight:weight}", "topProducts", "{ shippingEstimate }", 0),
	)
	f := &canned{answer: func(f *Fetch) (int, string) {
		if f.Subgraph == "products" {
			return 200, `{"data":{"topProducts":[{"upc":"1","price":null,"weight":1},{"upc":"2","price":null,"weight":2},{"upc":null,"price":1,"weight":2},null]},` +
				`"errors":[{"message":"no price","path":["topProducts",0,"price"]}]}`
		}
		return 200, `{"data":{"_e0":[{"shippingEstimate":5}]}}`
	}}
	got, result := run(t, newExecutor(t, Options{Fetcher: f}), prog, &Request{})
	if want := `{"query":"query($_r0:[_Any!]!){_e0: _entities(representations: $_r0) { ... on Product { shippingEstimate } }}","variables":{"_r0":[{"__typename":"Product","upc":"2","price":null,"weight":2}]}}`; f.asked[1] != "inventory "+want {
		t.Errorf("asked %s", f.asked[1])
	}
	if result.Errors != 2 || !strings.HasSuffix(got, `"data":{"topProducts":[{"upc":"1","price":null,"shippingEstimate":null},{"upc":"2","price":null,"shippingEstimate":5},null,null]}}`) {
		t.Errorf("got %s", got)
	}
}

func TestRunCountsTheActualCost(t *testing.T) {
	p := shop(t)
	_, result := run(t, newExecutor(t, Options{Fetcher: bySubgraph(smallAnswers)}), p.small(), nil)
	var sum float64
	for _, cost := range result.CostByGraph {
		sum += cost
	}
	// me, three reviews, three products.
	if result.Cost != 7 || sum != 7 || result.CostByGraph["reviews"] != 6 {
		t.Errorf("cost %v: %v", result.Cost, result.CostByGraph)
	}
}
