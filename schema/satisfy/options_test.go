package satisfy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/satisfy"
)

func TestLimitEndsTheCheckWithAnError(t *testing.T) {
	sg, g := compiled(t, largeGraph(5, 4))
	_, errs := satisfy.Check(sg, g, satisfy.Options{MaxPaths: 50})
	if len(errs) != 1 || !errors.Is(errs, &schema.Error{Code: "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"}) {
		t.Fatalf("the errors are %v", errs)
	}
	if !strings.Contains(errs[0].Message, "50 steps") {
		t.Errorf("the message does not name the limit: %s", errs[0].Message)
	}
	if _, errs := satisfy.Check(sg, g, satisfy.Options{}); len(errs) > 0 {
		t.Errorf("without a limit: %v", errs)
	}
}

func TestErrorsHaveThePlacesThatLocateGives(t *testing.T) {
	sg, g := compiled(t, []schema.Subgraph{
		{Name: "a", SDL: "type Query { p: P }\ntype P { x: Int }"},
		{Name: "b", SDL: "type Query { q: P }\ntype P { x: Int y: Int }"},
	})
	var asked []string
	_, errs := satisfy.Check(sg, g, satisfy.Options{Locate: func(subgraph, coordinate string) []schema.Location {
		asked = append(asked, subgraph+" "+coordinate)
		if subgraph == "a" && coordinate == "P.y" {
			return nil // it is not there: the type is
		}
		return []schema.Location{{Subgraph: subgraph, File: coordinate}}
	}})
	if len(errs) != 1 {
		t.Fatalf("the errors are %v", errs)
	}
	want := []schema.Location{{Subgraph: "a", File: "P"}, {Subgraph: "b", File: "P.y"}}
	if !slices.Equal(errs[0].Locations, want) {
		t.Errorf("the places are %v, not %v; asked for %s", errs[0].Locations, want, fmt.Sprint(asked))
	}
}
