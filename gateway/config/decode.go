package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/weft-graphql/weft/subgraphs/source/settings"
)

// maxNodes bounds the YAML nodes that are read, counted anew each time that an alias repeats them.
const maxNodes = 100_000

// decoder fills the structs from a tree of YAML nodes and collects everything that is wrong. Its recursion is bounded by
// the structs, which are not recursive, so an alias that contains itself ends at a value of the wrong type.
type decoder struct {
	file  string
	env   func(string) (string, bool)
	errs  Errors
	nodes int
	// where has the node of every path that was read, for the errors of validation; nil once the path has an error.
	where map[string]*yaml.Node
}

func (d *decoder) fail(node *yaml.Node, path, hint, format string, args ...any) {
	d.errs = append(d.errs, &Error{
		File: d.file, Line: node.Line, Column: node.Column, Path: path,
		Message: fmt.Sprintf(format, args...), Hint: hint,
	})
	d.where[path] = nil
}

// wrong reports a value that the key does not take.
func (d *decoder) wrong(node *yaml.Node, path string, f field) {
	d.fail(node, path, "it must be "+f.allowed(), "%s %s", place(path), describe(node, f))
}

// describe says in an error what a value is.
func describe(node *yaml.Node, f field) string {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	switch {
	case node.Kind == yaml.MappingNode:
		return "is a section"
	case node.Kind == yaml.SequenceNode:
		return "is a list"
	case isNull(node):
		return "has no value"
	case f.secret():
		return "has a value that does not fit"
	case node.Style&quoted != 0:
		return "is the string " + settings.Show(node.Value)
	}
	return "is " + settings.Show(node.Value)
}

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

// value decodes one node. It returns without a word when the file has been found to be too large.
func (d *decoder) value(node *yaml.Node, v reflect.Value, path string, f field) {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		node = node.Alias
	}
	if d.nodes++; d.nodes > maxNodes {
		if d.nodes == maxNodes+1 {
			d.fail(node, path, "repeat less with aliases", "the file has more than %d values, its aliases counted out", maxNodes)
		}
		return
	}
	d.where[path] = node
	switch {
	case isText(v.Type()):
		d.scalar(node, v, path, f)
	case v.Kind() == reflect.Struct:
		if !isNull(node) { // a section whose keys are all commented out
			d.section(node, v, path, f)
		}
	case v.Kind() == reflect.Pointer:
		if isNull(node) {
			d.fail(node, path, "write {} for its defaults or remove the key", "%s has no value", path)
			return
		}
		v.Set(newSection(v.Type().Elem()))
		d.section(node, v.Elem(), path, f)
	case v.Kind() == reflect.Slice:
		d.list(node, v, path, f)
	case v.Kind() == reflect.Map:
		d.wrong(node, path, f) // section reads maps itself, knowing what their elements start from
	default:
		d.scalar(node, v, path, f)
	}
}

func (d *decoder) list(node *yaml.Node, v reflect.Value, path string, f field) {
	if node.Kind != yaml.SequenceNode {
		d.wrong(node, path, f)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, min(len(node.Content), maxNodes)))
	for i, item := range node.Content {
		if d.nodes > maxNodes {
			return
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		d.value(item, elem, fmt.Sprintf("%s[%d]", path, i), field{key: f.key, typ: elem.Type(), tag: f.tag})
		v.Set(reflect.Append(v, elem))
	}
}

// scalar decodes a value that is one text, after expanding it. The text of a variable counts as if it stood there.
func (d *decoder) scalar(node *yaml.Node, v reflect.Value, path string, f field) {
	if node.Kind != yaml.ScalarNode || isNull(node) {
		d.wrong(node, path, f)
		return
	}
	text, tag := node.Value, node.ShortTag()
	expanded := strings.Contains(text, "$")
	if expanded {
		var err error
		if text, err = settings.Expand(node.Value, d.env); err != nil {
			d.fail(node, path, "", "%s %v", path, err)
			return
		}
	}
	var fits bool
	switch {
	case isText(v.Type()):
		fits = tag == "!!str" || tag == "!!int"
	case v.Kind() == reflect.String:
		fits = tag == "!!str"
	case v.Kind() == reflect.Bool:
		fits = tag == "!!bool" || expanded
	default:
		fits = tag == "!!int" || expanded
	}
	if fits && setText(v, text) == nil {
		return
	}
	if expanded && !f.secret() {
		d.fail(node, path, "it must be "+f.allowed(), "%s is %s, from %s", path, settings.Show(text), settings.Variables(node.Value))
		return
	}
	d.wrong(node, path, f)
}

