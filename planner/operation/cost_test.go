package operation

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const costSchema = `
type Query {
  user: User
  users(first: Int = 20, last: Int): [User] @listSize(slicingArguments: ["first", "last"])
  any(first: Int, last: Int): [User] @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false, assumedSize: 7)
  assumed: [User] @listSize(assumedSize: 3)
  plain: [User]
  grid: [[User]]
  page(in: Page, ids: [ID!]): Users @listSize(slicingArguments: ["in.first", "ids"], sizedFields: ["nodes", "edges"])
  dear: Int @cost(weight: 5)
  dears: [Int] @cost(weight: 5)
  mood: Mood
  search(for: Search): [Animal]
  cheap(off: Int @cost(weight: -3)): User
}
type Mutation { change(what: Search, list: [Search!]): User }
type Subscription { user: User }
type User { id: ID! name: String friend: User friends: [User] picture: Picture }
type Users { nodes: [User] edges: [Edge] total: Int @cost(weight: 2) other: [User] }
type Edge { node: User }
type Picture @cost(weight: 4) { url: String }
enum Mood @cost(weight: 2) { GOOD BAD }
input Page { first: Int }
input Search { text: String more: Search deep: Int @cost(weight: 7) }
interface Animal { name: String food: [Food] @listSize(assumedSize: 2) }
type Dog implements Animal { name: String food: [Food] bones: Food @cost(weight: 9) }
type Cat implements Animal { name: String food: [Food] mice: [Food] }
type Food { name: String }
`

func TestCost(t *testing.T) {
	p := NewParser(loadSDL(t, costSchema), Options{Introspection: true})
	for _, c := range []struct {
		operation, variables string
		want                 float64
	}{
		{"{ user { id name } }", "", 1},
		{"{ user { friend { id } } }", "", 2},
		{"{ user { picture { url } } }", "", 5},
		{"{ dear mood }", "", 7},
		{"{ dears }", "", 50},
		{"{ plain { id } }", "", 10},
		{"{ grid { id } }", "", 100},
		{"{ plain { friends { id } } }", "", 10 * 11},
		{"{ assumed { id } }", "", 3},
		{"{ users { id } }", "", 20},
		{"{ users(first: 4) { id } }", "", 4},
		{"{ users(last: 6) { id } }", "", 6},
		{"query ($n: Int) { users(first: $n) { id } }", `{"n": 9}`, 9},
		{"query ($n: Int = 8) { users(first: $n) { id } }", "", 8},
		{"{ users(first: -5) { id } }", "", 0},
		{"{ any { id } }", "", 7},
		{"{ any(first: 2, last: 4) { id } }", "", 4},
		{"{ page(in: {first: 3}) { nodes { id } edges { node { id } } total other { id } } }", "", 1 + 1 + 3 + 3*2 + 2 + 10},
		{"query ($p: Page) { page(in: $p) { nodes { id } } }", `{"p": {"first": 6}}`, 1 + 1 + 6},
		{"query ($n: Int) { page(in: {first: $n}) { nodes { id } } }", `{"n": 2}`, 1 + 1 + 2},
		{`{ page(ids: ["a", "b"]) { nodes { id } } }`, "", 1 + 2},
		{"{ search { name } }", "", 10},
		{"{ search { food { name } } }", "", 10 * 3},
		{"{ search { ... on Dog { bones { name } } ... on Cat { mice { name } } } }", "", 10 * 11},
		{"{ search { food { name } ... on Dog { bones { name } } } }", "", 10 * 12},
		{`{ search(for: {text: "x", more: {deep: 1}}) { name } }`, "", 10 + 1 + 1 + 7},
		{"query ($s: Search) { search(for: $s) { name } }", `{"s": {"more": {"deep": 1}}}`, 10 + 1 + 1 + 7},
		{"query ($s: Search) { search(for: $s) { name } }", `{"s": null}`, 10},
		{"mutation { change { id } }", "", 11},
		{"mutation ($l: [Search!]) { change(list: $l) { id } }", `{"l": [{}, {"deep": 1}]}`, 11 + 1 + 8},
		{"mutation { change(list: {}) { id } }", "", 12},
		{"query ($a: Boolean!) { user @include(if: $a) { id } dear @skip(if: $a) }", `{"a": true}`, 1},
		{"query ($a: Boolean!) { user @include(if: $a) { id } dear @skip(if: $a) }", `{"a": false}`, 5},
		{"query ($a: Boolean!) { user @include(if: $a) { id } user { picture { url } } }", `{"a": true}`, 5},
		{"{ cheap(off: 1) { id } }", "", 0},
		{"{ cheap { id } }", "", 1},
		{"{ __typename __schema { types { name fields { name } } } }", "", 0},
		{"{ users(first: 2147483647) { friends { friends { friends { friends { friends { friends { friends { id } } } } } } } } }", "", maxCost},
	} {
		o := mustParse(t, p, c.operation, "")
		values, errs := o.Coerce(json.RawMessage(c.variables))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		got, err := o.Cost.Evaluate(values)
		if err != nil || got != c.want {
			t.Errorf("%s %s: got %g, %v, want %g", c.operation, c.variables, got, err, c.want)
		}
	}
}

