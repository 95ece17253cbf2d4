package tape

// Parse reads a whole document. Of keys that come twice the last one counts.
// The values keep referring to data.
func (t *Tape) Parse(data []byte, shape *Shape, limits Limits) (Value, error) {
	t.Data = data
	v, end, err := t.ParseAt(0, shape, limits)
	if err != nil {
		return Value{}, err
	}
	t.pos = end
	if t.space(); t.pos < len(t.Data) {
		return Value{}, &SyntaxError{t.pos, "more after the value"}
	}
	return v, nil
}

// ParseAt reads the one value that begins at an offset of Data, and tells where
// it ends. Values read before stay good.
func (t *Tape) ParseAt(offset int, shape *Shape, limits Limits) (Value, int, error) {
	if len(t.Data) > maxSize {
		return Value{}, 0, &LimitError{"size", maxSize}
	}
	t.limits, t.pos, t.err = limits.orDefaults(), offset, nil
	t.stack = t.stack[:0]
	v, ok := t.value(shape, 0)
	if !ok {
		return Value{}, t.pos, t.err
	}
	return v, t.pos, nil
}

func (t *Tape) fail(problem string) bool {
	if t.err == nil {
		t.err = &SyntaxError{t.pos, problem}
	}
	return false
}

// space skips white space; mostly there is none.
func (t *Tape) space() {
	if t.pos < len(t.Data) && t.Data[t.pos] <= ' ' {
		t.spaces()
	}
}

func (t *Tape) spaces() {
	for t.pos < len(t.Data) {
		switch t.Data[t.pos] {
		case ' ', '\n', '\t', '\r':
			t.pos++
		default:
			return
		}
	}
}

