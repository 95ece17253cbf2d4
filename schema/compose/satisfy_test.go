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
