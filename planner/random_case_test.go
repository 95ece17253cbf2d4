package planner_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

var (
	cases = flag.Int("cases", defaultCases(), "how many random operations on random supergraphs to carry out")
	first = flag.Uint64("seed", 0, "the seed of the first random supergraph")
)

func defaultCases() int {
	if raceDetector {
		return 1_000
	}
	return 20_000
}

// operationsEach is how many operations each random supergraph gets.
const operationsEach = 20

// TestRandomSupergraphsAnswerAsOneServiceWould composes random subgraphs, plans
// random operations on them, with the usual budget and with none, and compares
// the answers with those of one service that has the whole schema.
func TestRandomSupergraphsAnswerAsOneServiceWould(t *testing.T) {
	var done tally
	for seed := *first; done.cases < *cases; seed++ {
		if done.sets++; done.sets > 1000+*cases {
			t.Fatalf("only %d cases came of %d sets of subgraphs", done.cases, done.sets)
		}
		subgraphs := randomSubgraphs(seed)
		f, err := compileSubgraphs(t, subgraphs)
		if err != nil {
			continue
		}
		done.composed++
		done.constructs(f.sg.SDL)
		w := newWorld(t, f)
		for i := range uint64(operationsEach) {
			r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, i)), api: f.sg.API, left: 40}
			c := &randomCase{subgraphs: subgraphs, operation: r.query(), seed: seed + i, nullKeys: i%4 == 3}
			c.variables = r.variables()
			if _, small := done.carryOut(t, c, f, w); small != nil {
				t.Fatalf("seed %d, operation %d: %v\n%s\n%s", seed, i, small.run(t), small.archive(), small.keep(t, seed, i))
			}
		}
	}
	done.check(t)
}

// constructs are what supergraphs are to have, by what tells of it in their SDL.
var constructs = map[string]string{
	"compound keys": `key: "a b"`, "nested keys": `key: "ref { c }"`, "keys of entities": `key: "twin { id }"`,
	"keys that are not resolvable": "resolvable: false", "@requires": `requires: "`, "@requires with arguments": "(n: 3)",
	"@requires with fragments": `requires: "[^"]* on `, "@provides": `provides: "`, "@provides on abstract types": "provides: \"... on",
	"external fields": "external: true", "interface objects": "isInterfaceObject: true",
	"interface objects' values": `(?m)^  [yz](things|thing|holder)`, "@requires of interface objects": "(extra|other)Label",
	"@override": `override: "`, "override labels": `overrideLabel: "`, "@inaccessible": "[^\"]@inaccessible",
	"unions": "union U", "interfaces": "interface I", "the query type again": `back: \W?Query`, "mutations": "type Mutation",
	"mutations' query type": `(?m)^  m\d+.*: \W*Query`, "arguments with defaults": "= FAST", "nested lists": `\[\[`, "input objects": "input Filter",
}

type tally struct {
	sets, composed, cases, invalid, refused int
	made                                    map[string]int
}

// carryOut tries a case and counts it; good tells that its answer was compared and
// is right. Of a case that fails it gives the smallest one that still does.
func (d *tally) carryOut(t *testing.T, c *randomCase, f *fixture, w *world) (good bool, failing *randomCase) {
	t.Helper()
	d.cases++
	switch problem := c.try(t, f, w); {
	case problem == nil:
		return true, nil
	case problem.kind == invalid:
		d.invalid++
	case problem.kind == refused:
		d.refused++
	default:
		return false, shrink(t, c, problem)
	}
	return false, nil
}

// constructs counts what a supergraph has.
func (d *tally) constructs(sdl string) {
	if d.made == nil {
		d.made = map[string]int{}
	}
	for name, pattern := range constructs {
		if regexp.MustCompile(pattern).MatchString(sdl) {
			d.made[name]++
		}
	}
}

