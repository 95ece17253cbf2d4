package subgraphtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Error is an error of an answer (GraphQL, section 7.1.2).
type Error struct {
	Message    string          `json:"message"`
	Path       []any           `json:"path,omitempty"`
	Extensions json.RawMessage `json:"extensions,omitempty"`
}

// Response is an answer. Data is nil where the operation was not executed.
type Response struct {
	Data   json.RawMessage `json:"data,omitempty"`
	Errors []Error         `json:"errors,omitempty"`
}

// execution is one operation on one subgraph's data, or on all data merged.
type execution struct {
	schema    *ast.Schema
	keys      map[string][]ast.SelectionSet
	sdl       string
	data      *Data
	variables map[string]any
	errors    []Error
	// above are the objects that lead to the one at hand, which is the last.
	above []*object
	// entityCount is how many entities a fault makes the answer have; -1 is as many as asked for.
	entityCount int
}

// Execute answers an operation by the algorithms of the specification, one
// after the other (GraphQL, section 6). The document must have been validated
// against the schema. Mutations change the data.
func Execute(s *ast.Schema, data *Data, doc *ast.QueryDocument, name string, variables map[string]any) (*Response, error) {
	x := &execution{schema: s, data: data, entityCount: -1}
	return x.run(doc, name, variables)
}

func (x *execution) run(doc *ast.QueryDocument, name string, variables map[string]any) (*Response, error) {
	op := doc.Operations.ForName(name)
	if op == nil {
		return nil, fmt.Errorf("there is no operation %q", name)
	}
	root, fields := x.schema.Query, "Query"
	if op.Operation == ast.Mutation {
		root, fields = x.schema.Mutation, "Mutation"
	}
	x.variables = map[string]any{}
	for _, v := range op.VariableDefinitions {
		if given, ok := variables[v.Variable]; ok {
			x.variables[v.Variable] = x.coerce(v.Type, given)
		} else if v.DefaultValue != nil {
			x.variables[v.Variable], _ = x.literal(v.Type, v.DefaultValue)
		} else if v.Type.NonNull {
			return nil, fmt.Errorf("the variable $%s has no value", v.Variable)
		}
	}
	var out any
	if o, err := x.selections(op.SelectionSet, &object{typ: root, fields: x.data.objects[fields]}, nil); err == nil {
		out = o
	}
	data, err := json.Marshal(out)
	return &Response{Data: data, Errors: x.errors}, err
}

// errNull says that a value is null where null is not allowed; its error is
// reported already.
var errNull = errors.New("null")

func (x *execution) fail(path []any, message string, extensions json.RawMessage) error {
	x.errors = append(x.errors, Error{Message: message, Path: slices.Clone(path), Extensions: extensions})
	return errNull
}

// answer is an object of an answer, its keys in order.
type answer struct {
	keys   []string
	values []any
}

// MarshalJSON keeps the order of the keys.
func (a *answer) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, key := range a.keys {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := json.Marshal(a.values[i])
		if err != nil {
			return nil, err
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// selections executes a selection set on an object.
func (x *execution) selections(set ast.SelectionSet, o *object, path []any) (*answer, error) {
	groups := &grouped{fields: map[string][]*ast.Field{}}
	x.collect(set, o.typ, groups)
	x.above = append(x.above, o)
	defer func() { x.above = x.above[:len(x.above)-1] }()
	out := &answer{}
	var failed error
	for _, key := range groups.keys {
		value, err := x.field(groups.fields[key], o, append(path, key))
		if err != nil {
			failed = err
		}
		out.keys, out.values = append(out.keys, key), append(out.values, value)
	}
	return out, failed
}

// grouped are fields by response key, keys in order.
type grouped struct {
	keys   []string
	fields map[string][]*ast.Field
}

// collect is CollectFields (GraphQL, section 6.3.2).
func (x *execution) collect(set ast.SelectionSet, typ *ast.Definition, to *grouped) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if x.wanted(s.Directives) {
				if to.fields[s.Alias] == nil {
					to.keys = append(to.keys, s.Alias)
				}
				to.fields[s.Alias] = append(to.fields[s.Alias], s)
			}
		case *ast.InlineFragment:
			if x.wanted(s.Directives) && x.applies(s.TypeCondition, typ) {
				x.collect(s.SelectionSet, typ, to)
			}
		case *ast.FragmentSpread:
			if x.wanted(s.Directives) && x.applies(s.Definition.TypeCondition, typ) {
				x.collect(s.Definition.SelectionSet, typ, to)
			}
		}
	}
}

func (x *execution) wanted(directives ast.DirectiveList) bool {
	given := func(name string) any {
		d := directives.ForName(name)
		if d == nil {
			return nil
		}
		value, _ := x.literal(ast.NonNullNamedType("Boolean", nil), d.Arguments.ForName("if").Value)
		return value
	}
	return given("skip") != true && given("include") != false
}

func (x *execution) applies(condition string, typ *ast.Definition) bool {
	return condition == "" || condition == typ.Name || slices.ContainsFunc(x.schema.PossibleTypes[condition],
		func(p *ast.Definition) bool { return p.Name == typ.Name })
}

