package tape

import "slices"

// Parse reads a whole document. Of keys that come twice the last one counts.
// The values keep referring to data.
func (t *Tape) Parse(data []byte, shape *Shape, limits Limits) (Value, error) {
	t.Data = data
	v, end, err := t.ParseAt(0, shape, limits)
	if err != nil {
		return Value{}, err
	}
	if end = space(data, end); end < len(data) {
		return Value{}, &SyntaxError{end, "more after the value"}
	}
	return v, nil
}

// ParseAt reads the one value that begins at an offset of Data, and tells where
// it ends. Values read before stay good.
func (t *Tape) ParseAt(offset int, shape *Shape, limits Limits) (Value, int, error) {
	if len(t.Data) > maxSize {
		return Value{}, 0, &LimitError{"size", maxSize}
	}
	t.limits, t.err = limits.orDefaults(), nil
	t.stack = t.stack[:0]
	v, end := t.value(offset, shape, 0)
	if end < 0 {
		return Value{}, 0, t.err
	}
	return v, end, nil
}

// The methods that read something take the index where it begins, and give the
// index after it, or failed with the reason in t.err.
const failed = -1

func (t *Tape) fail(at int, problem string) int {
	if t.err == nil {
		t.err = &SyntaxError{at, problem}
	}
	return failed
}

