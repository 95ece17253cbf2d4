package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one thing that is wrong with a configuration.
type Error struct {
	// File, Line and Column say where, counted from 1. Line is 0 when the value did not come from a file.
	File         string
	Line, Column int
	// Path is the key's path, such as "subgraphs.reviews.timeout" or "headers.request[0].forward.name"; empty for the file itself.
	Path string
	// Message says what is wrong.
	Message string
	// Hint says what is allowed or what to do. It may be empty.
	Hint string
}

// Error is one sentence: what is wrong, where, what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	switch {
	case e.Line > 0:
		fmt.Fprintf(&b, " (%s:%d:%d)", e.File, e.Line, e.Column)
	case e.File != "":
		fmt.Fprintf(&b, " (%s)", e.File)
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// maxErrors bounds what one bad file can make of a log.
const maxErrors = 50

// Errors is everything that is wrong with a configuration, in the order of the file.
type Errors []*Error

// Error is one line for each error, the first 50 of them.
func (e Errors) Error() string {
	lines := make([]string, 0, min(len(e), maxErrors+1))
	for i, one := range e {
		if i == maxErrors {
			lines = append(lines, fmt.Sprintf("and %d more errors", len(e)-i))
			break
		}
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As the single errors.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// orNil sorts the errors by position; a nil error means that there are none.
func (e Errors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return e
}
