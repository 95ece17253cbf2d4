package planner_test

import (
	"strings"
	"testing"
)

func TestWhyTellsWhereContextsComeFrom(t *testing.T) {
	f := newFixture(t, section(t, "contexts.txtar", "supergraph.graphql"))
	_, why, err := f.planner.Explain(t.Context(), f.operation(t, section(t, "contexts.txtar", "object.graphql")), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"it is given { ... on T { s } ... on S { s } } of the context a__c, which U.f(a:) takes, from step 1",
		"the plan needs s: context for step 2",
	} {
		if !strings.Contains(why.Text(), want) {
			t.Errorf("nothing says %q:\n%s", want, why.Text())
		}
	}
}

// What composition would refuse is refused by planning as well, with the reason.
func TestPlanningSaysThatNothingSetsAContext(t *testing.T) {
	sdl := strings.Replace(section(t, "contexts.txtar", "supergraph.graphql"), "  t: T @join__field(graph: A)\n", "  t: T @join__field(graph: A)\n  lost: U @join__field(graph: A)\n", 1)
	f := newFixture(t, sdl)
	_, err := f.planner.Plan(t.Context(), f.operation(t, "{ lost { f } }"), 0)
	if err == nil || !strings.Contains(err.Error(), "a: no object above sets the context that the field takes an argument from") {
		t.Errorf("the error is %v", err)
	}
}
