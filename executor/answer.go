package executor

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner/operation"
)

// writer writes the client's answer in one walk over the merged tree. Writers are
// pooled apart from executions: most of these wait for subgraphs and need none.
type writer struct {
	out, spare []byte
	path       []step
	// costs are by subgraph, as an index plus one; 0 is the gateway's own.
	costs []float64
	// overflown is set where the answer has become larger than allowed; all of it
	// is then cut off.
	overflown bool
}

// step is one step of the path that the walk is at.
type step struct {
	field *fieldProgram // nil for an index
	index int
}

func (w *writer) reset(maxBytes int, poisonIt bool) {
	if poisonIt {
		poison(w.out)
		poison(w.spare)
	}
	if cap(w.out) > maxBytes {
		w.out = nil
	}
	if cap(w.spare) > maxBytes {
		w.spare = nil
	}
	clear(w.path)
	w.out, w.spare, w.path, w.costs = w.out[:0], w.spare[:0], w.path[:0], w.costs[:0]
	w.overflown = false
}

// finish writes the answer and tells about the execution. The body is valid
// until the execution is released.
func (x *execution) finish() ([]byte, *Result) {
	if x.whole != nil {
		r := x.result()
		r.Cost = x.wholeCost
		if r.Cost != 0 {
			r.CostByGraph = map[string]float64{x.p.steps[0].name: r.Cost}
		}
		return x.whole, r
	}
	w, _ := x.e.writers.Get().(*writer)
	if w == nil {
		w = &writer{}
	}
	x.w = w
	for range len(x.p.supergraph.Graphs) + 1 {
		w.costs = append(w.costs, 0)
	}
	w.out = slices.Grow(w.out[:0], min(int(x.p.answerSize.Load()), x.e.limits.Pooled))
	if x.cut.on && !x.cut.broken.Load() && !x.broken && x.spliceOut() {
		x.p.answerSize.Store(int64(len(w.out)))
		x.p.odd.note(true)
		return w.out, x.result()
	}
	if x.cut.on {
		x.p.odd.note(false)
		clear(w.costs)
		w.out = w.out[:0]
		x.unsplice()
	}
	w.out = append(w.out, `{"data":`...)
	mark := len(w.out)
	if !x.writeObject(x.p.answer, x.root) {
		w.out = append(w.out[:mark], "null"...)
	}
	if w.overflown {
		x.errors = append(x.errors[:0], answerError{code: codeAnswerTooLarge, message: fmt.Sprintf("the answer is larger than the %d bytes that are allowed (limits.answer)", x.e.limits.AnswerBytes)})
	}
	w.out = append(w.out, '}')
	x.p.answerSize.Store(int64(len(w.out)))
	body := w.out
	if len(x.errors) > 0 {
		w.spare = x.writeErrors(append(w.spare[:0], `{"errors":`...))
		w.spare = append(append(w.spare, ','), w.out[1:]...)
		body = w.spare
	}
	return body, x.result()
}

func (x *execution) result() *Result {
	r := &Result{Errors: len(x.errors) + x.dropped, Steps: make([]StepTrace, len(x.p.steps))}
	known := false
	for i := range x.p.steps {
		st := &x.steps[i]
		r.Steps[i] = st.trace
		if !st.hasFresh {
			continue
		}
		if known {
			r.Freshness = r.Freshness.Strictest(st.fresh)
		} else {
			r.Freshness, known = st.fresh, true
		}
	}
	if x.e.options.ResponseHeaders != nil {
		r.Header = x.e.options.ResponseHeaders(x.answerHeaders())
	}
	if r.Errors > 0 {
		// Nobody should keep an answer that lacks something.
		r.Freshness = Freshness{Known: true, NoStore: true}
	}
	if x.w == nil {
		return r
	}
	for g, cost := range x.w.costs {
		r.Cost += cost
		if cost != 0 && g > 0 {
			if r.CostByGraph == nil {
				r.CostByGraph = make(map[string]float64, len(x.p.supergraph.Graphs))
			}
			r.CostByGraph[x.p.supergraph.Graphs[g-1].Name] += cost
		}
	}
	return r
}

// answerHeaders are the headers of all answers, by step.
func (x *execution) answerHeaders() []AnswerHeader {
	all := make([]AnswerHeader, 0, len(x.p.steps))
	for i := range x.p.steps {
		if answer := x.steps[i].answer; answer != nil {
			a := AnswerHeader{Subgraph: x.p.steps[i].name, Header: answer.Header, Mutation: x.p.steps[i].step.Kind == ast.Mutation}
			all = append(all, a)
			for _, a.Header = range answer.More {
				all = append(all, a)
			}
		}
	}
	return all
}

