package planner_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/planner"
)

// TestEveryStepOfAPlanIsExplained explains the plans of all golden operations:
// the plan is the one that Plan makes, and each fetch has a reason.
func TestEveryStepOfAPlanIsExplained(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	explained := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sdl := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "supergraph.graphql" })
		if sdl < 0 {
			continue
		}
		fixture := newFixture(t, string(archive.Files[sdl].Data))
		for _, f := range archive.Files {
			if f.Name == "supergraph.graphql" || !strings.HasSuffix(f.Name, ".graphql") {
				continue
			}
			t.Run(filepath.Base(file)+"/"+f.Name, func(t *testing.T) {
				op := fixture.operation(t, string(f.Data))
				plan, err := fixture.planner.Plan(t.Context(), op, 0)
				same, why, explainErr := fixture.planner.Explain(t.Context(), op, 0)
				if err != nil || explainErr != nil {
					if err == nil || explainErr == nil || err.Error() != explainErr.Error() {
						t.Errorf("planning gives %v, explaining %v", err, explainErr)
					}
					return
				}
				if diff := cmp.Diff(plan.Text(fixture.sg), same.Text(fixture.sg)); diff != "" {
					t.Errorf("the plan that is explained is another (-Plan +Explain):\n%s", diff)
				}
				checkReasons(t, why)
				explained++
			})
		}
	}
	if explained < 30 {
		t.Errorf("only %d plans are explained", explained)
	}
}

func TestWhyIsWrittenForPeople(t *testing.T) {
	f := newFixture(t, section(t, "bench.txtar", "supergraph.graphql"))
	_, why, err := f.planner.Explain(t.Context(), f.operation(t, `{ topProducts { n: name shippingEstimate reviews { author { username } } } }`), 0)
	if err != nil {
		t.Fatal(err)
	}
	const want = `why step 0 (products)
  at the root
    the client asks for topProducts.n
    the plan needs topProducts.upc: key for step 1, key for step 2
    the plan needs topProducts.price: required in step 1
    the plan needs topProducts.weight: required in step 1
    not taken for Product.upc
      inventory: that would be an entity request for what is at hand
      reviews: that would be an entity request for what is at hand
    not taken for Product.price, Product.weight
      inventory: the field is external there
why step 1 (inventory)
  at topProducts.@
    the client asks for shippingEstimate
    it is given the key { upc } of Product, from step 0
    it is given { price weight }, which Product.shippingEstimate requires, from step 0
why step 2 (reviews)
  at topProducts.@
    the client asks for reviews.author.username
    it is given the key { upc } of Product, from step 0
    not taken for User.username
      accounts: that would be an entity request for what is at hand
`
	if diff := cmp.Diff(want, why.Text()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRandomOperationsAreExplained explains random operations, and sees that
// lifting their literals changes nothing about which requests are made.
func TestRandomOperationsAreExplained(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			f := newFixture(t, section(t, filepath.Base(file), "supergraph.graphql"))
			for seed := range uint64(60) {
				r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, 2)), api: f.sg.API, left: 40}
				text := r.query()
				doc, errs := f.parser.Parse(text)
				if len(errs) > 0 {
					continue
				}
				op, err := doc.Operation("")
				if err != nil {
					t.Fatal(err)
				}
				plan, err := f.planner.Plan(t.Context(), op, 0)
				if err != nil {
					continue // another test tells whether it may
				}
				lifted, why, err := f.planner.Explain(t.Context(), op.Planned, 0)
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				checkPlan(t, f, lifted)
				checkReasons(t, why)
				if diff := cmp.Diff(requests(plan), requests(lifted)); diff != "" {
					t.Errorf("other requests are made where literals are lifted (-literals +lifted):\n%s", diff)
				}
				if t.Failed() {
					t.Fatalf("seed %d: %s\n%s\n%s", seed, text, lifted.Text(f.sg), why.Text())
				}
			}
		})
	}
}

// requests are what a plan asks of which subgraph when, without the text.
func requests(p *planner.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, fmt.Sprint(s.Graph, s.Depth, s.DependsOn, len(s.Parts), s.Guards))
	}
	return out
}

func checkReasons(t *testing.T, why *planner.Explanation) {
	t.Helper()
	for i, s := range why.Steps {
		if len(s.Fetches) == 0 {
			t.Errorf("step %d has no reason", i)
		}
		for _, fetch := range s.Fetches {
			if len(fetch.Client) == 0 && len(fetch.Own) == 0 {
				t.Errorf("step %d at %q is for nobody:\n%s", i, fetch.Path, why.Text())
			}
			if s.Subgraph != "" && (fetch.Path != "") != (len(fetch.Keys) > 0) {
				t.Errorf("step %d at %q is reached by %q", i, fetch.Path, fetch.Keys)
			}
		}
	}
}

func TestWhyTellsOfTheOrderOfSteps(t *testing.T) {
	f := newFixture(t, section(t, "defer.txtar", "supergraph.graphql"))
	for _, test := range []struct{ operation, want string }{
		{`{ topProducts { name ... @defer(label: "late") { price } } }`, `why step 0 (products)
  at the root
    the client asks for topProducts.name
    the plan needs topProducts.upc: key for step 1
    not taken for Product.upc
      inventory: that would be an entity request for what is at hand
      reviews: that would be an entity request for what is at hand
why step 1 (products)
  it is a request of its own because deferred payload 1 "late" needs it: no payload before waits for it
  at topProducts.@
    the client asks for price
    it is given the key { upc } of Product, from step 0
    not taken for Product.price
      inventory: the field is external there
`},
		{`mutation { restock(upc: "1") { upc } discount(upc: "1") { upc } }`, `why step 0 (inventory)
  at the root
    the client asks for restock.upc
    not taken for Product.upc
      products: that would be an entity request for what is at hand
      reviews: that would be an entity request for what is at hand
why step 1 (products)
  it follows step 0: a mutation's fields are carried out one after the other
  at the root
    the client asks for discount.upc
    not taken for Product.upc
      inventory: that would be an entity request for what is at hand
      reviews: that would be an entity request for what is at hand
`},
		{`subscription { priceChanged(upc: "1") { title } }`, `why step 0 (products)
  it is the trigger: the other steps follow for each of its events
  at the root
    the client asks for priceChanged.title
`},
	} {
		_, why, err := f.planner.Explain(t.Context(), f.operation(t, test.operation), 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, why.Text()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.operation, diff)
		}
	}
}