// section decodes a mapping into a struct. Maps come last, since their elements start from what the other keys say.
func (d *decoder) section(node *yaml.Node, v reflect.Value, path string, f field) {
	if node.Kind != yaml.MappingNode {
		d.wrong(node, path, f)
		return
	}
	fields := fieldsOf(v.Type())
	var rest []field
	var later []func()
	if i := slices.IndexFunc(fields, func(f field) bool { return f.named }); i >= 0 {
		rest = fields[i : i+1]
	}
	for key, value := range d.pairs(node, path) {
		i := slices.IndexFunc(fields, func(f field) bool { return !f.named && f.key == key.Value })
		switch {
		case i >= 0 && fields[i].typ.Kind() == reflect.Map:
			later = append(later, func() { d.named(value, v, join(path, key.Value), fields[i]) })
		case i >= 0:
			d.value(value, v.FieldByIndex(fields[i].index), join(path, key.Value), fields[i])
		case rest != nil && key.Value != "<<":
			later = append(later, func() { d.element(key, value, v, path, rest[0]) })
		default:
			d.unknown(key, path, fields)
		}
	}
	for _, run := range later {
		run()
	}
}

// named decodes a mapping from names to elements.
func (d *decoder) named(node *yaml.Node, parent reflect.Value, path string, f field) {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		node = node.Alias
	}
	d.where[path] = node
	if isNull(node) {
		return
	}
	if node.Kind != yaml.MappingNode {
		d.wrong(node, path, f)
		return
	}
	for key, value := range d.pairs(node, path) {
		d.element(key, value, parent, path, f)
	}
}

// element decodes one element of the map field f of parent.
func (d *decoder) element(key, value *yaml.Node, parent reflect.Value, path string, f field) {
	m := parent.FieldByIndex(f.index)
	if m.IsNil() {
		m.Set(reflect.MakeMap(m.Type()))
	}
	elem := newElement(parent, m.Type().Elem())
	d.value(value, elem, join(path, key.Value), field{key: key.Value, typ: elem.Type()})
	m.SetMapIndex(reflect.ValueOf(key.Value), elem)
}

// pairs yields the keys of a mapping with their values, and reports what cannot be a key and what is there twice.
func (d *decoder) pairs(node *yaml.Node, path string) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		lines := make(map[string]int, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			switch first, twice := lines[key.Value]; {
			case d.nodes > maxNodes:
				return
			case key.Kind != yaml.ScalarNode || isNull(key) || key.Value == "":
				d.fail(key, path, "a key is one word", "%s has a key that is no name", place(path))
			case twice:
				d.fail(key, join(path, key.Value), "keep one of them", "%s is there twice, first in line %d", join(path, key.Value), first)
			default:
				lines[key.Value] = key.Line
				if !yield(key, value) {
					return
				}
			}
		}
	}
}

func place(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

// unknown reports a key that no field takes, with the nearest that one takes.
func (d *decoder) unknown(key *yaml.Node, path string, fields []field) {
	known := make([]string, 0, len(fields))
	for _, f := range fields {
		if !f.named {
			known = append(known, f.key)
		}
	}
	hint := "known here: " + strings.Join(known, ", ")
	if near := settings.Nearest(key.Value, known); near != "" {
		hint = "did you mean `" + near + "`?"
	}
	if key.Value == "<<" {
		hint = "merge keys are not supported, but `key: *alias` is"
	}
	d.fail(key, join(path, key.Value), hint, "unknown key %s in %s", settings.Show(key.Value), place(path))
}
