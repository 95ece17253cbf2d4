package compose_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

var unanswerable = []schema.Subgraph{
	{Name: "a", File: "a.graphql", SDL: "type Query { p: P }\ntype P { x: Int }"},
	{Name: "b", File: "b.graphql", SDL: "type Query { q: P }\ntype P {\n  x: Int\n  y: Int\n}"},
}

func TestWhatCannotBeAnsweredIsRefusedWithItsPlaces(t *testing.T) {
	_, err := compose.Compose(unanswerable, compose.Options{})
	errs, ok := errors.AsType[schema.Errors](err)
	if !ok || len(errs) != 1 || errs[0].Code != "SATISFIABILITY_ERROR" {
		t.Fatalf("the error is %v", err)
	}
	want := []schema.Location{
		{Subgraph: "a", File: "a.graphql", Line: 2, Column: 6},
		{Subgraph: "b", File: "b.graphql", Line: 4, Column: 3},
	}
	if !slices.Equal(errs[0].Locations, want) {
		t.Errorf("the places are %v, not %v", errs[0].Locations, want)
	}
	if _, err := compose.Compose(unanswerable, compose.Options{SkipSatisfiability: true}); err != nil {
		t.Errorf("without the proof: %v", err)
	}
}

func TestWhatCannotBeProvenIsSaid(t *testing.T) {
	result, err := compose.Compose([]schema.Subgraph{{Name: "a", SDL: `
		extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@context", "@fromContext"])
		type Query { t: T }
		type T @key(fields: "id") @context(name: "c") { id: ID! name: String below: B }
		type B @key(fields: "id") { id: ID! f(name: String @fromContext(field: "$c { name }")): Int }`}}, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Hints) != 1 || result.Hints[0].Code != "SATISFIABILITY_NOT_CHECKED" {
		t.Errorf("the hints are %v", result.Hints)
	}
}
