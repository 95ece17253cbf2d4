package operation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
)

const deferSchema = `
type Query { me: User }
type Mutation { x: Int }
type Subscription { seen: User }
type User { id: ID! name: String friend: User }
`

func deferring(t testing.TB) *Parser {
	t.Helper()
	return NewParser(loadSDL(t, deferSchema), Options{Defer: true})
}

func TestVariablesOfDeferAreConditions(t *testing.T) {
	for _, test := range []struct {
		kind, declared, variables string
		on                        bool
		fails                     string
	}{
		{"query { me", "$v: Boolean!", `{"v": true}`, true, ""},
		{"query { me", "$v: Boolean!", `{"v": false}`, false, ""},
		{"query { me", "$v: Boolean = false", `{}`, false, ""},
		{"query { me", "$v: Boolean", `{}`, true, ""}, // the argument's own default
		{"query { me", "$v: Boolean", `{"v": null}`, false, "must not be null"},
		{"subscription { seen", "$v: Boolean!", `{"v": false}`, false, ""},
		{"subscription { seen", "$v: Boolean!", `{"v": true}`, false, "the events of a subscription have no deferred payloads"},
	} {
		text := strings.Replace(test.kind, " {", "("+test.declared+") {", 1) + " { id ... @defer(if: $v) { name } } }"
		o := mustParse(t, deferring(t), text, "")
		values, errs := o.Coerce(json.RawMessage(test.variables))
		if test.fails != "" {
			if len(errs) != 1 || !strings.Contains(errs.Error(), test.fails) {
				t.Errorf("%s with %s: got %v, want %s", text, test.variables, errs, test.fails)
			}
			continue
		}
		if len(errs) > 0 || (values.Conditions == 1) != test.on {
			t.Errorf("%s with %s: got %v, %v", text, test.variables, values, errs)
		}
	}
}

func TestPayloadsFollowConditions(t *testing.T) {
	o := mustParse(t, deferring(t), `query($a: Boolean!, $b: Boolean!, $s: Boolean!) { me {
		... @defer(if: $a, label: "outer") { friend { id } ... @defer(if: $b, label: "inner") { name } }
		... @defer(label: "other") { friend { name } }
		id @include(if: $s) ... @defer(label: "late") { id }
	} }`, "")
	bit := map[string]Conditions{}
	for i, c := range o.Conditions {
		bit[c.Name] = 1 << i
	}
	labels := func(c Conditions) map[string][]string {
		out := map[string][]string{}
		for _, f := range o.Root.Fields[0].Selections.Fields {
			if !f.Guards.Hold(c) || f.Unless != nil && f.Unless.Hold(c) {
				continue
			}
			for _, b := range o.Payloads(f, o.Effective(c), c) {
				out[f.Name] = append(out[f.Name], o.Blocks[b].Label)
			}
		}
		return out
	}
	for _, test := range []struct {
		c    Conditions
		want map[string][]string
	}{
		{0, map[string][]string{"friend": {""}, "name": {""}, "id": {"late"}}},
		{bit["s"], map[string][]string{"friend": {""}, "name": {""}, "id": {""}}},
		{bit["a"], map[string][]string{"friend": {"outer", "other"}, "name": {"outer"}, "id": {"late"}}},
		{bit["b"], map[string][]string{"friend": {""}, "name": {"inner"}, "id": {"late"}}},
		{bit["a"] | bit["b"] | bit["s"], map[string][]string{"friend": {"outer", "other"}, "name": {"inner"}, "id": {""}}},
	} {
		got := labels(test.c)
		for name, want := range test.want {
			if !slices.Equal(got[name], want) {
				t.Errorf("under %b %s is brought by %q, not %q", test.c, name, got[name], want)
			}
		}
	}
}

