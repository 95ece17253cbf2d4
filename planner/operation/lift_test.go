package operation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

const liftSDL = `
type Query {
  user(id: ID!, name: String): User
  users(first: Int = 10, ids: [ID!], weights: [[Float!]]): [User!]!
  find(filter: Filter, at: Date, color: Color, on: Boolean): [User!]!
  pick(by: Pick): User
}
type Mutation { set(input: Filter!): User }
type Subscription { tick: Int }
type User { id: ID! name: String friends(first: Int): [User!]! }
enum Color { RED GREEN }
scalar Date
input Filter { text: String limit: Int = 3 since: Date colors: [Color!] inner: Filter }
input Pick @oneOf { id: ID name: String }
`

func TestLiteralsAreLifted(t *testing.T) {
	tests := []struct{ name, operation, want string }{
		{"ids become strings and keep their digits", `{ user(id: 9223372036854775807) { id } }`,
			`query ($_l0: ID!) { user(id: $_l0) { id } } _l0="9223372036854775807"`},
		{"both ways to write an id are one", `{ a: user(id: 1) { id } b: user(id: "1") { id } }`,
			`query ($_l0: ID!) { a: user(id: $_l0) { id } b: user(id: $_l0) { id } } _l0="1"`},
		{"strings are escaped", `{ user(id: "\"<\u0007\n", name: """a "b"\"""c""") { id } }`,
			`query ($_l0: ID!, $_l1: String) { user(id: $_l0, name: $_l1) { id } } _l0="\"<\u0007\n" _l1="a \"b\"\"\"\"c"`},
		{"numbers, enums, booleans and lists", `{ users(first: 3, weights: [[1, 2.5e3], null]) { id } find(color: RED, on: true) { id } }`,
			`query ($_l0: Int, $_l1: [[Float!]], $_l2: Color, $_l3: Boolean) { users(first: $_l0, weights: $_l1) { id } find(color: $_l2, on: $_l3) { id } } _l0=3 _l1=[[1,2.5e3],null] _l2="RED" _l3=true`},
		{"input objects, in the order of their names", `{ find(filter: {text: "x", inner: {limit: 1, colors: [RED]}}) { id } }`,
			`query ($_l0: Filter) { find(filter: $_l0) { id } } _l0={"inner":{"colors":["RED"],"limit":1},"text":"x"}`},
		{"custom scalars stay", `{ find(filter: {text: "x", since: "2020", inner: {since: 3, limit: 2}}, at: {y: 1}) { id } }`,
			`query ($_l0: String, $_l1: Int) { find(at: {y:1}, filter: {text:$_l0,since:"2020",inner:{since:3,limit:$_l1}}) { id } } _l0="x" _l1=2`},
		{"null and what stands for a list stay", `{ user(id: 1, name: null) { id } users(ids: "7") { id } }`,
			`query ($_l0: ID!) { user(id: $_l0, name: null) { id } users(ids: "7") { id } } _l0="1"`},
		{"variables stay, and their names are avoided", `query ($_l0: ID!, $n: Int) { users(ids: [$_l0, 2], first: $n) { friends(first: 4) { id } } }`,
			`query ($_l0: ID!, $n: Int, $_l_0: ID!, $_l_1: Int) { users(first: $n, ids: [$_l0,$_l_0]) { friends(first: $_l_1) { id } } } _l_0="2" _l_1=4`},
		{"one of several stays where it is lifted in part", `query ($v: String!) { pick(by: {name: $v}) { id } b: pick(by: {id: 1}) { id } }`,
			`query ($v: String!, $_l0: Pick) { pick(by: {name:$v}) { id } b: pick(by: $_l0) { id } } _l0={"id":"1"}`},
		{"introspection stays", `{ __type(name: "User") { name } }`, `query { __type(name: "User") { name } }`},
		{"conditions are no arguments", `{ user(id: 1) @include(if: true) { id name @skip(if: true) } }`,
			`query ($_l0: ID!) { user(id: $_l0) { id } } _l0="1"`},
	}
	p := NewParser(loadSDL(t, liftSDL), Options{Introspection: true})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := mustParse(t, p, test.operation, "")
			got := o.Planned.Text
			for _, name := range slices.Sorted(maps.Keys(o.Literals)) {
				if !json.Valid(o.Literals[name]) {
					t.Errorf("%s is no JSON", o.Literals[name])
				}
				got += " " + name + "=" + string(o.Literals[name])
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			// What is planned is a valid operation itself.
			if !strings.Contains(o.Planned.Text, "|") {
				mustParse(t, p, o.Planned.Text, "")
			}
		})
	}
}