// value reads what begins here, after white space.
func (t *Tape) value(shape *Shape, depth int) (Value, bool) {
	t.space()
	if t.pos >= len(t.Data) {
		return Value{}, t.fail("the document ends where a value is expected")
	}
	start := t.pos
	kind, flags, ok := Null, Flags(0), true
	switch c := t.Data[t.pos]; {
	case c == '"':
		kind = String
		var escaped bool
		if escaped, ok = t.str(); escaped {
			flags = Escaped
		}
	case c == '{':
		if shape != nil {
			return t.object(shape, depth+1)
		}
		kind, ok = Raw, t.skipObject(depth+1)
	case c == '[':
		return t.list(shape, depth+1)
	case c == '-' || '0' <= c && c <= '9':
		kind, ok = Number, t.number()
	case c == 't':
		kind, ok = True, t.word("true")
	case c == 'f':
		kind, ok = False, t.word("false")
	case c == 'n':
		ok = t.word("null")
	default:
		ok = t.fail("no value begins like this")
	}
	return Value{Kind: kind, Flags: flags, Doc: t.ID, Off: uint32(start), Len: uint32(t.pos - start)}, ok
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
func (t *Tape) object(shape *Shape, depth int) (Value, bool) {
	if !t.deeper(depth) || !t.room(shape.Slots+1) {
		return Value{}, false
	}
	base := t.take(shape.Slots+1) + 1
	start, tag, next := t.pos, shape.Tag, 0
	t.pos++
	for first := true; ; first = false {
		t.space()
		if first && t.pos < len(t.Data) && t.Data[t.pos] == '}' {
			break
		}
		i, ok := t.key(shape, next)
		if !ok {
			return Value{}, false
		}
		if i < 0 {
			if !t.skip(depth) {
				return Value{}, false
			}
		} else {
			f := &shape.Fields[i]
			v, ok := t.value(f.Child, depth)
			if !ok {
				return Value{}, false
			}
			t.values[base+f.Slot] = v
			if f.Tag && v.Kind == String {
				tag = shape.tag(t.Data[v.Off+1:v.Off+v.Len-1], tag)
			}
			next = i + 1
		}
		more, ok := t.more('}')
		if !ok {
			return Value{}, false
		}
		if !more {
			break
		}
	}
	t.pos++
	t.values[base-1] = Value{Kind: header, Doc: tag, Off: uint32(start), Len: uint32(t.pos - start)}
	if shape.Strict {
		t.check(shape, base, tag)
	}
	return Value{Kind: Object, Doc: t.ID, Off: uint32(base), Len: uint32(shape.Slots)}, true
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

// key reads a key and its colon and gives the field; next is the likely one.
func (t *Tape) key(shape *Shape, next int) (int, bool) {
	if t.pos >= len(t.Data) || t.Data[t.pos] != '"' {
		return 0, t.fail("an object's key is expected")
	}
	if next < len(shape.Fields) {
		if m := shape.Fields[next].member; len(t.Data)-t.pos >= len(m) && string(t.Data[t.pos:t.pos+len(m)]) == m {
			t.pos += len(m)
			return next, true
		}
	}
	start := t.pos
	escaped, ok := t.str()
	if !ok {
		return 0, false
	}
	key := t.Data[start+1 : t.pos-1]
	if escaped {
		plain, _ := Unquote(t.Data[start:t.pos])
		key = []byte(plain)
	}
	i := shape.find(key)
	return i, t.colon()
}

func (t *Tape) colon() bool {
	t.space()
	if t.pos >= len(t.Data) || t.Data[t.pos] != ':' {
		return t.fail("a colon is expected after an object's key")
	}
	t.pos++
	return true
}

// more reads a comma, or stops before the closing byte.
func (t *Tape) more(end byte) (more, ok bool) {
	if t.pos < len(t.Data) && t.Data[t.pos] == ',' {
		t.pos++
		return true, true
	}
	t.space()
	if t.pos < len(t.Data) {
		switch t.Data[t.pos] {
		case ',':
			t.pos++
			return true, true
		case end:
			return false, true
		}
	}
	return false, t.fail("a comma or the end of the object or list is expected")
}

// list reads a list; its items are gathered on a stack, because what is inside
// them takes values first.
func (t *Tape) list(shape *Shape, depth int) (Value, bool) {
	if !t.deeper(depth) {
		return Value{}, false
	}
	start, mark := t.pos, len(t.stack)
	t.pos++
	if t.space(); t.pos < len(t.Data) && t.Data[t.pos] == ']' {
		t.pos++
	} else {
		for more := true; more; {
			v, ok := t.value(shape, depth)
			if !ok || !t.room(1) {
				return Value{}, false
			}
			t.stack = append(t.stack, v)
			if more, ok = t.more(']'); !ok {
				return Value{}, false
			}
		}
		t.pos++
	}
	items := t.stack[mark:]
	if !t.room(len(items) + 1) {
		return Value{}, false
	}
	base := t.take(len(items)+1) + 1
	t.values[base-1] = Value{Kind: header, Off: uint32(start), Len: uint32(t.pos - start)}
	copy(t.values[base:], items)
	t.stack = t.stack[:mark]
	return Value{Kind: List, Doc: t.ID, Off: uint32(base), Len: uint32(len(items))}, true
}

// skip validates a value that nobody wants.
func (t *Tape) skip(depth int) bool {
	t.space()
	if t.pos < len(t.Data) {
		switch t.Data[t.pos] {
		case '{':
			return t.skipObject(depth + 1)
		case '[':
			return t.skipList(depth + 1)
		}
	}
	_, ok := t.value(nil, depth)
	return ok
}

func (t *Tape) skipObject(depth int) bool {
	if !t.deeper(depth) {
		return false
	}
	t.pos++
	if t.space(); t.pos < len(t.Data) && t.Data[t.pos] == '}' {
		t.pos++
		return true
	}
	for more, ok := true, true; more; {
		if t.space(); t.pos >= len(t.Data) || t.Data[t.pos] != '"' {
			return t.fail("an object's key is expected")
		}
		if _, ok = t.str(); !ok || !t.colon() || !t.skip(depth) {
			return false
		}
		if more, ok = t.more('}'); !ok {
			return false
		}
	}
	t.pos++
	return true
}

func (t *Tape) skipList(depth int) bool {
	if !t.deeper(depth) {
		return false
	}
	t.pos++
	if t.space(); t.pos < len(t.Data) && t.Data[t.pos] == ']' {
		t.pos++
		return true
	}
	for more, ok := true, true; more; {
		if !t.skip(depth) {
			return false
		}
		if more, ok = t.more(']'); !ok {
			return false
		}
	}
	t.pos++
	return true
}

func (t *Tape) word(w string) bool {
	if len(t.Data)-t.pos < len(w) || string(t.Data[t.pos:t.pos+len(w)]) != w {
		return t.fail("no value begins like this")
	}
	t.pos += len(w)
	return true
}

func (t *Tape) number() bool {
	end, problem := ScanNumber(t.Data, t.pos)
	if problem != "" {
		return t.fail(problem)
	}
	t.pos = end
	return true
}

func (t *Tape) str() (escaped, ok bool) {
	end, escaped, problem := ScanString(t.Data, t.pos)
	t.pos = end
	if problem != "" {
		return escaped, t.fail(problem)
	}
	return escaped, true
}
