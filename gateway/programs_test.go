package gateway

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

func hashed(b byte) *operation.Operation {
	op := &operation.Operation{Hash: [32]byte{b}}
	op.Planned = op
	return op
}

func emptyProgram(t *testing.T) *executor.Program {
	t.Helper()
	query := &ast.Definition{Kind: ast.Object, Name: "Query"}
	p, err := executor.Compile(&schema.Supergraph{API: &ast.Schema{Query: query}},
		&planner.Plan{Operation: &operation.Operation{Kind: ast.Query, Root: &operation.SelectionSet{Type: "Query"}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOneKeyIsPlannedOnceAndBlocksNobodyElse(t *testing.T) {
	var plannings atomic.Int32
	entered, release := make(chan struct{}), make(chan struct{})
	slow, fast := hashed(1), hashed(2)
	c, err := newProgramCache(1<<20, newProgramMetrics(), func(_ context.Context, op *operation.Operation, _ operation.Conditions) (*executor.Program, error) {
		if op == slow {
			plannings.Add(1)
			close(entered)
			<-release
		}
		return emptyProgram(t), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	get := func(ctx context.Context, op *operation.Operation) *executor.Program {
		p, err := c.get(ctx, op, "", 0)
		if err != nil {
			t.Error(err)
		}
		return p
	}
	kept := get(t.Context(), fast)
	// The client that asks first goes away: those that wait get the plan all the same.
	first, leave := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	programs := make([]*executor.Program, 20)
	waiting.Go(func() { programs[0], _ = c.get(first, slow, "", 0) })
	<-entered
	leave()
	for i := range programs[1:] {
		waiting.Go(func() { programs[i+1] = get(t.Context(), slow) })
	}
	// Meanwhile other operations are planned, and those that have a plan go on.
	if got := get(t.Context(), fast); got != kept {
		t.Error("a plan that is there was made again")
	}
	get(t.Context(), hashed(3))
	close(release)
	waiting.Wait()
	for _, p := range programs[1:] {
		if p == nil || p != programs[1] {
			t.Error("a request got a plan of its own")
		}
	}
	if n := plannings.Load(); n != 1 {
		t.Errorf("planned %d times", n)
	}
}

func TestOverrideLabelsAreKeptByName(t *testing.T) {
	label := func(name string) operation.Condition {
		return operation.Condition{Kind: operation.LabelCondition, Name: name}
	}
	before := &operation.Operation{Conditions: []operation.Condition{label("a"), {Name: "flag"}, label("b"), label("c")}}
	after := &operation.Operation{Conditions: []operation.Condition{label("c"), label("a")}}
	on := labelNames(before, 0b1011)
	if got := after.Labels(func(label string) bool { return slices.Contains(on, label) }); got != 0b11 {
		t.Errorf("on the next supergraph %b is on", got)
	}
	if got := planChanging(before); got != 0b1101 {
		t.Errorf("%b change plans", got)
	}
}

func TestAMistakeInThePlannerCostsOneOperation(t *testing.T) {
	g := &Gateway{logger: slog.New(slog.DiscardHandler), programMetrics: newProgramMetrics()}
	broken := &runtime{} // has no planner
	if _, err := g.plan(t.Context(), broken, hashed(1), 0); !errors.Is(err, errPlanner) {
		t.Errorf("planning gave %v", err)
	}
	g.planAhead(t.Context(), broken, []hotOperation{{Query: "{ me { id } }"}})
	registry := prometheus.NewRegistry()
	registry.MustRegister(g.programMetrics.ahead)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || len(families[0].GetMetric()) != 1 || families[0].GetMetric()[0].GetLabel()[0].GetValue() != "failed" {
		t.Errorf("planning ahead is counted as %v, %v", families, err)
	}
}
