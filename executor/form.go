package executor

import (
	"cmp"

	"github.com/weft-graphql/weft/planner"
)

// form is what a subgraph's answer looks like where it can be the client's as it
// is: one request answers everything, with the client's keys in the client's
// order. It is checked like any other, by reading it once, but neither taken
// apart nor written again. Whatever is not exactly so (white space, another
// order, an error, a null in the wrong place) goes the usual way.
type form struct {
	fields []formField
	// fieldCost is the cost of one object's fields, of the subgraph.
	fieldCost float64
	// values is how many values of a tape an object would take.
	values int
	// joins are the parts that give more fields; index is the form's in
	// Program.spliced.
	joins []join
	index uint32
	// moves are how the root or an entity is read; keys is how many keys they come by,
	// depth how deep they go. See [form.ready].
	moves []move
	keys  int
	depth int
}

type formField struct {
	member  string // "name":
	lists   []bool // as in fieldProgram
	nonNull bool
	leaf    leafKind
	enum    map[string]struct{}
	form    *form // nil for a leaf
	// itemCost is the cost of one object, or of one leaf of a list.
	itemCost float64
	// key is the number of the key that the field is among the program's, from 1; 0
	// where it is none.
	key int
}

func formOf(set *fieldSet, asked *planner.Selection, graph int) *form {
	if set.possible == nil || set.only == 0 || asked == nil {
		return nil
	}
	return formOfFields(set.fields, asked.Fields, graph, func(f *fieldProgram, o *planner.Output) *form {
		return formOf(f.set, o.Selection, graph)
	})
}

// formOfFields makes the form of objects with these fields; below makes that of
// a field's objects.
func formOfFields(fields []fieldProgram, asked []*planner.Output, graph int, below func(*fieldProgram, *planner.Output) *form) *form {
	if len(fields) != len(asked) {
		return nil
	}
	out := &form{values: len(fields) + 1}
	for i := range fields {
		f, o := &fields[i], asked[i]
		member := string(f.label[1:])
		if f.on != nil || f.guards != nil || f.unless != nil || f.typename || f.denied || f.graph != graph ||
			o.On != nil || member != string(append(quoteJSON(nil, cmp.Or(o.Alias, o.Key)), ':')) {
			return nil
		}
		ff := formField{member: member, lists: f.lists, nonNull: f.nonNull, leaf: f.leaf, enum: f.enum, itemCost: f.itemCost}
		if f.set != nil {
			if o.Selection == nil {
				return nil
			}
			if ff.form = below(f, o); ff.form == nil {
				return nil
			}
		}
		out.fieldCost += f.fieldCost
		out.fields = append(out.fields, ff)
	}
	return out
}
