package executor

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// fieldSet is a client's selection set made ready for writing: the answer is
// one walk over it.
type fieldSet struct {
	// typename is the static type.
	typename string
	// only is the tag of the object type where there can be one alone; 0 where
	// the data has to tell.
	only uint16
	// possible are the object types that are allowed; nil for introspection types,
	// whose data is the gateway's own.
	possible schema.TypeSet
	// untyped is set where the type need not be known: the values come from an
	// interface object, and the answer does not depend on it.
	untyped bool
	fields  []fieldProgram
	// sure is set where every object is of the type only, whatever it tells: no
	// subgraph is asked for its type.
	sure bool
	// costs are the fieldCosts that are not 0 and hold for every object.
	costs []graphCost
}

type graphCost struct {
	graph int
	cost  float64
}

type fieldProgram struct {
	field *operation.Field
	// index is the field's index in its SelectionSet.
	index  int
	label  []byte // ,"name":
	slot   int
	on     schema.TypeSet // nil means all
	guards operation.Guards
	unless operation.Guards
	// typename is set for the field __typename.
	typename bool
	// lists says of each list level, the outermost first, whether it is non-null;
	// nonNull says it of the value in them.
	lists   []bool
	nonNull bool
	leaf    leafKind
	// copied are the kinds of value that need nothing but copying, as bits; see
	// copyBit. Most leaves have one of them.
	copied uint32
	// nullable is set where null is written for null.
	nullable bool
	// sometimes is set where on, guards or unless can leave the field out.
	sometimes bool
	denied    bool                // nobody may have the field
	enum      map[string]struct{} // the API's values, for an enum
	set       *fieldSet           // nil for a leaf
	// fieldCost and itemCost count towards graph, as an index plus one.
	fieldCost, itemCost float64
	graph               int
	// parent is the name of the type in error messages.
	parent string
}

// copyBit is the bit of a value in fieldProgram.copied: short numbers have one of
// their own.
func copyBit(kind tape.Kind, flags tape.Flags) uint32 {
	return 1 << (uint32(kind) + uint32(flags&tape.Short)*4)
}

type setKey struct {
	set *operation.SelectionSet
	at  *position
}

// set compiles a selection set at a position of the merged tree. own is set
// for introspection, which has no object types in the supergraph.
func (c *compiler) set(s *operation.SelectionSet, p *position, own bool) *fieldSet {
	p = p.class()
	key := setKey{s, p}
	if fs := c.sets[key]; fs != nil {
		return fs
	}
	fs := &fieldSet{typename: s.Type}
	c.sets[key] = fs
	if !own {
		fs.possible = s.Possible
		if s.Possible.Len() == 1 {
			for o := range s.Possible.All() {
				fs.only = uint16(o + 1)
			}
			fs.sure = !slices.ContainsFunc(p.tags, func(tag uint16) bool { return tag != fs.only })
		}
	}
	defer fs.addUp()
	for i, f := range s.Fields {
		slot, below, _ := p.find(f.Key)
		base := fieldProgram{
			field: f, index: i, slot: slot, guards: f.Guards, unless: f.Unless,
			label: append(quoteJSON([]byte{','}, f.ResponseKey), ':'), denied: f.Denied,
			typename: f.Name == "__typename", nonNull: true, parent: s.Type,
			fieldCost: f.FieldCost, itemCost: f.ItemCost, graph: below.class().graph,
		}
		if !own && (f.On == nil || !s.Possible.SubsetOf(f.On)) {
			base.on = f.On
		}
		if base.typename {
			fs.fields = append(fs.fields, base)
			continue
		}
		if f.Selections != nil {
			base.set = c.set(f.Selections, below, own || f.Name == "__schema" || f.Name == "__type")
		}
		fs.fields = append(fs.fields, c.variants(base, s, own)...)
	}
	fs.untyped = !own && fs.only == 0 && p.blind &&
		!slices.ContainsFunc(fs.fields, func(f fieldProgram) bool { return f.typename || f.on != nil })
	return fs
}

// addUp finds out what holds for every object of the set.
func (fs *fieldSet) addUp() {
	for i := range fs.fields {
		f := &fs.fields[i]
		f.sometimes = f.on != nil || f.guards != nil || f.unless != nil
		if f.fieldCost != 0 && !f.sometimes {
			fs.costs = append(fs.costs, graphCost{f.graph, f.fieldCost})
		}
	}
}

// variants splits a field by how the object types define it: an implementation
// may be non-null where its interface is nullable, and the object's definition
// is the one that counts.
func (c *compiler) variants(base fieldProgram, s *operation.SelectionSet, own bool) []fieldProgram {
	f := base.field
	if own || s.Possible == nil {
		c.typed(&base, f.Definition.Type)
		return []fieldProgram{base}
	}
	applies := f.On
	if applies == nil {
		applies = s.Possible
	}
	var order []string
	groups := map[string][]int{}
	types := map[string]*ast.Type{}
	for o := range applies.All() {
		t := f.TypeOn(o)
		text := t.String()
		if groups[text] == nil {
			order = append(order, text)
			types[text] = t
		}
		groups[text] = append(groups[text], o)
	}
	if len(order) <= 1 {
		t := f.Definition.Type
		if len(order) == 1 {
			t = types[order[0]]
		}
		c.typed(&base, t)
		return []fieldProgram{base}
	}
	var out []fieldProgram
	for _, text := range order {
		v := base
		v.on = schema.NewTypeSet(groups[text]...)
		c.typed(&v, types[text])
		out = append(out, v)
	}
	return out
}

// typed sets what the field's type says.
func (c *compiler) typed(f *fieldProgram, t *ast.Type) {
	f.lists = nil
	for ; t.Elem != nil; t = t.Elem {
		f.lists = append(f.lists, t.NonNull)
	}
	f.nonNull = t.NonNull
	f.nullable = !f.denied && !f.nonNull && len(f.lists) == 0 || len(f.lists) > 0 && !f.lists[0] && !f.denied
	if f.set != nil {
		return
	}
	f.leaf = leafOf(t.NamedType)
	def := c.sg.API.Types[t.NamedType]
	if f.leaf == customLeaf && def != nil && def.Kind == ast.Enum {
		f.leaf = enumLeaf
		f.enum = make(map[string]struct{}, len(def.EnumValues))
		for _, v := range def.EnumValues {
			f.enum[v.Name] = struct{}{}
		}
	}
	if len(f.lists) > 0 || f.denied {
		return
	}
	number, short := copyBit(tape.Number, 0), copyBit(tape.Number, tape.Short)
	switch f.leaf {
	case stringLeaf, idLeaf:
		f.copied = copyBit(tape.String, 0)
	case floatLeaf:
		f.copied = number | short
	case intLeaf:
		f.copied = short
	case booleanLeaf:
		f.copied = copyBit(tape.True, 0) | copyBit(tape.False, 0)
	case customLeaf:
		f.copied = copyBit(tape.String, 0) | number | short | copyBit(tape.True, 0) | copyBit(tape.False, 0) | copyBit(tape.Raw, 0)
	case enumLeaf: // its values need a look
	}
}
