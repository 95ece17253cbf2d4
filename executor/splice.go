package executor

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner"
)

// A plan of one request and of entities that are joined to objects in its answer,
// after everything else that these have, needs no tree: the answer is read once
// against its form, which tells the representations and where the objects end, and the
// client's answer is the subgraph's with the entities put in there. Whatever is
// not exactly so sends the execution back to the usual way, with the answers that
// it has by then: see [execution.unsplice].

// join is an entity's part whose fields an object's form ends with.
type join struct {
	step, part int
	number     int    // among those of the program
	prefix     []byte // {"__typename":"T"
	fields     []joinField
	form       *form // of an entity
}

// joinField is a field of a representation.
type joinField struct {
	name []byte // "name":
	key  int    // its number among the program's keys, from 0
}

// splice is what an execution knows of an answer that entities are put into.
// Its memory is pooled with the execution.
type splice struct {
	on bool
	// targets are the objects that entities are joined to, in the order in which
	// they end.
	targets []spliceTarget
	sources []source
	// keys are where the keys of the objects that are being read are.
	keys []keySpan
	// broken is set where something is not as it has to be.
	broken atomic.Bool
}

type spliceTarget struct {
	end  uint32 // the index of the closing brace
	form uint32 // index in Program.spliced
}

type keySpan struct{ from, to uint32 }

// inner is what an entity's object holds, in its answer, without the braces.
type inner struct {
	from, to uint32
	cost     float64
}

func (s *splice) reset(maxBytes int) {
	if 8*cap(s.targets) > maxBytes {
		s.targets = nil
	}
	clear(s.sources)
	s.on, s.targets = false, s.targets[:0]
	s.broken.Store(false)
}

// splices finds the forms of a plan's answers; the root's is nil where the plan
// needs a tree.
func (p *Program) splices() *form {
	if len(p.steps) < 2 || p.plan.Operation.Kind != ast.Query {
		return nil
	}
	whole := wholeOf(p.steps[0].step)
	if whole == nil {
		return nil
	}
	for i := 1; i < len(p.steps); i++ {
		s := p.steps[i].step
		if s.Graph == planner.Local || s.Guards != nil || !slices.Equal(s.DependsOn, []int{0}) {
			return nil
		}
		for j := range p.steps[i].parts {
			pp := &p.steps[i].parts[j]
			if e := pp.part.Entity; e == nil || pp.part.Guards != nil || !strict(pp.part) || !pp.once || pp.apart ||
				pp.contexts != nil || len(pp.inputs) != 1 || !pp.inputs[0].plain ||
				slices.ContainsFunc(e.Paths[0], func(el planner.PathElement) bool { return el.Types != nil }) {
				return nil
			}
		}
	}
	b := splicer{p: p, left: 0}
	for i := 1; i < len(p.steps); i++ {
		b.left += len(p.steps[i].parts)
	}
	f := b.form(p.answer, whole, nil)
	if b.left > 0 {
		return nil
	}
	number := 0
	for _, joined := range p.spliced {
		for k := range joined.joins {
			joined.joins[k].form.ready()
			joined.joins[k].number = number
			number++
		}
	}
	return f.ready()
}

// splicer builds the forms of a program; left counts the parts without a place.
type splicer struct {
	p    *Program
	left int
	keys int // that have got a number
}

// form makes the form of the root's answer at a path; nil where it has none.
func (b *splicer) form(set *fieldSet, asked *planner.Selection, path []string) *form {
	own := len(asked.Fields)
	if set.possible == nil || set.only == 0 || len(set.fields) < own || own == 0 {
		return nil
	}
	graph := b.p.steps[0].step.Graph + 1
	out := formOfFields(set.fields[:own], asked.Fields, graph, func(f *fieldProgram, o *planner.Output) *form {
		return b.form(f.set, o.Selection, append(slices.Clip(path), o.Key))
	})
	if out == nil {
		return nil
	}
	for rest := set.fields[own:]; len(rest) > 0; {
		j := b.join(set, rest, asked, out, path)
		if j == nil {
			return nil
		}
		out.joins = append(out.joins, *j)
		rest = rest[len(j.form.fields):]
		b.left--
	}
	if out.joins != nil {
		out.index = uint32(len(b.p.spliced))
		b.p.spliced = append(b.p.spliced, out)
	}
	return out
}

