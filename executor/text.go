package executor

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
)

// requestText is the GraphQL text of a step in pieces that are escaped for
// JSON already, so that a request is put together by copying.
type requestText struct {
	keyword   string // "mutation", or "" for a query
	parts     [][]byte
	variables []variableText
	// contexts are the texts of parts that take values from contexts, nil for others.
	contexts []*contextText
	// full is {"query":"…" with every part; body is the whole request where that
	// needs no variables.
	full, body []byte
}

type variableText struct {
	name       string
	definition []byte // $first: Int = 5
	label      []byte // "first":
	// parts are the parts that use it; representations is set where it is the
	// representations variable of the one part.
	parts           []int
	representations bool
	// each is set where every set of the one part has a variable of its own: name
	// and label lack its number, and definition is what follows the name. context is
	// then the index of the part's context.
	each    bool
	context int
}

func newRequestText(op *operation.Operation, s *planner.Step) (requestText, error) {
	var t requestText
	if s.Graph == planner.Local {
		return t, nil
	}
	switch s.Kind {
	case ast.Query:
	case ast.Mutation:
		t.keyword = "mutation"
	default:
		return t, fmt.Errorf("a request of kind %q is not carried out", s.Kind)
	}
	for i, p := range s.Parts {
		t.parts = append(t.parts, escapeJSON(nil, p.Text))
		t.contexts = append(t.contexts, nil)
		for _, name := range p.Variables {
			if !slices.ContainsFunc(op.Variables, func(v operation.Variable) bool { return v.Name == name }) {
				return t, fmt.Errorf("the part %q uses the variable $%s, which the operation does not define", p.Key, name)
			}
		}
		switch {
		case p.Entity == nil:
		case p.Entity.Contexts != nil:
			t.addContexts(i, p)
		default:
			t.variables = append(t.variables, variableText{
				name:       p.Entity.Variable,
				definition: escapeJSON(nil, "$"+p.Entity.Variable+":[_Any!]!"),
				label:      []byte(`"` + p.Entity.Variable + `":`),
				parts:      []int{i}, representations: true,
			})
		}
	}
	for _, v := range op.Variables {
		vt := variableText{name: v.Name, definition: escapeJSON(nil, v.Text), label: []byte(`"` + v.Name + `":`)}
		for i, p := range s.Parts {
			if slices.Contains(p.Variables, v.Name) {
				vt.parts = append(vt.parts, i)
			}
		}
		if vt.parts != nil {
			t.variables = append(t.variables, vt)
		}
	}
	if t.contextual() {
		return t, nil
	}
	t.full = t.query(nil, nil, true)
	if len(t.variables) == 0 {
		t.body = append(slices.Clone(t.full), '}')
	}
	return t, nil
}

// query appends {"query":"…" with the chosen parts and the variables that they
// use. sets says how many fields each part is: none where it is not asked for,
// one for most, and one for each set of values where it takes any from contexts.
func (t *requestText) query(b []byte, sets []int32, all bool) []byte {
	chosen := func(part int) bool { return all || sets[part] > 0 }
	b = append(b, `{"query":"`...)
	open := false
	begin := func() {
		if open {
			b = append(b, ',')
			return
		}
		if t.keyword == "" {
			b = append(b, "query"...)
		}
		b = append(append(b, t.keyword...), '(')
		open = true
	}
	for i := range t.variables {
		v := &t.variables[i]
		if !slices.ContainsFunc(v.parts, chosen) {
			continue
		}
		if v.each {
			for n := range sets[v.parts[0]] {
				begin()
				b = append(appendNumbered(append(b, '$'), v.name, number(t, sets, v.parts[0])+n), v.definition...)
			}
			continue
		}
		begin()
		b = append(b, v.definition...)
	}
	if open {
		b = append(b, ')')
	} else {
		b = append(b, t.keyword...)
	}
	b = append(b, '{')
	first := true
	for i, part := range t.parts {
		if !chosen(i) {
			continue
		}
		if !first {
			b = append(b, ' ')
		}
		first = false
		if t.contexts[i] != nil {
			b = t.contexts[i].append(b, number(t, sets, i), sets[i])
			continue
		}
		b = append(b, part...)
	}
	return append(b, `}"`...)
}

// filling gives the values of what a request is sent besides the client's variables.
type filling interface {
	// representations appends the list of one set of a part.
	representations(b []byte, part int, set int32) []byte
	// context gives the value that one set of a part takes from a context; nil
	// where the variable is left out.
	context(part int, set int32, context int) []byte
}

// request makes the whole body of a request. variables are the client's.
func (t *requestText) request(all bool, sets []int32, with filling, size int, variables map[string]json.RawMessage) []byte {
	if all && t.body != nil {
		return t.body
	}
	for i := range t.variables {
		size += len(t.variables[i].label) + len(variables[t.variables[i].name]) + 4
	}
	b := make([]byte, 0, len(t.full)+size+32)
	if all && t.full != nil {
		b = append(b, t.full...)
	} else {
		b = t.query(b, sets, false)
	}
	chosen := func(part int) bool { return sets[part] > 0 }
	first := true
	begin := func() {
		if first {
			b = append(b, `,"variables":{`...)
		} else {
			b = append(b, ',')
		}
		first = false
	}
	for i := range t.variables {
		v := &t.variables[i]
		if !slices.ContainsFunc(v.parts, chosen) {
			continue
		}
		if v.each {
			for n := range sets[v.parts[0]] {
				value := []byte(nil)
				if !v.representations {
					if value = with.context(v.parts[0], n, v.context); value == nil {
						continue
					}
				}
				begin()
				b = append(appendNumbered(append(b, '"'), v.name, number(t, sets, v.parts[0])+n), '"', ':')
				if v.representations {
					b = with.representations(b, v.parts[0], n)
				}
				b = append(b, value...)
			}
			continue
		}
		value, given := variables[v.name]
		if !v.representations && !given {
			continue
		}
		begin()
		b = append(b, v.label...)
		if v.representations {
			b = with.representations(b, v.parts[0], 0)
		} else {
			b = append(b, value...)
		}
	}
	if !first {
		b = append(b, '}')
	}
	return append(b, '}')
}

const hexDigits = "0123456789abcdef"

// escapeJSON appends s as the inside of a JSON string. Bytes that are not UTF-8
// become U+FFFD.
func escapeJSON(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
	}
	return b
}

// quoteJSON appends s as a JSON string.
func quoteJSON(b []byte, s string) []byte {
	return append(escapeJSON(append(b, '"'), s), '"')
}
