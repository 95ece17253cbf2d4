package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkDefault is checkValue for a default value, which may leave out required
// fields of input types: Apollo's tools accept that.
func (s *subgraph) checkDefault(v *ast.Value, t *ast.Type, depth int) string {
	return valueChecker{s: s, partial: true}.check(v, t, depth)
}

// checkValue says why a constant does not fit its type, or nothing.
func (s *subgraph) checkValue(v *ast.Value, t *ast.Type, depth int) string {
	return valueChecker{s: s}.check(v, t, depth)
}

type valueChecker struct {
	s       *subgraph
	partial bool // required fields may be missing
}

func (vc valueChecker) check(v *ast.Value, t *ast.Type, depth int) string {
	if depth == 0 {
		return "it nests too deep"
	}
	switch {
	case v.Kind == ast.Variable:
		return "it has a variable"
	case v.Kind == ast.NullValue:
		if t.NonNull {
			return fmt.Sprintf("null is no %s", t)
		}
		return ""
	case t.Elem != nil:
		if v.Kind != ast.ListValue {
			return vc.check(v, t.Elem, depth-1)
		}
		for _, child := range v.Children {
			if reason := vc.check(child.Value, t.Elem, depth-1); reason != "" {
				return reason
			}
		}
		return ""
	}
	if builtInScalar(t.NamedType) {
		return checkScalar(v, t.NamedType)
	}
	def := vc.s.types[t.NamedType]
	if def == nil {
		return ""
	}
	switch def.kind {
	case ast.Enum:
		if v.Kind != ast.EnumValue || def.value(v.Raw) == nil {
			return fmt.Sprintf("%s is no value of the enum %q", v, def.name)
		}
	case ast.InputObject:
		return vc.checkObject(v, def, depth)
	}
	return ""
}

func (vc valueChecker) checkObject(v *ast.Value, def *typeDef, depth int) string {
	if v.Kind != ast.ObjectValue {
		return fmt.Sprintf("%s is no %s", v, def.name)
	}
	for _, child := range v.Children {
		f := def.byName[child.Name]
		if f == nil {
			return fmt.Sprintf("%q has no field %q", def.name, child.Name)
		}
		if reason := vc.check(child.Value, f.typ, depth-1); reason != "" {
			return reason
		}
	}
	for _, f := range def.fields {
		if !vc.partial && f.typ.NonNull && f.def == nil && v.Children.ForName(f.name) == nil {
			return fmt.Sprintf("it lacks the field %q", f.coordinate)
		}
	}
	return ""
}

func checkScalar(v *ast.Value, name string) string {
	ok := false
	switch name {
	case "Int":
		_, err := strconv.ParseInt(v.Raw, 10, 32)
		ok = v.Kind == ast.IntValue && err == nil
	case "Float":
		ok = v.Kind == ast.IntValue || v.Kind == ast.FloatValue
	case "String":
		ok = isString(v)
	case "Boolean":
		ok = v.Kind == ast.BooleanValue
	case "ID":
		ok = isString(v) || v.Kind == ast.IntValue
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%s is no %s", v, name)
}

// canonical writes a value so that equal values give equal text: the fields of
// objects by name, and every kind of string in one way.
func canonical(v *ast.Value) string {
	if v == nil {
		return ""
	}
	switch v.Kind {
	case ast.ListValue:
		parts := make([]string, len(v.Children))
		for i, child := range v.Children {
			parts[i] = canonical(child.Value)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case ast.ObjectValue:
		parts := make([]string, len(v.Children))
		for i, child := range v.Children {
			parts[i] = child.Name + ": " + canonical(child.Value)
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.String()
}
