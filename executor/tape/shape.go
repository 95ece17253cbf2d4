package tape

import (
	"encoding/json"
	"slices"
)

// Shape is what is expected of the objects at one place of a document. It is
// immutable once it is in use.
type Shape struct {
	// Slots is how many slots an object gets.
	Slots int
	// Fields are the expected keys, in the order in which they are likely to come.
	Fields []Field
	// Tag is the type of the objects where there can be only one; otherwise 0,
	// and a Tag field tells.
	Tag uint16
	// Tags number the types by the names that a Tag field may have. Those numbered
	// 0 say nothing about the type; names that are not here make it [UnknownTag].
	Tags map[string]uint16
	// Strict counts expected keys that are absent, and makes them explained nulls.
	Strict bool

	index map[string]int
	// shared is set where several keys fill one slot.
	shared bool
}

// Field is one expected key.
type Field struct {
	// Key is the key, which needs no escape.
	Key string
	// Slot is where the value goes.
	Slot int
	// Child is the shape of the objects in the value; nil for a leaf.
	Child *Shape
	// Tag is set where the value names the object's type.
	Tag bool
	// On are the tags, less one, as bits, of the objects that are expected to have
	// the key; nil means all.
	On []uint64

	// member is how a member with the key begins in JSON without white space.
	member string
}

// UnknownTag is the tag of an object that names a type that there is not.
const UnknownTag = 1<<16 - 1

// tag is the tag of an object that names its type; without is its tag before.
func (s *Shape) tag(name []byte, without uint16) uint16 {
	named, ok := s.Tags[string(name)]
	switch {
	case !ok:
		return UnknownTag
	case named == 0:
		return without
	}
	return named
}

// indexed is how many fields a shape has before a map is quicker than a scan.
const indexed = 12

// Ready prepares the shape for parsing after its Fields are set. It must be
// called once, before the shape is shared.
func (s *Shape) Ready() {
	for i := range s.Fields {
		s.Fields[i].member = `"` + s.Fields[i].Key + `":`
		s.shared = s.shared || slices.ContainsFunc(s.Fields[:i], func(f Field) bool { return f.Slot == s.Fields[i].Slot })
	}
	if len(s.Fields) > indexed {
		s.index = make(map[string]int, len(s.Fields))
		for i := range s.Fields {
			s.index[s.Fields[i].Key] = i
		}
	}
}

// find gives the index of a key's field, -1 where it is not expected.
func (s *Shape) find(key []byte) int {
	if s.index != nil {
		if i, ok := s.index[string(key)]; ok {
			return i
		}
		return -1
	}
	for i := range s.Fields {
		if s.Fields[i].Key == string(key) {
			return i
		}
	}
	return -1
}

// Has reports whether objects of the tag are expected to have the field. It is
// false for an unknown type, unless all have it.
func (f *Field) Has(tag uint16) bool {
	if f.On == nil {
		return true
	}
	i := int(tag) - 1
	return i >= 0 && i/64 < len(f.On) && f.On[i/64]&(1<<(i%64)) != 0
}

// Unquote decodes a JSON string with its quotes.
func Unquote(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if !slices.Contains(raw, '\\') {
		return string(raw[1 : len(raw)-1]), true
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", false
	}
	return s, true
}
