package subgraphtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

// fill replaces the placeholders of a template. Where nothing was represented,
// as in the merged data of all subgraphs, the object's own fields count.
func (x *execution) fill(text string, f *ast.FieldDefinition, o *object, arguments map[string]any) (any, error) {
	from := o.fields
	if o.representation != nil {
		from = o.representation
	}
	var failed error
	var expand func(match string) string
	expand = func(match string) string {
		name := match[2 : len(match)-1]
		switch argument, isArgument := strings.CutPrefix(name, "@"); {
		case name == "@":
			return argumentsText(f, arguments)
		case isArgument:
			if s, ok := arguments[argument].(string); ok {
				return s
			}
			return inputText(arguments[argument])
		}
		for path := range strings.SplitSeq(name, "|") {
			if value, ok := x.walk(from, strings.Split(path, ".")); ok {
				// In merged data a required field may itself be a template.
				return placeholder.ReplaceAllStringFunc(value, expand)
			}
		}
		failed = fmt.Errorf("%s.%s needs %q, which was not given", o.typ.Name, f.Name, name)
		return ""
	}
	out := placeholder.ReplaceAllStringFunc(text, expand)
	if failed != nil {
		return nil, failed
	}
	switch f.Type.Name() {
	case "Int", "Float":
		return json.Number(out), nil
	case "Boolean":
		return out == "true", nil
	}
	return out, nil
}

// walk follows a path through data or a representation, item by item through
// lists. Its names may carry arguments, which representations do not.
func (x *execution) walk(v any, path []string) (string, bool) {
	switch v := v.(type) {
	case []any:
		var all []string
		for _, item := range v {
			text, ok := x.walk(item, path)
			if !ok {
				return "", false
			}
			all = append(all, text)
		}
		return strings.Join(all, ","), true
	case map[string]any:
		if name, ok := v["$ref"].(string); ok {
			o, err := x.data.find(x.schema, name)
			if err != nil {
				return "", false
			}
			v = o.fields
		}
		if len(path) == 0 {
			return "", false
		}
		below, ok := v[path[0]]
		if plain, _, has := strings.Cut(path[0], "("); !ok && has {
			below, ok = v[plain]
		}
		if !ok {
			return "", false
		}
		return x.walk(below, path[1:])
	case nil:
		return "null", true
	}
	return fmt.Sprint(v), len(path) == 0
}