func TestAnOperationHasSoManyPayloads(t *testing.T) {
	p := deferring(t)
	for n, fails := range map[int]bool{MaxBlocks - 1: false, MaxBlocks: true} {
		var fragments strings.Builder
		for i := range n {
			fmt.Fprintf(&fragments, "... @defer(label: \"%d\") { id } ", i)
		}
		doc, errs := p.Parse("{ me { " + fragments.String() + "} }")
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		_, err := doc.Operation("")
		if (err != nil) != fails || err != nil && !strings.Contains(err.Error(), "more than 256 payloads") {
			t.Errorf("%d fragments: got %v", n, err)
		}
	}
}

func TestWhatIsDeferredOtherwiseIsAnotherOperation(t *testing.T) {
	p := deferring(t)
	seen := map[string]string{}
	for _, text := range []string{
		`{ me { id name } }`,
		`{ me { id ... @defer { name } } }`,
		`{ me { ... @defer { id } name } }`,
		`{ me { id ... @defer(label: "a") { name } } }`,
		`{ me { ... @defer { id } ... @defer { name } } }`,
		`{ me { ... @defer { id ... @defer { name } } } }`,
		`query($v: Boolean!) { me { id ... @defer(if: $v) { name } } }`,
		`query($v: Boolean!) { me { id ... @include(if: $v) { name } } }`,
	} {
		o := mustParse(t, p, text, "")
		if other, ok := seen[o.Text]; ok {
			t.Errorf("%s and %s are one operation: %s", text, other, o.Text)
		}
		seen[o.Text] = text
	}
}

func FuzzDefer(f *testing.F) {
	for _, text := range []string{
		`{ me { ... @defer { name ... @defer(label: "a") { id } } name } }`,
		`query($a: Boolean!, $b: Boolean) { me { ...F @defer(if: $a) friend { ...F @defer(if: $b) @skip(if: $a) } } } fragment F on User { id friend { name } }`,
		`subscription($a: Boolean!) { seen { ... @defer(if: $a) { id } } }`,
	} {
		f.Add(text)
	}
	sg, err := schema.LoadSupergraph(supergraphHead+typeHead.ReplaceAllString(deferSchema, "$1 @join__type(graph: A) $2"), schema.LoadOptions{})
	if err != nil {
		f.Fatal(err)
	}
	p := NewParser(sg, Options{Defer: true, Limits: Limits{Fields: 500, Tokens: 2000}})
	f.Fuzz(func(t *testing.T, text string) {
		doc, errs := p.Parse(text)
		if len(errs) > 0 {
			return
		}
		for _, op := range doc.operations {
			o, err := op.normalised()
			if err != nil {
				continue
			}
			for i, b := range o.Blocks {
				if i > 0 && (b.Parent < 0 || b.Parent >= i) {
					t.Errorf("block %d is inside block %d", i, b.Parent)
				}
			}
			for _, c := range []Conditions{0, ^Conditions(0), 5} {
				checkPayloads(t, o, o.Root, o.Effective(c), c, []int{0})
			}
		}
	})
}

// checkPayloads makes sure that every field that is selected is in a payload, and
// in none that comes before those of the field around it.
func checkPayloads(t *testing.T, o *Operation, set *SelectionSet, effective []int, c Conditions, around []int) {
	t.Helper()
	for _, f := range set.Fields {
		if !f.Guards.Hold(c) || f.Unless != nil && f.Unless.Hold(c) {
			continue
		}
		blocks := o.Payloads(f, effective, c)
		if len(blocks) == 0 {
			t.Fatalf("no payload brings %s in %s", f.ResponseKey, o.Text)
		}
		for _, b := range blocks {
			up := b
			for !slices.Contains(around, up) {
				if up == 0 {
					t.Fatalf("payload %d brings %s, and %v what is around it, in %s", b, f.ResponseKey, around, o.Text)
				}
				up = effective[o.Blocks[up].Parent]
			}
		}
		if f.Selections != nil {
			checkPayloads(t, o, f.Selections, effective, c, blocks)
		}
	}
}
