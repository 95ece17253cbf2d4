// Package page cuts lists into pages for the connections of the example subgraphs.
package page

import (
	"encoding/base64"
	"slices"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Max is the most items that one page may hold.
const Max = 100

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	// HasNext says whether the list goes on after the page.
	HasNext bool
	// EndCursor is the cursor of the last item; nil on an empty page.
	EndCursor *string
	// Total is the length of the whole list.
	Total int
}

// Cut returns the first items of a list after the item with the cursor after,
// or from the start when after is nil. id tells items apart.
func Cut[T any](items []T, first int, after *string, id func(T) string) (Page[T], error) {
	start := 0
	if after != nil {
		i := slices.IndexFunc(items, func(item T) bool { return Cursor(id(item)) == *after })
		if i < 0 {
			return Page[T]{}, badInput("after: no item has the cursor %q; use an endCursor or a cursor of this list", *after)
		}
		start = i + 1
	}
	head, err := First(items[start:], first)
	if err != nil {
		return Page[T]{}, err
	}
	p := Page[T]{Items: head, HasNext: start+len(head) < len(items), Total: len(items)}
	if len(head) > 0 {
		end := Cursor(id(head[len(head)-1]))
		p.EndCursor = &end
	}
	return p, nil
}

// First returns the first n items of a list, or all when there are fewer.
func First[T any](items []T, n int) ([]T, error) {
	if n < 0 || n > Max {
		return nil, badInput("first: must be between 0 and %d, not %d", Max, n)
	}
	return items[:min(n, len(items))], nil
}

// Cursor is the cursor of the item with the id. Clients must not look into it.
func Cursor(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(id))
}

func badInput(format string, args ...any) error {
	err := gqlerror.Errorf(format, args...)
	err.Extensions = map[string]any{"code": "BAD_USER_INPUT"}
	return err
}