// check fails where the cases show too little.
func (d *tally) check(t *testing.T) {
	t.Helper()
	t.Logf("%d cases on %d supergraphs (of %d sets of subgraphs); %d operations were invalid, %d not supported; supergraphs with %v",
		d.cases, d.composed, d.sets, d.invalid, d.refused, d.made)
	if d.invalid > d.cases/4 || d.refused > d.cases/100 {
		t.Errorf("of %d cases %d were invalid and %d refused: that shows too little", d.cases, d.invalid, d.refused)
	}
	for name := range constructs {
		if d.cases >= 20_000 && d.made[name] < 5 {
			t.Errorf("only %d supergraphs have %s", d.made[name], name)
		}
	}
}

// keep writes the case to testdata/random, where it is tried from now on, and
// says so.
func (c *randomCase) keep(t *testing.T, seed, operation uint64) string {
	t.Helper()
	name := filepath.Join("testdata", "random", fmt.Sprintf("seed_%d_%d.txtar", seed, operation))
	if err := os.WriteFile(name, c.archive(), 0o644); err != nil {
		return "it cannot be kept: " + err.Error()
	}
	return "it is kept in " + name + ": give it a name that says what went wrong"
}

// TestKeptCasesAnswerAsOneServiceWould carries out random cases that failed once,
// each with the data it failed with and with other data.
func TestKeptCasesAnswerAsOneServiceWould(t *testing.T) {
	files, err := filepath.Glob("testdata/random/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := readCase(t, archive)
			f, err := compileSubgraphs(t, c.subgraphs)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, f)
			for seed := range uint64(40) {
				for _, c.nullKeys = range []bool{false, true} {
					if problem := c.try(t, f, w); problem != nil {
						t.Fatal(problem)
					}
				}
				c.seed = seed
			}
		})
	}
}

// randomCase is an operation on subgraphs with data.
type randomCase struct {
	subgraphs []schema.Subgraph
	operation string
	variables map[string]any
	// seed gives the data; with nullKeys some keys in it are null.
	seed     uint64
	nullKeys bool
}

// problem is what is wrong with a case: its kind and the details.
type problem struct{ kind, text string }

func (p *problem) Error() string { return p.kind + ": " + p.text }

// Kinds of problems that are the case's own fault, or known limits.
const (
	invalid = "invalid operation"
	refused = "not supported"
)

func compileSubgraphs(t testing.TB, subgraphs []schema.Subgraph) (*fixture, error) {
	t.Helper()
	result, err := compose.Compose(subgraphs, compose.Options{})
	if err != nil {
		return nil, err
	}
	return newFixture(t, result.SDL), nil
}

// smallCases are eight random operations on a seed's supergraph, small enough that
// all of their plans can be looked at. There are none where its subgraphs do not
// compose.
func smallCases(t testing.TB, seed uint64) iter.Seq2[*fixture, *randomCase] {
	return func(yield func(*fixture, *randomCase) bool) {
		subgraphs := randomSubgraphs(seed)
		f, err := compileSubgraphs(t, subgraphs)
		if err != nil {
			return
		}
		for i := range uint64(8) {
			r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, i)), api: f.sg.API, left: 6}
			c := &randomCase{subgraphs: subgraphs, operation: r.query(), seed: seed}
			c.variables = r.variables()
			if !yield(f, c) {
				return
			}
		}
	}
}

// run composes the case and tries it.
func (c *randomCase) run(t testing.TB) *problem {
	t.Helper()
	f, err := compileSubgraphs(t, c.subgraphs)
	if err != nil {
		return &problem{invalid, err.Error()}
	}
	return c.try(t, f, newWorld(t, f))
}

