package executor

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner"
)

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
	return formOf(p.answer, whole, s.Graph+1).ready()
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

// passes reports whether a step's answer can be the client's as it is, and keeps
// it then.
func (x *execution) passes(i int) bool {
	if x.p.form == nil || !x.p.odd.due() {
		return false
	}
	ok := len(x.steps[i].answer.Body) <= x.e.limits.AnswerBytes && x.checked(i, x.p.form)
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

// checked checks a step's answer against its form and notes its cost, and what
// entities are joined to.
func (x *execution) checked(i int, f *form) bool {
	d, ok := x.dataOf(x.steps[i].answer)
	if !ok || x.e.options.Cache != nil || len(d) > math.MaxUint32 {
		return false
	}
	c := checker{d: d, limits: x.tapeLimits(), x: x}
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
