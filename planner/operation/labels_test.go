package operation

import (
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// labelled composes subgraphs with labels everywhere.
func labelled(t *testing.T) *schema.Supergraph {
	t.Helper()
	const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@override", "@external", "@requires", "@interfaceObject"])` + "\n"
	result, err := compose.Compose([]schema.Subgraph{
		{Name: "a", URL: "http://a", SDL: head + `type Query { t: T  u: U  i: I  plain: Int  n: Int @shareable }
			type T @key(fields: "id") { id: ID! x: Int y: Int code: ID! @shareable u: U }
			type U @key(fields: "id") { id: ID! z: Int }
			interface I @key(fields: "k") { k: ID! }
			type M implements I @key(fields: "k") { k: ID! m: Int }`},
		{Name: "b", URL: "http://b", SDL: head + `
			type T @key(fields: "id") { id: ID! x: Int @override(from: "a", label: "x") y: Int @override(from: "a", label: "y") code: ID! @shareable @override(from: "a", label: "code") }
			type U @key(fields: "id") { id: ID! z: Int @override(from: "a", label: "z") }
			type M @key(fields: "k") { k: ID! m: Int @override(from: "a", label: "m") }`},
		{Name: "c", URL: "http://c", SDL: head + `type T @key(fields: "code") { code: ID! far: Int y: Int @external needs: Int @requires(fields: "y") }`},
		{Name: "d", URL: "http://d", SDL: head + `type I @interfaceObject @key(fields: "k") { k: ID! more: Int }`},
	}, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sg, err := schema.LoadSupergraph(result.SDL, schema.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return sg
}

func TestOnlyLabelsThatAnOperationCanReachAreConditions(t *testing.T) {
	p := NewParser(labelled(t), Options{})
	for text, want := range map[string]string{
		`{ plain n __typename }`:                     "",
		`{ u { id } }`:                               "",
		`{ u { z } }`:                                "z",
		`{ t { x } }`:                                "code x",
		`{ t { u { id } } }`:                         "code",
		`{ t { needs u { z } } }`:                    "code y z",
		`{ i { k } }`:                                "",
		`{ i { ... on M { m } } }`:                   "m",
		`query($v: Boolean!) { u @skip(if: $v) {z}}`: "v z",
	} {
		o := mustParse(t, p, text, "")
		var got []string
		for _, c := range o.Conditions {
			got = append(got, c.Name)
		}
		if !slices.Equal(strings.Fields(want), got) {
			t.Errorf("%s has the conditions %v, want %s", text, got, want)
		}
		if !slices.Equal(o.Conditions, o.Planned.Conditions) {
			t.Errorf("%s is planned with the conditions %v", text, o.Planned.Conditions)
		}
	}
}

func TestMoreConditionsThanThereAreBitsAreRefused(t *testing.T) {
	p := NewParser(labelled(t), Options{Limits: Limits{Fields: 1000}})
	var variables, fields strings.Builder
	for i := range MaxConditions {
		name := "v" + strings.Repeat("x", i)
		variables.WriteString("$" + name + ": Boolean! ")
		fields.WriteString(name + ": n @skip(if: $" + name + ") ")
	}
	doc, errs := p.Parse("query(" + variables.String() + ") { " + fields.String() + " u { z } }")
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if _, err := doc.Operation(""); err == nil || !strings.Contains(err.Error(), "64 conditions") {
		t.Errorf("it is normalised: %v", err)
	}
}
