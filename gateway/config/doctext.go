package config

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
)

// configSource is compiled in so that a key's meaning is written once, as the doc comment of its field.
//
//go:embed config.go
var configSource []byte

// readDocs returns the doc comments of all struct fields by "Struct.Field", each as one line.
func readDocs() (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", configSource, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("cannot read the doc comments of the configuration: %w", err)
	}
	docs := make(map[string]string)
	for node := range ast.Preorder(file) {
		spec, ok := node.(*ast.TypeSpec)
		if !ok {
			continue
		}
		body, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range body.Fields.List {
			for _, name := range f.Names {
				docs[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
	}
	return docs, nil
}

// entry is one key as the JSON schema, the reference page and the example show it.
type entry struct {
	field
	// path is the key's path, with NAME for a name of the user's and [] for an item of a list.
	path string
	doc  string
	// value is the default; for an element of a list or map, what it starts from.
	value reflect.Value
	// entries are the keys of a section, or those of the elements of a list or map of sections.
	entries []entry
}

// describeConfig returns the whole file as a tree whose root stands for the file itself.
func describeConfig() (entry, error) {
	docs, err := readDocs()
	if err != nil {
		return entry{}, err
	}
	c := Default()
	c.Budgets, c.Cache = DefaultBudgets(), DefaultCache()
	root := entry{field: field{typ: reflect.TypeFor[Config]()}, value: reflect.ValueOf(c).Elem()}
	root.entries = describeSection(root.value, "", "", docs)
	return root, nil
}

func describeSection(v reflect.Value, path, inherits string, docs map[string]string) []entry {
	var all []entry
	for _, f := range fieldsOf(v.Type()) {
		e := entry{field: f, path: join(path, f.key), doc: docs[f.source], value: v.FieldByIndex(f.index)}
		if f.named {
			e.path = path
		}
		if inherits != "" {
			e.inherits = inherits
		}
		section := e.value
		switch {
		case isText(f.typ):
			section = reflect.Value{}
		case f.typ.Kind() == reflect.Pointer && e.value.IsNil():
			section = newSection(f.typ.Elem()).Elem()
		case f.typ.Kind() == reflect.Pointer:
			section = e.value.Elem()
		case f.typ.Kind() == reflect.Map:
			section = newElement(v, f.typ.Elem())
		case f.typ.Kind() == reflect.Slice:
			section = reflect.New(f.typ.Elem()).Elem()
		}
		if section.IsValid() && section.Kind() == reflect.Struct {
			e.entries = describeSection(section, elementPath(e), e.inherits, docs)
		}
		all = append(all, e)
	}
	return all
}

// elementPath is the path under which the keys of a section, or of a list's or map's elements, are found.
func elementPath(e entry) string {
	switch e.typ.Kind() {
	case reflect.Map:
		return e.path + ".NAME"
	case reflect.Slice:
		return e.path + "[]"
	}
	return e.path
}
