package operation

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// String gives the operation's normal form for people: Text on several lines.
func (o *Operation) String() string { return o.print(true) }

// print writes the normal form: the variables that it uses, type sets as inline
// fragments, guards as directives. A set of types that no type condition stands
// for is written "... on A|B", which keeps the text short and is no GraphQL.
// Unless and Key follow from what is written.
func (o *Operation) print(indent bool) string {
	p := &printer{indent: indent, operation: o}
	used := map[string]bool{}
	usedVariables(o, used)
	p.WriteString(string(o.Kind))
	separator := " ("
	for _, v := range o.Variables {
		if used[v.Name] {
			p.WriteString(separator + v.Text)
			separator = ", "
		}
	}
	if separator == ", " {
		p.WriteByte(')')
	}
	p.selections(o.Root)
	p.blocks()
	return p.String()
}

// usedVariables notes the variables that the normal form uses.
func usedVariables(o *Operation, used map[string]bool) {
	var value func(*ast.Value)
	value = func(v *ast.Value) {
		if v.Kind == ast.Variable {
			used[v.Raw] = true
		}
		for _, c := range v.Children {
			value(c.Value)
		}
	}
	guard := func(g Guard) {
		for i, c := range o.Conditions {
			if (g.Require|g.Forbid)&(1<<i) != 0 {
				used[c.Name] = true
			}
		}
	}
	var walk func(*SelectionSet)
	walk = func(s *SelectionSet) {
		for _, f := range s.Fields {
			for _, a := range f.Arguments {
				value(a.Value)
			}
			for _, g := range f.Guards {
				guard(g)
			}
			for _, d := range f.Deferred {
				guard(d.When)
			}
			if f.Selections != nil {
				walk(f.Selections)
			}
		}
	}
	walk(o.Root)
	for _, b := range o.Blocks {
		guard(b.When)
	}
}

// variableText writes a variable definition without its directives.
func variableText(v *ast.VariableDefinition) string {
	text := "$" + v.Variable + ": " + v.Type.String()
	if v.DefaultValue != nil {
		text += " = " + v.DefaultValue.String()
	}
	return text
}

type printer struct {
	strings.Builder
	operation *Operation
	// indent puts every field on a line of its own.
	indent bool
	depth  int
}

// open begins a block, close ends it, line begins a field in it.
func (p *printer) open() { p.WriteString(" {"); p.depth++ }

func (p *printer) close() { p.depth--; p.line(); p.WriteByte('}') }

func (p *printer) line() {
	if !p.indent {
		p.WriteByte(' ')
		return
	}
	p.WriteByte('\n')
	for range p.depth {
		p.WriteString("  ")
	}
}

// selections writes a selection set; neighbours with equal type conditions share
// a fragment.
func (p *printer) selections(s *SelectionSet) {
	p.open()
	for i := 0; i < len(s.Fields); {
		f, end := s.Fields[i], i+1
		condition := p.conditional(s, f)
		for end < len(s.Fields) && p.conditional(s, s.Fields[end]) == condition && s.Fields[end].On.Equal(f.On) {
			end++
		}
		p.fragments(condition, f.On, s.Fields[i:end])
		i = end
	}
	if len(s.Fields) == 0 {
		// Nothing is selected for any object type: what is written must be a selection all the same.
		p.line()
		p.WriteString("__typename @include(if: false)")
	}
	p.close()
}

// conditional reports whether a field needs a type condition: it is not selected
// for every possible type, or the static type does not have it in this form.
func (p *printer) conditional(s *SelectionSet, f *Field) bool {
	if !f.On.Equal(s.Possible) {
		return true
	}
	def := p.operation.types.fieldOf(s.Type, f.Name)
	return def == nil || def.Type.Name() != f.Definition.Type.Name()
}

func (p *printer) fragments(conditional bool, on schema.TypeSet, fields []*Field) {
	if !conditional {
		for _, f := range fields {
			p.field(f)
		}
		return
	}
	p.line()
	p.WriteString("... on " + strings.Join(p.operation.types.names(on), "|"))
	p.open()
	for _, f := range fields {
		p.field(f)
	}
	p.close()
}

// field writes a field with what guards it. A directive stands once at a place,
// so a guard of several variables of one kind puts the field into fragments.
func (p *printer) field(f *Field) {
	var include, skip []string
	for _, g := range f.Guards {
		for i, c := range p.operation.Conditions {
			if g.Require&(1<<i) != 0 {
				include = append(include, " @include(if: $"+c.Name+")")
			}
			if g.Forbid&(1<<i) != 0 {
				skip = append(skip, " @skip(if: $"+c.Name+")")
			}
		}
	}
	directives := ""
	wrapped := max(len(include), len(skip))
	for i := range wrapped {
		directives = ""
		if i < len(include) {
			directives += include[i]
		}
		if i < len(skip) {
			directives += skip[i]
		}
		if i < wrapped-1 {
			p.line()
			p.WriteString("..." + directives)
			p.open()
		}
	}
	p.line()
	if f.ResponseKey != f.Name {
		p.WriteString(f.ResponseKey + ": ")
	}
	p.WriteString(f.Name)
	p.arguments(f.Arguments)
	p.WriteString(directives)
	p.deferred(f)
	if f.Selections != nil {
		p.selections(f.Selections)
	}
	for range wrapped - 1 {
		p.close()
	}
}

// arguments writes arguments in the order of their names.
func (p *printer) arguments(arguments ast.ArgumentList) {
	if len(arguments) == 0 {
		return
	}
	sorted := slices.SortedFunc(slices.Values(arguments), func(a, b *ast.Argument) int { return strings.Compare(a.Name, b.Name) })
	for i, a := range sorted {
		if i == 0 {
			p.WriteByte('(')
		} else {
			p.WriteString(", ")
		}
		p.WriteString(a.Name + ": " + a.Value.String())
	}
	p.WriteByte(')')
}