// field executes the fields of one response key.
func (x *execution) field(fields []*ast.Field, o *object, path []any) (any, error) {
	f := fields[0]
	var below ast.SelectionSet
	for _, same := range fields {
		below = append(below, same.SelectionSet...)
	}
	switch f.Name {
	case "__typename":
		return o.typ.Name, nil
	case "_service":
		return &answer{keys: []string{"sdl"}, values: []any{x.sdl}}, nil
	}
	value, err := x.resolve(f, o)
	if err != nil {
		_, err = x.null(f.Definition.Type, x.fail(path, err.Error(), nil))
		return nil, err
	}
	return x.complete(f.Definition.Type, value, below, path)
}

// resolve gives a field's value in the data.
func (x *execution) resolve(f *ast.Field, o *object) (any, error) {
	arguments := x.arguments(f)
	if f.Name == "_entities" {
		list, err := x.entities(arguments["representations"].([]any))
		if x.entityCount >= 0 && err == nil {
			list = append(list, make([]any, x.entityCount)...)[:x.entityCount]
		}
		return list, err
	}
	value, ok := o.fields[f.Name]
	if len(arguments) > 0 {
		if v, exact := o.fields[f.Name+"("+argumentsText(f.Definition, arguments)+")"]; exact {
			value, ok = v, true
		}
	}
	if !ok {
		return nil, fmt.Errorf("there is no data for the field %s.%s(%s)", o.typ.Name, f.Name, argumentsText(f.Definition, arguments))
	}
	if err := x.addContexts(f, o, arguments); err != nil {
		return nil, err
	}
	change, _ := value.(map[string]any)
	if set, ok := change["$set"].(map[string]any); ok {
		filled, err := x.fillAll(set, f, o, arguments)
		if err != nil {
			return nil, err
		}
		x.data.set(filled.(map[string]any))
		value = change["$value"]
	}
	if text, ok := value.(string); ok && strings.Contains(text, "${") {
		return x.fill(text, f.Definition, o, arguments)
	}
	return value, nil
}

// fillAll fills the templates anywhere in a value. One that is nothing but an
// argument is the argument itself, not its text.
func (x *execution) fillAll(v any, f *ast.Field, o *object, arguments map[string]any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			filled, err := x.fillAll(value, f, o, arguments)
			if err != nil {
				return nil, err
			}
			out[name] = filled
		}
		return out, nil
	case string:
		if name, ok := strings.CutPrefix(v, "${@"); ok && arguments[strings.TrimSuffix(name, "}")] != nil {
			return arguments[strings.TrimSuffix(name, "}")], nil
		}
		if strings.Contains(v, "${") {
			return x.fill(v, f.Definition, o, arguments)
		}
	}
	return v, nil
}

// complete is CompleteValue (GraphQL, section 6.4.3): errNull comes up where
// null is not allowed.
func (x *execution) complete(typ *ast.Type, v any, below ast.SelectionSet, path []any) (any, error) {
	out, err := x.completeNullable(typ, v, below, path)
	switch {
	case err != nil:
		return x.null(typ, err)
	case out == nil && typ.NonNull:
		return nil, x.fail(path, "null where the schema does not allow it", nil)
	}
	return out, nil
}

// null passes an error up where the type does not allow null.
func (x *execution) null(typ *ast.Type, err error) (any, error) {
	if typ.NonNull {
		return nil, err
	}
	return nil, nil
}

func (x *execution) completeNullable(typ *ast.Type, v any, below ast.SelectionSet, path []any) (any, error) {
	if fields, ok := v.(map[string]any); ok && fields["$error"] != nil {
		extensions, err := json.Marshal(fields["extensions"])
		if err != nil || fields["extensions"] == nil {
			extensions = nil
		}
		return nil, x.fail(path, fmt.Sprint(fields["$error"]), extensions)
	}
	if v == nil {
		return nil, nil
	}
	if typ.Elem != nil {
		items, ok := v.([]any)
		if !ok {
			return v, nil // the data is wrong on purpose
		}
		out := make([]any, len(items))
		var failed error
		for i, item := range items {
			var err error
			if out[i], err = x.complete(typ.Elem, item, below, append(path, i)); err != nil {
				failed = err
			}
		}
		return out, failed
	}
	def := x.schema.Types[typ.NamedType]
	if !def.IsCompositeType() {
		return v, nil
	}
	o, err := x.object(def, v)
	if err != nil {
		return nil, x.fail(path, err.Error(), nil)
	}
	return x.selections(below, o, path)
}

// object finds out what object a value is.
func (x *execution) object(def *ast.Definition, v any) (*object, error) {
	switch v := v.(type) {
	case *object:
		return v, nil
	case map[string]any:
		if name, ok := v["$ref"].(string); ok {
			return x.data.find(x.schema, name)
		}
		if name, ok := v["__typename"].(string); ok {
			def = x.schema.Types[name]
		}
		if def == nil || def.Kind != ast.Object {
			return nil, fmt.Errorf("an object's type is unknown: %v", v)
		}
		return &object{typ: def, fields: v}, nil
	}
	return nil, fmt.Errorf("%v is not an object", v)
}
