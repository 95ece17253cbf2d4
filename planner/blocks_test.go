package planner_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/planner"
)

// apollo gives an operation's plans in Apollo's format.
func (f *fixture) apollo(t *testing.T, text string) string {
	t.Helper()
	v, err := f.planner.Variants(t.Context(), f.operation(t, text), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := v.JSON(f.sg)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", " "); err != nil {
		t.Fatal(err)
	}
	return out.String() + "\n"
}

func checkVariants(t testing.TB, f *fixture, v *planner.Variants) {
	t.Helper()
	if v.Plan == nil {
		checkVariants(t, f, v.If)
		checkVariants(t, f, v.Else)
		return
	}
	checkPlan(t, f, v.Plan)
	checkBlocks(t, v.Plan)
}

// checkBlocks makes sure that no payload waits for what a later one needs: a step
// depends on steps of its own block, of those around it, and of those that its
// block is said to depend on, which come before.
func checkBlocks(t testing.TB, p *planner.Plan) {
	t.Helper()
	for i, b := range p.Blocks {
		if i > 0 && (b.Parent < 0 || b.Parent >= i) {
			t.Errorf("block %d is inside block %d", i, b.Parent)
		}
		for _, id := range b.Steps {
			if p.Steps[id].Block != i {
				t.Errorf("block %d has step %d of block %d", i, id, p.Steps[id].Block)
			}
		}
		for _, id := range b.DependsOn {
			if p.Steps[id].Block >= i {
				t.Errorf("block %d depends on step %d of block %d", i, id, p.Steps[id].Block)
			}
		}
	}
	for _, s := range p.Steps {
		if !slices.Contains(p.Blocks[s.Block].Steps, s.ID) {
			t.Errorf("step %d is not one of its block", s.ID)
		}
		for _, d := range s.DependsOn {
			if of := p.Steps[d].Block; of != s.Block && !slices.Contains(p.Blocks[s.Block].DependsOn, d) {
				t.Errorf("step %d of block %d depends on step %d of block %d", s.ID, s.Block, d, of)
			}
		}
	}
}

func TestTooManyVariantsAreRefused(t *testing.T) {
	f := newFixture(t, section(t, "defer.txtar", "supergraph.graphql"))
	op := f.operation(t, `query($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!, $e: Boolean!) { me { id
		... @defer(if: $a) { name } ... @defer(if: $b) { name } ... @defer(if: $c) { name } ... @defer(if: $d) { name } ... @defer(if: $e) { name } } }`)
	if _, err := f.planner.Variants(t.Context(), op, 0, false); err == nil || !strings.Contains(err.Error(), "5 variables decide") {
		t.Errorf("got %v", err)
	}
	if _, err := f.planner.Plan(t.Context(), op, 0); err != nil {
		t.Errorf("one of them: %v", err)
	}
}
