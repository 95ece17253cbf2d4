package operation

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema"
)

// maxLifted is how many literals of one operation become variables; the others
// stay text.
const maxLifted = 256

// lift makes the form of an operation that is planned: literals become variables
// of their declared types, so that operations that differ only in them share a
// plan. What could make their answers or their costs differ stays: the fields,
// their order, @skip and @include (which are guards, no arguments), and which
// literals are equal, as equal ones become one variable.
//
// Literals of the specification's scalars, of enums, and lists and input objects
// of these are lifted; null alone, and what holds a variable or a custom scalar,
// is not. It gives o itself where nothing is lifted.
func (p *Parser) lift(o *Operation) (*Operation, map[string]json.RawMessage) {
	l := &lifter{types: p.types, keep: p.keep, prefix: "_l", names: map[string]string{}, values: map[string]json.RawMessage{}}
	for slices.ContainsFunc(o.Variables, func(v Variable) bool { return strings.HasPrefix(v.Name, l.prefix) }) {
		l.prefix += "_"
	}
	root := l.set(o.Root)
	if len(l.values) == 0 {
		return o, nil
	}
	planned := &Operation{Kind: o.Kind, Name: o.Name, Root: root, Conditions: o.Conditions, Blocks: o.Blocks, types: o.types}
	for _, v := range o.Variables {
		planned.Variables = append(planned.Variables, Variable{Name: v.Name, Definition: withoutPosition(v.Definition), Text: v.Text})
	}
	planned.Variables = append(planned.Variables, l.variables...)
	planned.Text = planned.print(false)
	planned.Hash = sha256.Sum256([]byte(planned.Text + l.costs.String()))
	planned.Planned = planned
	return planned, l.values
}

// withoutPosition copies a variable definition so that it does not keep the
// client's document.
func withoutPosition(v *ast.VariableDefinition) *ast.VariableDefinition {
	out := &ast.VariableDefinition{Variable: v.Variable, Type: v.Type, Definition: v.Definition, Used: v.Used}
	if v.DefaultValue != nil {
		out.DefaultValue = cloneValue(v.DefaultValue)
	}
	return out
}

func cloneValue(v *ast.Value) *ast.Value {
	out := &ast.Value{Raw: v.Raw, Kind: v.Kind, Definition: v.Definition, ExpectedType: v.ExpectedType}
	for _, c := range v.Children {
		out.Children = append(out.Children, &ast.ChildValue{Name: c.Name, Value: cloneValue(c.Value)})
	}
	return out
}

// keptArguments are the fields whose arguments stay text: those that a @requires
// asks for with arguments. The planner tells by their text whether the client's
// field is the required one.
func keptArguments(sg *schema.Supergraph) map[string]bool {
	keep := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				keep[s.Name] = keep[s.Name] || len(s.Arguments) > 0
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			}
		}
	}
	for _, def := range sg.Schema.Types {
		for _, f := range def.Fields {
			for _, d := range f.Directives {
				arg := d.Arguments.ForName("requires")
				if arg == nil || arg.Value == nil || !strings.Contains(arg.Value.Raw, "(") {
					continue
				}
				// What does not parse was refused when the supergraph was loaded.
				if doc, err := parser.ParseQuery(&ast.Source{Input: "{" + arg.Value.Raw + "}"}); err == nil {
					walk(doc.Operations[0].SelectionSet)
				}
			}
		}
	}
	return keep
}

// lifter makes the variables of one operation.
type lifter struct {
	types  *typeTable
	keep   map[string]bool
	prefix string
	// names finds the variable of a type and a value.
	names     map[string]string
	variables []Variable
	values    map[string]json.RawMessage
	// costs tells the operations apart whose literals cost differently when they
	// are answered.
	costs strings.Builder
}

// set copies a selection set with its literals lifted.
func (l *lifter) set(s *SelectionSet) *SelectionSet {
	out := &SelectionSet{Type: s.Type, Possible: s.Possible, Fields: make([]*Field, len(s.Fields))}
	for i, f := range s.Fields {
		c := *f
		c.Position = nil
		if !strings.HasPrefix(f.Name, "__") { // introspection is answered by the gateway itself
			c.Arguments = l.arguments(f)
			if f.Selections != nil {
				c.Selections = l.set(f.Selections)
			}
		}
		out.Fields[i] = &c
	}
	return out
}

func (l *lifter) arguments(f *Field) ast.ArgumentList {
	if len(f.Arguments) == 0 || l.keep[f.Name] || f.Definition == nil {
		return f.Arguments
	}
	// Variables are numbered in the order in which the normal form has them.
	out := slices.SortedFunc(slices.Values(f.Arguments), func(a, b *ast.Argument) int { return strings.Compare(a.Name, b.Name) })
	before := len(l.values)
	for i, a := range out {
		value := a.Value
		if def := f.Definition.Arguments.ForName(a.Name); def != nil {
			value = l.value(value, def.Type)
		}
		out[i] = &ast.Argument{Name: a.Name, Value: value}
	}
	if len(l.values) > before && f.FieldCost != 0 {
		fmt.Fprintf(&l.costs, "\n%s %g", f.ResponseKey, f.FieldCost)
	}
	return out
}

