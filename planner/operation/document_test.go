package operation

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
)

const testSchema = `
type Query {
  me: User
  node(id: ID!): Node
  nodes(ids: [ID!], filter: Filter): [Node!]!
  search: [Result]
  now: String
}
type Mutation { rename(id: ID!, name: String): User }
type Subscription { tick: Int user: User }
input Filter { kind: Kind = A words: [String!] deep: Filter }
enum Kind { A B }
interface Node { id: ID! owner: Node name: String }
interface Named { name: String }
type User implements Node & Named { id: ID! owner: User name: String! age: Int friends(first: Int = 10, after: String): [User!]! me: User }
type Team implements Node & Named { id: ID! owner: User name: String members: [User] size: Int }
type Bot implements Node { id: ID! owner: Team name: String! version(of: String): String size: Float }
union Result = User | Team
`

func TestLimitsNameTheirSetting(t *testing.T) {
	bomb := "{ me { ...F0 } } fragment F30 on User { id }"
	for i := range 30 {
		bomb += fmt.Sprintf(" fragment F%d on User { a: me { ...F%d } b: me { ...F%d } }", i, i+1, i+1)
	}
	sameLevel := "{ me { ...F0 } } fragment F30 on User { id }"
	for i := range 30 {
		sameLevel += fmt.Sprintf(" fragment F%d on User { ...F%d ...F%d }", i, i+1, i+1)
	}
	chain := "{ me { ...F0 } } fragment F1800 on User { id }"
	for i := range 1800 {
		chain += fmt.Sprintf(" fragment F%d on User { ...F%d }", i, i+1)
	}
	for _, c := range []struct {
		name, document, setting string
		limits                  Limits
	}{
		{"tokens", "{ now now now }", "limits.tokens", Limits{Tokens: 4}},
		{"depth", "{ me { me { id } } }", "limits.depth", Limits{Depth: 2}},
		{"depth through fragments", "{ me { ...F } } fragment F on User { me { id } }", "limits.depth", Limits{Depth: 2}},
		{"fields", "{ a: now b: now c: now }", "limits.fields", Limits{Fields: 2}},
		{"root fields", "{ ...F ...F } fragment F on Query { now me { id } }", "limits.root_fields", Limits{RootFields: 3}},
		{"aliases", "{ a: now b: now now: now }", "limits.aliases", Limits{Aliases: 1}},
		{"no alias at all", "{ a: now }", "limits.aliases", Limits{Aliases: -1}},
		{"fragments that double", bomb, "limits.fields", Limits{Aliases: 1 << 50}},
		{"a chain of fragments", chain, "limits.fields", Limits{}},
		{"fragments that double at one level", sameLevel, "limits.fields", Limits{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs := NewParser(loadSDL(t, testSchema), Options{Limits: c.limits}).Parse(c.document)
			if len(errs) == 0 {
				t.Fatal("no error")
			}
			for _, err := range errs {
				if err.Extensions["code"] == CodeLimitExceeded && err.Extensions["limit"] == c.setting && strings.Contains(err.Message, c.setting) {
					return
				}
			}
			t.Errorf("no error names %s: %v", c.setting, errs)
		})
	}
}

func TestEachFieldCountsOnceToTheLimit(t *testing.T) {
	sdl := loadSDL(t, testSchema)
	for document, fields := range map[string]int{
		"{ me { id } }":           2,
		"{ me { id } me { id } }": 4,
		"{ me { ...F } } fragment F on User { id me { id } }": 4,
	} {
		for limit := fields - 1; limit <= fields; limit++ {
			doc, errs := NewParser(sdl, Options{Limits: Limits{Fields: limit}}).Parse(document)
			allowed := errs == nil
			if allowed {
				_, err := doc.Operation("")
				allowed = err == nil
			}
			if allowed != (limit == fields) {
				t.Errorf("%s: allowed within %d fields: %v", document, limit, allowed)
			}
		}
	}
}

// Every level doubles the sub-selections because two object types select
// differently: the document is small, its normal form is not.
func TestNormalFormHasALimit(t *testing.T) {
	text := "id"
	for i := range 5 {
		text = fmt.Sprintf("next { %s } ... on A { next { a%d: id } } ... on B { next { b%d: id } }", text, i, i)
	}
	p := NewParser(loadSDL(t, `
type Query { x: X }
type Mutation { x: X }
type Subscription { x: X }
interface X { id: ID next: X }
type A implements X { id: ID next: X }
type B implements X { id: ID next: X }
`), Options{Limits: Limits{Fields: 60}})
	doc, errs := p.Parse("{ x { " + text + " } }")
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	_, err := doc.Operation("")
	if err == nil || !strings.Contains(err.Error(), "limits.fields") {
		t.Fatalf("got %v, want an error that names limits.fields", err)
	}
}

