package planner_test

import (
	"flag"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
)

var (
	searched = flag.Int("searched", map[bool]int{false: 150, true: 8}[raceDetector], "for how many random operations to search for the best plan")
	maxPlans = flag.Int("plans", 2_000, "how many plans an operation may have to be searched")
)

// number weighs a price in one number, for ratios.
func number(price [5]int) float64 {
	return float64(1000*price[0] + 1000*price[1] + 10*price[2] + price[3] + price[4])
}

// comparison counts plans that were compared with the best ones.
type comparison struct {
	sync.Mutex
	compared, unequal, worse int
	worst                    float64
}

// TestPlansAreTheBestOnes makes every plan that small random operations can have
// and compares the planner's with the best of them.
func TestPlansAreTheBestOnes(t *testing.T) {
	all := &comparison{worst: 1}
	const shards = 4
	t.Run("shards", func(t *testing.T) {
		for shard := range uint64(shards) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				all.compare(t, *first+shard*1_000_000, (*searched+shards-1)/shards)
			})
		}
	})
	t.Logf("%d operations of three plans or more: %d plans cost more than the best, %d in rounds or requests, at most %.2f times", all.compared, all.unequal, all.worse, all.worst)
	if all.compared < *searched || all.unequal*100 > all.compared || all.worst > 1.3 {
		t.Errorf("of %d plans %d are not the best ones, and one costs %.2f times as much", all.compared, all.unequal, all.worst)
	}
}

// compare compares so many operations on supergraphs from a seed on.
func (c *comparison) compare(t *testing.T, from uint64, operations int) {
	for seed, left := from, operations; left > 0 && seed < from+uint64(100*operations); seed++ {
		for f, kept := range smallCases(t, seed) {
			doc, errs := f.parser.Parse(kept.operation)
			if len(errs) > 0 || left <= 0 || strings.HasPrefix(kept.operation, "mutation") {
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
			left--
			if ratio := c.note(mine.Price(), best.Price()); ratio > 1.1 {
				t.Logf("seed %d: the plan costs %v, the best of %d costs %v (%.2f times)\n%s\nbest:\n%s\n%s", seed, mine.Price(), plans, best.Price(), ratio, mine.Text(f.sg), best.Text(f.sg), kept.archive())
			}
		}
	}
}

// note counts one comparison and gives how many times the best price it is.
func (c *comparison) note(got, want [5]int) (ratio float64) {
	c.Lock()
	defer c.Unlock()
	c.compared++
	if slices.Compare(got[:], want[:]) <= 0 {
		return 1
	}
	c.unequal++
	if slices.Compare(got[:2], want[:2]) > 0 {
		c.worse++
	}
	ratio = number(got) / number(want)
	c.worst = max(c.worst, ratio)
	return ratio
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
