package subgraphtest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// entities answers _entities: an object for each representation, nil where there
// is none.
func (x *execution) entities(representations []any) ([]any, error) {
	out := make([]any, 0, len(representations))
	for _, r := range representations {
		representation, ok := r.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("a representation is not an object: %v", r)
		}
		found, err := x.entity(representation)
		if err != nil {
			return nil, err
		}
		if found == nil {
			out = append(out, nil)
			continue
		}
		found.representation = representation
		out = append(out, found)
	}
	return out, nil
}

// entity finds the object that agrees with the representation in a whole key.
func (x *execution) entity(representation map[string]any) (*object, error) {
	name, _ := representation["__typename"].(string)
	def := x.schema.Types[name]
	if def == nil {
		return nil, fmt.Errorf("the representation's type %q is not in the schema", name)
	}
	complete := false
	for _, key := range x.keys[name] {
		if !holdsKey(representation, key) {
			continue
		}
		complete = true
		for _, candidate := range slices.Sorted(maps.Keys(x.data.objects)) {
			typ, _, named := strings.Cut(candidate, ":")
			if !named || !slices.ContainsFunc(x.schema.GetPossibleTypes(def), func(p *ast.Definition) bool { return p.Name == typ }) {
				continue
			}
			if fields := x.data.objects[candidate]; x.agrees(fields, representation, key) {
				return &object{typ: x.schema.Types[typ], fields: fields}, nil
			}
		}
	}
	if !complete {
		return nil, fmt.Errorf("the representation %v holds no whole key of %s", representation, name)
	}
	return nil, nil
}

func holdsKey(representation map[string]any, key ast.SelectionSet) bool {
	for _, s := range key {
		f := s.(*ast.Field)
		value, ok := representation[f.Name]
		if !ok {
			return false
		}
		if below, ok := value.(map[string]any); ok && !holdsKey(below, f.SelectionSet) {
			return false
		}
	}
	return true
}

func (x *execution) agrees(fields, representation map[string]any, key ast.SelectionSet) bool {
	for _, s := range key {
		f := s.(*ast.Field)
		if !x.agree(fields[f.Name], representation[f.Name], f.SelectionSet) {
			return false
		}
	}
	return true
}

func (x *execution) agree(own, given any, below ast.SelectionSet) bool {
	switch own := own.(type) {
	case map[string]any:
		if name, ok := own["$ref"].(string); ok {
			o, err := x.data.find(x.schema, name)
			if err != nil {
				return false
			}
			own = o.fields
		}
		given, ok := given.(map[string]any)
		return ok && x.agrees(own, given, below)
	case []any:
		given, ok := given.([]any)
		if !ok || len(own) != len(given) {
			return false
		}
		for i := range own {
			if !x.agree(own[i], given[i], below) {
				return false
			}
		}
		return true
	}
	return own != nil && reflect.DeepEqual(own, given)
}