func TestWhatIsPlannedIsSharedOnlyWhereAnswersAreAlike(t *testing.T) {
	tests := []struct {
		name, a, b string
		shared     bool
	}{
		{"another value", `{ user(id: 1) { id } }`, `query Other { user(id: "x") { id } }`, true},
		{"another order of arguments", `{ user(id: 1, name: "a") { id } }`, `{ user(name: "b", id: 2) { id } }`, true},
		{"another order of an object's fields", `{ find(filter: {text: "a", limit: 1}) { id } }`, `{ find(filter: {limit: 2, text: "b"}) { id } }`, true},
		{"other aliases", `{ a: user(id: 1) { id } }`, `{ b: user(id: 1) { id } }`, false},
		{"another order of fields", `{ user(id: 1) { id name } }`, `{ user(id: 1) { name id } }`, false},
		{"what is skipped", `{ user(id: 1) { id name @skip(if: false) } }`, `{ user(id: 1) { id name @skip(if: true) } }`, false},
		{"equal values and unequal ones", `{ a: user(id: 1) { id } b: user(id: 1) { id } }`, `{ a: user(id: 1) { id } b: user(id: 2) { id } }`, false},
		{"a custom scalar", `{ find(at: 1) { id } }`, `{ find(at: 2) { id } }`, false},
		{"null", `{ user(id: 1, name: null) { id } }`, `{ user(id: 1, name: "a") { id } }`, false},
		{"other arguments", `{ users(first: 1) { id } }`, `{ users(ids: [1]) { id } }`, false},
		{"what costs differently", `{ find(filter: {text: "a"}) { id } }`, `{ find(filter: {inner: {text: "a"}}) { id } }`, false},
		{"a client's variable", `query ($i: ID!) { user(id: $i) { id } }`, `{ user(id: 1) { id } }`, false},
	}
	p := NewParser(loadSDL(t, liftSDL), Options{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, b := mustParse(t, p, test.a, ""), mustParse(t, p, test.b, "")
			if shared := a.Planned.Hash == b.Planned.Hash; shared != test.shared {
				t.Errorf("shared: %t, want %t:\n%s\n%s", shared, test.shared, a.Planned.Text, b.Planned.Text)
			}
		})
	}
}

func TestLiteralsAreKeptWhereThatIsAsked(t *testing.T) {
	p := NewParser(loadSDL(t, liftSDL), Options{KeepLiterals: true})
	if o := mustParse(t, p, `{ user(id: 1) { id } }`, ""); o.Planned != o || o.Literals != nil {
		t.Errorf("%s, %v", o.Planned.Text, o.Literals)
	}
}

func TestEqualFieldsUnderGuardsGetOneVariable(t *testing.T) {
	p := NewParser(loadSDL(t, liftSDL), Options{})
	o := mustParse(t, p, `query ($a: Boolean!, $b: Boolean!) {
		user(id: 1) @include(if: $a) { id }
		user(id: 1) @include(if: $b) { name }
	}`, "")
	for i, f := range o.Planned.Root.Fields {
		if got := f.Arguments[0].Value.Raw; got != "_l0" || f.Key != "user" {
			t.Errorf("field %d is %s(id: $%s)", i, f.Key, got)
		}
	}
}

