package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/weft-graphql/weft/subgraphs/source/settings"
)

// maxFile is the largest weft.yaml that is read, in bytes.
const maxFile = 1 << 20

// Load reads a weft.yaml. Relative paths in it count from its folder. env answers for variables, as os.LookupEnv does; nil
// knows none. What is wrong comes back as [Errors], all of it; the file itself unreadable, as the wrapped error of the system.
//
// The result may still lack what flags can give, such as a source of the supergraph: set those fields, then call
// [Config.Validate].
func Load(path string, env func(string) (string, bool)) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	c, err := Parse(path, data, env)
	if err != nil {
		return nil, err
	}
	resolvePaths(reflect.ValueOf(c).Elem(), filepath.Dir(path))
	return c, nil
}

// Parse reads the text of a weft.yaml over the defaults. name stands for the file in errors. Otherwise it is as Load,
// except that it leaves paths as they are.
func Parse(name string, data []byte, env func(string) (string, bool)) (*Config, error) {
	root, err := parseYAML(name, data)
	if err != nil {
		return nil, err
	}
	c := Default()
	d := &decoder{file: name, env: env, where: make(map[string]*yaml.Node)}
	if root != nil {
		d.value(root, reflect.ValueOf(c).Elem(), "", field{typ: reflect.TypeFor[Config]()})
	}
	for _, e := range validateValues(c) {
		if d.locate(e) {
			d.errs = append(d.errs, e)
		}
	}
	if err := d.errs.orNil(); err != nil {
		return nil, err
	}
	return c, nil
}

// locate gives an error of validation its position: that of its key, or of the section in which the key is missing. It
// returns false where the error is known already: for a value that could not even be read, and for one that a subgraph has
// only from subgraphs.all.
func (d *decoder) locate(e *Error) bool {
	e.File, e.Line, e.Column = d.file, 1, 1
	if d.where[e.Path] == nil && strings.HasPrefix(e.Path, "subgraphs.") {
		return false
	}
	for path := e.Path; path != ""; path = path[:max(0, strings.LastIndexAny(path, ".["))] {
		node, seen := d.where[path]
		if !seen {
			continue
		}
		if node == nil {
			return false
		}
		e.Line, e.Column = node.Line, node.Column
		if path == e.Path && node.Kind == yaml.ScalarNode && strings.Contains(node.Value, "${") {
			e.Message += ", from " + settings.Variables(node.Value)
		}
		break
	}
	return true
}

// parseYAML returns the root of the file's one document; nil when the file is empty.
func parseYAML(name string, data []byte) (*yaml.Node, error) {
	if len(data) > maxFile {
		return nil, Errors{{File: name, Message: fmt.Sprintf("the configuration is larger than %s", Size(maxFile))}}
	}
	loader, err := yaml.NewLoader(strings.NewReader(string(data)))
	if err != nil {
		return nil, fmt.Errorf("cannot read YAML: %w", err)
	}
	var document, second yaml.Node
	if err := loader.Load(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntaxError(name, err)
	}
	if err := loader.Load(&second); err == nil {
		return nil, Errors{{
			File: name, Line: second.Line, Column: second.Column,
			Message: "the file has a second YAML document", Hint: "remove it, and the --- before it",
		}}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(name, err)
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, nil
	}
	return document.Content[0], nil
}

func syntaxError(name string, err error) error {
	e := &Error{File: name, Message: "the file is not YAML: " + err.Error()}
	if at, ok := errors.AsType[*yaml.LoadError](err); ok {
		e.Message = "the file is not YAML: " + at.Message
		e.Line, e.Column = at.Mark.Line, max(1, at.Mark.Column)
	}
	return Errors{e}
}

// resolvePaths makes the paths in a configuration count from a folder.
func resolvePaths(v reflect.Value, dir string) {
	switch v.Kind() {
	case reflect.Map:
		for _, name := range v.MapKeys() {
			elem := reflect.New(v.Type().Elem()).Elem()
			elem.Set(v.MapIndex(name))
			resolvePaths(elem, dir)
			v.SetMapIndex(name, elem)
		}
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			value := v.FieldByIndex(f.index)
			if f.tag.Get("path") == "" {
				resolvePaths(value, dir)
			} else if p := value.String(); p != "" && !filepath.IsAbs(p) {
				value.SetString(filepath.Join(dir, p))
			}
		}
	}
}
