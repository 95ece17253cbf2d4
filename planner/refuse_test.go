package planner_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/graphtest"
	"github.com/weft-graphql/weft/schema/graph"
)

func TestPlanningEndsWithItsContext(t *testing.T) {
	f := newFixture(t, section(t, "bench.txtar", "supergraph.graphql"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.planner.Plan(ctx, f.operation(t, "{ users { id } }"), 0)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSpentBudgetGivesTheGreedyPlan(t *testing.T) {
	f := newFixture(t, graphtest.AlikeSupergraph(7, 2))
	g, err := graph.New(f.sg)
	if err != nil {
		t.Fatal(err)
	}
	op := f.operation(t, "{ node {"+graphtest.AlikeOperation(7, 4, 4)+" } }")
	for name, o := range map[string]planner.Options{
		"nodes": {MaxNodes: 1},
		"time":  {MaxTime: time.Nanosecond, MaxNodes: 1 << 30},
	} {
		p, err := planner.New(g, o).Plan(t.Context(), op, 0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !p.Degraded || !strings.Contains(p.Text(f.sg), "greedy") {
			t.Errorf("%s: the plan does not say that it is greedy", name)
		}
		checkPlan(t, f, p)
	}
	if p, err := f.planner.Plan(t.Context(), op, 0); err != nil || p.Degraded {
		t.Errorf("with the usual budget: %v", err)
	}
}

func TestRepresentationVariablesDifferFromTheClients(t *testing.T) {
	f := newFixture(t, section(t, "bench.txtar", "supergraph.graphql"))
	op := f.operation(t, "query($_r0: Int) { topProducts(first: $_r0) { inStock reviews { id } } }")
	p, err := f.planner.Plan(t.Context(), op, 0)
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, f, p)
	for _, s := range p.Steps {
		for _, part := range s.Parts {
			if part.Entity != nil && part.Entity.Variable == "_r0" {
				t.Errorf("step %d uses the client's variable", s.ID)
			}
		}
	}
}

func TestUnknownWaysAreExplainedForEachSubgraph(t *testing.T) {
	// Without its key in reviews nothing leads from a review's product to its name.
	sdl := strings.Replace(section(t, "bench.txtar", "supergraph.graphql"),
		`@join__type(graph: PRODUCTS, key: "upc")`, `@join__type(graph: PRODUCTS, key: "upc", resolvable: false)`, 1)
	f := newFixture(t, sdl)
	_, err := f.planner.Plan(t.Context(), f.operation(t, "{ users { reviews { product { name } } } }"), 0)
	if err == nil {
		t.Fatal("the operation has a plan")
	}
	for _, want := range []string{"Product.name", "Query.users.reviews.product", "products: it has no resolvable key", "accounts: it does not have the type"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestOperationsThatDoNotTellAboutALabelAreRefused(t *testing.T) {
	f := newFixture(t, section(t, "override.txtar", "supergraph.graphql"))
	op := *f.operation(t, "{ p { y } }")
	op.Conditions = nil
	_, err := f.planner.Plan(t.Context(), &op, 0)
	if !errors.Is(err, planner.ErrLabel) || !strings.Contains(err.Error(), `the label "percent(20)" of P.y`) {
		t.Errorf("got %v", err)
	}
}
