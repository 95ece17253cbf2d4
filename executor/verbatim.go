package executor

import (
	"cmp"
	"slices"

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
}

// verbatim gives the form of a program's one answer; nil where it needs more than
// being looked at.
func (p *Program) verbatim() *form {
	if len(p.steps) != 1 {
		return nil
	}
	s := p.steps[0].step
	if s.Graph == planner.Local || s.Guards != nil || len(s.Parts) != len(p.answer.fields) {
		return nil
	}
	whole := &planner.Selection{}
	for _, part := range s.Parts {
		if part.Entity != nil || part.Paths != nil || part.Guards != nil || !strict(part) {
			return nil
		}
		whole.Fields = append(whole.Fields, part.Output.Fields...)
	}
	return formOf(p.answer, whole, s.Graph+1)
}

func formOf(set *fieldSet, asked *planner.Selection, graph int) *form {
	if set.possible == nil || set.only == 0 || len(set.fields) != len(asked.Fields) {
		return nil
	}
	out := &form{values: len(set.fields) + 1}
	for i := range set.fields {
		f, o := &set.fields[i], asked.Fields[i]
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
			if ff.form = formOf(f.set, o.Selection, graph); ff.form == nil {
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
	form, answer := x.p.form, x.steps[i].answer
	if form == nil || x.e.options.Cache != nil || answer.Status < 200 || answer.Status > 299 ||
		len(answer.Body) > x.e.limits.AnswerBytes {
		return false
	}
	const open = `{"data":`
	d := answer.Body
	for len(d) > 0 && (d[len(d)-1] == '\n' || d[len(d)-1] == '\r') {
		d = d[:len(d)-1]
	}
	if len(d) < len(open) || string(d[:len(open)]) != open {
		return false
	}
	c := checker{d: d, limits: tape.Limits{Depth: x.e.limits.AnswerDepth, Values: x.e.limits.AnswerValues}}
	if end := c.object(form, len(open), 2); end != len(d)-1 || d[end] != '}' {
		return false
	}
	x.whole, x.wholeCost = slices.Clip(d), c.cost
	return true
}

// checker compares an answer with its form. Its methods give the index after what
// they have checked, or -1.
type checker struct {
	d      []byte
	limits tape.Limits
	values int
	cost   float64
}

// object checks an object at a depth of nesting.
func (c *checker) object(f *form, i, depth int) int {
	if c.values += f.values; i >= len(c.d) || c.d[i] != '{' || depth > c.limits.Depth || c.values > c.limits.Values {
		return -1
	}
	c.cost += f.fieldCost
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
		if len(field.lists) == 0 && field.form == nil && field.leaf != customLeaf && c.d[i] == '"' {
			if i = c.text(field, i); i < 0 {
				return -1
			}
			continue
		}
		if i = c.value(field, 0, i, depth); i < 0 {
			return -1
		}
	}
	if i >= len(c.d) || c.d[i] != '}' {
		return -1
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
