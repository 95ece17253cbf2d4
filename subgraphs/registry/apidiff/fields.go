package apidiff

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

func (d *differ) fields(before, after *ast.Definition) {
	name := func(f *ast.FieldDefinition) string { return f.Name }
	each(byName(before.Fields, name), byName(after.Fields, name),
		func(f *ast.FieldDefinition) {
			d.add(Breaking, FieldRemoved, after.Name+"."+f.Name, "The field %s.%s was removed.", after.Name, f.Name)
		},
		func(f *ast.FieldDefinition) {
			d.add(Safe, FieldAdded, after.Name+"."+f.Name, "The field %s.%s was added.", after.Name, f.Name)
		},
		func(was, is *ast.FieldDefinition) { d.field(after.Name+"."+is.Name, was, is) })
}

func (d *differ) field(at string, was, is *ast.FieldDefinition) {
	if before, after := was.Type.String(), is.Type.String(); before != after {
		severity := Breaking
		if narrows(was.Type, is.Type) {
			severity = Safe
		}
		d.add(severity, FieldTypeChanged, at, "The type of the field %s changed from %s to %s.", at, before, after)
	}
	d.description(at, was.Description, is.Description)
	d.deprecation(at, was.Directives, is.Directives)
	d.arguments(at, was.Arguments, is.Arguments)
}

// inputs are the kinds of change that arguments and input fields have in common.
type inputs struct {
	name                               string // "argument" or "input field"
	removed, added, retyped, defaulted Kind
}

// input is an argument or an input field.
type input struct {
	coordinate, description string
	typ                     *ast.Type
	value                   *ast.Value // the default; nil is none
	directives              ast.DirectiveList
}

// required reports whether an operation must give the input.
func (i input) required() bool { return i.typ.NonNull && i.value == nil }

func (d *differ) arguments(of string, before, after ast.ArgumentDefinitionList) {
	index := func(list ast.ArgumentDefinitionList) map[string]input {
		out := make(map[string]input, len(list))
		for _, a := range list {
			out[a.Name] = input{fmt.Sprintf("%s(%s:)", of, a.Name), a.Description, a.Type, a.DefaultValue, a.Directives}
		}
		return out
	}
	d.inputs(inputs{"argument", ArgumentRemoved, ArgumentAdded, ArgumentTypeChanged, ArgumentDefaultChanged}, index(before), index(after))
}

func (d *differ) inputFields(before, after *ast.Definition) {
	index := func(t *ast.Definition) map[string]input {
		out := make(map[string]input, len(t.Fields))
		for _, f := range t.Fields {
			out[f.Name] = input{t.Name + "." + f.Name, f.Description, f.Type, f.DefaultValue, f.Directives}
		}
		return out
	}
	d.inputs(inputs{"input field", InputFieldRemoved, InputFieldAdded, InputFieldTypeChanged, InputFieldDefaultChanged}, index(before), index(after))

	switch was, is := before.Directives.ForName("oneOf") != nil, after.Directives.ForName("oneOf") != nil; {
	case !was && is:
		d.add(Breaking, OneOfAdded, after.Name, "The input type %s now takes exactly one of its fields.", after.Name)
	case was && !is:
		d.add(Safe, OneOfRemoved, after.Name, "The input type %s may now be given several of its fields.", after.Name)
	}
}

func (d *differ) inputs(k inputs, before, after map[string]input) {
	each(before, after,
		func(i input) {
			d.add(Breaking, k.removed, i.coordinate, "The %s %s was removed.", k.name, i.coordinate)
		},
		func(i input) {
			if i.required() {
				d.add(Breaking, k.added, i.coordinate, "The required %s %s was added.", k.name, i.coordinate)
				return
			}
			d.add(Dangerous, k.added, i.coordinate, "The optional %s %s was added: what it does where it is left out may be new.", k.name, i.coordinate)
		},
		func(was, is input) {
			d.description(is.coordinate, was.description, is.description)
			d.deprecation(is.coordinate, was.directives, is.directives)
			if before, after := was.typ.String(), is.typ.String(); before != after {
				severity := Breaking
				if narrows(is.typ, was.typ) {
					severity = Safe
				}
				d.add(severity, k.retyped, is.coordinate, "The type of the %s %s changed from %s to %s.", k.name, is.coordinate, before, after)
			}
			d.defaults(k, was, is)
		})
}

func (d *differ) defaults(k inputs, was, is input) {
	switch {
	case was.value == nil && is.value == nil || was.value != nil && is.value != nil && sameValue(was.value, is.value):
	case was.value == nil && was.typ.NonNull:
		d.add(Safe, k.defaulted, is.coordinate, "The %s %s now has the default %s and need not be given.", k.name, is.coordinate, is.value)
	case was.value == nil:
		d.add(Dangerous, k.defaulted, is.coordinate, "The %s %s now has the default %s.", k.name, is.coordinate, is.value)
	case is.value != nil:
		d.add(Dangerous, k.defaulted, is.coordinate, "The default of the %s %s changed from %s to %s.", k.name, is.coordinate, was.value, is.value)
	case is.required():
		d.add(Breaking, k.defaulted, is.coordinate, "The %s %s lost its default %s and must now be given.", k.name, is.coordinate, was.value)
	default:
		d.add(Dangerous, k.defaulted, is.coordinate, "The %s %s lost its default %s.", k.name, is.coordinate, was.value)
	}
}

// sameValue compares constants; the order of an input object's fields means nothing.
func sameValue(a, b *ast.Value) bool {
	if a.Kind != b.Kind || a.Raw != b.Raw || len(a.Children) != len(b.Children) {
		return false
	}
	for i, child := range a.Children {
		other := b.Children[i]
		if a.Kind == ast.ObjectValue {
			at := slices.IndexFunc(b.Children, func(c *ast.ChildValue) bool { return c.Name == child.Name })
			if at < 0 {
				return false
			}
			other = b.Children[at]
		}
		if !sameValue(child.Value, other.Value) {
			return false
		}
	}
	return true
}

// narrows reports whether every value of type to is one of type from: the same
// type, with null ruled out in more places or in as many.
func narrows(from, to *ast.Type) bool {
	if from.NonNull && !to.NonNull {
		return false
	}
	if from.Elem == nil || to.Elem == nil {
		return from.Elem == nil && to.Elem == nil && from.NamedType == to.NamedType
	}
	return narrows(from.Elem, to.Elem)
}