// try plans and carries out the case's operation.
func (c *randomCase) try(t testing.TB, f *fixture, w *world) (found *problem) {
	t.Helper()
	rec := &recorder{TB: t}
	kind := "parsing"
	defer func() {
		if r := recover(); r != nil && r != stopped {
			rec.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if found == nil && len(rec.errors) > 0 {
			found = &problem{kind, strings.Join(rec.errors, "\n")}
		}
	}()
	doc, errs := f.parser.Parse(c.operation)
	if len(errs) > 0 {
		return &problem{invalid, errs.Error()}
	}
	source, err := doc.Operation("")
	if err != nil {
		return &problem{invalid, err.Error()}
	}
	op := source.Planned
	w.t, w.seed, w.nullKeys = rec, c.seed, c.nullKeys
	kind = "one service"
	want := w.answer(planner.Local, c.operation, c.variables)
	kind = "values"
	in, deferred := w.values(op, source, c.variables), strings.Contains(c.operation, "@defer")
	for _, by := range []*planner.Planner{f.planner, f.greedy} {
		kind = "planning"
		p, err := by.Plan(t.Context(), op, in.conditions)
		if err != nil {
			if strings.Contains(err.Error(), "not supported") {
				return &problem{refused, err.Error()}
			}
			return &problem{kind, err.Error()}
		}
		kind = "unsound plan"
		checkPlan(rec, f, p)
		checkBlocks(rec, p)
		ways := map[string]func() map[string]any{
			"plan":     func() map[string]any { return w.run(p, in.conditions, in.variables) },
			"executor": func() map[string]any { return w.execute(p, in) },
		}
		if deferred {
			ways = map[string]func() map[string]any{
				"payloads": func() map[string]any { return w.deliver(p, in.conditions, in.variables) },
			}
		}
		for name, run := range ways {
			if len(rec.errors) > 0 {
				rec.Fatalf("%s", p.Text(f.sg))
			}
			kind = "answer by " + name
			w.changes = nil
			got := run()
			if diff := w.compare(want, got); diff != "" || len(rec.errors) > 0 {
				rec.Fatalf("(-one service +%s):\n%s\n%s", name, diff, p.Text(f.sg))
			}
			kind = "mutation by " + name
			if asked := w.asked(op, in.conditions, in.variables); !deferred && !c.nullKeys && !slices.Equal(asked, w.changes) {
				rec.Fatalf("the fields %v were carried out, not %v", w.changes, asked)
			}
		}
	}
	return nil
}

// compare shows where an answer is not the wanted one. Where keys are null it may
// have less.
func (w *world) compare(want, got map[string]any) string {
	if w.nullKeys && less(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// less reports whether an answer is another one with nulls in places.
func less(want, got any) bool {
	switch got := got.(type) {
	case nil:
		return true
	case map[string]any:
		want, ok := want.(map[string]any)
		if got == nil {
			return true
		}
		ok = ok && len(got) == len(want)
		for k, v := range got {
			w, has := want[k]
			ok = ok && has && less(w, v)
		}
		return ok
	case []any:
		want, ok := want.([]any)
		ok = ok && len(got) == len(want)
		for i := 0; ok && i < len(got); i++ {
			ok = less(want[i], got[i])
		}
		return ok
	}
	return cmp.Equal(want, got)
}

// recorder collects what tests complain of.
type recorder struct {
	testing.TB
	mutex  sync.Mutex
	errors []string
}

// stopped is what a recorder panics with where a test would end.
const stopped = "stopped"

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(stopped)
}

func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }

func (r *recorder) Failed() bool { return len(r.errors) > 0 }

// archive writes the case as a file for testdata/random.
func (c *randomCase) archive() []byte {
	variables, err := json.Marshal(c.variables)
	if err != nil {
		return []byte(err.Error())
	}
	a := &txtar.Archive{}
	for _, s := range c.subgraphs {
		a.Files = append(a.Files, txtar.File{Name: s.File, Data: []byte(s.SDL)})
	}
	a.Files = append(a.Files,
		txtar.File{Name: "operation.graphql", Data: []byte(c.operation + "\n")},
		txtar.File{Name: "variables.json", Data: append(variables, '\n')},
		txtar.File{Name: "seed.txt", Data: fmt.Appendf(nil, "%d\n", c.seed)},
	)
	return txtar.Format(a)
}

func readCase(t testing.TB, a *txtar.Archive) *randomCase {
	t.Helper()
	c := &randomCase{}
	for _, f := range a.Files {
		var err error
		switch f.Name {
		case "operation.graphql":
			c.operation = string(f.Data)
		case "variables.json":
			err = json.Unmarshal(f.Data, &c.variables)
		case "seed.txt":
			_, err = fmt.Sscan(string(f.Data), &c.seed)
		default:
			name := strings.TrimSuffix(f.Name, ".graphql")
			c.subgraphs = append(c.subgraphs, schema.Subgraph{Name: name, URL: "http://" + name, File: f.Name, SDL: string(f.Data)})
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	return c
}
