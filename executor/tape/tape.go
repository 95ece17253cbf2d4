// Package tape reads JSON into flat, pointer-free values: one slab of fixed-size
// values beside the document's bytes. A [Shape] says which keys an object is
// expected to have, so that objects become arrays of slots and no key is ever
// looked up again; scalars stay the bytes that they were.
//
// It validates strictly (RFC 8259, UTF-8, a depth limit) and knows nothing of
// GraphQL: what a value means is the executor's business.
package tape

import (
	"fmt"
	"slices"
)

// Kind says what a Value is.
type Kind uint8

// The kinds, in an order that matters: a value of a higher kind than Null is
// there, Null is known to be null, and Missing is a slot that nothing filled.
const (
	Missing Kind = iota
	Null
	False
	True
	Number
	String
	// Raw is an object where the shape has a leaf: it is kept as bytes.
	Raw
	List
	Object

	header
)

// String names the kind as JSON calls it.
func (k Kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a boolean", "a number", "a string", "an object", "a list", "an object", "header"}[k]
}

// Flags tell more about a Value.
type Flags uint8

const (
	// Explained marks a null that an error already accounts for.
	Explained Flags = 1 << iota
	// Escaped marks a string that holds an escape sequence.
	Escaped
	// Short marks a number of less than ten characters without fraction or exponent.
	Short
)

// Value is one JSON value: 16 bytes without a pointer.
//
// A scalar or Raw value is Len bytes of its document at Off, a string with its
// quotes. A List has Len values in its document's slab at Off, an Object Len
// slots. Each of them has a header value before the first: see [Header].
type Value struct {
	Kind  Kind
	Flags Flags
	// Doc is the ID of the document that Off refers to.
	Doc uint16
	Off uint32
	Len uint32
	aux uint32
}

// Header is what is known of an Object besides its slots. The marks are for
// whoever walks the tape: they begin as zero.
type Header struct{ v *Value }

// Tag is the object's type as the Shape's tags number it, 0 where unknown.
func (h Header) Tag() uint16 { return h.v.Doc }

// SetTag sets the type.
func (h Header) SetTag(tag uint16) { h.v.Doc = tag }

// maxSize is the largest document in bytes. A header's Off up to it is where the
// object's bytes begin; beyond it, it is a collector's mark.
const maxSize = 1<<31 - 1

// Target is the mark of the last collector that took the object, and its index
// there. The mark is 0 where nobody took it.
func (h Header) Target() (mark, index uint32) {
	if h.v.Off <= maxSize {
		return 0, 0
	}
	return h.v.Off - maxSize, h.v.Len
}

// SetTarget notes that a collector took the object. The mark must be at least 1
// and less than 1<<31. The object's bytes are no longer known after it.
func (h Header) SetTarget(mark, index uint32) { h.v.Off, h.v.Len = mark+maxSize, index }

// Visit notes a mark and reports whether it is new since the last Visit.
func (h Header) Visit(mark uint32) bool {
	if h.v.aux == mark {
		return false
	}
	h.v.aux = mark
	return true
}

// Tape is one document: its bytes and the slab of its values. The zero Tape is
// ready for use; Reset makes it so again and keeps the memory.
type Tape struct {
	// ID is the document's number among [Docs]; it becomes the Doc of its values.
	ID uint16
	// Data are the document's bytes. They must not change while values are in use.
	Data []byte
	// Explained is set where an error accounts for every null of the document.
	Explained bool
	// Absent counts expected keys that objects did not have; FirstAbsent is the
	// first of them.
	Absent      int
	FirstAbsent string

	values []Value
	stack  []Value
	limits Limits
	err    error
}

// Limits bound what a document may ask for. Zero fields mean the defaults.
type Limits struct {
	// Depth is how deep objects and lists may nest. Default 128.
	Depth int
	// Values is how many values (16 bytes each) a document may take. Default 1<<24.
	Values int
}

func (l Limits) orDefaults() Limits {
	if l.Depth <= 0 {
		l.Depth = 128
	}
	if l.Values <= 0 {
		l.Values = 1 << 24
	}
	return l
}

// SyntaxError says where a document is not JSON.
type SyntaxError struct {
	Offset  int
	Problem string
}

// Error says what is wrong and where.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Problem)
}

// LimitError names the limit that a document exceeds.
type LimitError struct {
	// Limit is "depth", "values" or "size".
	Limit string
	Max   int
}

// Error names the limit and its value.
func (e *LimitError) Error() string {
	return fmt.Sprintf("the JSON document exceeds the limit on its %s (%d)", e.Limit, e.Max)
}

// Reset forgets the document and keeps memory for the next one, up to the cap
// in values; what is larger is left to the garbage collector. With poison, the
// values are overwritten first, so that a late reader reads nonsense.
func (t *Tape) Reset(maxValues int, poison bool) {
	if poison {
		for i := range t.values {
			t.values[i] = Value{Kind: header, Doc: 0xffff, Off: 0xffffffff, Len: 0xffffffff}
		}
	}
	if cap(t.values) > maxValues {
		t.values = nil
	}
	if cap(t.stack) > maxValues {
		t.stack = nil
	}
	t.values, t.stack = t.values[:0], t.stack[:0]
	t.Data, t.Explained, t.Absent, t.FirstAbsent, t.err = nil, false, 0, "", nil
}

// NewObject adds an object without a value in any slot.
func (t *Tape) NewObject(slots int, tag uint16) Value {
	base := t.take(slots + 1)
	t.values[base] = Value{Kind: header, Doc: tag}
	return Value{Kind: Object, Doc: t.ID, Off: uint32(base + 1), Len: uint32(slots)}
}

// Grow makes room for n more values at once.
func (t *Tape) Grow(n int) { t.values = slices.Grow(t.values, n) }

// Size is how many values the tape has.
func (t *Tape) Size() int { return len(t.values) }

// take adds n zero values and gives the index of the first.
func (t *Tape) take(n int) int {
	base := len(t.values)
	if cap(t.values)-base < n {
		grown := make([]Value, base, max(2*cap(t.values), base+n, 64))
		copy(grown, t.values)
		t.values = grown
	}
	t.values = t.values[:base+n]
	clear(t.values[base:])
	return base
}

// Docs are documents that refer to one another, by ID.
type Docs []*Tape

// Slots are the slots of an Object or the items of a List.
func (d Docs) Slots(v Value) []Value {
	return d[v.Doc].values[v.Off : v.Off+v.Len : v.Off+v.Len]
}

// Slot is one slot of an Object or one item of a List.
func (d Docs) Slot(v Value, i int) *Value {
	return &d[v.Doc].values[int(v.Off)+i]
}

// Header is the header of an Object.
func (d Docs) Header(v Value) Header {
	return Header{&d[v.Doc].values[v.Off-1]}
}

// Bytes are the bytes of a value as the document has them. It is nil for
// Missing, for an Object that [Tape.NewObject] made, and for one that a
// collector took.
func (d Docs) Bytes(v Value) []byte {
	switch v.Kind {
	case Missing, header:
		return nil
	case Object, List:
		h := &d[v.Doc].values[v.Off-1]
		if h.Off > maxSize || h.Len == 0 {
			return nil
		}
		return d[v.Doc].Data[h.Off : h.Off+h.Len]
	}
	return d[v.Doc].Data[v.Off : v.Off+v.Len]
}

// Explained reports whether an error accounts for a value that is null.
func (d Docs) Explained(v Value) bool {
	return v.Kind == Null && (v.Flags&Explained != 0 || d[v.Doc].Explained)
}
