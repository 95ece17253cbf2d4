// Package apidiff says what changed between two versions of an API schema and
// what each change means for the clients that were written for the first.
//
// It compares what clients see: the schema of the API, not the subgraphs'. It
// does not know which operations clients really send.
package apidiff

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Severity is what a change may do to a client.
type Severity string

// The severities, the worst first.
const (
	// Breaking: an operation that was valid may now be invalid.
	Breaking Severity = "breaking"
	// Dangerous: every operation stays valid, but may now answer what its client
	// does not expect.
	Dangerous Severity = "dangerous"
	// Safe: no client notices.
	Safe Severity = "safe"
)

// Change is one difference.
type Change struct {
	Severity Severity `json:"severity"`
	Kind     Kind     `json:"kind"`
	// Coordinate is the schema coordinate of what changed: "Product.price",
	// "Query.products(first:)", "Currency.EUR", "@stream(label:)".
	Coordinate string `json:"coordinate"`
	// Message says what changed, as one sentence.
	Message string `json:"message"`
}

// String gives "breaking: FIELD_REMOVED Product.price: The field Product.price was removed."
func (c Change) String() string {
	return fmt.Sprintf("%s: %s %s: %s", c.Severity, c.Kind, c.Coordinate, c.Message)
}

// HasBreaking reports whether one of the changes is [Breaking].
func HasBreaking(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Severity == Breaking })
}

// Compare gives every change from before to after: the breaking ones first, then
// the dangerous, then the safe, each by coordinate. A type that is added or
// removed is one change, whatever it holds.
func Compare(before, after *ast.Schema) []Change {
	d := &differ{}
	d.roots(before, after)
	each(types(before), types(after), d.typeRemoved, d.typeAdded, d.typeBoth)
	each(directives(before), directives(after), d.directiveRemoved, d.directiveAdded, d.directiveBoth)
	slices.SortStableFunc(d.changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)),
			cmp.Compare(a.Coordinate, b.Coordinate), cmp.Compare(a.Kind, b.Kind))
	})
	return d.changes
}

func rank(s Severity) int { return slices.Index([]Severity{Breaking, Dangerous, Safe}, s) }

// differ collects the changes.
type differ struct{ changes []Change }

func (d *differ) add(s Severity, k Kind, coordinate, format string, args ...any) {
	d.changes = append(d.changes, Change{Severity: s, Kind: k, Coordinate: coordinate, Message: fmt.Sprintf(format, args...)})
}

// each hands on what is only in before, only in after and in both, by name.
func each[T any](before, after map[string]T, removed, added func(T), both func(before, after T)) {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if now, ok := after[name]; ok {
			both(before[name], now)
		} else {
			removed(before[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[name]; !ok {
			added(after[name])
		}
	}
}

// byName indexes a list, leaving out what introspection adds.
func byName[T any](list []T, name func(T) string) map[string]T {
	out := make(map[string]T, len(list))
	for _, v := range list {
		if n := name(v); !strings.HasPrefix(n, "__") {
			out[n] = v
		}
	}
	return out
}

func types(s *ast.Schema) map[string]*ast.Definition {
	return byName(slices.Collect(maps.Values(s.Types)), func(t *ast.Definition) string { return t.Name })
}

// directives gives those that operations can use; the others say nothing to clients.
func directives(s *ast.Schema) map[string]*ast.DirectiveDefinition {
	out := maps.Clone(s.Directives)
	maps.DeleteFunc(out, func(_ string, d *ast.DirectiveDefinition) bool { return len(executable(d)) == 0 })
	return out
}

// roots compares which types are the roots. A root type that itself came or went
// is reported as a type.
func (d *differ) roots(before, after *ast.Schema) {
	for _, root := range []struct {
		operation   string
		before, now *ast.Definition
	}{
		{"query", before.Query, after.Query},
		{"mutation", before.Mutation, after.Mutation},
		{"subscription", before.Subscription, after.Subscription},
	} {
		switch {
		case root.before == nil && root.now == nil:
		case root.before == nil:
			if before.Types[root.now.Name] != nil {
				d.add(Safe, RootAdded, root.now.Name, "The type %s became the root of every %s.", root.now.Name, root.operation)
			}
		case root.now == nil:
			if after.Types[root.before.Name] != nil {
				d.add(Breaking, RootRemoved, root.before.Name, "The type %s is no longer the root of every %s.", root.before.Name, root.operation)
			}
		case root.before.Name != root.now.Name:
			d.add(Breaking, RootChanged, root.before.Name, "The root of every %s changed from %s to %s.", root.operation, root.before.Name, root.now.Name)
		}
	}
}
