package compose

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema"
)

// maxFieldSetTokens bounds one field set or selection.
const maxFieldSetTokens = 10_000

// fieldSet is the parsed fields argument of a @key, @requires or @provides,
// bound to the types of its subgraph.
type fieldSet struct {
	sub        *subgraph
	directive  string   // "key", "requires" or "provides"
	element    *element // that carries it
	applied    *applied
	on         string // the element's coordinate
	text       string
	parent     *typeDef
	selections []*selected
}

// selected is one field, or one fragment where field is nil, of a field set.
type selected struct {
	field      *fieldDef // nil for a fragment and for __typename
	typename   bool
	on         *typeDef // a fragment's type
	args       ast.ArgumentList
	directives bool
	below      []*selected
}

// fields calls visit for every field of the set, from the outside in.
func (fs *fieldSet) fields(visit func(*fieldDef)) {
	var walk func([]*selected)
	walk = func(all []*selected) {
		for _, s := range all {
			if s.field != nil {
				visit(s.field)
			}
			walk(s.below)
		}
	}
	walk(fs.selections)
}

// parseFieldSet reads a field set and binds it to parent. The error is one
// sentence without a subject: it follows "cannot be used:".
func (c *composer) parseFieldSet(s *subgraph, parent *typeDef, e *element, a *applied) (*fieldSet, error) {
	fs := &fieldSet{sub: s, directive: a.name, element: e, applied: a, on: e.coordinate, text: a.text("fields"), parent: parent}
	if strings.TrimSpace(fs.text) == "" {
		return nil, errors.New("it selects nothing")
	}
	text := fs.text
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		text = "{" + text + "\n}"
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxFieldSetTokens)
	if err != nil {
		if e, ok := errors.AsType[*gqlerror.Error](err); ok {
			return nil, fmt.Errorf("it is no valid selection of fields (%s)", e.Message)
		}
		return nil, err
	}
	if len(doc.Operations) != 1 || len(doc.Fragments) > 0 || doc.Operations[0].Name != "" || doc.Operations[0].Operation != ast.Query {
		return nil, errors.New("it is not one set of fields")
	}
	binder := fieldSetBinder{s: s, maxDepth: c.options.MaxDepth}
	fs.selections, err = binder.bind(doc.Operations[0].SelectionSet, parent, 1)
	return fs, err
}

type fieldSetBinder struct {
	s        *subgraph
	maxDepth int
}