// space gives the index of what is not white space; mostly that is i.
func space(d []byte, i int) int {
	for i < len(d) && d[i] <= ' ' {
		switch d[i] {
		case ' ', '\n', '\t', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// value reads what begins at i, after white space.
func (t *Tape) value(i int, shape *Shape, depth int) (Value, int) {
	d := t.Data
	if i = space(d, i); i >= len(d) {
		return Value{}, t.fail(i, "the document ends where a value is expected")
	}
	kind, flags, end := Null, Flags(0), failed
	switch c := d[i]; {
	case c == '"':
		kind = String
		stop, escaped, problem := ScanString(d, i)
		if problem != "" {
			return Value{}, t.fail(stop, problem)
		}
		if end = stop; escaped {
			flags = Escaped
		}
	case c == '{':
		if shape != nil {
			return t.object(i, shape, depth+1)
		}
		kind, end = Raw, t.skipObject(i, depth+1)
	case c == '[':
		return t.list(i, shape, depth+1)
	case c == '-' || '0' <= c && c <= '9':
		kind = Number
		var integer bool
		if end, integer = t.number(i); integer && end-i < 10 {
			flags = Short
		}
	case c == 't':
		kind, end = True, t.word(i, "true")
	case c == 'f':
		kind, end = False, t.word(i, "false")
	case c == 'n':
		end = t.word(i, "null")
	default:
		end = t.fail(i, "no value begins like this")
	}
	return Value{Kind: kind, Flags: flags, Doc: t.ID, Off: uint32(i), Len: uint32(end - i)}, end
}

func (t *Tape) deeper(depth int) bool {
	if depth > t.limits.Depth {
		t.err = &LimitError{"depth", t.limits.Depth}
		return false
	}
	return true
}

func (t *Tape) room(n int) bool {
	if len(t.values)+len(t.stack)+n > t.limits.Values {
		t.err = &LimitError{"values", t.limits.Values}
		return false
	}
	return true
}

// object reads an object into slots.
func (t *Tape) object(start int, shape *Shape, depth int) (Value, int) {
	if !t.deeper(depth) || !t.room(shape.Slots+1) {
		return Value{}, failed
	}
	d := t.Data
	base := t.take(shape.Slots+1) + 1
	tag, next, filled := shape.Tag, 0, 0
	i := space(d, start+1)
	if i < len(d) && d[i] == '}' {
		i++
	} else {
		for {
			k := next
			if k < len(shape.Fields) && hasPrefix(d, i, shape.Fields[k].member) {
				i += len(shape.Fields[k].member)
			} else if k, i = t.key(i, shape); i < 0 {
				return Value{}, failed
			}
			if k < 0 {
				if i = t.skip(i, depth); i < 0 {
					return Value{}, failed
				}
			} else {
				f := &shape.Fields[k]
				var v Value
				if v, i = t.value(i, f.Child, depth); i < 0 {
					return Value{}, failed
				}
				slot := &t.values[base+f.Slot]
				if slot.Kind == Missing {
					filled++
				}
				if slot.Kind == Missing || !shape.shared {
					*slot = v
				} else {
					t.join(slot, v)
				}
				if f.Tag && v.Kind == String {
					tag = shape.tag(d[v.Off+1:v.Off+v.Len-1], tag)
				}
				next = k + 1
			}
			if i < len(d) && d[i] == ',' {
				i++
			} else if i = t.separator(i, '}'); i < 0 {
				return Value{}, failed
			}
			if d[i-1] != ',' {
				break
			}
			i = space(d, i)
		}
	}
	t.values[base-1] = Value{Kind: header, Doc: tag, Off: uint32(start), Len: uint32(i - start)}
	if shape.Strict && filled < len(shape.Fields) {
		t.check(shape, base, tag)
	}
	return Value{Kind: Object, Doc: t.ID, Off: uint32(base), Len: uint32(shape.Slots)}, i
}

// join puts a value where one is already, of another key for the slot: a field may be selected under several
// keys whose values differ in type and are the same otherwise.
func (t *Tape) join(slot *Value, v Value) {
	switch {
	case slot.Kind == Object && v.Kind == Object && slot.Len == v.Len:
		if h := &t.values[slot.Off-1]; h.Doc == 0 {
			h.Doc = t.values[v.Off-1].Doc
		}
		for i := range v.Len {
			if from := t.values[v.Off+i]; from.Kind != Missing {
				t.join(&t.values[slot.Off+i], from)
			}
		}
	case slot.Kind == List && v.Kind == List && slot.Len == v.Len:
		for i := range v.Len {
			t.join(&t.values[slot.Off+i], t.values[v.Off+i])
		}
	case v.Kind != Null || slot.Kind == Missing:
		*slot = v
	}
}

func hasPrefix(d []byte, i int, prefix string) bool {
	return len(d)-i >= len(prefix) && string(d[i:i+len(prefix)]) == prefix
}

// check makes what is expected and absent an explained null.
func (t *Tape) check(shape *Shape, base int, tag uint16) {
	for i := range shape.Fields {
		f := &shape.Fields[i]
		if t.values[base+f.Slot].Kind != Missing || !f.Has(tag) {
			continue
		}
		t.values[base+f.Slot] = Value{Kind: Null, Flags: Explained, Doc: t.ID}
		if t.Absent == 0 {
			t.FirstAbsent = f.Key
		}
		t.Absent++
	}
}

// key reads a key with its colon and gives its field, -1 where it is not expected.
func (t *Tape) key(i int, shape *Shape) (field, end int) {
	if i >= len(t.Data) || t.Data[i] != '"' {
		return 0, t.fail(i, "an object's key is expected")
	}
	end, escaped, problem := ScanString(t.Data, i)
	if problem != "" {
		return 0, t.fail(end, problem)
	}
	key := t.Data[i+1 : end-1]
	if escaped {
		plain, _ := Unquote(t.Data[i:end])
		key = []byte(plain)
	}
	return shape.find(key), t.colon(end)
}

func (t *Tape) colon(i int) int {
	if i = space(t.Data, i); i >= len(t.Data) || t.Data[i] != ':' {
		return t.fail(i, "a colon is expected after an object's key")
	}
	return i + 1
}

// separator reads a comma or the closing byte: the last byte read tells which.
func (t *Tape) separator(i int, closing byte) int {
	if i = space(t.Data, i); i < len(t.Data) && (t.Data[i] == ',' || t.Data[i] == closing) {
		return i + 1
	}
	return t.fail(i, "a comma or the end of the object or list is expected")
}

// list reads a list; its items are gathered on a stack, because what is inside
// them takes values first.
func (t *Tape) list(start int, shape *Shape, depth int) (Value, int) {
	if !t.deeper(depth) {
		return Value{}, failed
	}
	d, mark := t.Data, len(t.stack)
	i := space(d, start+1)
	if i < len(d) && d[i] == ']' {
		i++
	} else {
		for {
			var v Value
			if v, i = t.value(i, shape, depth); i < 0 || !t.room(1) {
				return Value{}, failed
			}
			t.stack = append(t.stack, v)
			if i = t.separator(i, ']'); i < 0 {
				return Value{}, failed
			}
			if d[i-1] != ',' {
				break
			}
		}
	}
	items := t.stack[mark:]
	if !t.room(len(items) + 1) {
		return Value{}, failed
	}
	base := t.take(len(items)+1) + 1
	t.values[base-1] = Value{Kind: header, Off: uint32(start), Len: uint32(i - start)}
	copy(t.values[base:], items)
	t.stack = t.stack[:mark]
	return Value{Kind: List, Doc: t.ID, Off: uint32(base), Len: uint32(len(items))}, i
}

// skip validates a value that nobody wants.
func (t *Tape) skip(i, depth int) int {
	if i = space(t.Data, i); i < len(t.Data) {
		switch t.Data[i] {
		case '{':
			return t.skipObject(i, depth+1)
		case '[':
			return t.skipList(i, depth+1)
		}
	}
	_, end := t.value(i, nil, depth)
	return end
}

func (t *Tape) skipObject(i, depth int) int {
	if !t.deeper(depth) {
		return failed
	}
	if i = space(t.Data, i+1); i < len(t.Data) && t.Data[i] == '}' {
		return i + 1
	}
	for {
		if i = space(t.Data, i); i >= len(t.Data) || t.Data[i] != '"' {
			return t.fail(i, "an object's key is expected")
		}
		end, _, problem := ScanString(t.Data, i)
		if problem != "" {
			return t.fail(end, problem)
		}
		if i = t.colon(end); i < 0 {
			return failed
		}
		if i = t.skip(i, depth); i < 0 {
			return failed
		}
		if i = t.separator(i, '}'); i < 0 || t.Data[i-1] != ',' {
			return i
		}
	}
}

func (t *Tape) skipList(i, depth int) int {
	if !t.deeper(depth) {
		return failed
	}
	if i = space(t.Data, i+1); i < len(t.Data) && t.Data[i] == ']' {
		return i + 1
	}
	for {
		if i = t.skip(i, depth); i < 0 {
			return failed
		}
		if i = t.separator(i, ']'); i < 0 || t.Data[i-1] != ',' {
			return i
		}
	}
}

func (t *Tape) word(i int, w string) int {
	if !hasPrefix(t.Data, i, w) {
		return t.fail(i, "no value begins like this")
	}
	return i + len(w)
}

// number reads a number and tells whether it has neither fraction nor exponent.
func (t *Tape) number(i int) (end int, integer bool) {
	if d := t.Data; '1' <= d[i] && d[i] <= '9' {
		if end = digits(d, i+1); end >= len(d) || d[end] != '.' && d[end]|0x20 != 'e' {
			return end, true
		}
	}
	end, problem := ScanNumber(t.Data, i)
	if problem != "" {
		return t.fail(end, problem), false
	}
	return end, !slices.ContainsFunc(t.Data[i:end], func(c byte) bool { return c == '.' || c|0x20 == 'e' })
}