// writeObject writes an object, or reports that it has to be null because of
// what is in it; what was written is then the caller's to cut off.
func (x *execution) writeObject(set *fieldSet, v tape.Value) bool {
	w := x.w
	if len(w.out) > x.e.limits.AnswerBytes {
		w.overflown = true
		return false
	}
	tag := int(set.only)
	if !set.sure {
		tag = int(x.docs.Header(v).Tag())
	}
	for _, c := range set.costs {
		w.costs[c.graph] += c.cost
	}
	slots := x.docs.Slots(v)
	w.out = append(w.out, '{')
	first := true
	var run span
	for i := range set.fields {
		f := &set.fields[i]
		if f.sometimes {
			if f.on != nil && !f.on.Has(tag-1) || !f.guards.Hold(x.r.Conditions) || f.unless != nil && f.unless.Hold(x.r.Conditions) {
				continue
			}
			w.costs[f.graph] += f.fieldCost
		}
		label := f.label
		if first {
			label = label[1:]
		}
		first = false
		if !f.typename {
			value := &slots[f.slot]
			if f.copied&copyBit(value.Kind, value.Flags) != 0 {
				if !run.extend(value, label) {
					w.out = append(run.flush(w.out), label...)
					run.begin(value, x.docs[value.Doc].Data)
				}
				continue
			}
		}
		w.out = append(run.flush(w.out), label...)
		if !x.writeField(set, f, tag, slots) {
			return false
		}
	}
	w.out = append(run.flush(w.out), '}')
	return true
}

// span is what is to be copied from a document: values that follow one another
// there as they do in the answer, with what stands between them.
type span struct {
	data     []byte
	doc      uint16
	from, to uint32
}

// extend reports whether a value follows on the span, after the label, and takes
// it then.
func (s *span) extend(v *tape.Value, label []byte) bool {
	if s.data == nil || v.Doc != s.doc || v.Off-s.to != uint32(len(label)) || string(s.data[s.to:v.Off]) != string(label) {
		return false
	}
	s.to = v.Off + v.Len
	return true
}

func (s *span) begin(v *tape.Value, data []byte) {
	s.data, s.doc, s.from, s.to = data, v.Doc, v.Off, v.Off+v.Len
}

func (s *span) flush(out []byte) []byte {
	if s.data == nil {
		return out
	}
	out = append(out, s.data[s.from:s.to]...)
	s.data = nil
	return out
}

// writeField writes the value of a field whose label is written.
func (x *execution) writeField(set *fieldSet, f *fieldProgram, tag int, slots []tape.Value) bool {
	w := x.w
	if f.typename {
		w.out = x.appendTypename(w.out, set, tag)
		return true
	}
	value := slots[f.slot]
	if f.nullable && value.Kind <= tape.Null {
		w.out = append(w.out, "null"...)
		return true
	}
	w.path = append(w.path, step{field: f})
	ok := false
	if f.denied {
		ok = x.writeDenied(f)
	} else {
		ok = x.writeValue(f, 0, value)
	}
	w.path = w.path[:len(w.path)-1]
	return ok
}

// writeDenied answers for a field that nobody may have. It reports whether the
// field can be null.
func (x *execution) writeDenied(f *fieldProgram) bool {
	x.invalid(codeDenied, fmt.Sprintf("nobody may have %s.%s: it asks for authorization, which the gateway does not enforce", f.parent, f.field.Name))
	if f.nonNull && len(f.lists) == 0 || len(f.lists) > 0 && f.lists[0] {
		return false
	}
	x.w.out = append(x.w.out, "null"...)
	return true
}

func (x *execution) appendTypename(b []byte, set *fieldSet, tag int) []byte {
	name := set.typename
	if set.possible != nil && tag > 0 {
		name = x.p.supergraph.Objects[tag-1].Name
	}
	return append(append(append(b, '"'), name...), '"')
}