func (b fieldSetBinder) bind(set ast.SelectionSet, parent *typeDef, depth int) ([]*selected, error) {
	if depth > b.maxDepth {
		return nil, fmt.Errorf("it nests deeper than the limit of %d", b.maxDepth)
	}
	var all []*selected
	for _, item := range set {
		var one *selected
		var err error
		switch item := item.(type) {
		case *ast.Field:
			one, err = b.bindField(item, parent, depth)
		case *ast.InlineFragment:
			one, err = b.bindFragment(item, parent, depth)
		default:
			err = errors.New("it has a named fragment")
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (b fieldSetBinder) bindField(item *ast.Field, parent *typeDef, depth int) (*selected, error) {
	if item.Alias != item.Name {
		return nil, fmt.Errorf("it has the alias %q, and field sets have none", item.Alias)
	}
	one := &selected{args: item.Arguments, directives: len(item.Directives) > 0}
	if item.Name == "__typename" {
		one.typename = true
		return one, nil
	}
	one.field = parent.byName[item.Name]
	if one.field == nil || parent.kind == ast.Union {
		return nil, fmt.Errorf("%q has no field %q in this subgraph%s", parent.name, item.Name, meantField(parent, item.Name))
	}
	for _, a := range item.Arguments {
		if one.field.arg(a.Name) == nil {
			return nil, fmt.Errorf("%q has no argument %q", one.field.coordinate, a.Name)
		}
	}
	if !b.s.federation1() || len(item.Arguments) > 0 {
		for _, a := range one.field.args {
			if a.typ.NonNull && a.def == nil && item.Arguments.ForName(a.name) == nil {
				return nil, fmt.Errorf("%q needs the argument %q", one.field.coordinate, a.name)
			}
		}
	}
	target := b.s.types[one.field.typ.Name()]
	composite := target != nil && target.composite()
	switch {
	case composite && len(item.SelectionSet) == 0:
		return nil, fmt.Errorf("%q is of the type %q and needs a selection of its fields", one.field.coordinate, target.name)
	case !composite && len(item.SelectionSet) > 0:
		return nil, fmt.Errorf("%q is of the type %q, which has no fields to select", one.field.coordinate, one.field.typ.Name())
	case composite:
		var err error
		if one.below, err = b.bind(item.SelectionSet, target, depth+1); err != nil {
			return nil, err
		}
	}
	return one, nil
}

func (b fieldSetBinder) bindFragment(item *ast.InlineFragment, parent *typeDef, depth int) (*selected, error) {
	one := &selected{on: parent, directives: len(item.Directives) > 0}
	if item.TypeCondition != "" {
		name := item.TypeCondition
		if to, ok := b.s.renamed[name]; ok {
			name = to
		}
		one.on = b.s.types[name]
		if one.on == nil || !one.on.composite() {
			return nil, fmt.Errorf("there is no type %q to select on in this subgraph%s", item.TypeCondition, b.s.meantType(item.TypeCondition))
		}
		if !b.overlap(one.on, parent) {
			return nil, fmt.Errorf("a %q can never be a %q", parent.name, one.on.name)
		}
	}
	var err error
	one.below, err = b.bind(item.SelectionSet, one.on, depth+1)
	return one, err
}

// overlap reports whether a value can be of both types.
func (b fieldSetBinder) overlap(a, o *typeDef) bool {
	if a == o {
		return true
	}
	possible := map[string]bool{}
	for _, t := range b.s.possibleTypes(a) {
		possible[t.name] = true
	}
	for _, t := range b.s.possibleTypes(o) {
		if possible[t.name] {
			return true
		}
	}
	return false
}

// fieldSetCode gives the code for a field set's fault, such as
// KEY_INVALID_FIELDS.
func fieldSetCode(directive, fault string) schema.Code {
	return schema.Code(strings.ToUpper(directive) + "_" + fault)
}

// normalFields writes a field set with single spaces, and root types under
// their standard names.
func (s *subgraph) normalFields(text string) string {
	var b strings.Builder
	last := ""
	for token := range fieldTokens(text) {
		if last == "on" {
			if to, ok := s.renamed[token]; ok {
				token = to
			}
		}
		tight := last == "" || last == "(" || token == ")" || token == "(" || token == ":" || last == "[" || token == "]" || token == "..." && last == ""
		if !tight {
			b.WriteByte(' ')
		}
		b.WriteString(token)
		last = token
	}
	return b.String()
}

// fieldTokens splits a field set that parses into its tokens: commas and
// comments are none.
func fieldTokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < len(text); {
			n := tokenLength(text[i:])
			token := text[i : i+n]
			i += n
			if strings.TrimLeft(token, " ,\t\r\n\ufeff") == "" || token[0] == '#' {
				continue
			}
			if !yield(token) {
				return
			}
		}
	}
}

// tokenLength gives the length of the token at the start of text, at least 1.
func tokenLength(text string) int {
	switch ch := text[0]; {
	case strings.HasPrefix(text, "..."):
		return 3
	case strings.HasPrefix(text, `"""`):
		if end := strings.Index(text[3:], `"""`); end >= 0 {
			return end + 6
		}
		return len(text)
	case ch == '"':
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(text)
	case ch == '#':
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			return end
		}
		return len(text)
	case nameByte(ch):
		n := 1
		for n < len(text) && nameByte(text[n]) {
			n++
		}
		return n
	}
	return 1
}

func nameByte(ch byte) bool {
	return ch == '_' || ch == '-' || ch == '+' || ch >= '0' && ch <= '9' || ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z'
}
