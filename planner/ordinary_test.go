package planner_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// ordinary is an operation of the tests.
type ordinary struct {
	name string
	f    *fixture
	text string
	op   *operation.Operation
}

// BenchmarkPlanOrdinary plans each operation of the golden plans and of the
// end-to-end tests once in each round, and reports the median operation's time.
func BenchmarkPlanOrdinary(b *testing.B) {
	all := ordinaryOperations(b)
	times := make([]time.Duration, len(all))
	rounds := 0
	b.ReportAllocs()
	for b.Loop() {
		rounds++
		for i, o := range all {
			start := time.Now()
			if _, err := o.f.planner.Plan(b.Context(), o.op, 0); err != nil {
				b.Fatal(err)
			}
			if took := time.Since(start); rounds == 1 || took < times[i] {
				times[i] = took
			}
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "median-ns")
	b.ReportMetric(float64(times[len(times)*9/10].Nanoseconds()), "p90-ns")
	b.ReportMetric(float64(len(all)), "operations")
}

// ordinaryOperations are all operations of the golden plans and of the end-to-end
// tests that can be planned.
func ordinaryOperations(tb testing.TB) []ordinary {
	tb.Helper()
	var all []ordinary
	for _, pattern := range []string{"testdata/*.txtar", "../gateway/endtoend/testdata/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			tb.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			all = append(all, operationsOf(tb, file)...)
		}
	}
	return all
}

// operationsOf are those of one archive: of its supergraph, or of what its
// subgraphs compose to.
func operationsOf(tb testing.TB, file string) []ordinary {
	tb.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var subgraphs []schema.Subgraph
	sdl, planned := "", map[string]string{}
	for _, s := range archive.Files {
		name, isGraphQL := strings.CutSuffix(s.Name, ".graphql")
		switch {
		case !isGraphQL:
		case name == "supergraph":
			sdl = string(s.Data)
		case strings.Contains(file, "endtoend") && !strings.HasSuffix(name, "operation"):
			subgraphs = append(subgraphs, schema.Subgraph{Name: name, URL: "http://" + name, SDL: string(s.Data)})
		default:
			planned[s.Name] = string(s.Data)
		}
	}
	if sdl == "" {
		result, err := compose.Compose(subgraphs, compose.Options{})
		if err != nil {
			return nil // a test of something else than planning
		}
		sdl = result.SDL
	}
	var all []ordinary
	f := newFixture(tb, sdl)
	for _, name := range slices.Sorted(maps.Keys(planned)) {
		doc, errs := f.parser.Parse(planned[name])
		if len(errs) > 0 {
			continue
		}
		op, err := doc.Operation("")
		if err != nil {
			continue
		}
		if _, err := f.planner.Plan(tb.Context(), op, 0); err == nil {
			all = append(all, ordinary{filepath.Base(file) + " " + name, f, planned[name], op})
		}
	}
	return all
}
