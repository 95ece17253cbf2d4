package executor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/schema"
)

// codeTooManyContexts is the code of a request that would need too many sets of values.
const codeTooManyContexts = "TOO_MANY_CONTEXTS"

// contextProgram is a value that entities take from objects above.
type contextProgram struct {
	on schema.TypeSet
	// sources are by the part's path, the nearest object first.
	sources [][]contextSource
}

// contextSource is objects on a path that set a context.
type contextSource struct {
	at     int
	on     schema.TypeSet
	fields []requireProgram
}

// contexts compiles what a part's entities take from contexts.
func (c *compiler) contexts(pp *partProgram) error {
	e := pp.part.Entity
	for _, context := range e.Contexts {
		cp := contextProgram{on: context.On}
		if len(context.Sources) != len(e.Paths) {
			return fmt.Errorf("the context %q has sources for %d paths of %d", context.Name, len(context.Sources), len(e.Paths))
		}
		for i, path := range e.Paths {
			var sources []contextSource
			for _, s := range context.Sources[i] {
				if s.At < 0 || s.At >= len(path) {
					return fmt.Errorf("the context %q is to come from an object that is not above %s", context.Name, pathText(path))
				}
				at, err := c.root.follow(path[:s.At])
				if err != nil {
					return err
				}
				fields, err := requires(s.Fields, at)
				if err != nil {
					return fmt.Errorf("the context %q: %w", context.Name, err)
				}
				sources = append(sources, contextSource{s.At, s.On, fields})
			}
			cp.sources = append(cp.sources, sources)
		}
		pp.contexts = append(pp.contexts, cp)
	}
	return nil
}

// apart finds the positions of the merged tree where objects must not share what
// is below them: those between what sets a context and what takes a value from
// it. The same entity is there once for each way that leads to it.
func (c *compiler) apart() map[*position]bool {
	out := map[*position]bool{}
	for _, s := range c.plan.Steps {
		for _, part := range s.Parts {
			if part.Entity == nil {
				continue
			}
			for i, path := range part.Entity.Paths {
				from := len(path)
				for _, context := range part.Entity.Contexts {
					if i >= len(context.Sources) {
						continue // contexts refuses it
					}
					for _, source := range context.Sources[i] {
						from = min(from, max(source.At, 0))
					}
				}
				for n := from; n < len(path); n++ {
					if p, err := c.root.follow(path[:n]); err == nil {
						out[p.class()] = true
					}
				}
			}
		}
	}
	return out
}

// renderContexts appends the values that an entity takes from contexts, each with
// an end mark; one that is left out is nothing.
func (x *execution) renderContexts(b []byte, pp *partProgram, ps *partState, tag int) ([]byte, int32) {
	for k := range pp.contexts {
		c := &pp.contexts[k]
		if c.on.Has(tag) {
			var state int32
			if b, state = x.renderContext(b, c.sources[ps.path], ps.above); state != 0 {
				return b, state
			}
		}
		b = append(b, contextEnd)
	}
	return b, 0
}

// contextEnd ends a value; JSON has no such byte.
const contextEnd = 0

func (x *execution) renderContext(b []byte, sources []contextSource, above []tape.Value) ([]byte, int32) {
	for i := range sources {
		s := &sources[i]
		v := above[s.at]
		if s.at > 0 && !s.on.Has(int(x.docs.Header(v).Tag())-1) {
			continue
		}
		return x.contextValue(b, s.fields, v)
	}
	return b, 0
}

// contextValue appends the one value that fields select of an object.
func (x *execution) contextValue(b []byte, fields []requireProgram, v tape.Value) ([]byte, int32) {
	tag := int(x.docs.Header(v).Tag()) - 1
	for k := range fields {
		f := &fields[k]
		if f.on != nil && !f.on.Has(tag) || string(f.name) == `"__typename":` {
			continue
		}
		slot := *x.docs.Slot(v, f.slot)
		for i := 0; slot.Kind == tape.Missing && i < len(fields[k].or); i++ {
			f = &fields[k].or[i]
			slot = *x.docs.Slot(v, f.slot)
		}
		if slot.Kind == tape.Missing {
			return b, 0 // not asked for: no field that is selected needs it
		}
		return x.contextItem(b, f, slot)
	}
	return append(b, "null"...), 0
}

