package planner_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
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
				for i, s := range why.Steps {
					if len(s.Fetches) == 0 {
						t.Errorf("step %d has no reason", i)
					}
					for _, fetch := range s.Fetches {
						if len(fetch.Client) == 0 && len(fetch.Own) == 0 {
							t.Errorf("step %d at %q is for nobody:\n%s", i, fetch.Path, why.Text())
						}
						if (fetch.Path != "") != (len(fetch.Keys) > 0) {
							t.Errorf("step %d at %q is reached by %q", i, fetch.Path, fetch.Keys)
						}
					}
				}
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