// value gives what takes a literal's place: a variable, or the same with
// variables in it, or what it was.
func (l *lifter) value(v *ast.Value, typ *ast.Type) *ast.Value {
	if v.Kind == ast.Variable || v.Kind == ast.NullValue {
		return v
	}
	if raw, ok := l.json(nil, v, typ); ok {
		return l.variable(v, typ, raw)
	}
	def := l.types.api.Types[typ.Name()]
	var inner func(c *ast.ChildValue) *ast.Type
	switch {
	case typ.Elem != nil && v.Kind == ast.ListValue:
		inner = func(*ast.ChildValue) *ast.Type { return typ.Elem }
	case typ.Elem == nil && v.Kind == ast.ObjectValue && def != nil && def.Kind == ast.InputObject && def.Directives.ForName("oneOf") == nil:
		inner = func(c *ast.ChildValue) *ast.Type {
			if field := def.Fields.ForName(c.Name); field != nil {
				return field.Type
			}
			return nil
		}
	default:
		return v
	}
	out := &ast.Value{Raw: v.Raw, Kind: v.Kind, Definition: v.Definition, ExpectedType: v.ExpectedType}
	for _, c := range v.Children {
		value := c.Value
		if t := inner(c); t != nil {
			value = l.value(value, t)
		}
		out.Children = append(out.Children, &ast.ChildValue{Name: c.Name, Value: value})
	}
	return out
}

func (l *lifter) variable(v *ast.Value, typ *ast.Type, raw []byte) *ast.Value {
	key := typ.String() + " " + string(raw)
	name, ok := l.names[key]
	if !ok {
		if len(l.values) == maxLifted {
			return v
		}
		name = l.prefix + strconv.Itoa(len(l.values))
		def := &ast.VariableDefinition{Variable: name, Type: typ, Definition: l.types.api.Types[typ.Name()], Used: true}
		l.names[key], l.values[name] = name, raw
		l.variables = append(l.variables, Variable{Name: name, Definition: def, Text: variableText(def)})
	}
	return &ast.Value{Raw: name, Kind: ast.Variable, Definition: v.Definition, ExpectedType: typ}
}

// json appends a literal as the JSON of a variable. It reports false for what
// is not to be lifted.
func (l *lifter) json(b []byte, v *ast.Value, typ *ast.Type) ([]byte, bool) {
	switch {
	case v.Kind == ast.Variable:
		return nil, false
	case v.Kind == ast.NullValue:
		return append(b, "null"...), true
	case typ.Elem != nil:
		return l.list(b, v, typ.Elem)
	}
	def := l.types.api.Types[typ.NamedType]
	switch {
	case def == nil:
	case def.Kind == ast.InputObject && v.Kind == ast.ObjectValue:
		return l.object(b, v, def)
	case def.Kind == ast.Enum && v.Kind == ast.EnumValue:
		return append(append(append(b, '"'), v.Raw...), '"'), true
	case def.Kind == ast.Scalar:
		return l.scalar(b, v, def.Name)
	}
	return nil, false
}

// list takes lists only: a single value that stands for a list stays text.
func (l *lifter) list(b []byte, v *ast.Value, elem *ast.Type) ([]byte, bool) {
	if v.Kind != ast.ListValue {
		return nil, false
	}
	b = append(b, '[')
	for i, c := range v.Children {
		if i > 0 {
			b = append(b, ',')
		}
		var ok bool
		if b, ok = l.json(b, c.Value, elem); !ok {
			return nil, false
		}
	}
	return append(b, ']'), true
}

// object gives the fields in the order of their names: their order means nothing.
func (l *lifter) object(b []byte, v *ast.Value, def *ast.Definition) ([]byte, bool) {
	b = append(b, '{')
	sorted := slices.SortedFunc(slices.Values(v.Children), func(x, y *ast.ChildValue) int { return strings.Compare(x.Name, y.Name) })
	for i, c := range sorted {
		field := def.Fields.ForName(c.Name)
		if field == nil {
			return nil, false
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), c.Name...), '"', ':')
		var ok bool
		if b, ok = l.json(b, c.Value, field.Type); !ok {
			return nil, false
		}
	}
	return append(b, '}'), true
}

func (l *lifter) scalar(b []byte, v *ast.Value, name string) ([]byte, bool) {
	text := v.Kind == ast.StringValue || v.Kind == ast.BlockValue
	whole := v.Kind == ast.IntValue
	switch {
	case name == "Int" && whole:
		n, err := strconv.ParseInt(v.Raw, 10, 32)
		return strconv.AppendInt(b, n, 10), err == nil
	case name == "Float" && (whole || v.Kind == ast.FloatValue):
		n, err := strconv.ParseFloat(v.Raw, 64)
		return append(b, v.Raw...), err == nil && !math.IsInf(n, 0) && json.Valid([]byte(v.Raw))
	case name == "ID" && whole:
		// As a number it could lose digits on the way.
		return append(append(append(b, '"'), v.Raw...), '"'), true
	case (name == "ID" || name == "String") && text && utf8.ValidString(v.Raw):
		return appendString(b, v.Raw), true
	case name == "Boolean" && v.Kind == ast.BooleanValue:
		return append(b, v.Raw...), true
	}
	return nil, false
}

// appendString appends a JSON string that keeps <, > and & as they are.
func appendString(b []byte, s string) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
