package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// quoted lists names: "a", "b" and "c".
func quoted(names []string) string {
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = strconv.Quote(n)
	}
	return listed(parts)
}

// listed joins parts: a, b and c.
func listed(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// inSubgraphs names subgraphs: subgraph "a", or subgraphs "a" and "b".
func inSubgraphs(names []string) string {
	if len(names) == 1 {
		return "subgraph " + quoted(names)
	}
	return "subgraphs " + quoted(names)
}

// groups says which subgraphs have which of several variants:
// Int in subgraph "a", Int! in subgraphs "b" and "c".
func groups[T holder](all []T, variant func(T) string) string {
	var order []string
	by := map[string][]string{}
	for _, e := range all {
		v := variant(e)
		if _, ok := by[v]; !ok {
			order = append(order, v)
		}
		if name := e.self().sub.Name; !slices.Contains(by[v], name) {
			by[v] = append(by[v], name)
		}
	}
	parts := make([]string, len(order))
	for i, v := range order {
		parts[i] = fmt.Sprintf("%s in %s", v, inSubgraphs(by[v]))
	}
	return listed(parts)
}

func firstLine(text string) string {
	line, _, more := strings.Cut(text, "\n")
	if more {
		line += "…"
	}
	return strconv.Quote(line)
}
