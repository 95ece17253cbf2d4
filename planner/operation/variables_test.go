package operation

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-graphql/weft/schema"
)

const variableSchema = `
type Query { f(i: Int, i2: Int! = 3, fl: Float, s: String, id: ID, b: Boolean, e: Kind, l: [[Int!]!], in: In, one: One, any: Any): Int g: Int }
type Mutation { x: Int }
type Subscription { x: Int }
scalar Any
enum Kind { A B }
input In { n: Int! d: Int! = 3 deep: In list: [In!] any: Any e: Kind }
input One @oneOf { a: Int b: String }
`

const variableOperation = `query ($i: Int, $i2: Int! = 3, $fl: Float, $s: String, $id: ID, $b: Boolean = true, $e: Kind, $l: [[Int!]!], $in: In, $one: One, $any: Any, $c: Boolean!) {
  f(i: $i, i2: $i2, fl: $fl, s: $s, id: $id, b: $b, e: $e, l: $l, in: $in, one: $one, any: $any) @skip(if: $b)
  g @include(if: $c)
}`

func TestVariablesAreCheckedAndKeptAsTheyAre(t *testing.T) {
	o := mustParse(t, NewParser(loadSDL(t, variableSchema), Options{}), variableOperation, "")
	for _, c := range []struct{ variables, fails string }{
		{`{"c": true}`, ""},
		{` {"c": true, "i": -2147483648, "fl": 12345678901234567890, "s": "é\u0000\"", "id": 98765432109876543210, "e": "B", "l": [[1, 2], []]} `, ""},
		{`{"c": true, "i": null, "b": false, "any": {"x": [1e400, {"x": 1, "x": 2}]}, "id": "a", "fl": 1}`, ""},
		{`{"c": true, "l": 1, "i": 1.0}`, ""},
		{`{"c": true, "l": [1, [2]]}`, ""},
		{`{"c": true, "unknown": {"is": "dropped"}}`, ""},
		{`{"c": true, "in": {"n": 1, "list": {"n": 2, "list": [{"n": 3, "any": null}]}, "e": "A"}, "one": {"a": 1}}`, ""},
		{``, `Variable "$c" of required type "Boolean!" was not provided.`},
		{`null`, `Variable "$c" of required type`},
		{`[]`, `must be a JSON object`},
		{`{"c": tru}`, `not valid JSON`},
		{`{"c": true, "c": false}`, `Variable "$c" is given twice.`},
		{`{"c": null}`, `Variable "$c" got invalid value null; Expected non-nullable type "Boolean!" not to be null.`},
		{`{"c": true, "b": null}`, `Variable "$b" is used in @skip, @include or @defer and must not be null.`},
		{`{"c": true, "i2": null}`, `"$i2" got invalid value null`},
		{`{"c": true, "i": 2147483648}`, `Int cannot represent non 32-bit`},
		{`{"c": true, "i": 1.5}`, `Int cannot represent non-integer value.`},
		{`{"c": true, "i": 1e400}`, `Int cannot represent`},
		{`{"c": true, "i": "1"}`, `Int cannot represent`},
		{`{"c": true, "i": true}`, `Int cannot represent`},
		{`{"c": true, "fl": 1e400}`, `Float cannot represent a number that large.`},
		{`{"c": true, "fl": "1"}`, `Float cannot represent non numeric`},
		{`{"c": true, "s": 1}`, `String cannot represent`},
		{`{"c": true, "id": 1.5}`, `ID cannot represent`},
		{`{"c": true, "id": {}}`, `ID cannot represent`},
		{`{"c": 1}`, `Boolean cannot represent`},
		{`{"c": true, "e": "C"}`, `Variable "$e" got invalid value "C"; Value does not exist in "Kind" enum.`},
		{`{"c": true, "e": true}`, `Enum "Kind" cannot represent`},
		{`{"c": true, "l": [[1, null]]}`, `got invalid value null at "l[0][1]"; Expected non-nullable type "Int!"`},
		{`{"c": true, "l": [null]}`, `at "l[0]"`},
		{`{"c": true, "in": 1}`, `Expected type "In" to be an object.`},
		{`{"c": true, "in": {}}`, `Field "n" of required type "Int!" was not provided.`},
		{`{"c": true, "in": {"n": 1, "d": null}}`, `at "in.d"`},
		{`{"c": true, "in": {"n": 1, "x": 1}}`, `Field "x" is not defined by type "In".`},
		{`{"c": true, "in": {"n": 1, "n": 1}}`, `Field "n" is given twice.`},
		{`{"c": true, "in": {"n": 1, "list": [{"n": 1}, {"n": "a"}]}}`, `got invalid value "a" at "in.list[1].n"; Int cannot`},
		{`{"c": true, "one": {}}`, `Exactly one field of type "One"`},
		{`{"c": true, "one": {"a": 1, "b": "x"}}`, `Exactly one field of type "One"`},
		{`{"c": true, "one": {"a": null}}`, `Exactly one field of type "One"`},
		{`{"c": true, "in": ` + strings.Repeat(`{"n": 1, "deep": `, 200) + `null` + strings.Repeat(`}`, 201), `nested deeper than 128 levels`},
	} {
		values, errs := o.Coerce(json.RawMessage(c.variables))
		if c.fails != "" {
			if len(errs) == 0 || !strings.Contains(errs.Error(), c.fails) {
				t.Errorf("%s: got %v, want %s", c.variables, errs, c.fails)
			}
			for _, err := range errs {
				if err.Extensions["code"] != CodeBadInput {
					t.Errorf("%s: no code on %v", c.variables, err)
				}
			}
			continue
		}
		if len(errs) > 0 {
			t.Errorf("%s: %v", c.variables, errs)
			continue
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(c.variables), &want); err != nil {
			t.Fatal(err)
		}
		delete(want, "unknown")
		if diff := cmp.Diff(want, values.Raw); diff != "" {
			t.Errorf("%s: not verbatim (-want +got):\n%s", c.variables, diff)
		}
	}
}

