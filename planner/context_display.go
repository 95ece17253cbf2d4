package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/schema"
)

// text says in one line where a context's value comes from for one path.
func (c *Context) text(sg *schema.Supergraph, path Path, sources []*ContextSource) string {
	var from []string
	for _, s := range sources {
		at := "the root"
		if s.At > 0 {
			at = path[:s.At].text(sg)
		}
		from = append(from, fmt.Sprintf("%s of %s at %s", requiresText(sg, s.Fields), typeNames(sg, s.On), at))
	}
	return fmt.Sprintf("with $%s: %s from %s", c.Variable, c.Type, strings.Join(from, ", or "))
}

// apolloContexts shows the values from contexts in Apollo's format: how the fields
// above one of the entity's paths become variables.
func apolloContexts(sg *schema.Supergraph, e *Entity, path int) []apolloRewrite {
	var out []apolloRewrite
	for _, c := range e.Contexts {
		for _, s := range c.Sources[path] {
			up := slices.Repeat([]string{".."}, len(e.Paths[path])-s.At)
			for o := range s.On.All() {
				at := append(slices.Clone(up), "... on "+sg.Objects[o].Name)
				for fields := s.Fields; len(fields) > 0; {
					i := slices.IndexFunc(fields, func(r *Require) bool {
						return r.Name != "__typename" && (r.On == nil || len(at) > len(up)+1 || r.On.Has(o))
					})
					if i < 0 {
						break
					}
					at = append(at, fields[i].Key)
					fields = fields[i].Fields
				}
				out = append(out, apolloRewrite{Kind: "KeyRenamer", Path: at, RenameKeyTo: c.Variable})
			}
		}
	}
	return out
}

// contexts tells which values from contexts a fetch is sent, for which fields,
// and where they come from.
func (c *choices) contexts(f *fetch) []string {
	var out []string
	for _, n := range f.contexts {
		fields := c.planning.takers(nil, f.root, n)
		text := fmt.Sprintf("{ %s } of the context %s, which %s takes", n.value.Selection, n.value.Context, strings.Join(fields, ", "))
		var from []string
		for _, d := range f.deps {
			setters, _ := c.planning.setters(f.place, n.value)
			if slices.ContainsFunc(setters, func(s setter) bool { return c.gives(d.root, s.place, s.set) }) {
				from = appendNew(from, fmt.Sprintf("step %d", c.steps[d].ID))
			}
		}
		slices.Sort(from)
		if len(from) > 0 {
			text += ", from " + strings.Join(from, " and ")
		}
		out = append(out, text)
	}
	return out
}

// takers adds the arguments that take a fetch's value in a selection and below it.
func (w *planning) takers(fields []string, s *selection, n *contextNeed) []string {
	for _, e := range s.entries {
		for o := range s.types.All() {
			node := s.node
			if node == nil || !node.Opaque {
				node = w.g.Object(o).Node(s.fetch.graph)
			}
			if node == nil || node.Edge(e.slot.name) == nil {
				continue
			}
			for _, a := range node.Edge(e.slot.name).Contexts {
				if a.Variable == n.variable {
					fields = appendNew(fields, fmt.Sprintf("%s.%s(%s:)", node.Type.Name, e.slot.name, a.Name))
				}
			}
		}
		for _, below := range e.below {
			fields = w.takers(fields, below, n)
		}
	}
	return fields
}

// takes reports whether a later fetch takes the value of a field from a context.
func (c *choices) takes(f *fetch, at *place, field string) bool {
	return slices.ContainsFunc(f.contexts, func(n *contextNeed) bool {
		setters, _ := c.planning.setters(f.place, n.value)
		return slices.ContainsFunc(setters, func(s setter) bool { return asks(s.place, s.set, at, field) })
	})
}
