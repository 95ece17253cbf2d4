package planner_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
)

// TestRandomContextsAnswerAsOneServiceWould does what the test of random
// supergraphs does, on supergraphs whose fields take arguments from contexts. Parts
// of every fourth operation are deferred.
func TestRandomContextsAnswerAsOneServiceWould(t *testing.T) {
	var done tally
	for seed := *first; done.cases < *cases/10; seed++ {
		if done.sets++; done.sets > 1000+*cases {
			t.Fatalf("only %d cases came of %d sets of subgraphs", done.cases, done.sets)
		}
		subgraphs := randomContexts(seed)
		f, err := compileSubgraphs(t, subgraphs)
		if err != nil {
			continue
		}
		done.composed++
		w := newWorld(t, f)
		w.things = 2 // so that ways lead to the same entities
		for i := range uint64(operationsEach) {
			r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, i)), api: f.sg.API, left: 40}
			text := r.query()
			if i%4 == 3 {
				text = deferRandomly(r.Rand, f.sg.API, text)
			}
			c := &randomCase{subgraphs: subgraphs, operation: text, seed: seed + i}
			c.variables = r.variables()
			if _, small := done.carryOut(t, c, f, w); small != nil {
				t.Fatalf("seed %d, operation %d: %v\n%s", seed, i, small.run(t), small.archive())
			}
		}
	}
	t.Logf("%d cases on %d supergraphs (of %d sets of subgraphs); %d operations were invalid, %d not supported", done.cases, done.composed, done.sets, done.invalid, done.refused)
	if done.invalid > done.cases/4 || done.refused > 0 {
		t.Errorf("of %d cases %d were invalid and %d refused: that shows too little", done.cases, done.invalid, done.refused)
	}
}

// contextModel is entities whose fields and links several subgraphs share out;
// one of them has contexts.
type contextModel struct {
	*rand.Rand
	graphs int
	// at is the subgraph with the contexts.
	at  int
	sdl []map[string][]string // by subgraph and type, the fields
	// owner is the subgraph that has an entity's field.
	owner map[string]int
}

// randomContexts writes subgraphs in which objects, an interface or the query
// set contexts, whose values are scalars, lists or behind other fields, here or
// in another subgraph; and entities below them with fields that take these, some
// with @requires besides. Ways lead over lists, value types, an interface and
// entities of other subgraphs.
func randomContexts(seed uint64) []schema.Subgraph {
	r := &contextModel{Rand: rand.New(rand.NewPCG(seed, 17))}
	r.graphs = 2 + r.IntN(2)
	r.at = r.IntN(r.graphs)
	for range r.graphs {
		r.sdl = append(r.sdl, map[string][]string{})
	}
	entities := []string{"E0", "E1", "E2"}
	setters := map[string]bool{"Query": r.IntN(10) < 7, "I": r.IntN(5) == 0}
	for _, e := range entities {
		setters[e] = r.IntN(2) == 0
	}
	r.owner = map[string]int{}
	for _, e := range entities {
		for _, f := range []string{"name: String", "tags: [String]", "rank: Int", "v: V"} {
			name, _, _ := strings.Cut(f, ":")
			r.owner[e+"."+name] = r.IntN(r.graphs)
			r.add(r.owner[e+"."+name], e, f)
		}
		for i := range 1 + r.IntN(2) {
			to := pick(r.Rand, []string{"E0", "E1", "E2", "I", "V", "[E1!]", "[[E2]]", "[I]", "[V]"})
			r.add(r.IntN(r.graphs), e, fmt.Sprintf("to%d: %s", i, to))
		}
	}
	r.add(r.at, "Query", "name: String")
	r.add(r.at, "Query", "tags: [String]")
	for i := range 2 {
		r.add(r.IntN(r.graphs), "Query", fmt.Sprintf("q%d: %s", i, pick(r.Rand, []string{"E0", "[E1!]!", "I", "[I]", "V"})))
	}
	r.add(r.at, "Query", "q: [E0]")
	if r.IntN(2) == 0 {
		// Objects that set different values lead over an entity that both have.
		setters["E0"], setters["E1"], setters["I"] = true, false, false
		r.add(r.at, "E0", "over: E1")
		r.add((r.at+1)%r.graphs, "E1", "on: E2")
	}
	r.addContextual(entities, setters)
	return r.print(entities, setters)
}

