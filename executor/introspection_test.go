package executor

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
)

const introspectedSDL = `
"Where to begin."
type Query {
  "One thing."
  thing(id: ID! = "1", old: Int @deprecated, in: Filter): Thing!
  things: [[Thing!]!] @deprecated(reason: "no \"more\"")
  old: String @deprecated
}
interface Named { name: String }
type Thing implements Named { name: String kind: Kind }
union Any = Thing | Other
type Other { x: Int any: Any when: Date }
enum Kind { A B @deprecated(reason: "b") }
input Filter { a: Int = 5 b: [String!] = ["x"] c: Boolean @deprecated }
scalar Date @specifiedBy(url: "https://example.com/date")
`

func introspect(t *testing.T, text string, r *Request) string {
	t.Helper()
	p := plans{t, composed(t, "a", introspectedSDL)}
	op := parsed(t, p.sg, text)
	s := &planner.Step{Graph: planner.Local, Kind: ast.Query}
	for _, f := range op.Root.Fields {
		if f.Name != "__typename" {
			s.Parts = append(s.Parts, &planner.Part{Key: f.Key, Guards: f.Guards})
		}
	}
	got, _ := run(t, newExecutor(t, Options{Fetcher: &canned{}}), p.program(op, s), r)
	return got
}

func TestRunAnswersIntrospectionItself(t *testing.T) {
	tests := []struct{ name, operation, want string }{
		{"nested types", `{ __type(name: "Query") { fields { name type { kind name ofType { kind name ofType { kind name } } } } } }`,
			`{"__type":{"fields":[{"name":"thing","type":{"kind":"NON_NULL","name":null,"ofType":{"kind":"OBJECT","name":"Thing","ofType":null}}}]}}`},
		{"deprecated fields", `{ __type(name: "Query") { fields(includeDeprecated: true) { name isDeprecated deprecationReason } } }`,
			`{"__type":{"fields":[{"name":"thing","isDeprecated":false,"deprecationReason":null},{"name":"things","isDeprecated":true,"deprecationReason":"no \"more\""},{"name":"old","isDeprecated":true,"deprecationReason":"No longer supported"}]}}`},
		{"arguments", `{ __type(name: "Query") { fields { description args { name defaultValue type { name ofType { name } } } all: args(includeDeprecated: true) { name isDeprecated } } } }`,
			`{"__type":{"fields":[{"description":"One thing.","args":[{"name":"id","defaultValue":"\"1\"","type":{"name":null,"ofType":{"name":"ID"}}},{"name":"in","defaultValue":null,"type":{"name":"Filter","ofType":null}}],"all":[{"name":"id","isDeprecated":false},{"name":"old","isDeprecated":true},{"name":"in","isDeprecated":false}]}]}}`},
		{"an enum", `{ __type(name: "Kind") { kind enumValues { name } all: enumValues(includeDeprecated: true) { name deprecationReason } fields { name } inputFields { name } } }`,
			`{"__type":{"kind":"ENUM","enumValues":[{"name":"A"}],"all":[{"name":"A","deprecationReason":null},{"name":"B","deprecationReason":"b"}],"fields":null,"inputFields":null}}`},
		{"an input", `{ __type(name: "Filter") { kind isOneOf inputFields { name defaultValue } enumValues { name } interfaces { name } } }`,
			`{"__type":{"kind":"INPUT_OBJECT","isOneOf":false,"inputFields":[{"name":"a","defaultValue":"5"},{"name":"b","defaultValue":"[\"x\"]"}],"enumValues":null,"interfaces":null}}`},
		{"a scalar", `{ __type(name: "Date") { kind specifiedByURL possibleTypes { name } } }`,
			`{"__type":{"kind":"SCALAR","specifiedByURL":"https://example.com/date","possibleTypes":null}}`},
		{"abstract types", `{ named: __type(name: "Named") { possibleTypes { name } interfaces { name } } any: __type(name: "Any") { kind possibleTypes { name interfaces { name } } } }`,
			`{"named":{"possibleTypes":[{"name":"Thing"}],"interfaces":[]},"any":{"kind":"UNION","possibleTypes":[{"name":"Other","interfaces":[]},{"name":"Thing","interfaces":[{"name":"Named"}]}]}}`},
		{"an unknown type", `{ __type(name: "Nobody") { name } }`, `{"__type":null}`},
		{"type names", `{ __typename __schema { __typename queryType { __typename name fields { __typename } } mutationType { name } } }`,
			`{"__typename":"Query","__schema":{"__typename":"__Schema","queryType":{"__typename":"__Type","name":"Query","fields":[{"__typename":"__Field"}]},"mutationType":null}}`},
		{"guards", `query($no: Boolean = false, $yes: Boolean = true) { __schema { queryType { name @include(if: $no) kind @skip(if: $no) ... @include(if: $yes) { description } } } skipped: __type(name: "Kind") @skip(if: $yes) { name } }`,
			`{"__schema":{"queryType":{"kind":"OBJECT","description":"Where to begin."}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := plans{t, composed(t, "a", introspectedSDL)}
			op := parsed(t, p.sg, test.operation)
			values, errs := op.Coerce(nil)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			got := introspect(t, test.operation, &Request{Variables: values.Raw, Conditions: values.Conditions})
			if want := `{"data":` + test.want + `}`; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestRunReadsIntrospectionsArgumentsFromVariables(t *testing.T) {
	const text = `query($name: String!, $all: Boolean = true) { __type(name: $name) { enumValues(includeDeprecated: $all) { name } } }`
	for all, want := range map[string]string{``: `[{"name":"A"},{"name":"B"}]`, `true`: `[{"name":"A"},{"name":"B"}]`, `false`: `[{"name":"A"}]`} {
		r := &Request{Variables: map[string]json.RawMessage{"name": json.RawMessage(`"K\u0069nd"`)}}
		if all != "" {
			r.Variables["all"] = json.RawMessage(all)
		}
		if got := introspect(t, text, r); got != `{"data":{"__type":{"enumValues":`+want+`}}}` {
			t.Errorf("all=%s: %s", all, got)
		}
	}
}

func TestRunListsTheDirectivesOfTheAPI(t *testing.T) {
	got := introspect(t, `{ __schema { directives { name isRepeatable locations args { name type { kind } } } types { name } } }`, &Request{})
	for _, want := range []string{`{"name":"include","isRepeatable":false,"locations":["FIELD","FRAGMENT_SPREAD","INLINE_FRAGMENT"],"args":[{"name":"if","type":{"kind":"NON_NULL"}}]}`, `{"name":"Thing"}`, `{"name":"__Type"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	for _, internal := range []string{"join__", "link__", "_Entity", `"defer"`} {
		if strings.Contains(got, internal) {
			t.Errorf("%s is shown", internal)
		}
	}
}

func TestRunRefusesIntrospectionThatIsTooLarge(t *testing.T) {
	p := plans{t, composed(t, "a", introspectedSDL)}
	op := parsed(t, p.sg, `{ __schema { types { name fields { name description } } } }`)
	e := newExecutor(t, Options{Fetcher: &canned{}, Limits: Limits{Introspection: 1 << 10}})
	got, _ := run(t, e, p.program(op, &planner.Step{Graph: planner.Local, Kind: ast.Query, Parts: []*planner.Part{{Key: "__schema"}}}), nil)
	if !strings.Contains(got, codeIntrospectionTooLarge) || !strings.HasSuffix(got, `"data":null}`) {
		t.Errorf("got %.300s", got)
	}
}
