package batch

import (
	"strconv"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/executor/tape"
)

// The slots of an answer's top level, and of an error.
const (
	dataSlot = iota
	errorsSlot
	extensionsSlot
	answerSlots

	pathSlot   = 0
	errorSlots = 1
)

// entityError is an error that belongs to one entity: the bytes before and after
// the entity's index in its path.
type entityError struct{ before, after []byte }

// split gives each part its own answer: its entities in its own order, the
// errors that belong to them with its own indexes, and everyone the extensions.
// It reports false where the answer is none, or has something that cannot be
// laid to single entities. Values are copied as they are.
func (m *merge) split(t *tape.Tape, body []byte) ([][]byte, bool) {
	docs := tape.Docs{t}
	top, err := t.Parse(body, answerShape(m.parts[0].call.fetch.Lists), tape.Limits{})
	if err != nil || top.Kind != tape.Object {
		return nil, false
	}
	data := *docs.Slot(top, dataSlot)
	if data.Kind != tape.Object {
		return nil, false
	}
	for i, l := range m.lists {
		if v := docs.Slot(data, i); v.Kind != tape.List || int(v.Len) != len(l.items) {
			return nil, false
		}
	}
	errors, ok := m.errors(docs, *docs.Slot(top, errorsSlot))
	if !ok {
		return nil, false
	}
	extensions := docs.Bytes(*docs.Slot(top, extensionsSlot))
	out := make([][]byte, len(m.parts))
	for i := range m.parts {
		out[i] = m.answer(&m.parts[i], docs, data, errors, extensions)
	}
	return out, true
}

// answerShape is what is read of an answer.
func answerShape(lists []executor.RepresentationList) *tape.Shape {
	data := &tape.Shape{Slots: len(lists)}
	for i, l := range lists {
		data.Fields = append(data.Fields, tape.Field{Key: l.Key, Slot: i})
	}
	top := &tape.Shape{Slots: answerSlots, Fields: []tape.Field{
		{Key: "data", Slot: dataSlot, Child: data},
		{Key: "errors", Slot: errorsSlot},
		{Key: "extensions", Slot: extensionsSlot},
	}}
	data.Ready()
	top.Ready()
	return top
}

func (m *merge) key(list int) string { return m.parts[0].call.fetch.Lists[list].Key }

// errors lays each error to an entity: by list and index in the merged list. It
// reports false where one of them belongs to none.
func (m *merge) errors(docs tape.Docs, v tape.Value) ([]map[int32][]entityError, bool) {
	if v.Kind <= tape.Null || v.Kind == tape.List && v.Len == 0 {
		return nil, true
	}
	if v.Kind != tape.List {
		return nil, false
	}
	out := make([]map[int32][]entityError, len(m.lists))
	for _, item := range docs.Slots(v) {
		e, list, at, ok := entityErrorOf(docs, m.parts[0].call.fetch.Lists, item)
		if !ok || int(at) >= len(m.lists[list].items) {
			return nil, false
		}
		if out[list] == nil {
			out[list] = map[int32][]entityError{}
		}
		out[list][at] = append(out[list][at], e)
	}
	return out, true
}

// entityErrorOf lays an error to the entity that its path leads to: by list and
// index. ok is false where it leads to none.
func entityErrorOf(docs tape.Docs, lists []executor.RepresentationList, item tape.Value) (e entityError, list int, index int32, ok bool) {
	if item.Kind != tape.Raw {
		return e, 0, 0, false
	}
	shape := &tape.Shape{Slots: errorSlots, Fields: []tape.Field{{Key: "path", Slot: pathSlot}}}
	shape.Ready()
	problem, end, err := docs[item.Doc].ParseAt(int(item.Off), shape, tape.Limits{})
	if err != nil {
		return e, 0, 0, false
	}
	list, at := entityOf(docs, lists, *docs.Slot(problem, pathSlot))
	if list < 0 {
		return e, 0, 0, false
	}
	n, err := strconv.ParseUint(string(docs.Bytes(at)), 10, 31)
	if err != nil {
		return e, 0, 0, false
	}
	body := docs[item.Doc].Data
	return entityError{before: body[item.Off:at.Off], after: body[at.Off+at.Len : end]}, list, int32(n), true
}

// entityOf gives the list that an error's path leads to and the index in it, -1
// where it leads to none. Some subgraphs do not heed the alias of their one
// _entities field in paths.
func entityOf(docs tape.Docs, lists []executor.RepresentationList, path tape.Value) (list int, index tape.Value) {
	if path.Kind != tape.List || path.Len < 2 {
		return -1, index
	}
	name, ok := tape.Unquote(docs.Bytes(*docs.Slot(path, 0)))
	index = *docs.Slot(path, 1)
	if !ok || index.Kind != tape.Number {
		return -1, index
	}
	for i, l := range lists {
		if name == l.Key || name == "_entities" && len(lists) == 1 {
			return i, index
		}
	}
	return -1, index
}

// answer writes one part's answer.
func (m *merge) answer(p *part, docs tape.Docs, data tape.Value, errors []map[int32][]entityError, extensions []byte) []byte {
	size := len(extensions) + 64
	for i := range p.at {
		size += len(m.key(i)) + 8
		for _, at := range p.at[i] {
			size += len(docs.Bytes(m.entity(docs, data, i, at))) + 1
		}
	}
	b := append(make([]byte, 0, size), `{"data":{`...)
	for i := range p.at {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), m.key(i)...), `":[`...)
		for k, at := range p.at[i] {
			if k > 0 {
				b = append(b, ',')
			}
			b = append(b, docs.Bytes(m.entity(docs, data, i, at))...)
		}
		b = append(b, ']')
	}
	b = p.appendErrors(append(b, '}'), errors)
	if extensions != nil {
		b = append(append(b, `,"extensions":`...), extensions...)
	}
	return append(b, '}')
}

// entity is an item of one of the answer's lists.
func (m *merge) entity(docs tape.Docs, data tape.Value, list int, at int32) tape.Value {
	return *docs.Slot(*docs.Slot(data, list), int(at))
}

// appendErrors writes the errors of a part's own entities, if there are any.
func (p *part) appendErrors(b []byte, errors []map[int32][]entityError) []byte {
	first := true
	for i := range errors {
		if errors[i] == nil {
			continue
		}
		for k, at := range p.at[i] {
			for _, e := range errors[i][at] {
				if first {
					b = append(b, `,"errors":[`...)
				} else {
					b = append(b, ',')
				}
				first = false
				b = append(b, e.before...)
				b = strconv.AppendInt(b, int64(k), 10)
				b = append(b, e.after...)
			}
		}
	}
	if !first {
		b = append(b, ']')
	}
	return b
}
