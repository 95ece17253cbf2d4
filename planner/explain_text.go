package planner

import (
	"fmt"
	"strings"
)

// maxShown is how many fields of one kind a text names.
const maxShown = 8

// Text gives the explanation for people, step by step.
func (e *Explanation) Text() string {
	var b strings.Builder
	for i, s := range e.Steps {
		name := s.Subgraph
		if name == "" {
			name = "the gateway itself"
		}
		fmt.Fprintf(&b, "why step %d (%s)\n", i, name)
		for _, o := range s.Order {
			fmt.Fprintf(&b, "  %s\n", o)
		}
		for _, f := range s.Fetches {
			f.write(&b)
		}
	}
	return b.String()
}

func (f *FetchReason) write(b *strings.Builder) {
	at := f.Path
	if at == "" {
		at = "the root"
	}
	fmt.Fprintf(b, "  at %s\n", at)
	if len(f.Client) > 0 {
		fmt.Fprintf(b, "    the client asks for %s\n", some(f.Client))
	}
	for _, own := range f.Own {
		fmt.Fprintf(b, "    the plan needs %s\n", own)
	}
	for _, key := range f.Keys {
		fmt.Fprintf(b, "    it is given %s\n", key)
	}
	for _, c := range f.Choices {
		fmt.Fprintf(b, "    not taken for %s\n", some(c.Fields))
		for _, n := range c.NotTaken {
			fmt.Fprintf(b, "      %s\n", n)
		}
	}
}

// some names the first of a list and counts the rest.
func some(list []string) string {
	if len(list) <= maxShown {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:maxShown], ", "), len(list)-maxShown)
}
