package operation

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weft-graphql/weft/schema"
)

// labelTable says about which labels of progressive @override the planning of an
// operation may ask: those of the fields that it selects, and those of what
// moving its values from subgraph to subgraph may need (keys, @requires). It is
// nil where the supergraph has no labels.
type labelTable struct {
	sg    *schema.Supergraph
	names []string
	// types holds for each object type the labels of what its keys need, fields for
	// each field those that decide about it or about what it requires. Both are
	// closed: what is needed for that is in them. Bit i stands for names[i].
	types  []schema.TypeSet
	fields []map[string]schema.TypeSet
}

func newLabelTable(sg *schema.Supergraph) *labelTable {
	seen := map[string]bool{}
	for _, object := range sg.Objects {
		for _, f := range object.Fields {
			for _, j := range f.Joins {
				if j.OverrideLabel != "" {
					seen[j.OverrideLabel] = true
				}
			}
		}
	}
	if len(seen) == 0 {
		return nil
	}
	t := &labelTable{
		sg: sg, names: slices.Sorted(maps.Keys(seen)),
		types: make([]schema.TypeSet, len(sg.Objects)), fields: make([]map[string]schema.TypeSet, len(sg.Objects)),
	}
	for o := range sg.Objects {
		t.fields[o] = map[string]schema.TypeSet{}
	}
	for t.grow() {
	}
	return t
}

// grow follows every need one step further and reports whether that found a label.
func (t *labelTable) grow() bool {
	grown := false
	for o, object := range t.sg.Objects {
		one := schema.NewTypeSet(o)
		types := t.types[o]
		for _, known := range t.standFor(o) {
			for _, j := range known.Joins {
				for _, k := range j.Keys {
					types = types.Or(t.selections(k.Selections, one))
				}
			}
		}
		grown = grown || !types.SubsetOf(t.types[o])
		t.types[o] = types
		for name := range object.Fields {
			labels := t.fields[o][name].Or(t.field(o, name))
			grown = grown || !labels.SubsetOf(t.fields[o][name])
			t.fields[o][name] = labels
		}
	}
	return grown
}

// standFor are the types under which subgraphs may know values of an object type
// as entities: itself, and interface objects.
func (t *labelTable) standFor(object int) []*schema.Type {
	out := []*schema.Type{t.sg.Objects[object]}
	for _, typ := range t.sg.Types {
		if typ.Kind == ast.Interface && typ.Possible.Has(object) && slices.ContainsFunc(typ.Joins, func(j schema.Join) bool { return j.InterfaceObject }) {
			out = append(out, typ)
		}
	}
	return out
}

// field finds the labels of one field, of what it requires, and of the keys of
// its values.
func (t *labelTable) field(object int, name string) schema.TypeSet {
	var labels schema.TypeSet
	for _, typ := range t.standFor(object) {
		f := typ.Fields[name]
		if f == nil {
			continue
		}
		for _, j := range f.Joins {
			if i, ok := slices.BinarySearch(t.names, j.OverrideLabel); ok {
				labels = labels.Or(schema.NewTypeSet(i))
			}
			labels = labels.Or(t.selections(j.Requires, schema.NewTypeSet(object)))
		}
		if to := t.sg.Types[f.Definition.Type.Name()]; to != nil {
			labels = labels.Or(t.of(to.Possible))
		}
	}
	return labels
}

// of are the labels of the keys of some object types.
func (t *labelTable) of(types schema.TypeSet) schema.TypeSet {
	var labels schema.TypeSet
	for o := range types.All() {
		labels = labels.Or(t.types[o])
	}
	return labels
}

// selections finds the labels of a field set on values of some object types.
func (t *labelTable) selections(set ast.SelectionSet, on schema.TypeSet) schema.TypeSet {
	var labels schema.TypeSet
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			inner := on
			if typ := t.sg.Types[s.TypeCondition]; typ != nil {
				inner = on.And(typ.Possible)
			}
			labels = labels.Or(t.selections(s.SelectionSet, inner))
		case *ast.Field:
			for o := range on.All() {
				labels = labels.Or(t.fields[o][s.Name])
				if f := t.sg.Objects[o].Fields[s.Name]; f != nil && len(s.SelectionSet) > 0 {
					labels = labels.Or(t.selections(s.SelectionSet, t.sg.Types[f.Definition.Type.Name()].Possible))
				}
			}
		}
	}
	return labels
}

// reach are the labels that planning a selection set may ask about.
func (t *labelTable) reach(set *SelectionSet) schema.TypeSet {
	labels := t.of(set.Possible)
	for _, f := range set.Fields {
		if f.Denied {
			continue
		}
		for o := range f.On.All() {
			labels = labels.Or(t.fields[o][f.Name])
		}
		if f.Selections != nil {
			labels = labels.Or(t.reach(f.Selections))
		}
	}
	return labels
}

// addTo gives an operation a condition for each label that it can reach, after
// those of its variables and in the order of their names, so that operations of
// equal Text agree on them.
func (t *labelTable) addTo(o *Operation, at *ast.Position) *gqlerror.Error {
	if t == nil {
		return nil
	}
	for label := range t.reach(o.Root).All() {
		if len(o.Conditions) == MaxConditions {
			return positioned(at, CodeLimitExceeded,
				"The operation needs more than %d conditions: the variables of its @skip and @include, and the labels of progressive @override that it can reach.", MaxConditions)
		}
		o.Conditions = append(o.Conditions, Condition{Kind: LabelCondition, Name: t.names[label]})
	}
	return nil
}

// Labels gives the conditions under which those override labels are on that on
// says are. It is 0 for an operation that reaches none.
func (o *Operation) Labels(on func(label string) bool) Conditions {
	var c Conditions
	for i, condition := range o.Conditions {
		if condition.Kind == LabelCondition && on(condition.Name) {
			c |= 1 << i
		}
	}
	return c
}
