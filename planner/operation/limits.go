package operation

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Codes of the errors that this package makes, in their extensions.code.
const (
	CodeParseFailed      = "GRAPHQL_PARSE_FAILED"
	CodeValidationFailed = "GRAPHQL_VALIDATION_FAILED"
	CodeLimitExceeded    = "OPERATION_LIMIT_EXCEEDED"
	CodeNotFound         = "OPERATION_RESOLUTION_FAILURE"
	CodeBadInput         = "BAD_USER_INPUT"
	CodeSlicingArguments = "COST_INVALID_SLICING_ARGUMENTS"
)

// Limits bound what one document may ask of the parser and of what comes after
// it. A limit of 0 takes the default; a negative one allows none.
type Limits struct {
	// Tokens is the most lexical tokens in a document; 15000 by default.
	Tokens int
	// Depth is the deepest nesting of fields in an operation, its fragments
	// included; 50 by default.
	Depth int
	// Fields is the most fields of an operation once its fragments are spread, in
	// the client's document and in its normal form; 10000 by default.
	Fields int
	// RootFields is the most fields at the top of an operation; 100 by default.
	RootFields int
	// Aliases is the most aliases in an operation once its fragments are spread;
	// 200 by default.
	Aliases int
}

// withDefaults gives the limits that hold.
func (l Limits) withDefaults() Limits {
	or := func(n, fallback int) int {
		if n == 0 {
			return fallback
		}
		return max(n, 0)
	}
	return Limits{
		Tokens:     max(or(l.Tokens, 15_000), 1),
		Depth:      or(l.Depth, 50),
		Fields:     or(l.Fields, 10_000),
		RootFields: or(l.RootFields, 100),
		Aliases:    or(l.Aliases, 200),
	}
}

// measure is the size of a selection set with its fragments spread. The counts
// stop at a ceiling: fragments can make them exponential.
type measure struct {
	fields, roots, aliases, depth int
}

// measureCeiling is far above any limit and far below where sums overflow.
const measureCeiling = 1 << 40

// measurer sizes the operations of one document, each fragment once.
type measurer struct {
	fragments map[string]*ast.FragmentDefinition
	known     map[string]measure
	// entered are the fragments being sized; cyclic is set where one of them is
	// met again.
	entered map[string]bool
	cyclic  bool
}

func newMeasurer(doc *ast.QueryDocument) *measurer {
	m := &measurer{
		fragments: make(map[string]*ast.FragmentDefinition, len(doc.Fragments)),
		known:     make(map[string]measure, len(doc.Fragments)),
		entered:   map[string]bool{},
	}
	for _, f := range doc.Fragments {
		if m.fragments[f.Name] == nil {
			m.fragments[f.Name] = f
		}
	}
	return m
}

func (m *measurer) selections(set ast.SelectionSet) measure {
	var sum measure
	for _, s := range set {
		var part measure
		switch s := s.(type) {
		case *ast.Field:
			part = m.field(s)
		case *ast.InlineFragment:
			part = m.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			part = m.fragment(s.Name)
		}
		sum.fields = min(sum.fields+part.fields, measureCeiling)
		sum.roots = min(sum.roots+part.roots, measureCeiling)
		sum.aliases = min(sum.aliases+part.aliases, measureCeiling)
		sum.depth = max(sum.depth, part.depth)
	}
	return sum
}

func (m *measurer) field(f *ast.Field) measure {
	size := m.selections(f.SelectionSet)
	size.fields++
	size.depth++
	size.roots = 1
	if f.Alias != f.Name {
		size.aliases++
	}
	return size
}

func (m *measurer) fragment(name string) measure {
	if size, ok := m.known[name]; ok {
		return size
	}
	f := m.fragments[name]
	if f == nil || m.entered[name] {
		m.cyclic = m.cyclic || f != nil
		return measure{}
	}
	m.entered[name] = true
	size := m.selections(f.SelectionSet)
	delete(m.entered, name)
	m.known[name] = size
	return size
}

// walkBudget is how many selections the validator may visit for each field that
// the limits allow.
const walkBudget = 32

// walks counts the selections that the validator visits: it walks every fragment
// by itself with all those that it spreads, so that a chain of fragments takes the
// square of its length. The count stops at the ceiling.
func walks(doc *ast.QueryDocument, ceiling int) int {
	index := make(map[string]int, len(doc.Fragments))
	for i, f := range doc.Fragments {
		index[f.Name] = i
	}
	w := walkCounter{ceiling: ceiling, entered: make([]int, len(doc.Fragments))}
	for _, f := range doc.Fragments {
		var part walkPart
		part.add(f.SelectionSet, index)
		w.fragments = append(w.fragments, part)
	}
	for _, op := range doc.Operations {
		var part walkPart
		part.add(op.SelectionSet, index)
		w.walk(part)
	}
	for _, part := range w.fragments {
		w.walk(part)
	}
	return w.count
}

// walkPart is the size of a fragment or operation by itself and the fragments
// that it spreads, by index.
type walkPart struct {
	selections int
	spreads    []int
}

func (p *walkPart) add(set ast.SelectionSet, index map[string]int) {
	p.selections += len(set)
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			p.add(s.SelectionSet, index)
		case *ast.InlineFragment:
			p.add(s.SelectionSet, index)
		case *ast.FragmentSpread:
			if i, ok := index[s.Name]; ok {
				p.spreads = append(p.spreads, i)
			}
		}
	}
}

type walkCounter struct {
	fragments      []walkPart
	count, ceiling int
	// entered is the walk that entered each fragment last.
	entered []int
	walked  int
}

func (w *walkCounter) walk(from walkPart) {
	w.walked++
	pending := []walkPart{from}
	for len(pending) > 0 && w.count <= w.ceiling {
		part := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		w.count += part.selections
		for _, i := range part.spreads {
			if w.entered[i] != w.walked {
				w.entered[i] = w.walked
				pending = append(pending, w.fragments[i])
			}
		}
	}
}

// check gives one error for each limit that an operation is over.
func (l Limits) check(op *ast.OperationDefinition, size measure) gqlerror.List {
	var errs gqlerror.List
	for _, c := range []struct {
		value, limit  int
		what, setting string
	}{
		{size.depth, l.Depth, "levels of nested fields", "depth"},
		{size.fields, l.Fields, "fields once its fragments are spread", "fields"},
		{size.roots, l.RootFields, "fields at its top", "root_fields"},
		{size.aliases, l.Aliases, "aliases", "aliases"},
	} {
		if c.value <= c.limit {
			continue
		}
		has := fmt.Sprint(c.value)
		if c.value >= measureCeiling {
			has = "too many to count"
		}
		errs = append(errs, limitError(op.Position, c.setting,
			"The operation has more %s than the %d that are allowed: %s.", c.what, c.limit, has))
	}
	return errs
}

// limitError names the setting of the limit that was reached.
func limitError(at *ast.Position, setting, format string, args ...any) *gqlerror.Error {
	err := positioned(at, CodeLimitExceeded, format+" The setting is limits.%s.", append(args, setting)...)
	err.Extensions["limit"] = "limits." + setting
	return err
}

// positioned makes an error with a code and, where it is known, a location.
func positioned(at *ast.Position, code, format string, args ...any) *gqlerror.Error {
	err := &gqlerror.Error{
		Message:    fmt.Sprintf(format, args...),
		Extensions: map[string]any{"code": code},
	}
	if at != nil {
		err.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
	}
	return err
}
