package operation

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// typeTable is what normalising asks of the API schema, compiled once.
type typeTable struct {
	api *ast.Schema
	// objects are the object types' API definitions by index; nil where the API
	// does not have the type.
	objects []*ast.Definition
	// possible are the possible object types of every composite type of the API.
	possible map[string]schema.TypeSet
	// fields are the fields of each object type by name.
	fields []map[string]*ast.FieldDefinition
	// denied are, by a field's name, the object types on which nobody may have it.
	denied map[string]schema.TypeSet
	// typename is the definition of __typename, which the specification does not
	// put into any type.
	typename *ast.FieldDefinition
}

func newTypeTable(sg *schema.Supergraph) *typeTable {
	t := &typeTable{
		api:      sg.API,
		objects:  make([]*ast.Definition, len(sg.Objects)),
		possible: map[string]schema.TypeSet{},
		denied:   map[string]schema.TypeSet{},
		fields:   make([]map[string]*ast.FieldDefinition, len(sg.Objects)),
		typename: &ast.FieldDefinition{Name: "__typename", Type: ast.NonNullNamedType("String", nil)},
	}
	index := map[string]int{}
	for i, object := range sg.Objects {
		if def := sg.API.Types[object.Name]; def != nil && def.Kind == ast.Object {
			t.add(index, i, def)
		}
		for name, f := range object.Fields {
			if f.Denied {
				t.denied[name] = t.denied[name].Or(schema.NewTypeSet(i))
			}
		}
	}
	for name, def := range sg.API.Types {
		if !def.IsAbstractType() {
			continue
		}
		var members []int
		for _, object := range sg.API.GetPossibleTypes(def) {
			if i, ok := index[object.Name]; ok {
				members = append(members, i)
			}
		}
		t.possible[name] = schema.NewTypeSet(members...)
	}
	return t
}

func (t *typeTable) add(index map[string]int, object int, def *ast.Definition) {
	index[def.Name] = object
	t.objects[object] = def
	t.possible[def.Name] = schema.NewTypeSet(object)
	t.fields[object] = make(map[string]*ast.FieldDefinition, len(def.Fields))
	for _, f := range def.Fields {
		t.fields[object][f.Name] = f
	}
}

// field gives an object type's field, __typename included; nil where it has none.
func (t *typeTable) field(object int, name string) *ast.FieldDefinition {
	if name == t.typename.Name {
		return t.typename
	}
	return t.fields[object][name]
}

// fieldOf gives a composite type's field, __typename included; nil where it has none.
func (t *typeTable) fieldOf(typ, name string) *ast.FieldDefinition {
	if name == t.typename.Name {
		return t.typename
	}
	if def := t.api.Types[typ]; def != nil {
		return def.Fields.ForName(name)
	}
	return nil
}

// names are the names of object types, in the order of their indexes.
func (t *typeTable) names(on schema.TypeSet) []string {
	var names []string
	for object := range on.All() {
		names = append(names, t.objects[object].Name)
	}
	return names
}

// narrow is the object types of on that a type condition lets pass.
func (t *typeTable) narrow(on schema.TypeSet, condition string) schema.TypeSet {
	if condition == "" {
		return on
	}
	return on.And(t.possible[condition])
}

// of is the union of the possible types of a field over the object types that have it.
func (t *typeTable) of(on schema.TypeSet, field string) schema.TypeSet {
	var all schema.TypeSet
	for object := range on.All() {
		if def := t.field(object, field); def != nil {
			all = all.Or(t.possible[def.Type.Name()])
		}
	}
	return all
}

// sameWrapping reports whether two types nest lists and non-nulls alike.
func sameWrapping(a, b *ast.Type) bool {
	for a.Elem != nil && b.Elem != nil {
		if a.NonNull != b.NonNull {
			return false
		}
		a, b = a.Elem, b.Elem
	}
	return a.NonNull == b.NonNull && (a.Elem == nil) == (b.Elem == nil)
}