func TestTooManyConditionsAreRefused(t *testing.T) {
	variables, fields := "", ""
	for i := range MaxConditions + 1 {
		variables += fmt.Sprintf("$c%d: Boolean! ", i)
		fields += fmt.Sprintf("a%d: now @skip(if: $c%d) ", i, i)
	}
	doc, errs := NewParser(loadSDL(t, testSchema), Options{}).Parse("query (" + variables + ") { " + fields + "}")
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if _, err := doc.Operation(""); err == nil || !strings.Contains(err.Error(), "more than 64 different variables") {
		t.Fatalf("got %v", err)
	}
}

func TestOperationIsPickedByName(t *testing.T) {
	p := NewParser(loadSDL(t, testSchema), Options{})
	two, errs := p.Parse("query A { now } query B { me { id } }")
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if o, err := two.Operation("B"); err != nil || o.Name != "B" || o.Root.Fields[0].Name != "me" {
		t.Errorf("got %v, %v", o, err)
	}
	if _, err := two.Operation(""); err == nil || !strings.Contains(err.Error(), "has 2 operations") {
		t.Errorf("got %v", err)
	}
	if _, err := two.Operation("C"); err == nil || !strings.Contains(err.Error(), `no operation named "C"`) {
		t.Errorf("got %v", err)
	}
	first, _ := two.Operation("A")
	again, _ := two.Operation("A")
	if first != again {
		t.Error("an operation is normalised anew each time")
	}
	if a, b := mustParse(t, p, "query X { now }", "X"), mustParse(t, p, "{ now }", ""); a.Hash != b.Hash || a.Text != b.Text {
		t.Error("the name is part of the hash")
	}
}

func TestErrorsHaveCodesAndLocations(t *testing.T) {
	for _, c := range []struct{ document, code, message string }{
		{"{ me { ", CodeParseFailed, "Expected"},
		{"", CodeParseFailed, "no operation"},
		{"fragment F on User { id }", CodeParseFailed, "no operation"},
		{"{ nothing }", CodeValidationFailed, `Cannot query field "nothing"`},
		{"{ me { id } } fragment F on User { ...F }", CodeValidationFailed, "F"},
		{"{ me { ...F } } fragment F on User { me { ...F } a: me { ...F } }", CodeValidationFailed, "itself"},
		{"{ me @defer { id } }", CodeValidationFailed, `"@defer"`},
		{"{ ... @defer { me { id } } }", CodeValidationFailed, `"@defer"`},
		{"{ search @stream { __typename } }", CodeValidationFailed, `"@stream"`},
		{"query @sort { now }", CodeValidationFailed, `does not carry out the directive "@sort"`},
		{"{ me { friends(first: 2147483648) { id } } }", CodeValidationFailed, "non 32-bit signed integer value: 2147483648"},
		{"{ me { friends(first: 99999999999999999999) { id } } }", CodeValidationFailed, "99999999999999999999"},
		{"query ($n: Int = -2147483649) { me { friends(first: $n) { id } } }", CodeValidationFailed, "non 32-bit"},
		{"{ __schema { types { name } } }", "INTROSPECTION_DISABLED", "Introspection is turned off"},
		{`{ __type(name: "User") { name } }`, "INTROSPECTION_DISABLED", "Introspection is turned off"},
	} {
		_, errs := NewParser(loadSDL(t, testSchema+"directive @sort on QUERY"), Options{}).Parse(c.document)
		if len(errs) == 0 || errs[0].Extensions["code"] != c.code || !strings.Contains(errs.Error(), c.message) {
			t.Errorf("%s: got %v, want %s with %s", c.document, errs, c.message, c.code)
		}
	}
}

func TestSuggestionsFollowIntrospection(t *testing.T) {
	sg := loadSDL(t, testSchema)
	for _, document := range []string{
		"{ noww }", `{ node(idd: "1") { id } }`, "{ me }", "{ nodes(filter: {kind: AA}) { id } }",
	} {
		_, open := NewParser(sg, Options{Introspection: true}).Parse(document)
		_, closed := NewParser(sg, Options{}).Parse(document)
		if len(open) == 0 || !strings.Contains(open.Error(), "Did you mean") {
			t.Errorf("%s: no suggestion with introspection: %v", document, open)
		}
		if len(closed) == 0 || strings.Contains(closed.Error(), "Did you mean") {
			t.Errorf("%s: a suggestion without introspection: %v", document, closed)
		}
	}
	if _, errs := NewParser(sg, Options{}).Parse("{ __typename me { __typename } }"); len(errs) > 0 {
		t.Errorf("__typename is refused: %v", errs)
	}
}

