package schema

import (
	"iter"
	"math/bits"
	"slices"
)

// TypeSet is a set of object types, by their index in [Supergraph.Objects].
// It is immutable once shared: operations return new sets. The zero value is
// the empty set.
type TypeSet []uint64

// NewTypeSet makes the set of the given object indexes.
func NewTypeSet(objects ...int) TypeSet {
	var s TypeSet
	for _, i := range objects {
		for len(s) <= i/64 {
			s = append(s, 0)
		}
		s[i/64] |= 1 << (i % 64)
	}
	return s
}

// Has reports whether the object type is in the set.
func (s TypeSet) Has(object int) bool {
	return object >= 0 && object/64 < len(s) && s[object/64]&(1<<(object%64)) != 0
}

// Empty reports whether no type is in the set.
func (s TypeSet) Empty() bool {
	return !slices.ContainsFunc(s, func(w uint64) bool { return w != 0 })
}

// Len counts the types in the set.
func (s TypeSet) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// And is the intersection of two sets.
func (s TypeSet) And(t TypeSet) TypeSet {
	out := make(TypeSet, min(len(s), len(t)))
	for i := range out {
		out[i] = s[i] & t[i]
	}
	return out
}

// AndNot is what s has and t has not.
func (s TypeSet) AndNot(t TypeSet) TypeSet {
	out := slices.Clone(s)
	for i := range min(len(s), len(t)) {
		out[i] &^= t[i]
	}
	return out
}

// Or is the union of two sets.
func (s TypeSet) Or(t TypeSet) TypeSet {
	if len(s) < len(t) {
		s, t = t, s
	}
	out := slices.Clone(s)
	for i := range t {
		out[i] |= t[i]
	}
	return out
}

// Equal reports whether both sets hold the same types.
func (s TypeSet) Equal(t TypeSet) bool { return s.SubsetOf(t) && t.SubsetOf(s) }

// SubsetOf reports whether every type of s is in t.
func (s TypeSet) SubsetOf(t TypeSet) bool {
	for i, w := range s {
		if i < len(t) {
			w &^= t[i]
		}
		if w != 0 {
			return false
		}
	}
	return true
}

// All yields the object indexes in the set, in rising order.
func (s TypeSet) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range s {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}
