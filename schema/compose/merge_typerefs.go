package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// position says how a value flows through an element, and so which of two
// compatible types the supergraph takes.
type position int

const (
	outputPosition position = iota // values come out: the wider type
	argumentPosition
	inputFieldPosition // values go in: the narrower type
)

// typed is a field or an argument.
type typed interface {
	holder
	typeRef() *ast.Type
	defaultValue() *ast.Value
}

func (f *fieldDef) typeRef() *ast.Type       { return f.typ }
func (f *fieldDef) defaultValue() *ast.Value { return f.def }
func (a *argDef) typeRef() *ast.Type         { return a.typ }
func (a *argDef) defaultValue() *ast.Value   { return a.def }

// mergeTypes gives the one type for a list of declarations, or nil, with an
// error, where two are incompatible.
func mergeTypes[T typed](c *composer, coordinate string, sources []T, where position) *ast.Type {
	merged := sources[0].typeRef()
	equal, ok := true, true
	for _, s := range sources[1:] {
		t := s.typeRef()
		if t.String() == merged.String() {
			continue
		}
		equal = false
		wider, narrower := merged, t
		switch {
		case c.strictSubtype(merged, t):
			wider, narrower = t, merged
		case c.strictSubtype(t, merged):
		default:
			ok = false
			continue
		}
		merged = wider
		if where != outputPosition {
			merged = narrower
		}
	}
	byType := func(s T) string { return s.typeRef().String() }
	if !ok {
		code := codeFieldTypeMismatch
		if where == argumentPosition {
			code = codeArgumentTypeMismatch
		}
		c.fail(problem{code: code, coordinate: coordinate, at: placesOf(sources), fix: "Give it the same type in all subgraphs."},
			"The type of %q is incompatible across subgraphs: it is %s.", coordinate, groups(sources, byType))
		return nil
	}
	if !equal {
		code := hintFieldType
		if where == argumentPosition {
			code = hintArgumentType
		}
		c.hint(code, coordinate, placesOf(sources), "The type of %q differs between subgraphs: it is %s. The supergraph has %s.",
			coordinate, groups(sources, byType), merged)
	}
	return merged
}

func (c *composer) mergeType(coordinate string, sources []*fieldDef, where position) *ast.Type {
	return mergeTypes(c, coordinate, sources, where)
}

func (c *composer) sameOrSubtype(a, b *ast.Type) bool {
	return a.String() == b.String() || c.strictSubtype(a, b)
}

// strictSubtype reports whether a differs from b and can stand wherever b is
// asked for, in the merged schema: by being non-null, by the items of a list,
// by implementing an interface or being a member of a union.
func (c *composer) strictSubtype(a, b *ast.Type) bool {
	switch {
	case b.NonNull:
		if !a.NonNull {
			return false
		}
		return c.strictSubtype(nullable(a), nullable(b))
	case a.NonNull:
		return c.sameOrSubtype(nullable(a), b)
	case a.Elem != nil && b.Elem != nil:
		return c.strictSubtype(a.Elem, b.Elem)
	case a.Elem != nil || b.Elem != nil:
		return false
	}
	def, super := c.merged.types[a.NamedType], c.merged.types[b.NamedType]
	if def == nil || super == nil || def == super {
		return false
	}
	switch super.Kind {
	case ast.Interface:
		return slices.Contains(def.Interfaces, super.Name)
	case ast.Union:
		return slices.Contains(super.Types, def.Name)
	}
	return false
}

func nullable(t *ast.Type) *ast.Type {
	out := *t
	out.NonNull = false
	return &out
}

// mergeDefault gives the default value of an argument or input field: the one
// that all give; none, with a hint, when only some give one.
func mergeDefault[T typed](c *composer, coordinate string, sources []T, where position) *ast.Value {
	var value *ast.Value
	differs, missing := false, false
	for _, s := range sources {
		def := s.defaultValue()
		switch {
		case def == nil:
			missing = true
		case value == nil:
			value = def
		case canonical(def) != canonical(value):
			differs = true
		}
	}
	variant := func(s T) string { return defaultText(s.defaultValue()) }
	if differs {
		code := codeArgumentDefault
		if where == inputFieldPosition {
			code = codeInputFieldDefault
		}
		c.fail(problem{code: code, coordinate: coordinate, at: placesOf(sources), fix: "Give it the same default in all subgraphs."},
			"The default of %q differs between subgraphs: it has %s.", coordinate, groups(sources, variant))
		return nil
	}
	if value != nil && missing {
		c.hint(hintDefaultPresence, coordinate, placesOf(sources), "Only some subgraphs give %q a default: it has %s. The supergraph has none.",
			coordinate, groups(sources, variant))
		return nil
	}
	return value
}
