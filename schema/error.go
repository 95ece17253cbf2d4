package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Code names a kind of error or hint, as Apollo's composition names it where
// it has one: INVALID_FIELD_SHARING, KEY_INVALID_FIELDS, and so on.
type Code string

// Location is a place in a subgraph's SDL, or in a supergraph document.
type Location struct {
	// Subgraph is the subgraph's name; empty for a supergraph document.
	Subgraph string `json:"subgraph,omitempty"`
	// File is the SDL's file, or empty when it came from no file.
	File string `json:"file,omitempty"`
	// Line and Column count from 1; 0 means unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// String gives "reviews.graphql:12:3", or the subgraph's name where there is
// no file.
func (l Location) String() string {
	name := cmp.Or(l.File, l.Subgraph, "supergraph")
	if l.Line == 0 {
		return name
	}
	return fmt.Sprintf("%s:%d:%d", name, l.Line, l.Column)
}

// Error is one thing that is wrong with a schema.
type Error struct {
	Code Code `json:"code"`
	// Message says what is wrong, as one sentence.
	Message string `json:"message"`
	// Coordinate is the schema coordinate of the element ("Product.price",
	// "Query.products(first:)", "@key"), or empty.
	Coordinate string `json:"coordinate,omitempty"`
	// Locations holds the places involved, one or more for each subgraph that
	// takes part.
	Locations []Location `json:"locations,omitempty"`
	// Fix says what to change, as one sentence; empty where Message says it.
	Fix string `json:"fix,omitempty"`
}

// Error gives the code, the message, the places and the fix on one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Code != "" {
		b.WriteString(string(e.Code) + ": ")
	}
	b.WriteString(e.Message)
	for i, l := range e.Locations {
		if i == 0 {
			b.WriteString(" (at ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(l.String())
	}
	if len(e.Locations) > 0 {
		b.WriteString(")")
	}
	if e.Fix != "" {
		b.WriteString(" " + e.Fix)
	}
	return b.String()
}

// Is reports whether target is an *Error of the same code, so that errors.Is
// finds a code in an [Errors].
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Errors is every error that one stage of the work found.
type Errors []*Error

// Error gives one error a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.Is and errors.As look at each error.
func (es Errors) Unwrap() []error {
	all := make([]error, len(es))
	for i, e := range es {
		all[i] = e
	}
	return all
}

// Sort orders errors by their first location's subgraph, line and column, then
// by code and message, so that output does not depend on the order of work.
func (es Errors) Sort() {
	slices.SortStableFunc(es, func(a, b *Error) int {
		la, lb := firstLocation(a.Locations), firstLocation(b.Locations)
		return cmp.Or(
			cmp.Compare(la.Subgraph, lb.Subgraph),
			cmp.Compare(la.Line, lb.Line),
			cmp.Compare(la.Column, lb.Column),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

func firstLocation(ls []Location) Location {
	if len(ls) == 0 {
		return Location{}
	}
	return ls[0]
}

// Hint is something that composition did that its author may not have meant:
// no error, but worth knowing.
type Hint struct {
	Code       Code       `json:"code"`
	Message    string     `json:"message"`
	Coordinate string     `json:"coordinate,omitempty"`
	Locations  []Location `json:"locations,omitempty"`
}