func (r *contextModel) add(g int, typ, field string) { r.sdl[g][typ] = append(r.sdl[g][typ], field) }

// addContextual adds fields that take arguments from contexts.
func (r *contextModel) addContextual(entities []string, setters map[string]bool) {
	var conditions strings.Builder
	for _, e := range append([]string{"Query"}, entities...) {
		if setters[e] {
			fmt.Fprintf(&conditions, "... on %s { name } ", e)
		}
	}
	values := []string{"a: String @fromContext(field: \"$c { name }\")", "b: [String] @fromContext(field: \"$c { tags }\")"}
	if conditions.Len() > 0 && !setters["I"] {
		values = append(values, fmt.Sprintf("d: String @fromContext(field: %q)", "$c "+conditions.String()))
	}
	for i := range 2 + r.IntN(2) {
		e := pick(r.Rand, entities)
		args := pick(r.Rand, values)
		if r.IntN(3) == 0 {
			args = values[0] + " n: Int = 3 " + values[1]
		}
		typ := pick(r.Rand, []string{"String", "Int", "E0", "[E1]", "V"})
		field := fmt.Sprintf("f%d(%s): %s", i, args, typ)
		if r.IntN(3) == 0 && r.owner[e+".rank"] != r.at {
			field += " @requires(fields: \"rank\")"
			r.external(e, "rank: Int")
		}
		r.add(r.at, e, field)
		for _, e := range entities {
			if strings.Contains(args, "name") && (setters[e] || setters["I"]) {
				r.external(e, "name: String")
			}
			if strings.Contains(args, "tags") && (setters[e] || setters["I"]) {
				r.external(e, "tags: [String]")
			}
		}
	}
	if setters["I"] {
		for _, e := range entities {
			r.external(e, "name: String")
			r.external(e, "tags: [String]")
		}
	}
}

// external adds a field of another subgraph that the one with the contexts names.
func (r *contextModel) external(e, field string) {
	name, _, _ := strings.Cut(field, ":")
	if field += " @external"; r.owner[e+"."+name] != r.at && !slices.Contains(r.sdl[r.at][e], field) {
		r.add(r.at, e, field)
	}
}

func (r *contextModel) print(entities []string, setters map[string]bool) []schema.Subgraph {
	var out []schema.Subgraph
	for g := range r.graphs {
		var b strings.Builder
		b.WriteString("extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@context\", \"@fromContext\"])\n")
		context := func(typ string) string {
			if g == r.at && setters[typ] {
				return " @context(name: \"c\")"
			}
			return ""
		}
		if fields := r.sdl[g]["Query"]; fields != nil {
			fmt.Fprintf(&b, "type Query%s {\n  %s\n}\n", context("Query"), strings.Join(fields, "\n  "))
		}
		i := "id: ID!"
		if g == r.at && setters["I"] {
			i += " name: String tags: [String]"
		}
		fmt.Fprintf(&b, "interface I%s { %s }\n", context("I"), i)
		for _, e := range entities {
			fmt.Fprintf(&b, "type %s implements I @key(fields: \"id\")%s {\n  id: ID!\n  %s\n}\n", e, context(e), strings.Join(r.sdl[g][e], "\n  "))
		}
		b.WriteString("type V { n: Int @shareable e: E2 @shareable }\n")
		name := fmt.Sprintf("s%d", g)
		out = append(out, schema.Subgraph{Name: name, URL: "http://" + name, File: name + ".graphql", SDL: b.String()})
	}
	return out
}
