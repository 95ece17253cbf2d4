package planner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/graphtest"
	"github.com/weft-graphql/weft/schema/graph"
)

// TestHostileGraphsArePlannedWithinTheBudget plans what explodes for a planner that
// looks again at what it has seen, with the usual budget and with hardly any.
func TestHostileGraphsArePlannedWithinTheBudget(t *testing.T) {
	for _, c := range append(graphtest.Hostile(64), graphtest.Cases()...) {
		t.Run(c.Name, func(t *testing.T) {
			f := newFixture(t, c.Supergraph)
			op := f.operation(t, c.Operation)
			looks, degraded, err := f.planner.Work(t.Context(), op)
			t.Logf("%d looks", looks)
			if err != nil || degraded {
				t.Errorf("degraded %v, error %v", degraded, err)
			}
			g, err := graph.New(f.sg)
			if err != nil {
				t.Fatal(err)
			}
			p, err := planner.New(g, planner.Options{MaxNodes: 1}).Plan(t.Context(), op, 0)
			if err != nil {
				t.Fatalf("without a budget: %v", err)
			}
			if !p.Degraded {
				t.Error("a plan without a budget is not called greedy")
			}
			checkPlan(t, f, p)
			// The greedy plan is found far below the limit at which planning fails.
			if _, err := f.planner.Limited(1_000_000).Plan(t.Context(), op, 0); err != nil {
				t.Errorf("without a budget, within 1,000,000 looks: %v", err)
			}
		})
	}
}

// TestKeysForEachPairOfSubgraphsAreLookedAtOnce has 64 subgraphs and 2,016 keys: as
// much is looked at as there are fields and subgraphs, not as there are keys.
func TestKeysForEachPairOfSubgraphsAreLookedAtOnce(t *testing.T) {
	const subgraphs = 64
	c := graphtest.DenseKeys(subgraphs)
	f := newFixture(t, c.Supergraph)
	looks, degraded, err := f.planner.Work(t.Context(), f.operation(t, c.Operation))
	if err != nil || degraded {
		t.Fatalf("degraded %v, error %v", degraded, err)
	}
	const fields = 3 * subgraphs
	if looks > fields*subgraphs {
		t.Errorf("%d looks for %d fields and %d subgraphs", looks, fields, subgraphs)
	}
}

func TestPlanningBeyondItsLimitSaysWhatToDo(t *testing.T) {
	c := graphtest.DenseKeys(24)
	f := newFixture(t, c.Supergraph)
	_, err := f.planner.Limited(100).Plan(t.Context(), f.operation(t, c.Operation), 0)
	if !errors.Is(err, planner.ErrLimit) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"choices and conditions and found no plan", "fewer fields", "fewer keys"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

// TestWorkGrowsAboutLinearly doubles the sizes of graphs and operations, one at a
// time: what planning looks at and allocates must about double with them.
func TestWorkGrowsAboutLinearly(t *testing.T) {
	type size = graphtest.Case
	for _, test := range []struct {
		name       string
		once, more size
	}{
		{"more fields", size{Supergraph: graphtest.ManySupergraph(200), Operation: graphtest.ManyOperation(60)},
			size{Supergraph: graphtest.ManySupergraph(200), Operation: graphtest.ManyOperation(120)}},
		{"more subgraphs", size{Supergraph: graphtest.ManySupergraph(100), Operation: graphtest.ManyOperation(60)},
			size{Supergraph: graphtest.ManySupergraph(200), Operation: graphtest.ManyOperation(60)}},
		{"more implementations", size{Supergraph: graphtest.InterfaceSupergraph(11, 100), Operation: graphtest.InterfaceOperation(3)},
			size{Supergraph: graphtest.InterfaceSupergraph(11, 200), Operation: graphtest.InterfaceOperation(3)}},
		{"deeper interfaces", size{Supergraph: graphtest.InterfaceSupergraph(11, 100), Operation: graphtest.InterfaceOperation(4)},
			size{Supergraph: graphtest.InterfaceSupergraph(11, 100), Operation: graphtest.InterfaceOperation(8)}},
		{"more subgraphs alike", size{Supergraph: graphtest.SameSupergraph(25), Operation: graphtest.SameOperation(4)},
			size{Supergraph: graphtest.SameSupergraph(50), Operation: graphtest.SameOperation(4)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			looks, allocations := work(t, test.once)
			moreLooks, moreAllocations := work(t, test.more)
			t.Logf("%.0f looks become %.0f, %.0f allocations %.0f", looks, moreLooks, allocations, moreAllocations)
			const about = 1.2
			if moreLooks > 2*looks*about || moreAllocations > 2*allocations*about {
				t.Errorf("twice as much to do: %.1f times as many looks, %.1f times as many allocations", moreLooks/looks, moreAllocations/allocations)
			}
		})
	}
}

func work(t *testing.T, c graphtest.Case) (looks, allocations float64) {
	t.Helper()
	f := newFixture(t, c.Supergraph)
	op := f.operation(t, c.Operation)
	n, degraded, err := f.planner.Work(t.Context(), op)
	if err != nil || degraded {
		t.Fatalf("degraded %v, error %v", degraded, err)
	}
	return float64(n), testing.AllocsPerRun(1, func() {
		if _, err := f.planner.Plan(t.Context(), op, 0); err != nil {
			t.Error(err)
		}
	})
}