func TestErrorsOfVariablesHaveTheDefinitionsPlace(t *testing.T) {
	o := mustParse(t, NewParser(loadSDL(t, variableSchema), Options{}), "query (\n  $e: Kind\n) { f(e: $e) }", "")
	_, errs := o.Coerce(json.RawMessage(`{"e": 1}`))
	if len(errs) != 1 || len(errs[0].Locations) != 1 || errs[0].Locations[0].Line != 2 || errs[0].Locations[0].Column != 3 {
		t.Errorf("got %+v", errs)
	}
}

func TestConditionsTakeDefaults(t *testing.T) {
	o := mustParse(t, NewParser(loadSDL(t, variableSchema), Options{}), variableOperation, "")
	bit := map[string]Conditions{}
	for i, c := range o.Conditions {
		bit[c.Name] = 1 << i
	}
	for variables, want := range map[string]Conditions{
		`{"c": true}`:              bit["b"] | bit["c"],
		`{"c": false}`:             bit["b"],
		`{"c": true, "b": false}`:  bit["c"],
		`{"c": false, "b": true}`:  bit["b"],
		`{"c": false, "b": false}`: 0,
	} {
		values, errs := o.Coerce(json.RawMessage(variables))
		if len(errs) > 0 || values.Conditions != want {
			t.Errorf("%s: got %v, %v", variables, values, errs)
		}
	}
}

func FuzzCoerce(f *testing.F) {
	for _, v := range []string{`{"c": true}`, `{"c":true,"in":{"n":1,"list":[{"n":2}]},"l":[[1]]}`, `{"c":true,"any":"\ud800"}`, `{"c":true,"s":"\\"}`} {
		f.Add([]byte(v))
	}
	sg, err := schema.LoadSupergraph(supergraphHead+typeHead.ReplaceAllString(variableSchema, "$1 @join__type(graph: A) $2"), schema.LoadOptions{})
	if err != nil {
		f.Fatal(err)
	}
	o := mustParse(f, NewParser(sg, Options{}), variableOperation, "")
	f.Fuzz(func(t *testing.T, variables []byte) {
		values, errs := o.Coerce(variables)
		if len(errs) > 0 {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(variables, &want); err != nil {
			t.Fatalf("accepted what is not an object: %q", variables)
		}
		for name, raw := range values.Raw {
			if string(raw) != string(want[name]) {
				t.Errorf("%s: got %q, want %q", name, raw, want[name])
			}
		}
		if _, err := o.Cost.Evaluate(values); err != nil {
			t.Error(err)
		}
	})
}
