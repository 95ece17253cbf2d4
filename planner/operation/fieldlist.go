package operation

import (
	"fmt"
	"slices"

	"github.com/weft-graphql/weft/schema"
)

// fieldList builds the fields of a selection set. A field that is equal to an
// earlier one but for its object types joins it where no object type's order
// changes by that, so that "... on A { id } ... on B { id }" is one field.
type fieldList struct {
	set *SelectionSet
	// last is the index of the last field that each object type has.
	last  map[int]int
	byKey map[string][]int
}

func newFieldList(set *SelectionSet) *fieldList {
	return &fieldList{set: set, last: map[int]int{}, byKey: map[string][]int{}}
}

func (l *fieldList) add(f *Field) {
	// Only object types that are not yet in the earlier field can join it, so a
	// set of one possible type never joins.
	if len(l.byKey[f.ResponseKey]) > 0 {
		after := -1
		for object := range f.On.All() {
			if last, ok := l.last[object]; ok {
				after = max(after, last)
			}
		}
		for _, i := range l.byKey[f.ResponseKey] {
			e := l.set.Fields[i]
			if i >= after && e.On.And(f.On).Empty() && sameField(e, f) {
				e.On = e.On.Or(f.On)
				e.Stricter = append(e.Stricter, f.Stricter...)
				e.FieldCost, e.ItemCost = max(e.FieldCost, f.FieldCost), max(e.ItemCost, f.ItemCost)
				l.note(f.On, i)
				return
			}
		}
	}
	l.byKey[f.ResponseKey] = append(l.byKey[f.ResponseKey], len(l.set.Fields))
	l.set.Fields = append(l.set.Fields, f)
	if l.set.Possible.Len() > 1 {
		l.note(f.On, len(l.set.Fields)-1)
	}
}

func (l *fieldList) note(on schema.TypeSet, index int) {
	for object := range on.All() {
		l.last[object] = index
	}
}

// sameField reports whether two fields are equal but for their object types.
func sameField(a, b *Field) bool {
	return a.ResponseKey == b.ResponseKey && a.Name == b.Name && a.Denied == b.Denied &&
		slices.Equal(a.Guards, b.Guards) && slices.Equal(a.Unless, b.Unless) && slices.Equal(a.Deferred, b.Deferred) &&
		(a.Definition == b.Definition || a.Definition.Type.String() == b.Definition.Type.String()) &&
		sameArguments(a.Arguments, b.Arguments) && sameSelections(a.Selections, b.Selections)
}

func sameSelections(a, b *SelectionSet) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Type == b.Type && a.Possible.Equal(b.Possible) &&
		slices.EqualFunc(a.Fields, b.Fields, func(x, y *Field) bool { return x.On.Equal(y.On) && sameField(x, y) })
}

// responseKeys are all response keys of an operation, which made-up keys avoid.
func responseKeys(set *SelectionSet) map[string]bool {
	keys := map[string]bool{}
	var walk func(*SelectionSet)
	walk = func(s *SelectionSet) {
		for _, f := range s.Fields {
			keys[f.ResponseKey] = true
			if f.Selections != nil {
				walk(f.Selections)
			}
		}
	}
	walk(set)
	return keys
}

// keyed are the fields of a set that share a response key and, as their object
// types overlap, also a key.
type keyed struct {
	on     schema.TypeSet
	fields []*Field
}

// assignKeys gives every field its Key. Made-up keys are the same wherever a
// field of one response key is on one object type, so that data of fields that
// differ in their guards meets under the same keys at every depth.
func assignKeys(set *SelectionSet, taken map[string]bool) {
	groups := map[string][]*keyed{}
	for _, f := range set.Fields {
		groups[f.ResponseKey] = join(groups[f.ResponseKey], f)
		if f.Selections != nil {
			assignKeys(f.Selections, taken)
		}
	}
	for response, group := range groups {
		n := 0
		for i, g := range group {
			key := response
			for i > 0 {
				n++
				if key = fmt.Sprintf("%s_%d", response, n); !taken[key] {
					break
				}
			}
			for _, f := range g.fields {
				f.Key = key
			}
		}
	}
}

// join adds a field to the groups of its response key: all that it overlaps
// become one, at the place of the first.
func join(groups []*keyed, f *Field) []*keyed {
	var home *keyed
	kept := groups[:0]
	for _, g := range groups {
		switch {
		case g.on.And(f.On).Empty():
			kept = append(kept, g)
		case home == nil:
			home = g
			kept = append(kept, g)
		default:
			home.on = home.on.Or(g.on)
			home.fields = append(home.fields, g.fields...)
		}
	}
	if home == nil {
		home = &keyed{}
		kept = append(kept, home)
	}
	home.on = home.on.Or(f.On)
	home.fields = append(home.fields, f)
	return kept
}