func TestSlicingArgumentsMustBeOne(t *testing.T) {
	p := NewParser(loadSDL(t, costSchema), Options{})
	for _, operation := range []string{
		"{ users(first: 1, last: 2) { id } }", "{ users(first: null) { id } }", "{ page { total } }",
		"query ($n: Int) { page(in: {first: $n}) { total } }",
	} {
		_, err := mustParse(t, p, operation, "").Cost.Evaluate(&Values{})
		if err == nil || !strings.Contains(err.Error(), "exactly one of the arguments") {
			t.Errorf("%s: got %v", operation, err)
		}
	}
	off := mustParse(t, p, "query ($a: Boolean!) { users(first: 1, last: 2) @include(if: $a) { id } }", "")
	if cost, err := off.Cost.Evaluate(&Values{}); err != nil || cost != 0 {
		t.Errorf("a field that is left out counts: %g, %v", cost, err)
	}
}

func TestCostIsExplained(t *testing.T) {
	o := mustParse(t, NewParser(loadSDL(t, costSchema), Options{}), "mutation { change(what: {}) { id friends { picture { url } } } }", "")
	lines, err := o.Cost.Explain(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, l.String())
	}
	want := []string{
		"Mutation weight 10 = 62",
		"  Mutation.change weight 1 arguments 1 = 52",
		"    User.friends ×10 weight 1 = 50",
		"      User.picture weight 4 = 4",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFieldsCarryTheWeightsOfTheActualCost(t *testing.T) {
	o := mustParse(t, NewParser(loadSDL(t, costSchema), Options{}),
		"query ($s: Search) { plain { picture { url } } dear dears search(for: $s) { name } }", "")
	want := map[string][2]float64{"plain": {0, 1}, "dear": {5, 0}, "dears": {0, 5}, "search": {1, 1}}
	for _, f := range o.Root.Fields {
		if got := [2]float64{f.FieldCost, f.ItemCost}; got != want[f.Name] {
			t.Errorf("%s: got %v, want %v", f.Name, got, want[f.Name])
		}
	}
}

func TestIntrospectionCostsNothingOnceItIsAnswered(t *testing.T) {
	p := NewParser(loadSDL(t, costSchema), Options{Introspection: true})
	doc, errs := p.Parse("{ __schema { types { name fields { name args { name } } } } }")
	if errs != nil {
		t.Fatal(errs)
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatal(err)
	}
	var check func(s *SelectionSet)
	check = func(s *SelectionSet) {
		for _, f := range s.Fields {
			if f.FieldCost != 0 || f.ItemCost != 0 {
				t.Errorf("%s costs %g, and %g an item", f.Name, f.FieldCost, f.ItemCost)
			}
			if f.Selections != nil {
				check(f.Selections)
			}
		}
	}
	check(op.Root)
}
