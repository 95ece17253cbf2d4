package executor

import (
	"bytes"
	"hash/maphash"

	"github.com/weft-graphql/weft/executor/tape"
)

// partState is what one part of a step has during an execution.
type partState struct {
	// active is set where the part's guards hold, asked where it is in the request.
	active, asked bool
	targets       []target
	// text holds the distinct representations, one after the other.
	text   []byte
	unique []representation
	table  []int32 // open addressing: index in unique plus one
	// items are the entities by distinct representation; for a root field there is
	// one item, its value.
	items []tape.Value
	// misses are the distinct representations that the request asks for, in order;
	// sets are their parts that one _entities field asks for.
	misses []int32
	sets   []representationSet
	// cached counts the items that the cache had.
	cached int
	// failed marks items that an error touched; it is empty where none did.
	failed []bool
	// keep are the fetched items for the cache, under keepKeys.
	keep     [][]byte
	keepKeys []CacheKey
	// path is the path being followed, above are the objects on the way so far.
	path  int
	above []tape.Value
	// linked marks items that an object has already; full is set where no more
	// copies are made.
	linked []bool
	full   bool
	// last is the distinct representation that was found last, from 1: the next
	// object has it often, too. 0 is none.
	last int32
	// Where the answer is spliced: the distinct representation of each target, and
	// what their entities hold. Elsewhere uniques
	// are those for the distinct representations of an earlier part.
	uniques []int32
	inners  []inner
	// keys are the bytes of the distinct representations' one key, zeros where it is
	// not short.
	keys []keyWords
}

// target is an object of the merged tree that a part fetches more of.
type target struct {
	object tape.Value
	// unique is its distinct representation; notAsked or silenced.
	unique int32
}

const (
	// notAsked is an object without a representation: its key is null.
	notAsked = -1
	// silenced is an object that lacks what an error accounts for already.
	silenced = -2
)

// representation is a span of partState.text; from contexts on it is the values
// that the entity takes from contexts. object is the first that it was rendered for.
type representation struct {
	start, contexts, end uint32
	hash                 uint64
	object               tape.Value
}

func (ps *partState) reset(maxBytes int) {
	if cap(ps.text) > maxBytes || 24*cap(ps.targets) > maxBytes || 16*cap(ps.items) > maxBytes {
		*ps = partState{}
		return
	}
	clear(ps.table)
	*ps = partState{
		targets: ps.targets[:0], text: ps.text[:0], unique: ps.unique[:0], table: ps.table,
		items: ps.items[:0], misses: ps.misses[:0], failed: ps.failed[:0],
		keys: ps.keys[:0], sets: ps.sets[:0], above: ps.above[:0], uniques: ps.uniques[:0], inners: ps.inners[:0],
	}
}

func (ps *partState) bytes(u int32) []byte {
	r := ps.unique[u]
	return ps.text[r.start:r.contexts]
}

// collect finds each entity part's objects and renders their representations.
func (x *execution) collect(i int) {
	if x.cut.on {
		x.collectSpliced(i)
		return
	}
	sp, st := &x.p.steps[i], &x.steps[i]
	x.mu.Lock()
	defer x.mu.Unlock()
	for j := range sp.parts {
		pp, ps := &sp.parts[j], &st.parts[j]
		if !ps.active {
			continue
		}
		if !x.collectLike(pp, ps) {
			for k := range pp.paths {
				ps.path = k
				x.walk(pp, ps, pp.paths[k].elements, x.root)
			}
		}
		if pp.part.Entity == nil {
			// Without an object that it belongs to the field is not needed.
			ps.active = len(pp.paths) == 0 || len(ps.targets) > 0
			ps.items = append(ps.items, tape.Value{})
			continue
		}
		for range ps.unique {
			ps.items = append(ps.items, tape.Value{})
		}
		for u := range ps.unique {
			ps.misses = append(ps.misses, int32(u))
		}
	}
}

