package graphtest

import (
	"fmt"
	"strings"
)

// Hostile are graphs in which what a field needs explodes for a planner that
// looks at it again and again, n times over.
func Hostile(n int) []Case {
	return []Case{requiresChain(n), requiresDoubled(n), requiresBelow(n), DenseKeys(n), keysJoined(n), keysInKeys(n)}
}

// requiresChain has fields each of which requires the one before, in turns in two
// subgraphs.
func requiresChain(n int) Case {
	var b strings.Builder
	b.WriteString(head(2) + "type Query @join__type(graph: S0) @join__type(graph: S1) { node: Node @join__field(graph: S0) }\n")
	b.WriteString("type Node @join__type(graph: S0, key: \"id\") @join__type(graph: S1, key: \"id\") { id: ID! f0: Int @join__field(graph: S0) @join__field(graph: S1, external: true)")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, " f%d: Int @join__field(graph: S%d, requires: \"f%d\") @join__field(graph: S%d, external: true)", i, i%2, i-1, (i+1)%2)
	}
	b.WriteString(" }\n")
	return Case{"requires chain", b.String(), fmt.Sprintf("{ node { f%d } }", n)}
}

// requiresDoubled has pairs of fields that each require both of the pair before.
func requiresDoubled(n int) Case {
	var b strings.Builder
	b.WriteString(head(2) + "type Query @join__type(graph: S0) @join__type(graph: S1) { node: Node @join__field(graph: S0) }\n")
	b.WriteString("type Node @join__type(graph: S0, key: \"id\") @join__type(graph: S1, key: \"id\") { id: ID!")
	for i := range n + 1 {
		for _, name := range []string{"f", "g"} {
			requires := ""
			if i > 0 {
				requires = fmt.Sprintf(", requires: \"f%d g%d\"", i-1, i-1)
			}
			fmt.Fprintf(&b, " %s%d: Int @join__field(graph: S%d%s) @join__field(graph: S%d, external: true)", name, i, i%2, requires, (i+1)%2)
		}
	}
	b.WriteString(" }\n")
	return Case{"requires doubled", b.String(), fmt.Sprintf("{ node { f%d g%d } }", n, n)}
}

// requiresBelow has fields that each require two others of a value of the same
// type further down, as far as the planner follows.
func requiresBelow(n int) Case {
	n = min(n, 4)
	var b strings.Builder
	b.WriteString(head(n) + "type Query @join__type(graph: S0) { node: Node }\ntype Node")
	for g := range n {
		fmt.Fprintf(&b, " @join__type(graph: S%d, key: \"id\")", g)
	}
	b.WriteString(" { id: ID! next: Node @join__field(graph: S0)")
	for g := 1; g < n; g++ {
		fmt.Fprintf(&b, " @join__field(graph: S%d, external: true)", g)
	}
	for g := range n {
		fmt.Fprintf(&b, " f%d: Int @join__field(graph: S%d", g, g)
		if g > 1 {
			fmt.Fprintf(&b, ", requires: \"next { f%d f%d }\"", g-1, g-2)
		}
		b.WriteString(")")
		for o := g + 1; o < min(g+3, n); o++ {
			fmt.Fprintf(&b, " @join__field(graph: S%d, external: true)", o)
		}
	}
	b.WriteString(" }\n")
	return Case{"requires below", b.String(), fmt.Sprintf("{ node { f%d } }", n-1)}
}

// DenseKeys has subgraphs with a key for each pair of them, and a field for each.
func DenseKeys(n int) Case {
	var b strings.Builder
	b.WriteString(head(n) + "type Query @join__type(graph: S0) { node: Node }\ntype Node")
	for g := range n {
		for o := range n {
			if o != g {
				fmt.Fprintf(&b, " @join__type(graph: S%d, key: \"k%d_%d\")", g, min(g, o), max(g, o))
			}
		}
	}
	b.WriteString(" {")
	for g := range n {
		for o := range g {
			fmt.Fprintf(&b, " k%d_%d: ID! @join__field(graph: S%d) @join__field(graph: S%d)", o, g, o, g)
		}
		fmt.Fprintf(&b, " f%d: Int @join__field(graph: S%d) n%d: Node @join__field(graph: S%d)", g, g, g, g)
	}
	b.WriteString(" }\n")
	set := ""
	for g := range n {
		set += fmt.Sprintf(" f%d n%d { f%d }", g, g, (g+1)%n)
	}
	return Case{"dense keys", b.String(), "{ node {" + set + " } }"}
}

// keysJoined has a chain of subgraphs each of which is reached by a key whose
// two fields come from the two before.
func keysJoined(n int) Case {
	var b strings.Builder
	b.WriteString(head(n+2) + "type Query @join__type(graph: S0) { node: Node }\ntype Node @join__type(graph: S0, key: \"a0\") @join__type(graph: S1, key: \"a0\")")
	for g := 2; g < n+2; g++ {
		fmt.Fprintf(&b, " @join__type(graph: S%d, key: \"a%d a%d\")", g, g-2, g-1)
	}
	b.WriteString(" {")
	for g := range n + 2 {
		fmt.Fprintf(&b, " a%d: ID! @join__field(graph: S%d)", g, g)
		for o := g + 1; o < min(g+3, n+2); o++ {
			fmt.Fprintf(&b, " @join__field(graph: S%d, external: true)", o)
		}
	}
	b.WriteString(" }\n")
	return Case{"keys joined", b.String(), fmt.Sprintf("{ node { a%d } }", n+1)}
}

// keysInKeys has a type whose keys are keys of a value of the same type.
func keysInKeys(n int) Case {
	n = min(n, 10)
	var b strings.Builder
	b.WriteString(head(n) + "type Query @join__type(graph: S0) { node: Node }\ntype Node")
	for g := range n {
		fmt.Fprintf(&b, " @join__type(graph: S%d, key: \"up { k%d }\") @join__type(graph: S%d, key: \"k%d\")", g, g, g, (g+1)%n)
	}
	b.WriteString(" {")
	for g := range n {
		fmt.Fprintf(&b, " k%d: ID! @join__field(graph: S%d) @join__field(graph: S%d) f%d: Int @join__field(graph: S%d)", g, g, (g+n-1)%n, g, g)
	}
	b.WriteString(" up: Node }\n")
	return Case{"keys in keys", b.String(), fmt.Sprintf("{ node { f%d up { f%d } } }", n-1, n/2)}
}
