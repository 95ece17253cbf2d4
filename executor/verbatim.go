package executor

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner"
)

// form is what a subgraph's answer looks like where it can be the client's as it
// is: one request answers everything, with the client's keys in the client's
// order. It is checked like any other, by reading it once, but neither taken
// apart nor written again. Whatever is not exactly so (white space, another
// order, an error, a null in the wrong place) goes the usual way.
type form struct {
	fields []formField
	// fieldCost is the cost of one object's fields, of the subgraph.
	fieldCost float64
	// values is how many values of a tape an object would take.
	values int
	// keys is how many of the fields entities are asked for by; joins are the parts
	// that give more fields, and index is the form's in Program.spliced.
	keys  int
	joins []join
	index uint32
}

type formField struct {
	member  string // "name":
	lists   []bool // as in fieldProgram
	nonNull bool
	leaf    leafKind
	enum    map[string]struct{}
	form    *form // nil for a leaf
	// itemCost is the cost of one object, or of one leaf of a list.
	itemCost float64
	// key is the number of the key that the field is, from 1; 0 where it is none.
	key int
}

// verbatim gives the form of a program's one answer; nil where it needs more than
// being looked at.
func (p *Program) verbatim() *form {
	if len(p.steps) != 1 {
		return nil
	}
	s := p.steps[0].step
	whole := wholeOf(s)
	if whole == nil {
		return nil
	}
	return formOf(p.answer, whole, s.Graph+1)
}

// wholeOf is what a request selects of the root; nil where guards may leave
// something out, or where it is not the root.
func wholeOf(s *planner.Step) *planner.Selection {
	if s.Graph == planner.Local || s.Guards != nil {
		return nil
	}
	whole := &planner.Selection{}
	for _, part := range s.Parts {
		if part.Entity != nil || part.Paths != nil || part.Guards != nil || !strict(part) {
			return nil
		}
		whole.Fields = append(whole.Fields, part.Output.Fields...)
	}
	return whole
}

func formOf(set *fieldSet, asked *planner.Selection, graph int) *form {
	if set.possible == nil || set.only == 0 || asked == nil {
		return nil
	}
	return formOfFields(set.fields, asked.Fields, graph, func(f *fieldProgram, o *planner.Output) *form {
		return formOf(f.set, o.Selection, graph)
	})
}

// formOfFields makes the form of objects with these fields; below makes that of
// a field's objects.
func formOfFields(fields []fieldProgram, asked []*planner.Output, graph int, below func(*fieldProgram, *planner.Output) *form) *form {
	if len(fields) != len(asked) {
		return nil
	}
	out := &form{values: len(fields) + 1}
	for i := range fields {
		f, o := &fields[i], asked[i]
		member := string(f.label[1:])
		if f.on != nil || f.guards != nil || f.unless != nil || f.typename || f.denied || f.graph != graph ||
			o.On != nil || member != string(append(quoteJSON(nil, cmp.Or(o.Alias, o.Key)), ':')) {
			return nil
		}
		ff := formField{member: member, lists: f.lists, nonNull: f.nonNull, leaf: f.leaf, enum: f.enum, itemCost: f.itemCost}
		if f.set != nil {
			if o.Selection == nil {
				return nil
			}
			if ff.form = below(f, o); ff.form == nil {
				return nil
			}
		}
		out.fieldCost += f.fieldCost
		out.fields = append(out.fields, ff)
	}
	return out
}

// passes reports whether a step's answer can be the client's as it is, and keeps
// it then.
func (x *execution) passes(i int) bool {
	if x.p.form == nil || !x.p.odd.due() {
		return false
	}
	ok := len(x.steps[i].answer.Body) <= x.e.limits.AnswerBytes && x.checked(i, x.p.form, nil)
	x.p.odd.note(ok)
	if !ok {
		return false
	}
	d, _ := x.dataOf(x.steps[i].answer)
	x.whole = slices.Clip(d)
	return true
}

// backoff spares executions a check that failed for those before: each failure in
// a row lets about twice as many go by, up to 63.
type backoff struct{ left, next atomic.Int32 }

func (b *backoff) due() bool {
	if b.left.Load() <= 0 {
		return true
	}
	b.left.Add(-1)
	return false
}

func (b *backoff) note(ok bool) {
	switch next := b.next.Load(); {
	case !ok:
		next = min(2*next+1, 63)
		b.next.Store(next)
		b.left.Store(next)
	case next != 0:
		b.next.Store(0)
	}
}

const answerOpen = `{"data":`

// checked checks a step's answer against its form and notes its cost; cut takes
// what entities are joined to.
func (x *execution) checked(i int, f *form, cut *splice) bool {
	d, ok := x.dataOf(x.steps[i].answer)
	if !ok || x.e.options.Cache != nil || len(d) > math.MaxUint32 {
		return false
	}
	c := checker{d: d, limits: x.tapeLimits(), cut: cut}
	if end := c.object(f, len(answerOpen), 2); end != len(d)-1 || d[end] != '}' {
		return false
	}
	x.wholeCost = c.cost
	return true
}