func (x *execution) contextItem(b []byte, f *requireProgram, v tape.Value) ([]byte, int32) {
	switch {
	case x.docs.Explained(v):
		return b, silenced
	case v.Kind <= tape.Null:
		return append(b, "null"...), 0
	case f.fields == nil:
		return append(b, x.docs.Bytes(v)...), 0
	case v.Kind == tape.Object:
		return x.contextValue(b, f.fields, v)
	case v.Kind != tape.List:
		return b, silenced // a leaf where an object belongs: the answer's walk reports it
	}
	b = append(b, '[')
	for i, item := range x.docs.Slots(v) {
		if i > 0 {
			b = append(b, ',')
		}
		before := len(b)
		var state int32
		if b, state = x.contextItem(b, f, item); state != 0 {
			return b, state
		}
		if len(b) == before {
			b = append(b, "null"...)
		}
	}
	return append(b, ']'), 0
}

// representationSet is the representations that one _entities field asks for:
// those from index from to to of the misses. slot is the field's slot in the
// answer's data.
type representationSet struct{ from, to, slot int }

// divide parts the misses into those that take the same values from contexts.
func (ps *partState) divide(part int, contextual bool, extra *int) {
	ps.sets = append(ps.sets[:0], representationSet{0, len(ps.misses), part})
	if !contextual || len(ps.misses) < 2 {
		return
	}
	index := map[string]int{}
	var sets [][]int32
	for _, u := range ps.misses {
		r := ps.unique[u]
		values := string(ps.text[r.contexts:r.end])
		i, known := index[values]
		if !known {
			i = len(sets)
			index[values] = i
			sets = append(sets, nil)
		}
		sets[i] = append(sets[i], u)
	}
	ps.misses, ps.sets = ps.misses[:0], ps.sets[:0]
	for i, s := range sets {
		slot := part
		if i > 0 {
			slot = *extra
			*extra++
		}
		ps.sets = append(ps.sets, representationSet{len(ps.misses), len(ps.misses) + len(s), slot})
		ps.misses = append(ps.misses, s...)
	}
}

// contextValue is the value of a context that a set takes; nil where it is left out.
func (ps *partState) contextValue(set int32, context int) []byte {
	r := ps.unique[ps.misses[ps.sets[set].from]]
	text := ps.text[r.contexts:r.end]
	for ; ; context-- {
		end := 0
		for text[end] != contextEnd {
			end++
		}
		if context == 0 {
			if end == 0 {
				return nil
			}
			return text[:end:end]
		}
		text = text[end+1:]
	}
}

// setKeyOf is the response key of one of a part's fields.
func setKeyOf(key string, set int32) string {
	if set == 0 {
		return key
	}
	return key + "_" + strconv.Itoa(int(set))
}

// answerShape is the shape of a step's answer, with a slot for each set.
func (x *execution) answerShape(i int) *tape.Shape {
	sp, st := &x.p.steps[i], &x.steps[i]
	data := sp.shape.Fields[0].Child
	several := false
	for j := range sp.parts {
		several = several || len(st.parts[j].sets) > 1
	}
	if !several {
		return sp.shape
	}
	own := &tape.Shape{Slots: data.Slots}
	for j := range sp.parts {
		for k, s := range st.parts[j].sets {
			if k > 0 {
				own.Fields = append(own.Fields, tape.Field{Key: setKeyOf(sp.parts[j].part.Key, int32(k)), Slot: s.slot, Child: sp.parts[j].value})
				own.Slots = max(own.Slots, s.slot+1)
			}
		}
	}
	own.Fields = append(own.Fields, data.Fields...)
	own.Ready()
	top := &tape.Shape{Slots: sp.shape.Slots, Fields: append([]tape.Field(nil), sp.shape.Fields...)}
	top.Fields[0].Child = own
	top.Ready()
	return top
}

