package planner_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
)

var (
	searched = flag.Int("searched", map[bool]int{false: 150, true: 5}[raceDetector], "for how many random operations to search for the best plan")
	maxPlans = flag.Int("plans", 2_000, "how many plans an operation may have to be searched")
)

// number weighs a price in one number, for ratios.
func number(price [5]int) float64 {
	return float64(1000*price[0] + 1000*price[1] + 10*price[2] + price[3] + price[4])
}

// TestPlansAreTheBestOnes makes every plan that small random operations can have
// and compares the planner's with the best of them.
func TestPlansAreTheBestOnes(t *testing.T) {
	compared, worse, unequal := 0, 0, 0
	worst := 1.0
	for seed := *first; compared < *searched && seed < *first+uint64(100**searched); seed++ {
		subgraphs := randomSubgraphs(seed)
		f, err := compileSubgraphs(t, subgraphs)
		if err != nil {
			continue
		}
		for i := range uint64(8) {
			r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, i)), api: f.sg.API, left: 6}
			text := r.query()
			doc, errs := f.parser.Parse(text)
			if len(errs) > 0 || compared >= *searched || strings.HasPrefix(text, "mutation") {
				continue
			}
			op, err := doc.Operation("")
			if err != nil {
				t.Fatal(err)
			}
			mine, err := f.planner.Plan(t.Context(), op, 0)
			if err != nil {
				continue
			}
			best, plans := f.best(t, op)
			if plans < 3 {
				continue
			}
			compared++
			got, want := mine.Price(), best.Price()
			if slices.Compare(got[:], want[:]) <= 0 {
				continue
			}
			unequal++
			ratio := number(got) / number(want)
			worst = max(worst, ratio)
			if slices.Compare(got[:2], want[:2]) > 0 {
				worse++
			}
			if testing.Verbose() || ratio > 1.3 {
				c := &randomCase{subgraphs: subgraphs, operation: text, variables: r.variables(), seed: seed}
				t.Logf("seed %d, operation %d: the plan costs %v, the best of %d costs %v (%.2f times)\n%s\nbest:\n%s\n%s", seed, i, got, plans, want, ratio, mine.Text(f.sg), best.Text(f.sg), c.archive())
			}
		}
	}
	t.Logf("%d operations of three plans or more: %d plans cost more than the best, %d in rounds or requests, at most %.2f times", compared, unequal, worse, worst)
	if compared < *searched || unequal*100 > compared || worst > 1.3 {
		t.Errorf("of %d plans %d are not the best ones, and one costs %.2f times as much", compared, unequal, worst)
	}
}

// best searches all plans of an operation for the best one; plans is their
// number, or 0 where there are too many.
func (f *fixture) best(t *testing.T, op *operation.Operation) (best *planner.Plan, plans int) {
	t.Helper()
	// The next plan takes the next way at the last choice that has one.
	var forced []int
	for {
		p, taken, of, err := f.planner.PlanBy(t.Context(), op, forced)
		if err == nil {
			if plans++; plans > *maxPlans {
				return nil, 0
			}
			if best == nil {
				best = p
			}
			if a, b := p.Price(), best.Price(); slices.Compare(a[:], b[:]) < 0 {
				best = p
			}
		}
		last := len(taken) - 1
		for last >= 0 && taken[last]+1 >= of[last] {
			last--
		}
		if last < 0 {
			return best, plans
		}
		forced = append(slices.Clone(taken[:last]), taken[last]+1)
	}
}