// dataOf is an answer that has data and perhaps nothing else, without the line's
// end after it.
func (x *execution) dataOf(answer *Answer) ([]byte, bool) {
	d := answer.Body
	for len(d) > 0 && (d[len(d)-1] == '\n' || d[len(d)-1] == '\r') {
		d = d[:len(d)-1]
	}
	return d, answer.Status >= 200 && answer.Status <= 299 && len(d) > len(answerOpen) && string(d[:len(answerOpen)]) == answerOpen
}

func (x *execution) tapeLimits() tape.Limits {
	return tape.Limits{Depth: x.e.limits.AnswerDepth, Values: x.e.limits.AnswerValues}
}

// checker compares an answer with its form. Its methods give the index after what
// they have checked, or -1.
type checker struct {
	d      []byte
	limits tape.Limits
	values int
	cost   float64
	cut    *splice // nil where nothing is joined
}

// object checks an object at a depth of nesting.
func (c *checker) object(f *form, i, depth int) int {
	if c.values += f.values; i >= len(c.d) || c.d[i] != '{' || depth > c.limits.Depth || c.values > c.limits.Values {
		return -1
	}
	c.cost += f.fieldCost
	spans := 0
	if f.joins != nil {
		spans = len(c.cut.spans)
		for range f.keys {
			c.cut.spans = append(c.cut.spans, 0, 0)
		}
	}
	for k := range f.fields {
		field := &f.fields[k]
		if k > 0 {
			if i >= len(c.d) || c.d[i] != ',' {
				return -1
			}
		}
		i++ // the brace, or the comma
		if n := len(field.member); len(c.d)-i <= n || string(c.d[i:i+n]) != field.member {
			return -1
		}
		i += len(field.member)
		from := i
		if len(field.lists) == 0 && field.form == nil && field.leaf != customLeaf && c.d[i] == '"' {
			i = c.text(field, i)
		} else {
			i = c.value(field, 0, i, depth)
		}
		if i < 0 {
			return -1
		}
		if field.key > 0 {
			if c.d[from] == 'n' {
				return -1 // without a key there is nothing to ask for
			}
			at := spans + 2*(field.key-1)
			c.cut.spans[at], c.cut.spans[at+1] = uint32(from), uint32(i)
		}
	}
	if i >= len(c.d) || c.d[i] != '}' {
		return -1
	}
	if f.joins != nil {
		c.cut.targets = append(c.cut.targets, spliceTarget{uint32(i), uint32(spans), f.index})
	}
	return i + 1
}

// value checks a value at a list level of its field, inside something of the depth.
func (c *checker) value(f *formField, level, i, depth int) int {
	if i >= len(c.d) {
		return -1
	}
	nonNull := f.nonNull
	if level < len(f.lists) {
		nonNull = f.lists[level]
	}
	switch {
	case c.d[i] == 'n':
		if nonNull || len(c.d)-i < 4 || string(c.d[i:i+4]) != "null" {
			return -1
		}
		return i + 4
	case level < len(f.lists):
		return c.list(f, level, i, depth+1)
	case f.form != nil:
		c.cost += f.itemCost
		return c.object(f.form, i, depth+1)
	}
	if level > 0 {
		c.cost += f.itemCost
	}
	return c.leaf(f, i, depth)
}

func (c *checker) list(f *formField, level, i, depth int) int {
	if c.d[i] != '[' || depth > c.limits.Depth {
		return -1
	}
	if i++; i < len(c.d) && c.d[i] == ']' {
		return i + 1
	}
	for {
		if c.values++; c.values > c.limits.Values {
			return -1
		}
		if i = c.value(f, level+1, i, depth); i < 0 || i >= len(c.d) {
			return -1
		}
		switch c.d[i] {
		case ',':
			i++
		case ']':
			return i + 1
		default:
			return -1
		}
	}
}

// leaf checks a leaf that needs no rewriting.
func (c *checker) leaf(f *formField, i, depth int) int {
	switch b := c.d[i]; {
	case f.leaf == customLeaf:
		end, ok := tape.ScanValue(c.d, i, depth, c.limits)
		if !ok {
			return -1
		}
		return end
	case b == '"':
		return c.text(f, i)
	case f.leaf == booleanLeaf:
		for _, word := range [...]string{"true", "false"} {
			if n := len(word); len(c.d)-i >= n && string(c.d[i:i+n]) == word {
				return i + n
			}
		}
		return -1
	case f.leaf == floatLeaf || f.leaf == intLeaf:
		end, problem := tape.ScanNumber(c.d, i)
		if problem != "" || f.leaf == intLeaf && (end-i > 9 || !integer(c.d[i:end])) {
			return -1
		}
		return end
	}
	return -1
}

// text checks a string.
func (c *checker) text(f *formField, i int) int {
	end, escaped, problem := tape.ScanString(c.d, i)
	switch {
	case problem != "":
		return -1
	case f.leaf == stringLeaf || f.leaf == idLeaf:
		return end
	case f.leaf == enumLeaf && !escaped:
		if _, ok := f.enum[string(c.d[i+1:end-1])]; ok {
			return end
		}
	}
	return -1
}
