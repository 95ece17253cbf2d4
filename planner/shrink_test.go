package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// shrink takes away from a failing case whatever it fails without: subgraphs,
// types, fields, directives and selections.
func shrink(t testing.TB, c *randomCase, p *problem) *randomCase {
	t.Helper()
	left := 3000
	for changed := true; changed; {
		changed = false
		for i := 0; ; i++ {
			smaller := c.without(i)
			if smaller == nil || left == 0 {
				break
			}
			left--
			if found := smaller.run(t); found != nil && found.kind == p.kind {
				c, changed = smaller, true
				i--
			}
		}
	}
	return c
}

// without gives the case without its i-th part; nil where it has no so many.
func (c *randomCase) without(i int) *randomCase {
	out := *c
	if i < len(c.subgraphs) {
		out.subgraphs = slices.Delete(slices.Clone(c.subgraphs), i, i+1)
		return &out
	}
	i -= len(c.subgraphs)
	cut := &cutter{at: i}
	if doc, err := parser.ParseQuery(&ast.Source{Input: c.operation}); err == nil {
		for _, op := range doc.Operations {
			op.SelectionSet = cut.selections(op.SelectionSet)
			op.VariableDefinitions = cutOne(cut, op.VariableDefinitions)
		}
		for _, f := range doc.Fragments {
			f.SelectionSet = cut.selections(f.SelectionSet)
		}
		doc.Fragments = cutOne(cut, doc.Fragments)
		if cut.at < 0 {
			var b strings.Builder
			formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatQueryDocument(doc)
			out.operation = b.String()
			return &out
		}
	}
	for s := range c.subgraphs {
		doc, err := parser.ParseSchema(&ast.Source{Input: c.subgraphs[s].SDL})
		if err != nil {
			continue
		}
		cut.schema(doc)
		if cut.at < 0 {
			var b strings.Builder
			formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchemaDocument(doc)
			out.subgraphs = slices.Clone(c.subgraphs)
			out.subgraphs[s].SDL = b.String()
			return &out
		}
	}
	return nil
}

// cutter counts parts down and takes the one away at which it comes to zero.
type cutter struct{ at int }

func (c *cutter) hit() bool {
	c.at--
	return c.at == -1
}

// cutOne leaves one item out if it is its turn.
func cutOne[S ~[]E, E any](c *cutter, all S) S {
	for i := range all {
		if c.hit() {
			return slices.Delete(all, i, i+1)
		}
	}
	return all
}

func (c *cutter) schema(doc *ast.SchemaDocument) {
	doc.Definitions = cutOne(c, doc.Definitions)
	for _, d := range doc.Definitions {
		d.Fields = cutOne(c, d.Fields)
		d.Directives = cutOne(c, d.Directives)
		d.Interfaces = cutOne(c, d.Interfaces)
		d.Types = cutOne(c, d.Types)
		d.EnumValues = cutOne(c, d.EnumValues)
		for _, f := range d.Fields {
			f.Directives = cutOne(c, f.Directives)
			f.Arguments = cutOne(c, f.Arguments)
			if f.Type.Elem != nil && c.hit() {
				f.Type = f.Type.Elem
			}
			if f.Type.NonNull && c.hit() {
				plain := *f.Type
				plain.NonNull = false
				f.Type = &plain
			}
		}
	}
}

func (c *cutter) selections(set ast.SelectionSet) ast.SelectionSet {
	for i, s := range set {
		if len(set) > 1 && c.hit() {
			return slices.Delete(set, i, i+1)
		}
		switch s := s.(type) {
		case *ast.Field:
			s.Directives = cutOne(c, s.Directives)
			s.Arguments = cutOne(c, s.Arguments)
			if s.Alias != "" && s.Alias != s.Name && c.hit() {
				s.Alias = s.Name
			}
			s.SelectionSet = c.selections(s.SelectionSet)
		case *ast.InlineFragment:
			if c.hit() {
				return slices.Replace(set, i, i+1, s.SelectionSet...)
			}
			s.Directives = cutOne(c, s.Directives)
			s.SelectionSet = c.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			s.Directives = cutOne(c, s.Directives)
		}
	}
	return set
}