// walk follows a path from a value and takes what it ends at. Objects that are
// linked at several places are followed and taken once.
func (x *execution) walk(pp *partProgram, ps *partState, path []pathElement, v tape.Value) {
	for {
		switch v.Kind {
		case tape.List:
			for _, item := range x.docs.Slots(v) {
				x.walk(pp, ps, path, item)
			}
			return
		case tape.Object:
		default:
			return
		}
		if len(path) == 0 {
			x.take(pp, ps, v)
			return
		}
		if pp.contexts != nil {
			ps.above = append(ps.above[:len(pp.paths[ps.path].elements)-len(path)], v)
		}
		el := &path[0]
		if !pp.once && !x.docs.Header(v).Visit(el.mark) {
			return
		}
		path, v = path[1:], *x.docs.Slot(v, el.slot)
		if el.types != nil {
			x.walkTyped(pp, ps, path, el, v)
			return
		}
	}
}

// walkTyped goes on with those values below a path's element that have one of
// its types.
func (x *execution) walkTyped(pp *partProgram, ps *partState, rest []pathElement, el *pathElement, v tape.Value) {
	switch v.Kind {
	case tape.List:
		for _, item := range x.docs.Slots(v) {
			x.walkTyped(pp, ps, rest, el, item)
		}
	case tape.Object:
		if el.types.Has(int(x.docs.Header(v).Tag()) - 1) {
			x.walk(pp, ps, rest, v)
		}
	}
}

// take adds a target, with its representation where that is new.
func (x *execution) take(pp *partProgram, ps *partState, v tape.Value) {
	h := x.docs.Header(v)
	if mark, _ := h.Target(); mark == pp.mark && !pp.once {
		return
	}
	if pp.part.Entity == nil { // all of them get the root field's one value
		h.SetTarget(pp.mark, uint32(len(ps.targets)))
		ps.targets = append(ps.targets, target{object: v})
		return
	}
	tag := int(h.Tag()) - 1
	for k := range pp.inputs {
		in := &pp.inputs[k]
		if !in.on.Has(tag) && (tag >= 0 || !in.untyped) {
			continue
		}
		if !pp.once {
			h.SetTarget(pp.mark, uint32(len(ps.targets)))
		}
		ps.targets = append(ps.targets, target{object: v, unique: x.represent(pp, ps, in, tag, v)})
		return
	}
}

// represent finds an object's representation, with what it takes from contexts,
// among the distinct ones, or renders it, and gives its number.
func (x *execution) represent(pp *partProgram, ps *partState, in *inputProgram, tag int, v tape.Value) int32 {
	if in.plain && ps.last > 0 && x.same(in, ps.unique[ps.last-1].object, v) {
		return ps.last - 1
	}
	hash, plain := uint64(0), in.plain
	for k := 0; plain && k < len(in.fields); k++ {
		slot := *x.docs.Slot(v, in.fields[k].slot)
		if plain = slot.Kind > tape.Null; plain {
			hash = hash*31 + maphash.Bytes(x.e.seed, x.docs.Bytes(slot))
		}
	}
	if plain {
		u, known := ps.intern(hash, func(r *representation) bool { return x.same(in, r.object, v) })
		if !known {
			text, _ := x.representation(ps.text, in, tag, v)
			u = ps.add(u, text, representation{contexts: uint32(len(text)), hash: hash, object: v})
		}
		ps.last = u + 1
		return u
	}
	start := len(ps.text)
	text, state := x.representation(ps.text, in, tag, v)
	contexts := len(text)
	if pp.contexts != nil && state == 0 {
		text, state = x.renderContexts(text, pp, ps, tag)
	}
	if state != 0 {
		return state
	}
	hash = maphash.Bytes(x.e.seed, text[start:])
	u, known := ps.intern(hash, func(r *representation) bool { return bytes.Equal(text[r.start:r.end], text[start:]) })
	if !known {
		u = ps.add(u, text, representation{contexts: uint32(contexts), hash: hash, object: v})
	}
	return u
}

// representation appends an object's representation.
func (x *execution) representation(b []byte, in *inputProgram, tag int, v tape.Value) ([]byte, int32) {
	prefix := in.prefix
	if prefix == nil {
		prefix = x.p.typenames[tag]
	}
	b, state := x.render(append(b, prefix...), in.fields, v, false)
	return append(b, '}'), state
}

