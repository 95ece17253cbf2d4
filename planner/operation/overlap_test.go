package operation

import (
	"strings"
	"testing"
)

// A rule that compares pairs would look at 12 million of these fields.
func TestOverlapIsLinearAndHasABudget(t *testing.T) {
	p := NewParser(loadSDL(t, "type Query { q: Query n: Int }\ntype Mutation { m: Int }\ntype Subscription { s: Int }"), Options{})
	text := "{" + strings.Repeat(" q { n }", 5_000) + " }"
	if verdict(t, p.sg.API, text, overlapRule(Limits{Fields: 2_000})) {
		t.Error("with a budget that is linear in the operation it is given up")
	}
	if !verdict(t, p.sg.API, text, overlapRule(Limits{Fields: 200})) {
		t.Error("it is looked at beyond the budget")
	}
	small := NewParser(p.sg, Options{Limits: Limits{Fields: 1, Tokens: 1_000_000}})
	if _, errs := small.Parse(text); len(errs) == 0 || !strings.Contains(errs[0].Message, "limits.fields") && errs[0].Extensions["code"] != CodeLimitExceeded {
		t.Errorf("beyond the limits it is answered with %v", errs)
	}
}
