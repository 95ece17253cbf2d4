package config

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// variablePattern lets a value that is no string be written as a variable, whose value the schema cannot know.
const variablePattern = `\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}`

// textPatterns are what the scalar types of this package look like.
var textPatterns = map[reflect.Type]string{
	reflect.TypeFor[Duration](): `^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$`,
	reflect.TypeFor[Size]():     `^[0-9]+ *([KMGT]i?B|kB|B)?$`,
	reflect.TypeFor[Rate]():     `^[1-9][0-9]*/[smh]$`,
}

// JSONSchema returns the JSON schema (draft 2020-12) of weft.yaml, made from the structs of this package. Editors complete
// and check a file with it. It knows forms and ranges of numbers; the ranges of durations and sizes, and what keys have to
// do with each other, only Parse and Validate check.
func JSONSchema() ([]byte, error) {
	root, err := describeConfig()
	if err != nil {
		return nil, err
	}
	schema := sectionSchema(root)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "weft.yaml"
	schema["description"] = "The configuration of Weft, a GraphQL federation gateway."
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("cannot print the JSON schema: %w", err)
	}
	return append(text, '\n'), nil
}

// sectionSchema describes a mapping with the keys of e.
func sectionSchema(e entry) map[string]any {
	properties := make(map[string]any, len(e.entries))
	schema := map[string]any{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	var required []string
	var either []any
	for _, key := range e.entries {
		if key.named {
			schema["additionalProperties"] = sectionSchema(key)
			continue
		}
		if key.required() {
			required = append(required, key.key)
		}
		if key.either() {
			either = append(either, map[string]any{"required": []string{key.key}})
		}
		properties[key.key] = keySchema(key)
	}
	if required != nil {
		schema["required"] = required
	}
	if either != nil {
		schema["oneOf"] = either
	}
	return schema
}

func keySchema(e entry) map[string]any {
	var schema map[string]any
	switch {
	case len(e.entries) == 0:
		schema = valueSchema(e.field)
	case e.typ.Kind() == reflect.Slice:
		items := sectionSchema(e)
		items["type"] = "object"
		if isChoice(e.typ.Elem()) {
			items["minProperties"], items["maxProperties"] = 1, 1
		}
		schema = map[string]any{"type": "array", "items": items}
	case e.typ.Kind() == reflect.Map:
		schema = map[string]any{"type": []string{"object", "null"}, "additionalProperties": sectionSchema(e)}
	default:
		schema = sectionSchema(e)
		if e.typ.Kind() == reflect.Pointer {
			schema["type"] = "object"
		}
	}
	schema["description"] = e.doc
	if value, ok := jsonDefault(e); ok {
		schema["default"] = value
	}
	return schema
}

// valueSchema describes a scalar, or a list of strings.
func valueSchema(f field) map[string]any {
	if pattern, ok := textPatterns[f.typ]; ok {
		schema := map[string]any{"type": []string{"string", "integer"}, "pattern": pattern + "|" + variablePattern}
		switch f.typ {
		case reflect.TypeFor[Size]():
			schema["minimum"], schema["maximum"], _ = f.bounds()
		case reflect.TypeFor[Duration]():
			schema["minimum"], schema["maximum"] = 0, 0 // a number without a unit is only ever nought
		default:
			schema["type"] = "string"
		}
		return schema
	}
	switch f.typ.Kind() {
	case reflect.Bool:
		return map[string]any{"type": []string{"boolean", "string"}, "pattern": variablePattern}
	case reflect.Int, reflect.Int64:
		schema := map[string]any{"type": []string{"integer", "string"}, "pattern": variablePattern}
		if low, high, ok := f.bounds(); ok {
			schema["minimum"], schema["maximum"] = low, high
		}
		return schema
	case reflect.Slice:
		return map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
	}
	if enum := f.enum(); enum != nil {
		return map[string]any{"anyOf": []any{map[string]any{"enum": enum}, map[string]any{"type": "string", "pattern": variablePattern}}}
	}
	schema := map[string]any{"type": "string"}
	if f.required() || f.either() {
		schema["minLength"] = 1
	}
	return schema
}

// jsonDefault returns the default of a key as a value for JSON; sections and keys without a constant default have none.
func jsonDefault(e entry) (any, bool) {
	if e.inherits != "" || e.required() || e.off() {
		return nil, false
	}
	switch {
	case isText(e.typ):
		return textOf(e.value), true
	case e.typ.Kind() == reflect.Slice:
		return sliceDefault(e.value), true
	case len(e.entries) > 0:
		return nil, false
	case e.typ.Kind() == reflect.String && e.value.String() == "":
		return nil, false
	}
	return e.value.Interface(), true
}

// sliceDefault is a list of strings, or of sections with one string each.
func sliceDefault(v reflect.Value) []any {
	list := make([]any, 0, v.Len())
	for i := range v.Len() {
		item := v.Index(i)
		if item.Kind() != reflect.Struct {
			list = append(list, item.Interface())
			continue
		}
		section := make(map[string]any)
		for _, f := range fieldsOf(item.Type()) {
			section[f.key] = item.FieldByIndex(f.index).Interface()
		}
		list = append(list, section)
	}
	return list
}
