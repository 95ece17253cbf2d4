// Package link reads a subgraph's @link directives: which specifications the
// schema uses, at which version, and under which local names.
//
// A schema may rename every element of a specification (import it under
// another name, or prefix the specification differently), so nothing outside
// this package compares a directive with a literal name: it asks a [Table].
// The package knows what each version of the federation specification and of
// its companions (tag, inaccessible, cost and so on) defines; it neither merges
// schemas nor checks how directives are used.
package link
