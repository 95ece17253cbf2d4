package executor

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner/operation"
)

const codeIntrospectionTooLarge = "INTROSPECTION_TOO_LARGE"

// local answers a step that needs no subgraph: __schema and __type. Its answer
// is JSON that goes the way of every other answer.
func (x *execution) local(i int) {
	sp, st := &x.p.steps[i], &x.steps[i]
	st.trace.Skipped = false
	in := introspection{x: x, schema: x.p.supergraph.API, limit: x.e.limits.Introspection, out: append(st.own[:0], `{"data":{`...)}
	first := true
	for j := range sp.parts {
		ps := &st.parts[j]
		if ps.asked = ps.active; !ps.active {
			continue
		}
		ps.items = append(ps.items, tape.Value{})
		if !first {
			in.out = append(in.out, ',')
		}
		first = false
		in.key(sp.parts[j].part.Key)
		in.root(sp.parts[j].local)
	}
	st.own = append(in.out, '}', '}')
	x.mu.Lock()
	defer x.mu.Unlock()
	if in.full() {
		x.failed(i, codeIntrospectionTooLarge, fmt.Sprintf("the introspection's answer would be larger than the %d bytes that are allowed (limits.introspection)", in.limit))
		return
	}
	doc := x.docs[ownDoc(i)]
	top, err := doc.Parse(st.own, sp.shape, tape.Limits{Depth: x.e.limits.AnswerDepth, Values: x.e.limits.AnswerValues})
	if err != nil {
		x.failed(i, codeIntrospectionTooLarge, "the introspection's answer is refused: "+err.Error())
		return
	}
	data := *x.docs.Slot(top, dataSlot)
	for j := range sp.parts {
		if ps := &st.parts[j]; ps.active {
			ps.items[0] = *x.docs.Slot(data, j)
		}
	}
	x.link(i)
}

// introspection writes what the specification's section 4 says of a schema, for
// the fields that a client selects.
type introspection struct {
	x      *execution
	schema *ast.Schema
	limit  int
	out    []byte
}

// full reports whether the answer is larger than allowed; nothing below it is
// then written any more.
func (n *introspection) full() bool { return len(n.out) > n.limit }

func (n *introspection) key(k string) { n.out = append(quoteJSON(n.out, k), ':') }
func (n *introspection) null()        { n.out = append(n.out, "null"...) }
func (n *introspection) text(s string) {
	n.out = quoteJSON(n.out, s)
}

// textOrNull writes a description; an empty one is none.
func (n *introspection) textOrNull(s string) {
	if s == "" {
		n.null()
		return
	}
	n.text(s)
}

func (n *introspection) boolean(b bool) {
	if b {
		n.out = append(n.out, "true"...)
	} else {
		n.out = append(n.out, "false"...)
	}
}

// object writes an object with the selected fields, each by resolve, which
// writes null for what it does not know.
func (n *introspection) object(set *operation.SelectionSet, resolve func(f *operation.Field)) {
	if n.full() {
		n.null()
		return
	}
	n.out = append(n.out, '{')
	first := true
	for _, f := range set.Fields {
		c := n.x.r.Conditions
		if f.Name == "__typename" || !f.Guards.Hold(c) || f.Unless != nil && f.Unless.Hold(c) {
			continue
		}
		if !first {
			n.out = append(n.out, ',')
		}
		first = false
		n.key(f.Key)
		resolve(f)
	}
	n.out = append(n.out, '}')
}

func listOf[T any](n *introspection, items []T, write func(T)) {
	n.out = append(n.out, '[')
	for i, item := range items {
		if i > 0 {
			n.out = append(n.out, ',')
		}
		write(item)
	}
	n.out = append(n.out, ']')
}

func (n *introspection) root(f *operation.Field) {
	if f.Name == "__type" {
		n.named(f, n.schema.Types[n.stringArgument(f, "name")])
		return
	}
	s := n.schema
	n.object(f.Selections, func(f *operation.Field) {
		switch f.Name {
		case "description":
			n.textOrNull(s.Description)
		case "types":
			listOf(n, sortedByName(s.Types), func(d *ast.Definition) { n.named(f, d) })
		case "queryType":
			n.named(f, s.Query)
		case "mutationType":
			n.named(f, s.Mutation)
		case "subscriptionType":
			n.named(f, s.Subscription)
		case "directives":
			listOf(n, slices.DeleteFunc(sortedByName(s.Directives), notCarriedOut), func(d *ast.DirectiveDefinition) { n.directive(f, d) })
		default:
			n.null()
		}
	})
}

func sortedByName[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[name])
	}
	return out
}

// notCarriedOut tells the directives that gqlparser gives every schema but that
// operations may not use: a client must not be told that it can.
func notCarriedOut(d *ast.DirectiveDefinition) bool { return d.Name == "defer" }

// argument gives an argument's value as the request has it; nil where it has none.
func (n *introspection) argument(f *operation.Field, name string) *ast.Value {
	a := f.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	return a.Value
}

func (n *introspection) stringArgument(f *operation.Field, name string) string {
	v := n.argument(f, name)
	if v == nil {
		return ""
	}
	if v.Kind == ast.Variable {
		raw, ok := n.x.r.Variables[v.Raw]
		if ok {
			s, _ := tape.Unquote(bytes.TrimSpace(raw))
			return s
		}
		v = n.x.p.variableDefault(v.Raw)
	}
	if v == nil {
		return ""
	}
	return v.Raw
}

func (n *introspection) booleanArgument(f *operation.Field, name string) bool {
	v := n.argument(f, name)
	if v == nil {
		return false
	}
	if v.Kind == ast.Variable {
		raw, ok := n.x.r.Variables[v.Raw]
		if ok {
			return string(bytes.TrimSpace(raw)) == "true"
		}
		v = n.x.p.variableDefault(v.Raw)
	}
	return v != nil && v.Raw == "true"
}

// deprecation gives the reason of @deprecated.
func deprecation(ds ast.DirectiveList) (reason string, deprecated bool) {
	d := ds.ForName("deprecated")
	if d == nil {
		return "", false
	}
	if a := d.Arguments.ForName("reason"); a != nil && a.Value != nil {
		return a.Value.Raw, true
	}
	return "No longer supported", true
}

func (n *introspection) deprecationReason(ds ast.DirectiveList) {
	if reason, ok := deprecation(ds); ok {
		n.text(reason)
	} else {
		n.null()
	}
}

// ofType writes a type as a field or argument has it, wrappers and all.
func (n *introspection) ofType(f *operation.Field, t *ast.Type) {
	if t.NonNull {
		inner := *t
		inner.NonNull = false
		n.wrapper(f, "NON_NULL", &inner)
		return
	}
	if t.Elem != nil {
		n.wrapper(f, "LIST", t.Elem)
		return
	}
	n.named(f, n.schema.Types[t.NamedType])
}

func (n *introspection) wrapper(f *operation.Field, kind string, of *ast.Type) {
	n.object(f.Selections, func(f *operation.Field) {
		switch f.Name {
		case "kind":
			n.text(kind)
		case "ofType":
			n.ofType(f, of)
		default:
			n.null()
		}
	})
}

func argumentText(ds ast.DirectiveList, directive, argument string) string {
	d := ds.ForName(directive)
	if d == nil {
		return ""
	}
	if a := d.Arguments.ForName(argument); a != nil && a.Value != nil {
		return a.Value.Raw
	}
	return ""
}

// possible lists an abstract type's object types.
func (n *introspection) possible(d *ast.Definition) []*ast.Definition {
	types := slices.Clone(n.schema.PossibleTypes[d.Name])
	slices.SortFunc(types, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(types)
}