// join finds the part that gives the next fields of an object.
func (b *splicer) join(set *fieldSet, rest []fieldProgram, asked *planner.Selection, out *form, path []string) *join {
	for i := 1; i < len(b.p.steps); i++ {
		sp := &b.p.steps[i]
		for j := range sp.parts {
			pp := &sp.parts[j]
			fields := pp.part.Output.Fields
			if !slices.EqualFunc(pp.part.Entity.Paths[0], path, func(el planner.PathElement, key string) bool { return el.Key == key }) ||
				fields[0].Key != rest[0].field.Key || len(fields) > len(rest) || !pp.inputs[0].on.Has(int(set.only)-1) {
				continue
			}
			entity := formOfFields(rest[:len(fields)], fields, sp.step.Graph+1, func(f *fieldProgram, o *planner.Output) *form {
				return formOf(f.set, o.Selection, sp.step.Graph+1)
			})
			if entity == nil {
				return nil
			}
			found := &join{step: i, part: j, prefix: pp.inputs[0].prefix, form: entity}
			if found.prefix == nil {
				found.prefix = b.p.typenames[set.only-1]
			}
			for _, r := range pp.part.Entity.Inputs[0].Fields {
				k := slices.IndexFunc(asked.Fields, func(o *planner.Output) bool { return o.Key == r.Key })
				if k < 0 || out.fields[k].form != nil {
					return nil
				}
				if out.fields[k].key == 0 {
					b.keys++
					out.fields[k].key = b.keys
				}
				found.fields = append(found.fields, joinField{name: []byte(`"` + r.Name + `":`), key: out.fields[k].key - 1})
			}
			return found
		}
	}
	return nil
}

// spliceRoot reports whether the root's answer has the form that entities can be
// put into, and keeps what it finds then.
func (x *execution) spliceRoot() bool {
	if x.p.splice == nil || !x.p.odd.due() {
		return false
	}
	x.cut.keys = slices.Grow(x.cut.keys[:0], x.p.splice.keys)[:x.p.splice.keys]
	if x.cut.on = x.checked(0, x.p.splice); !x.cut.on {
		x.p.odd.note(false)
		for i := 1; i < len(x.p.steps); i++ {
			for j := range x.p.steps[i].parts {
				x.steps[i].parts[j].reset(x.e.limits.Pooled)
			}
		}
	}
	return x.cut.on
}

// join notes an object of the root's answer that ends at an index, and the distinct
// representations for what is joined to it.
func (x *execution) join(f *form, end int) {
	x.cut.targets = append(x.cut.targets, spliceTarget{uint32(end), f.index})
	d := x.steps[0].answer.Body
	for k := range f.joins {
		j := &f.joins[k]
		ps := &x.steps[j.step].parts[j.part]
		u := int32(0)
		if at := x.cut.keys[j.fields[0].key]; len(j.fields) == 1 && at.to-at.from <= shortKey {
			u = ps.representShort(x, j, d, at)
		} else {
			u = ps.representSpan(x, j, d)
		}
		ps.uniques = append(ps.uniques, u)
	}
}

// collectSpliced takes the distinct representations that the root's answer had.
func (x *execution) collectSpliced(i int) {
	st := &x.steps[i]
	for j := range st.parts[:len(x.p.steps[i].parts)] {
		ps := &st.parts[j]
		for u := range ps.unique {
			ps.items = append(ps.items, tape.Value{})
			ps.misses = append(ps.misses, int32(u))
		}
	}
}