// same reports whether two objects have the same values where a plain input
// needs them: then their representations are the same, byte by byte.
func (x *execution) same(in *inputProgram, a, b tape.Value) bool {
	if in.prefix == nil && x.docs.Header(a).Tag() != x.docs.Header(b).Tag() {
		return false
	}
	for k := range in.fields {
		va, vb := *x.docs.Slot(a, in.fields[k].slot), *x.docs.Slot(b, in.fields[k].slot)
		if va != vb && !bytes.Equal(x.docs.Bytes(va), x.docs.Bytes(vb)) {
			return false
		}
	}
	return true
}

// intern looks among the distinct representations: by hash, then by content.
// Where there is none yet, it gives the place in the table for it.
func (ps *partState) intern(hash uint64, same func(*representation) bool) (u int32, known bool) {
	if 2*(len(ps.unique)+1) > len(ps.table) {
		ps.grow()
	}
	mask := uint64(len(ps.table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		n := ps.table[i]
		if n == 0 {
			return int32(i), false
		}
		if r := &ps.unique[n-1]; r.hash == hash && same(r) {
			return n - 1, true
		}
	}
}

// add takes the representation that text ends with, at a place in the table, and
// gives its number.
func (ps *partState) add(place int32, text []byte, r representation) int32 {
	r.start, r.end = uint32(len(ps.text)), uint32(len(text))
	ps.text = text
	ps.unique = append(ps.unique, r)
	ps.table[place] = int32(len(ps.unique))
	return ps.table[place] - 1
}

func (ps *partState) grow() {
	ps.table = make([]int32, max(16, 2*len(ps.table)))
	mask := uint64(len(ps.table) - 1)
	for n, r := range ps.unique {
		i := r.hash & mask
		for ps.table[i] != 0 {
			i = (i + 1) & mask
		}
		ps.table[i] = int32(n + 1)
	}
}

// render appends the required fields of an object. bare is set where no member
// stands before them. The state is 0, notAsked or silenced.
func (x *execution) render(b []byte, fields []requireProgram, v tape.Value, bare bool) ([]byte, int32) {
	tag := int(x.docs.Header(v).Tag()) - 1
	for k := range fields {
		f := &fields[k]
		slot := *x.docs.Slot(v, f.slot)
		for i := 0; slot.Kind == tape.Missing && i < len(fields[k].or); i++ {
			f = &fields[k].or[i]
			slot = *x.docs.Slot(v, f.slot)
		}
		if f.on != nil && !f.on.Has(tag) || slot.Kind == tape.Missing && !f.nonNull {
			// What is missing was not asked for: the fields that require it are left
			// out by their guards.
			continue
		}
		if !bare {
			b = append(b, ',')
		}
		bare = false
		b = append(b, f.name...)
		var state int32
		if b, state = x.renderValue(b, f, slot); state != 0 {
			return b, state
		}
	}
	return b, 0
}

func (x *execution) renderValue(b []byte, f *requireProgram, v tape.Value) ([]byte, int32) {
	switch {
	case v.Kind <= tape.Null:
		if x.docs.Explained(v) {
			return b, silenced
		}
		if f.nonNull {
			return b, notAsked
		}
		return append(b, "null"...), 0
	case f.fields == nil:
		return append(b, x.docs.Bytes(v)...), 0
	case v.Kind == tape.List:
		b = append(b, '[')
		for i, item := range x.docs.Slots(v) {
			if i > 0 {
				b = append(b, ',')
			}
			var state int32
			if item.Kind == tape.Null && !x.docs.Explained(item) {
				b = append(b, "null"...)
			} else if b, state = x.renderValue(b, f, item); state != 0 {
				return b, state
			}
		}
		return append(b, ']'), 0
	case v.Kind == tape.Object:
		b, state := x.render(append(b, '{'), f.fields, v, true)
		return append(b, '}'), state
	}
	return b, silenced // a leaf where an object belongs: the answer's walk reports it
}

// list appends the representations that one _entities field of a request asks for.
func (ps *partState) list(b []byte, set int32) []byte {
	b = append(b, '[')
	s := ps.sets[set]
	for i, u := range ps.misses[s.from:s.to] {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, ps.bytes(u)...)
	}
	return append(b, ']')
}
