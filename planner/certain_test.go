package planner_test

import "testing"

// TestCertainPlansAreTheBestOnes plans again where the first plan is called
// certain: there must be nothing better to find.
func TestCertainPlansAreTheBestOnes(t *testing.T) {
	certain, all := 0, 0
	check := func(f *fixture, text string) (better bool) {
		doc, errs := f.parser.Parse(text)
		if len(errs) > 0 {
			return false
		}
		op, err := doc.Operation("")
		if err != nil {
			return false
		}
		sure, better, err := f.planner.Certain(t.Context(), op)
		if err != nil {
			return false
		}
		all++
		if sure {
			certain++
		}
		return better
	}
	for _, o := range ordinaryOperations(t) {
		if check(o.f, o.text) {
			t.Errorf("%s: there is a better plan than the certain one", o.name)
		}
	}
	for seed := *first; seed < *first+uint64(*searched); seed++ {
		for f, c := range smallCases(t, seed) {
			if check(f, c.operation) {
				t.Errorf("seed %d: there is a better plan than the certain one\n%s", seed, c.archive())
			}
		}
	}
	t.Logf("%d of %d plans are certain", certain, all)
	if certain*4 < all {
		t.Error("hardly any plan is certain")
	}
}