// The introspection query that tools send is within the limits.
func TestToolsMayIntrospect(t *testing.T) {
	const ofType = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } }"
	o := mustParse(t, NewParser(loadSDL(t, testSchema), Options{Introspection: true}), `query IntrospectionQuery {
  __schema {
    description queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { `+ofType+` }`, "")
	for _, f := range o.Root.Fields[0].Selections.Fields {
		if f.On.Empty() {
			t.Errorf("%s is selected on no type", f.Name)
		}
	}
}

func TestOneDocumentServesManyGoroutines(t *testing.T) {
	doc, errs := NewParser(loadSDL(t, testSchema), Options{}).Parse("query A { ...F } query B($n: Int) { ...F me { friends(first: $n) { id } } } fragment F on Query { me { id name } }")
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	done := make(chan error)
	for i := range 8 {
		go func() {
			_, err := doc.Operation([]string{"A", "B"}[i%2])
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsInaccessibleIsNotThere(t *testing.T) {
	p := NewParser(loadSDL(t, `
type Query { n(kind: Kind): N }
type Mutation { x: Int }
type Subscription { x: Int }
enum Kind { OPEN SECRET @inaccessible }
interface N { id: ID hidden: ID @inaccessible }
type A implements N { id: ID hidden: ID @inaccessible }
type B implements N @inaccessible { id: ID hidden: ID }
`), Options{Introspection: true})
	for _, document := range []string{"{ n { hidden } }", "{ n { ... on B { id } } }", "{ n(kind: SECRET) { id } }"} {
		if _, errs := p.Parse(document); len(errs) == 0 {
			t.Errorf("%s is valid", document)
		}
	}
	o := mustParse(t, p, "query ($k: Kind) { n(kind: $k) { id } }", "")
	if names := o.types.names(o.Root.Fields[0].Selections.Possible); len(names) != 1 || names[0] != "A" {
		t.Errorf("possible are %v", names)
	}
	if _, errs := o.Coerce([]byte(`{"k": "SECRET"}`)); len(errs) == 0 {
		t.Error("a hidden enum value passes as a variable")
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"{ now }", "query ($a: Boolean!) { me @include(if: $a) { id ...F } } fragment F on User { name }",
		"{ node(id: 1) { ... on User { x: age } ... on Team { x: size } } }", "fragment F on User { me { ...F } } { me { ...F } }",
	} {
		f.Add(text)
	}
	sg, err := schema.LoadSupergraph(supergraphHead+typeHead.ReplaceAllString(invariantSchema(), "$1 @join__type(graph: A) $2"), schema.LoadOptions{})
	if err != nil {
		f.Fatal(err)
	}
	p := NewParser(sg, Options{Introspection: true, Limits: Limits{Fields: 500, Tokens: 2000}})
	f.Fuzz(func(t *testing.T, text string) {
		doc, errs := p.Parse(text)
		if len(errs) > 0 || strings.Contains(text, "|") {
			return
		}
		for _, op := range doc.operations {
			o, err := op.normalised()
			if err != nil {
				continue
			}
			if again := reparse(t, p, o); o.Text != again.Text {
				t.Errorf("the normal form is not stable:\n%s\n%s", o.Text, again.Text)
			}
		}
	})
}

// benchSchema is the API of bench/'s four subgraphs.
const benchSchema = `
type Query { me: User user(id: ID!): User users: [User] topProducts(first: Int = 5): [Product] }
type Mutation { x: Int }
type Subscription { x: Int }
type User { id: ID! name: String username: String birthday: Int reviews: [Review] }
type Review { id: ID! body: String author: User product: Product }
type Product { upc: String! name: String price: Int weight: Int inStock: Boolean shippingEstimate: Int reviews: [Review] }
`

func BenchmarkParseAndNormalise(b *testing.B) {
	text, err := os.ReadFile("testdata/heavy.graphql")
	if err != nil {
		b.Fatal(err)
	}
	p := NewParser(loadSDL(b, benchSchema), Options{})
	b.ReportAllocs()
	for b.Loop() {
		mustParse(b, p, string(text), "")
	}
}
