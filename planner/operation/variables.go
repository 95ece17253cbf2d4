package operation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Values are one request's variables, checked against their definitions.
type Values struct {
	// Raw are the variables by name as the client sent them, so that numbers keep
	// their digits. A variable that the client left out is absent, whether it has
	// a default or not; one that the operation does not define is dropped. The
	// bytes are those that were given to Coerce.
	Raw map[string]json.RawMessage
	// Conditions are the operation's conditions of the kinds [VariableCondition] and
	// [DeferCondition].
	Conditions Conditions
}

// maxVariableDepth is how deep a variable of an input type may nest; JSON of a
// custom scalar may nest as deep as encoding/json allows.
const maxVariableDepth = 128

// Coerce checks a request's variables, a JSON object, null or nothing, as the
// specification's CoerceVariableValues does (§6.1.2). What it lets pass is
// forwarded as it is: subgraphs coerce single values to lists themselves.
func (o *Operation) Coerce(variables json.RawMessage) (*Values, gqlerror.List) {
	given, err := variableMembers(variables)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	c := &coercion{types: o.types}
	values := &Values{Raw: make(map[string]json.RawMessage, len(o.Variables))}
	for i := range o.Variables {
		v := &o.Variables[i]
		c.variable, c.path = v, nil
		raw, ok := given[v.Name]
		switch {
		case ok:
			values.Raw[v.Name] = raw
			c.check(v.Definition.Type, raw, 0)
		case v.Definition.Type.NonNull && v.Definition.DefaultValue == nil:
			c.fail("Variable %q of required type %q was not provided.", "$"+v.Name, v.Definition.Type.String())
		}
	}
	if len(c.errs) == 0 {
		values.Conditions = o.conditions(c, values.Raw)
	}
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	return values, nil
}

// variableMembers reads the outer object.
func variableMembers(variables json.RawMessage) (map[string]json.RawMessage, *gqlerror.Error) {
	body := bytes.TrimSpace(variables)
	if len(body) == 0 || string(body) == "null" {
		return nil, nil
	}
	if !json.Valid(body) {
		return nil, positioned(nil, CodeBadInput, "The variables are not valid JSON.")
	}
	if body[0] != '{' {
		return nil, positioned(nil, CodeBadInput, "The variables must be a JSON object.")
	}
	given := map[string]json.RawMessage{}
	for _, m := range members(body) {
		if _, twice := given[m.name]; twice {
			return nil, positioned(nil, CodeBadInput, "Variable %q is given twice.", "$"+m.name)
		}
		given[m.name] = m.value
	}
	return given, nil
}

// conditions evaluates the Boolean variables of @skip, @include and @defer.
func (o *Operation) conditions(c *coercion, raw map[string]json.RawMessage) Conditions {
	var set Conditions
	for i, condition := range o.Conditions {
		if condition.Kind == LabelCondition {
			continue
		}
		for j := range o.Variables {
			v := &o.Variables[j]
			if v.Name != condition.Name {
				continue
			}
			text := string(raw[v.Name])
			if text == "" && v.Definition.DefaultValue != nil {
				text = v.Definition.DefaultValue.Raw
			}
			c.variable, c.path = v, nil
			switch {
			case text == "true", text == "" && condition.Kind == DeferCondition: // the argument's default
				set |= 1 << i
				if condition.Kind == DeferCondition && o.Kind == ast.Subscription {
					c.fail("Variable %q is used in the @defer of a subscription and must be false: the events of a subscription have no deferred payloads.", "$"+v.Name)
				}
			case text == "false":
			default:
				c.fail("Variable %q is used in @skip, @include or @defer and must not be null.", "$"+v.Name)
			}
		}
	}
	return set
}

// coercion checks the value of one variable after the other.
type coercion struct {
	types    *typeTable
	variable *Variable
	// path leads to the value being checked, inside the variable.
	path []string
	errs gqlerror.List
}

func (c *coercion) fail(format string, args ...any) {
	if len(c.errs) < maxErrors {
		c.errs = append(c.errs, positioned(c.variable.Definition.Position, CodeBadInput, format, args...))
	}
}

// invalid says what is wrong with a value inside the variable.
func (c *coercion) invalid(raw json.RawMessage, format string, args ...any) {
	const longest = 80
	text := string(raw)
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	where := ""
	for i, step := range c.path {
		if i == 0 {
			where = ` at "` + c.variable.Name
		}
		where += step
	}
	if where != "" {
		where += `"`
	}
	c.fail("Variable %q got invalid value %s%s; %s", "$"+c.variable.Name, text, where, fmt.Sprintf(format, args...))
}