// writeValue completes a value (specification section 6.4.3) at a list level of
// its field. It reports whether it wrote anything; where it did not, the null
// belongs to whatever the value is in.
func (x *execution) writeValue(f *fieldProgram, level int, v tape.Value) bool {
	w := x.w
	mark := len(w.out)
	nonNull := f.nonNull
	if level < len(f.lists) {
		nonNull = f.lists[level]
	}
	ok := false
	switch {
	case v.Kind <= tape.Null:
		if nonNull && !x.docs.Explained(v) && !x.broken {
			what := "field"
			if level > 0 {
				what = "item of the list"
			}
			x.invalid(codeNull, fmt.Sprintf("the non-null %s %s.%s is null", what, f.parent, f.field.Name))
		}
	case level < len(f.lists):
		if v.Kind != tape.List {
			x.wrongKind(f, "a list", v)
			break
		}
		ok = x.writeList(f, level, v)
	case f.set != nil:
		if v.Kind != tape.Object {
			x.wrongKind(f, "an object", v)
			break
		}
		w.costs[f.graph] += f.itemCost
		ok = (f.set.sure || x.typed(f, v)) && x.writeObject(f.set, v)
	default:
		ok = x.writeLeaf(f, v)
	}
	if ok {
		return true
	}
	w.out = w.out[:mark]
	if nonNull || w.overflown {
		return false
	}
	w.out = append(w.out, "null"...)
	return true
}

func (x *execution) writeList(f *fieldProgram, level int, v tape.Value) bool {
	w := x.w
	if f.set == nil && level == len(f.lists)-1 {
		w.costs[f.graph] += f.itemCost * float64(v.Len)
	}
	w.out = append(w.out, '[')
	w.path = append(w.path, step{})
	at := len(w.path) - 1
	for i, item := range x.docs.Slots(v) {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.path[at].index = i
		if !x.writeValue(f, level+1, item) {
			w.path = w.path[:at]
			return false
		}
	}
	w.path = w.path[:at]
	w.out = append(w.out, ']')
	return true
}

func (x *execution) writeLeaf(f *fieldProgram, v tape.Value) bool {
	w := x.w
	if v.Kind > tape.String && f.leaf != customLeaf {
		x.wrongKind(f, "a leaf", v)
		return false
	}
	var raw []byte
	if v.Kind == tape.List {
		raw = x.docs.Bytes(v)
	} else {
		raw = x.docs[v.Doc].Data[v.Off : v.Off+v.Len]
	}
	out, ok := f.coerce(w.out, v, raw)
	w.out = out
	if !ok {
		x.invalid(codeInvalid, fmt.Sprintf("the value of %s.%s is not of the type %s", f.parent, f.field.Name, f.field.Definition.Type.Name()))
	}
	return ok
}

// typed reports whether an object's type is allowed where it is.
func (x *execution) typed(f *fieldProgram, v tape.Value) bool {
	set := f.set
	if set.possible == nil {
		return true
	}
	h := x.docs.Header(v)
	tag := h.Tag()
	switch {
	case set.possible.Has(int(tag) - 1), tag == 0 && set.untyped:
		return true
	case tag == 0 && set.only != 0:
		h.SetTag(set.only)
		return true
	case tag == 0 && (x.docs[v.Doc].Absent > 0 || x.docs[v.Doc].Explained || x.broken):
		// The error that accounts for what is missing is there already.
	case tag == 0:
		x.invalid(codeInvalid, fmt.Sprintf("the object in %s.%s has no type that the schema knows: it must be a possible type of %s", f.parent, f.field.Name, set.typename))
	default:
		x.invalid(codeInvalid, fmt.Sprintf("the object in %s.%s is of a type that is not a possible type of %s", f.parent, f.field.Name, set.typename))
	}
	return false
}

func (x *execution) wrongKind(f *fieldProgram, want string, v tape.Value) {
	x.invalid(codeInvalid, fmt.Sprintf("the value of %s.%s is %s where its type %s wants %s", f.parent, f.field.Name, v.Kind, f.field.Definition.Type, want))
}

// invalid reports an error at the place that the walk is at.
func (x *execution) invalid(code, message string) {
	if len(x.errors) >= x.e.limits.Errors {
		x.dropped++
		return
	}
	e := answerError{step: len(x.p.steps), message: message, code: code}
	set := (*operation.SelectionSet)(nil)
	if x.r.Operation != nil {
		set = x.r.Operation.Root
	}
	for _, s := range x.w.path {
		if s.field == nil {
			e.path = append(e.path, pathItem{index: s.index})
			continue
		}
		e.path = append(e.path, pathItem{key: s.field.field.ResponseKey})
		if set != nil && s.field.index < len(set.Fields) {
			e.field = set.Fields[s.field.index]
			set = e.field.Selections
		}
	}
	x.report(e)
}