func TestTheCostIsThatOfTheClientsLiterals(t *testing.T) {
	p := NewParser(loadSDL(t, strings.Replace(liftSDL, "weights: [[Float!]]): [User!]!", `weights: [[Float!]]): [User!]! @listSize(slicingArguments: ["first"])`, 1)), Options{})
	for text, want := range map[string]float64{`{ users(first: 3) { id } }`: 3, `{ users(first: 70) { id } }`: 70} {
		o := mustParse(t, p, text, "")
		values, errs := o.Coerce(nil)
		if errs != nil {
			t.Fatal(errs)
		}
		if got, err := o.Cost.Evaluate(values); err != nil || got != want {
			t.Errorf("%s costs %g, %v; want %g", text, got, err, want)
		}
	}
}

// TestWhatIsPlannedIsTheOperation looks at random operations: with the literals
// back in place what is planned is field for field the operation, it is valid
// itself, and an operation with other literals shares it.
func TestWhatIsPlannedIsTheOperation(t *testing.T) {
	lifted := 0
	others := strings.NewReplacer("first: 1", "first: 7", `"x"`, `"y"`, `id: "1"`, "id: 22")
	eachOperation(t, invariantSchema(), func(p *Parser, _ *generator, text string) {
		doc, errs := p.Parse(text)
		if len(errs) > 0 {
			return
		}
		o, err := doc.Operation("")
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Literals) == 0 {
			return
		}
		lifted++
		sameButForLiterals(t, o.Root, o.Planned.Root, o.Literals)
		if again := reparse(t, p, o.Planned); again.Text != o.Planned.Text {
			t.Errorf("%s\nis planned as\n%s\nwhich is\n%s", text, o.Planned, again)
		}
		if other := mustParse(t, p, others.Replace(text), ""); other.Planned.Hash != o.Planned.Hash {
			t.Errorf("%s\nis planned as\n%s\nand with other literals as\n%s", text, o.Planned, other.Planned)
		}
	})
	if lifted < *cases/20 {
		t.Errorf("only %d of %d operations had literals", lifted, *cases)
	}
}

func sameButForLiterals(t *testing.T, a, b *SelectionSet, literals map[string]json.RawMessage) {
	t.Helper()
	if len(a.Fields) != len(b.Fields) || a.Type != b.Type || !a.Possible.Equal(b.Possible) {
		t.Fatalf("%d fields of %s are planned as %d of %s", len(a.Fields), a.Type, len(b.Fields), b.Type)
	}
	for i, x := range a.Fields {
		y := b.Fields[i]
		for _, arg := range x.Arguments {
			value := y.Arguments.ForName(arg.Name).Value
			text := value.String()
			if raw, ok := literals[value.Raw]; ok {
				text = string(raw)
			}
			if text != arg.Value.String() {
				t.Errorf("%s(%s: %s) is planned with %s", x.Name, arg.Name, arg.Value, text)
			}
		}
		if x.ResponseKey != y.ResponseKey || x.Key != y.Key || x.Name != y.Name || !x.On.Equal(y.On) || !slices.Equal(x.Guards, y.Guards) ||
			!slices.Equal(x.Unless, y.Unless) || x.FieldCost != y.FieldCost || len(x.Arguments) != len(y.Arguments) || (x.Selections == nil) != (y.Selections == nil) {
			t.Errorf("%+v is planned as %+v", x, y)
		}
		if x.Selections != nil {
			sameButForLiterals(t, x.Selections, y.Selections, literals)
		}
	}
}

func BenchmarkParseAndNormaliseLiterals(b *testing.B) {
	text := "{"
	for i := range 20 {
		text += fmt.Sprintf(" a%d: user(id: %d) { name reviews { body product { name price } } }", i, i)
	}
	for name, keep := range map[string]bool{"lifted": false, "kept": true} {
		b.Run(name, func(b *testing.B) {
			p := NewParser(loadSDL(b, benchSchema), Options{KeepLiterals: keep})
			b.ReportAllocs()
			for b.Loop() {
				mustParse(b, p, text+"}", "")
			}
		})
	}
}
