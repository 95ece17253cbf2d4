package subgraphtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Data is what a subgraph knows: objects by their name ("User:1"), and the
// fields of the root types as "Query" and "Mutation".
type Data struct {
	objects map[string]map[string]any
	faults  []Fault
	// contexts are the arguments from contexts, by "Type.field".
	contexts map[string][]contextual
}

// ParseData reads data in the package's format. Numbers keep their digits.
func ParseData(text []byte) (*Data, error) {
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(text, &sections); err != nil {
		return nil, fmt.Errorf("the data is not a JSON object: %w", err)
	}
	out := &Data{objects: map[string]map[string]any{}}
	for name, section := range sections {
		if name == "$fault" {
			if err := decode(section, &out.faults); err != nil {
				return nil, fmt.Errorf("$fault: %w", err)
			}
			continue
		}
		var fields map[string]any
		if err := decode(section, &fields); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out.objects[name] = fields
	}
	return out, nil
}

func decode(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	return d.Decode(to)
}

// Faulty reports whether the data makes the server misbehave.
func (d *Data) Faulty() bool { return len(d.faults) > 0 }

// Merge makes one graph of what several subgraphs know, for the schema of the
// whole graph. Objects of one name are one object; what an interface object
// ("Media:1") holds belongs to the object behind it ("Book:1"). Where two
// subgraphs know a field, the first one counts: they must agree.
func Merge(s *ast.Schema, parts ...*Data) *Data {
	out := &Data{objects: map[string]map[string]any{}}
	for _, part := range parts {
		for name, fields := range part.objects {
			out.objects[name] = mergeFields(out.objects[name], fields)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(out.objects)) {
		typ, id, found := strings.Cut(name, ":")
		if def := s.Types[typ]; found && def != nil && def.Kind == ast.Object {
			for _, of := range def.Interfaces {
				out.objects[name] = mergeFields(out.objects[name], out.objects[of+":"+id])
			}
		}
	}
	return out
}

func mergeFields(into, from map[string]any) map[string]any {
	if into == nil {
		into = map[string]any{}
	}
	for name, value := range from {
		into[name] = mergeValue(into[name], value)
	}
	return into
}

func mergeValue(a, b any) any {
	switch a := a.(type) {
	case nil:
		return b
	case map[string]any:
		if b, ok := b.(map[string]any); ok && a["$ref"] == nil {
			return mergeFields(maps.Clone(a), b)
		}
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			out := make([]any, len(a))
			for i := range a {
				out[i] = mergeValue(a[i], b[i])
			}
			return out
		}
	}
	return a
}

// object is an object of the data with the type that it turned out to have.
type object struct {
	typ    *ast.Definition
	fields map[string]any
	// representation is what the object was asked for by, as an entity.
	representation map[string]any
}

// find gives the object of a name. The name may be that of an interface, where
// only another subgraph knows the type.
func (d *Data) find(s *ast.Schema, name string) (*object, error) {
	typ, id, _ := strings.Cut(name, ":")
	if name == "Query" {
		return &object{typ: s.Query, fields: d.objects[name]}, nil
	}
	def := s.Types[typ]
	if def == nil {
		return nil, fmt.Errorf("the schema has no type %s for %q", typ, name)
	}
	for _, possible := range s.GetPossibleTypes(def) {
		if fields := d.objects[possible.Name+":"+id]; fields != nil {
			return &object{typ: possible, fields: fields}, nil
		}
	}
	return nil, fmt.Errorf("there is no data for %q", name)
}

// set changes data: what each object then holds in addition or instead.
func (d *Data) set(changes map[string]any) {
	for name, fields := range changes {
		if d.objects[name] == nil {
			d.objects[name] = map[string]any{}
		}
		maps.Copy(d.objects[name], fields.(map[string]any))
	}
}