// check coerces one value to a type (specification §3, Input Coercion).
func (c *coercion) check(typ *ast.Type, raw json.RawMessage, depth int) {
	switch {
	case len(c.errs) >= maxErrors:
	case isNull(raw):
		if typ.NonNull {
			c.invalid(raw, "Expected non-nullable type %q not to be null.", typ.String())
		}
	case depth > maxVariableDepth:
		c.invalid(raw, "It is nested deeper than %d levels.", maxVariableDepth)
	case typ.Elem != nil && raw[0] == '[':
		for i, item := range items(raw) {
			c.path = append(c.path, "["+strconv.Itoa(i)+"]")
			c.check(typ.Elem, item, depth+1)
			c.path = c.path[:len(c.path)-1]
		}
	case typ.Elem != nil:
		c.check(typ.Elem, raw, depth+1) // a single value stands for a list of it
	default:
		c.named(c.types.api.Types[typ.NamedType], raw, depth)
	}
}

func (c *coercion) named(def *ast.Definition, raw json.RawMessage, depth int) {
	switch {
	case def == nil: // validation lets nothing of this pass
	case def.Kind == ast.InputObject:
		c.object(def, raw, depth)
	case def.Kind == ast.Enum:
		if raw[0] != '"' {
			c.invalid(raw, "Enum %q cannot represent a value that is no string.", def.Name)
		} else if def.EnumValues.ForName(unquote(raw)) == nil {
			c.invalid(raw, "Value does not exist in %q enum.", def.Name)
		}
	case def.Kind == ast.Scalar:
		c.scalar(def.Name, raw)
	}
}

// scalar checks the specification's scalars; every other takes any JSON.
func (c *coercion) scalar(name string, raw json.RawMessage) {
	number := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
	switch name {
	case "Int":
		if !number || !integral(raw) {
			c.invalid(raw, "Int cannot represent non-integer value.")
		} else if f, err := strconv.ParseFloat(string(raw), 64); err != nil || f < -1<<31 || f > 1<<31-1 {
			c.invalid(raw, "Int cannot represent non 32-bit signed integer value.")
		}
	case "Float":
		if !number {
			c.invalid(raw, "Float cannot represent non numeric value.")
		} else if _, err := strconv.ParseFloat(string(raw), 64); err != nil {
			c.invalid(raw, "Float cannot represent a number that large.")
		}
	case "String":
		if raw[0] != '"' {
			c.invalid(raw, "String cannot represent a non string value.")
		}
	case "ID":
		if raw[0] != '"' && (!number || bytes.ContainsAny(raw, ".eE")) {
			c.invalid(raw, "ID cannot represent a value that is neither string nor integer.")
		}
	case "Boolean":
		if raw[0] != 't' && raw[0] != 'f' {
			c.invalid(raw, "Boolean cannot represent a non boolean value.")
		}
	}
}

// integral reports whether a JSON number has no fractional part: JSON makes no
// difference between 1 and 1.0.
func integral(raw json.RawMessage) bool {
	if !bytes.ContainsAny(raw, ".eE") {
		return true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return err == nil && f >= -1<<53 && f <= 1<<53 && f == float64(int64(f))
}

// object checks an input object's fields.
func (c *coercion) object(def *ast.Definition, raw json.RawMessage, depth int) {
	if raw[0] != '{' {
		c.invalid(raw, "Expected type %q to be an object.", def.Name)
		return
	}
	given := members(raw)
	seen := make(map[string]bool, len(given))
	for _, m := range given {
		field := def.Fields.ForName(m.name)
		switch {
		case seen[m.name]:
			c.invalid(raw, "Field %q is given twice.", m.name)
		case field == nil:
			c.invalid(raw, "Field %q is not defined by type %q.", m.name, def.Name)
		default:
			c.path = append(c.path, "."+m.name)
			c.check(field.Type, m.value, depth+1)
			c.path = c.path[:len(c.path)-1]
		}
		seen[m.name] = true
	}
	for _, field := range def.Fields {
		if !seen[field.Name] && field.Type.NonNull && field.DefaultValue == nil {
			c.invalid(raw, "Field %q of required type %q was not provided.", field.Name, field.Type.String())
		}
	}
	if def.Directives.ForName("oneOf") != nil && (len(given) != 1 || isNull(given[0].value)) {
		c.invalid(raw, "Exactly one field of type %q must be given, and not as null.", def.Name)
	}
}
