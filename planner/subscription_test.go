package planner_test

import (
	"math/rand/v2"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
)

// TestEventsOfSubscriptionsAreAnsweredAsOneServiceWould carries out random
// subscriptions for one event: one request is the trigger, everything else comes
// after it, and the answer is that of one service.
func TestEventsOfSubscriptionsAreAnsweredAsOneServiceWould(t *testing.T) {
	f := newFixture(t, section(t, "subscription.txtar", "supergraph.graphql"))
	w := newWorld(t, f)
	const operations = 200
	followed := 0
	for seed := range uint64(operations) {
		r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, 3)), api: f.sg.API, left: 40, values: map[string]any{}, keys: map[string]string{}}
		field := "priceChanged(upc: \"1\") { " + r.selections(f.sg.API.Types["Product"], 0) + " }"
		text := "subscription($a: Boolean! = true, $b: Boolean! = true" + r.declared + ") { " + field + " }" + r.fragments
		variables := r.variables()
		doc, errs := f.parser.Parse(text)
		if len(errs) > 0 {
			continue
		}
		source, err := doc.Operation("")
		if err != nil {
			t.Fatal(err)
		}
		op := source.Planned
		p, err := f.planner.Plan(t.Context(), op, 0)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		checkPlan(t, f, p)
		checkBlocks(t, p)
		trigger := p.Trigger()
		if trigger == nil || trigger.ID != 0 || len(trigger.Parts) != 1 {
			t.Fatalf("the trigger is %v\n%s", trigger, p.Text(f.sg))
		}
		for _, s := range p.Steps[1:] {
			followed++
			need := map[int]bool{}
			w.needs(p, s.ID, need)
			if !need[0] || s.Kind != ast.Query {
				t.Errorf("step %d does not follow the trigger by a query\n%s", s.ID, p.Text(f.sg))
			}
		}
		w.seed = seed
		in := w.values(op, source, variables)
		if diff := w.compare(w.answer(planner.Local, text, variables), w.run(p, in.conditions, in.variables)); diff != "" {
			t.Fatalf("(-one service +plan):\n%s\n%s\n%s", diff, text, p.Text(f.sg))
		}
	}
	if followed < 20 {
		t.Errorf("only %d steps follow triggers", followed)
	}
}
