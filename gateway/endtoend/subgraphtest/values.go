package subgraphtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// enum is an input value of an enum type: it is written without quotes.
type enum string

// coerce makes an input value of a JSON value (GraphQL, section 3.12): enums are
// told from strings, single values become lists, defaults are filled in.
func (x *execution) coerce(typ *ast.Type, v any) any {
	switch {
	case v == nil:
		return nil
	case typ.Elem != nil:
		items, ok := v.([]any)
		if !ok {
			items = []any{v}
		}
		out := make([]any, len(items))
		for i, item := range items {
			out[i] = x.coerce(typ.Elem, item)
		}
		return out
	}
	switch def := x.schema.Types[typ.NamedType]; def.Kind {
	case ast.Enum:
		if s, ok := v.(string); ok {
			return enum(s)
		}
	case ast.InputObject:
		given, ok := v.(map[string]any)
		if !ok {
			return v
		}
		out := map[string]any{}
		for _, f := range def.Fields {
			if value, ok := given[f.Name]; ok {
				out[f.Name] = x.coerce(f.Type, value)
			} else if f.DefaultValue != nil {
				out[f.Name], _ = x.literal(f.Type, f.DefaultValue)
			}
		}
		return out
	}
	return v
}

// literal makes an input value of what is written in a document. It reports
// whether there is a value: a variable may have none.
func (x *execution) literal(typ *ast.Type, v *ast.Value) (any, bool) {
	switch v.Kind {
	case ast.Variable:
		value, ok := x.variables[v.Raw]
		return value, ok
	case ast.ListValue:
		var items []any
		elem := typ.Elem
		if elem == nil { // a custom scalar
			elem = typ
		}
		for _, c := range v.Children {
			item, _ := x.literal(elem, c.Value)
			items = append(items, item)
		}
		return items, true
	case ast.ObjectValue:
		return x.objectLiteral(typ, v), true
	}
	value := scalarLiteral(v)
	if typ.Elem != nil {
		return x.coerce(typ, value), true
	}
	return value, true
}

func (x *execution) objectLiteral(typ *ast.Type, v *ast.Value) map[string]any {
	out := map[string]any{}
	def := x.schema.Types[typ.Name()]
	for _, c := range v.Children {
		below := typ
		if f := def.Fields.ForName(c.Name); f != nil {
			below = f.Type
		}
		if value, ok := x.literal(below, c.Value); ok {
			out[c.Name] = value
		}
	}
	if def.Kind == ast.InputObject {
		for _, f := range def.Fields {
			if _, given := out[f.Name]; !given && f.DefaultValue != nil {
				out[f.Name], _ = x.literal(f.Type, f.DefaultValue)
			}
		}
	}
	return out
}

func scalarLiteral(v *ast.Value) any {
	switch v.Kind {
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw)
	case ast.BooleanValue:
		return v.Raw == "true"
	case ast.NullValue:
		return nil
	case ast.EnumValue:
		return enum(v.Raw)
	}
	return v.Raw
}

// arguments gives a field's arguments, defaults included.
func (x *execution) arguments(f *ast.Field) map[string]any {
	out := map[string]any{}
	for _, def := range f.Definition.Arguments {
		if given := f.Arguments.ForName(def.Name); given != nil {
			if value, ok := x.literal(def.Type, given.Value); ok {
				out[def.Name] = value
				continue
			}
		}
		if def.DefaultValue != nil {
			out[def.Name], _ = x.literal(def.Type, def.DefaultValue)
		}
	}
	return out
}

// argumentsText writes arguments in the schema's order: "a: 1, b: [X]".
func argumentsText(f *ast.FieldDefinition, arguments map[string]any) string {
	var all []string
	for _, def := range f.Arguments {
		if v, ok := arguments[def.Name]; ok {
			all = append(all, def.Name+": "+inputText(v))
		}
	}
	return strings.Join(all, ", ")
}

// inputText writes an input value in GraphQL's notation, object fields by name.
func inputText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(v)
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, inputText(item))
		}
		return "[" + strings.Join(all, ", ") + "]"
	case map[string]any:
		var all []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, name+": "+inputText(v[name]))
		}
		return "{" + strings.Join(all, ", ") + "}"
	}
	return fmt.Sprint(v)
}
