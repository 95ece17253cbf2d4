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
		for _, name := range p.Variables {
			if !slices.ContainsFunc(op.Variables, func(v operation.Variable) bool { return v.Name == name }) {
				return t, fmt.Errorf("the part %q uses the variable $%s, which the operation does not define", p.Key, name)
			}
		}
		if p.Entity != nil {
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
	t.full = t.query(nil, func(int) bool { return true })
	if len(t.variables) == 0 {
		t.body = append(slices.Clone(t.full), '}')
	}
	return t, nil
}

// query appends {"query":"…" with the chosen parts and the variables that they use.
func (t *requestText) query(b []byte, chosen func(part int) bool) []byte {
	b = append(b, `{"query":"`...)
	open := false
	for i := range t.variables {
		v := &t.variables[i]
		if !slices.ContainsFunc(v.parts, chosen) {
			continue
		}
		if !open {
			if t.keyword == "" {
				b = append(b, "query"...)
			}
			b = append(append(b, t.keyword...), '(')
			open = true
		} else {
			b = append(b, ',')
		}
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
		b = append(b, part...)
	}
	return append(b, `}"`...)
}

// request makes the whole body of a request. representations gives the list of
// a part; variables are the client's.
func (t *requestText) request(all bool, chosen func(part int) bool, representations func(b []byte, part int) []byte, size int, variables map[string]json.RawMessage) []byte {
	if all && t.body != nil {
		return t.body
	}
	for i := range t.variables {
		size += len(t.variables[i].label) + len(variables[t.variables[i].name]) + 4
	}
	b := make([]byte, 0, len(t.full)+size+32)
	if all {
		b = append(b, t.full...)
	} else {
		b = t.query(b, chosen)
	}
	first := true
	for i := range t.variables {
		v := &t.variables[i]
		if !slices.ContainsFunc(v.parts, chosen) {
			continue
		}
		value, given := variables[v.name]
		if !v.representations && !given {
			continue
		}
		if first {
			b = append(b, `,"variables":{`...)
		} else {
			b = append(b, ',')
		}
		first = false
		b = append(b, v.label...)
		if v.representations {
			b = representations(b, v.parts[0])
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
