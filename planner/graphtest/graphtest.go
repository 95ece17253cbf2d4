// Package graphtest makes supergraphs and operations that are hard to plan, for
// tests and benchmarks.
package graphtest

import (
	"fmt"
	"strings"
)

// Case is an operation on a supergraph.
type Case struct{ Name, Supergraph, Operation string }

// Cases are the stress cases at the sizes that they are measured at.
func Cases() []Case {
	return []Case{
		{"alike", AlikeSupergraph(7, 2), "{ node {" + AlikeOperation(7, 4, 4) + " } }"},
		{"alike3", AlikeSupergraph(7, 3), "{ node {" + AlikeOperation(7, 4, 4) + " } }"},
		{"interface", InterfaceSupergraph(11, 100), InterfaceOperation(5)},
		{"many", ManySupergraph(300), ManyOperation(250)},
		{"same", SameSupergraph(50), SameOperation(5)},
	}
}

// definitions are what other planners want to find in a supergraph.
const definitions = `directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION
scalar join__FieldSet
scalar join__DirectiveArguments
scalar join__FieldValue
scalar link__Import
input join__ContextArgument { name: String! type: String! context: String! selection: join__FieldValue! }
enum link__Purpose { SECURITY EXECUTION }
`

// head links join v0.5 and names n subgraphs s0, s1, and so on.
func head(n int) string {
	var b strings.Builder
	b.WriteString(`schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }
enum join__Graph {
`)
	for g := range n {
		fmt.Fprintf(&b, "  S%d @join__graph(name: \"s%d\", url: \"http://s%d\")\n", g, g, g)
	}
	b.WriteString("}\n" + definitions)
	return b.String()
}

// AlikeSupergraph has n subgraphs that share an entity, each with a key of its
// own and one that all have; of n scalar and n entity fields each subgraph lacks
// others, as many as lacks says.
func AlikeSupergraph(n, lacks int) string {
	var b strings.Builder
	b.WriteString(head(n))
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
			if (o+g)%n >= lacks {
				fmt.Fprintf(&joins, " @join__field(graph: S%d)", o)
			}
		}
		fmt.Fprintf(&b, "  f%d: Int%s\n  n%d: Node%s\n", g, joins.String(), g, joins.String())
	}
	b.WriteString("}\n")
	return b.String()
}

// AlikeOperation asks for width scalars and width entities at each of some levels.
func AlikeOperation(n, width, levels int) string {
	var b strings.Builder
	for i := range width {
		fmt.Fprintf(&b, " f%d", (levels*3+i)%n)
	}
	if levels > 1 {
		for i := range width {
			fmt.Fprintf(&b, " n%d {%s }", (levels+2*i)%n, AlikeOperation(n, width, levels-1))
		}
	}
	return b.String()
}

// InterfaceSupergraph has an interface of many implementations. The first
// subgraph knows them all by their keys; their fields, of which one leads to the
// interface again, are spread over the others.
func InterfaceSupergraph(n, implementations int) string {
	var b strings.Builder
	b.WriteString(head(n))
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

// ManySupergraph has an entity whose fields are spread over n subgraphs, all
// reached by one key; every field leads to the entity again, too.
func ManySupergraph(n int) string {
	var b strings.Builder
	b.WriteString(head(n))
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

// SameSupergraph has n subgraphs that all resolve everything.
func SameSupergraph(n int) string {
	var b strings.Builder
	b.WriteString(head(n))
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

// InterfaceOperation follows the interface down some levels.
func InterfaceOperation(depth int) string {
	return "{ things " + strings.Repeat("{ a next ", depth) + "{ id }" + strings.Repeat("}", depth) + "}"
}

// ManyOperation asks for two fields of each of n subgraphs.
func ManyOperation(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " f%d n%d { f%d }", i, i, i+7)
	}
	return "{ node {" + b.String() + " } }"
}

// SameOperation has two entities at each of some levels.
func SameOperation(levels int) string {
	set := "a b c"
	for range levels {
		set = "a b own x { " + set + " } y { " + set + " }"
	}
	return "{ node { " + set + " } }"
}