// representSpan is [execution.represent] for the object whose keys are in x.cut.
func (ps *partState) representSpan(x *execution, j *join, d []byte) int32 {
	var hash uint64
	size := len(j.prefix) + 1
	for k := range j.fields {
		f := &j.fields[k]
		raw := x.cut.key(d, f.key)
		hash = hash*31 + x.e.hashKey(d, x.cut.keys[f.key])
		size += 1 + len(f.name) + len(raw)
	}
	u, known := ps.intern(hash, func(r *representation) bool {
		text := ps.text[r.start:r.contexts]
		if len(text) != size {
			return false
		}
		text = text[len(j.prefix):]
		for k := range j.fields {
			f := &j.fields[k]
			raw := x.cut.key(d, f.key)
			text = text[1:]
			if len(text) <= len(f.name)+len(raw) || !bytes.Equal(text[:len(f.name)], f.name) || !bytes.Equal(text[len(f.name):len(f.name)+len(raw)], raw) {
				return false
			}
			text = text[len(f.name)+len(raw):]
		}
		return len(text) == 1
	})
	if known {
		return u
	}
	return ps.addSpan(x, j, d, u, hash, keyWords{})
}

// addSpan adds the representation for the object whose keys are in x.cut, at a place
// in the table.
func (ps *partState) addSpan(x *execution, j *join, d []byte, place int32, hash uint64, key keyWords) int32 {
	b := append(ps.text, j.prefix...)
	for k := range j.fields {
		f := &j.fields[k]
		b = append(append(append(b, ','), f.name...), x.cut.key(d, f.key)...)
	}
	b = append(b, '}')
	ps.keys = append(ps.keys, key)
	return ps.add(place, b, representation{contexts: uint32(len(b)), hash: hash})
}

// key is a key in the root's answer.
func (s *splice) key(d []byte, number int) []byte { return d[s.keys[number].from:s.keys[number].to] }

// splicedIn takes the answer of a step whose entities are put into the root's.
func (x *execution) splicedIn(i int) {
	st := &x.steps[i]
	if !x.entitiesChecked(i) {
		x.cut.broken.Store(true)
		return
	}
	x.freshen(st, st.answer.freshness())
}

// entitiesChecked checks the entities of a step's answer against their forms, and
// notes where each of them is.
func (x *execution) entitiesChecked(i int) bool {
	sp, st := &x.p.steps[i], &x.steps[i]
	d, ok := x.dataOf(st.answer)
	if !ok || len(d) > math.MaxUint32 {
		return false
	}
	c := checker{d: d, limits: x.tapeLimits()}
	at, first := len(answerOpen), true
	for j := range sp.parts {
		ps := &st.parts[j]
		if !ps.asked {
			continue
		}
		form := x.p.joinOf(i, j).form
		open := byte(',')
		if first {
			open, first = '{', false
		}
		key := sp.parts[j].part.Key
		if at >= len(d) || d[at] != open || !bytes.HasPrefix(d[at+1:], []byte(`"`+key+`":[`)) {
			return false
		}
		at += len(key) + 5
		for k := range ps.misses {
			if k > 0 {
				if at >= len(d) || d[at] != ',' {
					return false
				}
				at++
			}
			c.cost = 0
			end := c.object(form, at, 4)
			if end < 0 {
				return false
			}
			ps.inners = append(ps.inners, inner{uint32(at + 1), uint32(end - 1), c.cost})
			at = end
		}
		if at >= len(d) || d[at] != ']' {
			return false
		}
		at++
	}
	return string(d[at:]) == "}}"
}

// joinOf is the join of a part.
func (p *Program) joinOf(step, part int) *join {
	for _, f := range p.spliced {
		for k := range f.joins {
			if j := &f.joins[k]; j.step == step && j.part == part {
				return j
			}
		}
	}
	return nil
}