// itemFor gives a part's item to one more object: a copy where objects must not
// share what is below them. mu is held.
func (x *execution) itemFor(i int, pp *partProgram, ps *partState, u int32) tape.Value {
	item := ps.items[u]
	if !pp.apart || item.Kind != tape.Object && item.Kind != tape.List {
		return item
	}
	if ps.linked == nil {
		ps.linked = make([]bool, len(ps.items))
	}
	if !ps.linked[u] {
		ps.linked[u] = true
		return item
	}
	if limit := x.e.limits.AnswerValues; x.docs[item.Doc].Size() >= limit {
		if !ps.full {
			ps.full = true
			x.report(answerError{step: i, code: codeTooLarge, subgraph: x.p.steps[i].name, path: x.fetchPath(i),
				message: fmt.Sprintf("the entities of subgraph %q, of which contexts need copies, exceed the limit on an answer's values (%d)", x.p.steps[i].name, limit)})
		}
		return tape.Value{Kind: tape.Null, Flags: tape.Explained, Doc: item.Doc}
	}
	return x.docs.Copy(item)
}

// contextText is the text of a part that takes values from contexts: the
// _entities field's selection, cut where a variable's name is to be completed.
type contextText struct {
	key, variable string
	pieces        [][]byte
}

func (t *requestText) contextual() bool {
	for _, c := range t.contexts {
		if c != nil {
			return true
		}
	}
	return false
}

// addContexts adds the variables and the text of a part that takes values from contexts.
func (t *requestText) addContexts(part int, p *planner.Part) {
	c := &contextText{key: p.Key, variable: p.Entity.Variable + "_"}
	t.contexts[part] = c
	t.variables = append(t.variables, variableText{
		name: c.variable, definition: []byte(":[_Any!]!"), parts: []int{part}, representations: true, each: true,
	})
	selection := cachedSelection(p)
	var names []string
	for i, context := range p.Entity.Contexts {
		t.variables = append(t.variables, variableText{
			name: context.Variable, definition: escapeJSON(nil, ":"+context.Type), parts: []int{part}, each: true, context: i,
		})
		names = append(names, "$"+context.Variable)
	}
	for {
		end := -1
		for _, name := range names {
			if at := strings.Index(selection, name); at >= 0 && (end < 0 || at+len(name) < end) {
				end = at + len(name)
			}
		}
		if end < 0 {
			break
		}
		c.pieces = append(c.pieces, escapeJSON(nil, selection[:end]))
		selection = selection[end:]
	}
	c.pieces = append(c.pieces, escapeJSON(nil, selection))
}

// append appends the part's fields, the first of which has the number from.
func (c *contextText) append(b []byte, from, sets int32) []byte {
	for n := range sets {
		if n > 0 {
			b = append(b, ' ')
		}
		if key := setKeyOf(c.key, n); key != "_entities" {
			b = append(append(b, key...), ':')
		}
		b = append(appendNumbered(append(b, "_entities(representations:$"...), c.variable, from+n), ')')
		for i, piece := range c.pieces {
			b = append(b, piece...)
			if i < len(c.pieces)-1 {
				b = strconv.AppendInt(b, int64(from+n), 10)
			}
		}
	}
	return b
}

// number is the number of the first of a part's fields among all those of parts
// that take values from contexts.
func number(t *requestText, sets []int32, part int) int32 {
	n := int32(0)
	for i, c := range t.contexts[:part] {
		if c != nil {
			n += sets[i]
		}
	}
	return n
}

func appendNumbered(b []byte, name string, n int32) []byte {
	return strconv.AppendInt(append(b, name...), int64(n), 10)
}
