package executor

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema"
)

// naive answers GraphQL from one pool of data in the plainest way: it plays the
// subgraphs in golden tests and says what the client's answer has to be.
//
// The data holds named objects: "Query", "Mutation" and others, which strings
// like "$ada" refer to.
type naive struct {
	data map[string]any
	sg   *schema.Supergraph
	vars map[string]any
	doc  *ast.QueryDocument
}

// answer carries out a request's body.
func (n naive) answer(query string, variables map[string]any) (string, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		return "", fmt.Errorf("%s: %w", query, err)
	}
	op := doc.Operations[0]
	n.doc, n.vars = doc, map[string]any{}
	for _, v := range op.VariableDefinitions {
		if v.DefaultValue != nil {
			n.vars[v.Variable], _ = v.DefaultValue.Value(nil)
		}
		if given, ok := variables[v.Variable]; ok {
			n.vars[v.Variable] = given
		}
	}
	root := map[string]any{"__typename": "Query"}
	if op.Operation == ast.Mutation {
		root["__typename"] = "Mutation"
	}
	if fields, ok := n.data[root["__typename"].(string)].(map[string]any); ok {
		maps.Copy(root, fields)
	}
	var b strings.Builder
	b.WriteString(`{"data":`)
	n.object(&b, op.SelectionSet, root)
	return b.String() + "}", nil
}

func (n naive) resolve(v any) any {
	if ref, ok := v.(string); ok && strings.HasPrefix(ref, "$") {
		return n.data[ref]
	}
	return v
}

func (n naive) object(b *strings.Builder, set ast.SelectionSet, parent map[string]any) {
	var order []string
	fields := map[string][]*ast.Field{}
	n.collect(set, fmt.Sprint(parent["__typename"]), &order, fields)
	b.WriteByte('{')
	for i, key := range order {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:", key)
		var below ast.SelectionSet
		for _, f := range fields[key] {
			below = append(below, f.SelectionSet...)
		}
		if f := fields[key][0]; f.Name == "_entities" {
			n.value(b, below, n.entities(f))
		} else {
			n.value(b, below, parent[f.Name])
		}
	}
	b.WriteByte('}')
}

// entities finds the objects that agree with representations in every plain
// field that they have.
func (n naive) entities(f *ast.Field) []any {
	list, _ := n.vars[f.Arguments[0].Value.Raw].([]any)
	out := make([]any, len(list))
	for i, r := range list {
		rep := r.(map[string]any)
		for name, o := range n.data {
			object, ok := o.(map[string]any)
			if !ok || !strings.HasPrefix(name, "$") || !n.isA(fmt.Sprint(object["__typename"]), fmt.Sprint(rep["__typename"])) {
				continue
			}
			same := true
			for k, v := range rep {
				switch v.(type) {
				case map[string]any, []any:
				default:
					same = same && (k == "__typename" || object[k] == v)
				}
			}
			if same {
				out[i] = object
			}
		}
	}
	return out
}

func (n naive) isA(typename, condition string) bool {
	if typename == condition {
		return true
	}
	t, c := n.sg.Types[typename], n.sg.Types[condition]
	return t != nil && c != nil && c.Possible.Has(t.Object)
}

func (n naive) value(b *strings.Builder, set ast.SelectionSet, v any) {
	switch v := n.resolve(v).(type) {
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			n.value(b, set, item)
		}
		b.WriteByte(']')
	case map[string]any:
		if len(set) > 0 {
			n.object(b, set, v)
			return
		}
		raw, _ := json.Marshal(v)
		b.Write(raw)
	default:
		raw, _ := json.Marshal(v)
		b.Write(raw)
	}
}

func (n naive) collect(set ast.SelectionSet, typename string, order *[]string, fields map[string][]*ast.Field) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if n.left(sel.Directives) {
				continue
			}
			if fields[sel.Alias] == nil {
				*order = append(*order, sel.Alias)
			}
			fields[sel.Alias] = append(fields[sel.Alias], sel)
		case *ast.InlineFragment:
			if !n.left(sel.Directives) && (sel.TypeCondition == "" || n.isA(typename, sel.TypeCondition)) {
				n.collect(sel.SelectionSet, typename, order, fields)
			}
		case *ast.FragmentSpread:
			f := n.doc.Fragments.ForName(sel.Name)
			if !n.left(sel.Directives) && n.isA(typename, f.TypeCondition) {
				n.collect(f.SelectionSet, typename, order, fields)
			}
		}
	}
}

// left reports whether @skip or @include leaves a selection out.
func (n naive) left(ds ast.DirectiveList) bool {
	for _, d := range ds {
		v, _ := d.Arguments.ForName("if").Value.Value(n.vars)
		if b, _ := v.(bool); d.Name == "skip" && b || d.Name == "include" && !b {
			return true
		}
	}
	return false
}
