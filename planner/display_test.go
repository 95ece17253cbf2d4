package planner_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

func section(tb testing.TB, file, name string) string {
	tb.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	tb.Fatalf("%s has no section %s", file, name)
	return ""
}

func TestPlanIsShownInApollosFormat(t *testing.T) {
	f := newFixture(t, section(t, "bench.txtar", "supergraph.graphql"))
	op := f.operation(t, `query($yes: Boolean!, $first: Int) { topProducts(first: $first) { n: name inStock @include(if: $yes) shippingEstimate reviews { author { name } } } }`)
	p, err := f.planner.Plan(t.Context(), op, 0)
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, f, p)
	raw, err := p.JSON(f.sg)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	golden := filepath.Join("testdata", "apollo.json")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("JSON is another (-want +got):\n%s", diff)
	}
}

func TestHeavyOperationNeedsSevenRequestsInFourRounds(t *testing.T) {
	f := newFixture(t, section(t, "bench.txtar", "supergraph.graphql"))
	p, err := f.planner.Plan(t.Context(), f.operation(t, section(t, "bench.txtar", "heavy.graphql")), 0)
	if err != nil {
		t.Fatal(err)
	}
	rounds := 0
	for _, s := range p.Steps {
		rounds = max(rounds, s.Depth+1)
	}
	if len(p.Steps) > 7 || rounds > 4 {
		t.Errorf("%d requests in %d rounds:\n%s", len(p.Steps), rounds, p.Text(f.sg))
	}
}

func BenchmarkPlanHeavy(b *testing.B) {
	f := newFixture(b, section(b, "bench.txtar", "supergraph.graphql"))
	op := f.operation(b, section(b, "bench.txtar", "heavy.graphql"))
	benchmarkPlan(b, f, op)
}