// source is where a join's fields come from.
type source struct {
	body    []byte
	inners  []inner
	uniques []int32
	next    int // the index of the next object's
	graph   int
}

// spliceOut writes the client's answer. It reports whether that is not larger
// than allowed.
func (x *execution) spliceOut() bool {
	w := x.w
	d, _ := x.dataOf(x.steps[0].answer)
	w.costs[x.p.steps[0].step.Graph+1] += x.wholeCost
	sources := x.cut.sources[:0]
	for _, f := range x.p.spliced {
		for k := range f.joins {
			j := &f.joins[k]
			ps := &x.steps[j.step].parts[j.part]
			s := source{inners: ps.inners, uniques: ps.uniques, graph: x.p.steps[j.step].step.Graph + 1}
			if answer := x.steps[j.step].answer; answer != nil { // nil where nothing was to be asked
				s.body = answer.Body
			}
			sources = append(sources, s)
		}
	}
	x.cut.sources = sources
	out, from, limit := w.out, 0, x.e.limits.AnswerBytes
	var of []source // of the objects of a form
	last := uint32(math.MaxUint32)
	for _, t := range x.cut.targets {
		if t.form != last {
			last = t.form
			joins := x.p.spliced[last].joins
			of = sources[joins[0].number:][:len(joins)]
		}
		out = paste(out, d, from, int(t.end))
		from = int(t.end)
		for k := range of {
			s := &of[k]
			in := &s.inners[s.uniques[s.next]]
			s.next++
			out = paste(append(out, ','), s.body, int(in.from), int(in.to))
			if in.cost != 0 {
				w.costs[s.graph] += in.cost
			}
		}
		if len(out) > limit {
			return false
		}
	}
	w.out = append(out, d[from:]...)
	return len(w.out) <= x.e.limits.AnswerBytes
}

// paste appends a part of something. Mostly that is a few dozen bytes, for which a
// call costs as much as the copying: they are copied by words, and too many of them.
func paste(out, of []byte, from, to int) []byte {
	n, size := len(out), to-from
	const most, more = 128, 32
	if size > most || cap(out)-n < size+more || len(of)-from < size+more {
		return append(out, of[from:to]...)
	}
	out = out[:n+size+more]
	for i := 0; i < size; i += more {
		src, dst := (*[more]byte)(of[from+i:from+i+more]), (*[more]byte)(out[n+i:n+i+more])
		a, b, c, d := word(src[:], 0), word(src[:], 8), word(src[:], 16), word(src[:], 24)
		binary.LittleEndian.PutUint64(dst[:], a)
		binary.LittleEndian.PutUint64(dst[8:], b)
		binary.LittleEndian.PutUint64(dst[16:], c)
		binary.LittleEndian.PutUint64(dst[24:], d)
	}
	return out[:n+size]
}

// unsplice goes the usual way with the answers that are there: the requests are
// the same.
func (x *execution) unsplice() {
	x.cut.on, x.usual = false, true
	for i := range x.p.steps {
		st := &x.steps[i]
		if st.broken {
			continue
		}
		st.hasFresh = false
		asked := make([]bool, len(x.p.steps[i].parts))
		for j := range asked {
			asked[j] = st.parts[j].asked
			st.parts[j].reset(x.e.limits.Pooled)
			st.parts[j].active, st.parts[j].asked = true, asked[j]
		}
		x.guarded(i, func() { x.again(i) })
	}
}

// again links a step's answer in, or accounts for its failure.
func (x *execution) again(i int) {
	st := &x.steps[i]
	x.collect(i)
	extra := len(x.p.steps[i].parts)
	for j := range x.p.steps[i].parts {
		st.parts[j].divide(j, false, &extra)
	}
	switch {
	case st.answer != nil:
		x.answered(i)
	case st.failure != nil:
		x.mu.Lock()
		defer x.mu.Unlock()
		x.failed(i, st.failure.Code, st.failure.Message)
	}
}
