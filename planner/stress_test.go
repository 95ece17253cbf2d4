package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
)

// supergraphHead links join v0.5 and names n subgraphs s0, s1, and so on.
func supergraphHead(n int) string {
	var b strings.Builder
	b.WriteString(`schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
enum join__Graph {
`)
	for g := range n {
		fmt.Fprintf(&b, "  S%d @join__graph(name: \"s%d\", url: \"http://s%d\")\n", g, g, g)
	}
	b.WriteString("}\n")
	return b.String()
}

// alikeSupergraph has n subgraphs that share an entity, each with a key of its
// own and one that all have; of n scalar and n entity fields each subgraph lacks
// a different few.
func alikeSupergraph(n int) string {
	var b strings.Builder
	b.WriteString(supergraphHead(n))
	b.WriteString("type Query")
	for g := range n {
		fmt.Fprintf(&b, " @join__type(graph: S%d)", g)
	}
	b.WriteString(" { node: Node }\ntype Node")
	for g := range n {
		fmt.Fprintf(&b, " @join__type(graph: S%d, key: \"id\") @join__type(graph: S%d, key: \"k%d\")", g, g, g)
	}
	b.WriteString(" {\n  id: ID!\n")
	for g := range n {
		fmt.Fprintf(&b, "  k%d: ID! @join__field(graph: S%d)\n", g, g)
		var joins strings.Builder
		for o := range n {
			if (o+g)%n > 1 {
				fmt.Fprintf(&joins, " @join__field(graph: S%d)", o)
			}
		}
		fmt.Fprintf(&b, "  f%d: Int%s\n  n%d: Node%s\n", g, joins.String(), g, joins.String())
	}
	b.WriteString("}\n")
	return b.String()
}

// alikeOperation asks for width scalars and width entities at each of some levels.
func alikeOperation(n, width, levels int) string {
	var b strings.Builder
	for i := range width {
		fmt.Fprintf(&b, " f%d", (levels*3+i)%n)
	}
	if levels > 1 {
		for i := range width {
			fmt.Fprintf(&b, " n%d {%s }", (levels+2*i)%n, alikeOperation(n, width, levels-1))
		}
	}
	return b.String()
}

func BenchmarkPlanAlikeSubgraphs(b *testing.B) {
	f := newFixture(b, alikeSupergraph(7))
	op := f.operation(b, "{ node {"+alikeOperation(7, 4, 4)+" } }")
	benchmarkPlan(b, f, op)
}

// interfaceSupergraph has an interface of many implementations. The first
// subgraph knows them all by their keys; their fields, of which one leads to the
// interface again, are spread over the others.
func interfaceSupergraph(n, implementations int) string {
	var b strings.Builder
	b.WriteString(supergraphHead(n))
	for _, head := range []string{"type Query", "interface Thing"} {
		b.WriteString(head)
		var joins strings.Builder
		for g := range n {
			fmt.Fprintf(&b, " @join__type(graph: S%d)", g)
			if g > 0 {
				fmt.Fprintf(&joins, " @join__field(graph: S%d)", g)
			}
		}
		if head == "type Query" {
			b.WriteString(" { things: [Thing] @join__field(graph: S0) }\n")
		} else {
			fmt.Fprintf(&b, " { id: ID! a: Int%s next: Thing%s }\n", joins.String(), joins.String())
		}
	}
	for i := range implementations {
		home := 1 + i%(n-1)
		fmt.Fprintf(&b, "type T%d implements Thing", i)
		for _, g := range []int{0, home} {
			fmt.Fprintf(&b, " @join__implements(graph: S%d, interface: \"Thing\") @join__type(graph: S%d, key: \"id\")", g, g)
		}
		fmt.Fprintf(&b, " { id: ID! a: Int @join__field(graph: S%d) next: Thing @join__field(graph: S%d) }\n", home, home)
	}
	return b.String()
}

func BenchmarkPlanWideInterface(b *testing.B) {
	f := newFixture(b, interfaceSupergraph(11, 100))
	for _, depth := range []int{1, 2, 3, 4, 5} {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			op := f.operation(b, "{ things "+strings.Repeat("{ a next ", depth)+"{ id }"+strings.Repeat("}", depth)+"}")
			benchmarkPlan(b, f, op)
		})
	}
}

// benchmarkPlan plans an operation and reports how good the plan is.
func benchmarkPlan(b *testing.B, f *fixture, op *operation.Operation) {
	b.Helper()
	b.ReportAllocs()
	var p *planner.Plan
	for b.Loop() {
		var err error
		if p, err = f.planner.Plan(b.Context(), op, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(p.Steps)), "requests")
	b.ReportMetric(float64(p.Steps[len(p.Steps)-1].Depth+1), "rounds")
	if p.Degraded {
		b.ReportMetric(1, "degraded")
	}
}

// manySupergraph has an entity whose fields are spread over n subgraphs, all
// reached by one key; every field leads to the entity again, too.
func manySupergraph(n int) string {
	var b strings.Builder
	b.WriteString(supergraphHead(n))
	b.WriteString("type Query @join__type(graph: S0) { node: Node }\ntype Node")
	for g := range n {
		fmt.Fprintf(&b, " @join__type(graph: S%d, key: \"id\")", g)
	}
	b.WriteString(" { id: ID!")
	for g := range n {
		fmt.Fprintf(&b, " f%d: Int @join__field(graph: S%d) n%d: Node @join__field(graph: S%d)", g, g, g, g)
	}
	b.WriteString(" }\n")
	return b.String()
}

func BenchmarkPlanManySubgraphs(b *testing.B) {
	f := newFixture(b, manySupergraph(300))
	var text strings.Builder
	for i := range 250 {
		fmt.Fprintf(&text, " f%d n%d { f%d }", i, i, i+7)
	}
	benchmarkPlan(b, f, f.operation(b, "{ node {"+text.String()+" } }"))
}

// sameSupergraph has n subgraphs that all resolve everything.
func sameSupergraph(n int) string {
	var b strings.Builder
	b.WriteString(supergraphHead(n))
	for _, head := range []string{"type Query", "type Node"} {
		b.WriteString(head)
		for g := range n {
			fmt.Fprintf(&b, " @join__type(graph: S%d", g)
			if head == "type Node" {
				b.WriteString(`, key: "id"`)
			}
			b.WriteString(")")
		}
		if head == "type Query" {
			b.WriteString(" { node: Node }\n")
		}
	}
	b.WriteString(" { id: ID! a: Int b: Int c: Int x: Node y: Node z: Node own: Int @join__field(graph: S7) }\n")
	return b.String()
}

func BenchmarkPlanSameSubgraphs(b *testing.B) {
	f := newFixture(b, sameSupergraph(50))
	set := "a b c"
	for range 5 {
		set = "a b own x { " + set + " } y { " + set + " }"
	}
	benchmarkPlan(b, f, f.operation(b, "{ node { "+set+" } }"))
}
