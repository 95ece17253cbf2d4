package executor

import "encoding/binary"

// move is one thing that reading an answer takes. A form's moves are a small program:
// the checker goes from one to the next and needs no calls for objects and lists of
// them.
type move struct {
	// head are the first eight bytes of the text that the move begins with, mask those
	// of them that count, tail the last eight; middle is what is between these.
	head, mask, tail uint64
	middle           string
	length           int
	kind             moveKind
	// next is the move to go on with: for readNext at the next item, for readList after
	// a list without any.
	next  int
	field *formField // nil for readEnd and readNext
	// depth is how deep what holds the value is, less the depth of the whole.
	depth int
	// form is that of the object that ends; values and cost are what it counts for, or
	// a list that begins.
	form   *form
	values int
	cost   float64
	// pieces are what the text is made of, for where something in it is null.
	pieces []*piece
}

type moveKind uint8

const (
	readText moveKind = iota // a string or an ID: the text ends with its quote
	readInt                  // an Int
	readLeaf                 // another leaf, or a list of leaves
	readList                 // the beginning of a list of objects or lists: the text ends with its bracket
	readNext                 // a comma and the next item, or the list's end
	readEnd                  // the end of an object
)

// piece is a text and a value that begins after it. Of the pieces of a move the
// last one's value is the move's; the others' are objects that it is in.
type piece struct {
	text    string
	nonNull bool
	after   int // the move after the value
}

// ready makes a form's moves. Its keys and joins must be there.
func (f *form) ready() *form {
	if f != nil {
		m := mover{form: f}
		m.object(f, nil, 0, 0, 0)
	}
	return f
}

// mover makes the moves of a form.
type mover struct{ form *form }

func (m *mover) add(one move) { m.form.moves = append(m.form.moves, one) }

// object adds the moves for an object whose brace comes after the pieces, if there
// are any. values and cost are what it counts for besides its own.
func (m *mover) object(f *form, open []*piece, depth, values int, cost float64) {
	m.form.depth = max(m.form.depth, depth)
	for k := range f.fields {
		field := &f.fields[k]
		if field.key > 0 {
			m.form.keys = max(m.form.keys, field.key)
		}
		text := "," + field.member
		if k == 0 {
			text = "{" + field.member
		}
		m.value(field, 0, append(open, &piece{text: text}), depth)
		open = nil
	}
	m.add(move{kind: readEnd, form: f, values: f.values + values, cost: f.fieldCost + cost})
}

// value adds the moves for a value at a list level of its field, which begins
// after the pieces.
func (m *mover) value(field *formField, level int, pieces []*piece, depth int) {
	last := pieces[len(pieces)-1]
	last.nonNull = field.nonNull
	if level < len(field.lists) {
		last.nonNull = field.lists[level]
	}
	switch at := len(m.form.moves); {
	case field.form != nil && level == len(field.lists):
		m.object(field.form, pieces, depth+1, min(level, 1), field.itemCost)
	case field.form != nil:
		m.begin(move{kind: readList, field: field, depth: depth, values: min(level, 1)}, pieces, "[")
		m.form.depth = max(m.form.depth, depth+1)
		m.value(field, level+1, []*piece{{}}, depth+1)
		m.add(move{kind: readNext, next: at + 1})
		m.form.moves[at].next = len(m.form.moves)
	case level == len(field.lists) && (field.leaf == stringLeaf || field.leaf == idLeaf):
		m.begin(move{kind: readText, field: field, depth: depth}, pieces, `"`)
	case level == len(field.lists) && field.leaf == intLeaf:
		m.begin(move{kind: readInt, field: field, depth: depth}, pieces, "")
	default:
		m.begin(move{kind: readLeaf, field: field, depth: depth}, pieces, "")
	}
	last.after = len(m.form.moves)
}

// begin adds a move that begins with the text of pieces and what is to follow that.
func (m *mover) begin(one move, pieces []*piece, and string) {
	text := ""
	for _, p := range pieces {
		text += p.text
	}
	text += and
	one.pieces, one.length = pieces, len(text)
	one.head, one.mask = wordOf(text)
	if len(text) > 8 {
		one.tail, _ = wordOf(text[len(text)-8:])
	}
	if len(text) > 16 {
		one.middle = text[8 : len(text)-8]
	}
	m.add(one)
}

// wordOf gives the first eight bytes of a text as a word, the first one lowest, and
// the mask of those that it has.
func wordOf(text string) (head, mask uint64) {
	var bytes, has [8]byte
	for i := range copy(bytes[:], text) {
		has[i] = 0xff
	}
	return binary.LittleEndian.Uint64(bytes[:]), binary.LittleEndian.Uint64(has[:])
}
