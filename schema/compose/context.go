package compose

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

var (
	contextName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
	contextField = regexp.MustCompile(`(?s)^\s*\$\s*([A-Za-z][A-Za-z0-9_]*)\b\s*(\S.*)$`)
)

// splitContext takes the field argument of a @fromContext apart: "$name { f }".
func splitContext(a *applied) (name, selection string, ok bool) {
	m := contextField.FindStringSubmatch(a.text("field"))
	if m == nil {
		return "", "", false
	}
	return m[1], strings.TrimSpace(m[2]), true
}

// graphContext is a context's name in the supergraph, where those of different
// subgraphs must not meet.
func (s *subgraph) graphContext(name string) string { return s.Name + "__" + name }

// validateContexts checks every @context and @fromContext of a subgraph.
func (c *composer) validateContexts(s *subgraph) {
	setters := map[string][]*typeDef{}
	for _, t := range s.order {
		for _, a := range t.directives {
			if a.name != "context" {
				continue
			}
			name := a.text("name")
			if !contextName.MatchString(name) {
				c.fail(problem{code: codeContextName, coordinate: t.name, at: at(s, a.pos), fix: "Use letters and digits, beginning with a letter."},
					"In subgraph %q, %q sets the context %q, which is no valid name.", s.Name, t.name, name)
				continue
			}
			setters[name] = append(setters[name], t)
		}
	}
	for _, t := range s.order {
		for _, f := range t.fields {
			for _, arg := range f.args {
				if a := arg.find("fromContext"); a != nil {
					c.validateFromContext(s, f, arg, a, setters)
				}
			}
		}
	}
	for _, d := range s.directives {
		for _, arg := range d.Arguments {
			for _, a := range arg.Directives {
				if e, ok := s.links.Resolve("@" + a.Name); ok && e.Feature.Spec != nil && e.Name == "@fromContext" {
					c.fail(problem{code: codeContextNotSet, coordinate: "@" + d.Name, at: at(s, a.Position), fix: "Remove it."},
						"In subgraph %q, the argument %q of the directive @%s has @%s, which only arguments of fields can have.", s.Name, arg.Name, d.Name, a.Name)
				}
			}
		}
	}
}

func (c *composer) validateFromContext(s *subgraph, f *fieldDef, arg *argDef, a *applied, setters map[string][]*typeDef) {
	p := problem{coordinate: arg.coordinate, at: at(s, a.pos)}
	implements := func(i reference) bool { return s.types[i.name] != nil && s.types[i.name].byName[f.name] != nil }
	name, selection, ok := splitContext(a)
	switch {
	case f.parent.kind == ast.Interface || slices.ContainsFunc(f.parent.interfaces, implements):
		p.code, p.fix = codeContextNotSet, "Use fields that belong to no interface."
		c.fail(p, "In subgraph %q, %q has @%s, but its field belongs to an interface.", s.Name, arg.coordinate, a.local)
	case arg.def != nil:
		p.code, p.fix = codeContextNotSet, "Remove the default value."
		c.fail(p, "In subgraph %q, %q has both @%s and a default value.", s.Name, arg.coordinate, a.local)
	case !slices.ContainsFunc(f.parent.keys, func(k *key) bool { return k.resolvable }):
		p.code, p.fix = codeContextNoKey, "Give the type a resolvable key."
		c.fail(p, "In subgraph %q, %q has @%s, but its type %q has no resolvable key.", s.Name, arg.coordinate, a.local, f.parent.name)
	case !ok:
		p.code, p.fix = codeNoContext, `Write field: "$context { field }".`
		c.fail(p, "In subgraph %q, the @%s of %q is %q, which names no context and selection.", s.Name, a.local, arg.coordinate, a.text("field"))
	case len(setters[name]) == 0:
		p.code, p.fix = codeContextNotSet, fmt.Sprintf("Put @context(name: %q) on a type, or correct the name.", name)
		c.fail(p, "In subgraph %q, %q uses the context %q, which no type sets.", s.Name, arg.coordinate, name)
	default:
		p.code, p.fix = codeContextSelection, "Select one field, of the argument's type, on every type that sets the context."
		if err := c.checkContextSelection(s, selection, arg, setters[name]); err != nil {
			c.fail(p, "In subgraph %q, %q cannot take its value from the context %q: %v.", s.Name, arg.coordinate, name, err)
		}
	}
}

// checkContextSelection checks a selection on every type that sets its context.
func (c *composer) checkContextSelection(s *subgraph, selection string, arg *argDef, setters []*typeDef) error {
	if !strings.HasPrefix(selection, "{") {
		selection = "{" + selection + "}"
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: selection}, maxFieldSetTokens)
	if err != nil || len(doc.Operations) != 1 || len(doc.Fragments) > 0 {
		return errors.New("the selection is not valid")
	}
	set := doc.Operations[0].SelectionSet
	cases, err := contextCases(s, set)
	if err != nil {
		return err
	}
	binder := fieldSetBinder{s: s, maxDepth: c.options.MaxDepth}
	used := map[string]bool{}
	for _, t := range setters {
		if len(cases) == 0 {
			if err := checkContextValue(binder, set, t, arg); err != nil {
				return err
			}
			continue
		}
		matched := false
		for _, o := range s.possibleTypes(t) {
			if own := cases[o.name]; own != nil {
				matched, used[o.name] = true, true
				if err := checkContextValue(binder, own, o, arg); err != nil {
					return err
				}
			}
		}
		if !matched {
			return fmt.Errorf("no type condition matches %q, which sets the context", t.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		if !used[name] {
			return fmt.Errorf("%q, a type condition of the selection, does not set the context", name)
		}
	}
	return nil
}

// contextCases gives the selections by object type, where the selection has type
// conditions; none where it has none.
func contextCases(s *subgraph, set ast.SelectionSet) (map[string]ast.SelectionSet, error) {
	cases := map[string]ast.SelectionSet{}
	for _, item := range set {
		fragment, ok := item.(*ast.InlineFragment)
		if !ok {
			continue
		}
		if t := s.types[fragment.TypeCondition]; t == nil || t.kind != ast.Object {
			return nil, fmt.Errorf("the type condition %q is no object type", fragment.TypeCondition)
		}
		cases[fragment.TypeCondition] = fragment.SelectionSet
	}
	if len(cases) > 0 && len(cases) < len(set) {
		return nil, errors.New("it selects more than one thing on a type")
	}
	return cases, nil
}

// checkContextValue checks that a selection gives one value of the argument's
// type. A context may have none, so the argument has to take null.
func checkContextValue(binder fieldSetBinder, set ast.SelectionSet, t *typeDef, arg *argDef) error {
	bound, err := binder.bind(set, t, 1)
	if err != nil {
		return err
	}
	markSelected(bound)
	typ, err := contextType(bound)
	if err != nil {
		return err
	}
	if typ.String() != arg.typ.String() {
		return fmt.Errorf("the selection on %q has the type %s, and the argument %s", t.name, typ, arg.typ)
	}
	return nil
}

// markSelected notes that a context's value is read from fields, which may be
// external: the gateway gets them from other subgraphs.
func markSelected(all []*selected) {
	for _, one := range all {
		if one.field != nil {
			one.field.used = true
		}
		markSelected(one.below)
	}
}

// contextType gives the type of the one value that a selection has, nullable
// throughout.
func contextType(all []*selected) (*ast.Type, error) {
	if len(all) != 1 || all[0].field == nil {
		return nil, errors.New("the selection is not a single field")
	}
	if all[0].directives {
		return nil, errors.New("the selection has a directive")
	}
	own := all[0].field.typ
	if len(all[0].below) == 0 {
		return nullableThroughout(own, nil), nil
	}
	below, err := contextType(all[0].below)
	if err != nil {
		return nil, err
	}
	return nullableThroughout(own, below), nil
}

// nullableThroughout gives t without non-nulls, and with leaf, if there is one,
// instead of its named type.
func nullableThroughout(t, leaf *ast.Type) *ast.Type {
	switch {
	case t.Elem != nil:
		return ast.ListType(nullableThroughout(t.Elem, leaf), nil)
	case leaf != nil:
		return leaf
	}
	return ast.NamedType(t.NamedType, nil)
}

// mergeContextual reports whether an argument takes its value from a context in
// some subgraph. Clients do not see it then; the subgraphs that ask for it
// otherwise have to do without.
func (c *composer) mergeContextual(coordinate string, sources []*argDef) bool {
	var plain []*argDef
	for _, a := range sources {
		if !a.has("fromContext") {
			plain = append(plain, a)
		}
	}
	if len(plain) == len(sources) {
		return false
	}
	for _, a := range plain {
		if a.typ.NonNull && a.def == nil {
			c.fail(problem{code: codeContextualArgument, coordinate: coordinate, at: placesOf(sources), fix: "Add @fromContext there, make it nullable, or give it a default."},
				"The argument %q takes its value from a context in some subgraphs, but subgraph %q requires it from clients.", coordinate, a.sub.Name)
			return true
		}
	}
	if len(plain) > 0 {
		c.hint(hintContextualArgument, coordinate, placesOf(plain), "The supergraph does not have the argument %q of %s, because other subgraphs take it from a context.",
			coordinate, inSubgraphs(namesOf(plain)))
	}
	return true
}

// contextArguments gives the contextArguments of a @join__field, or nil.
func (f *fieldDef) contextArguments() *ast.Value {
	var list *ast.Value
	for _, arg := range f.args {
		a := arg.find("fromContext")
		if a == nil {
			continue
		}
		if list == nil {
			list = &ast.Value{Kind: ast.ListValue}
		}
		name, selection, _ := splitContext(a)
		list.Children = append(list.Children, &ast.ChildValue{Value: &ast.Value{Kind: ast.ObjectValue, Children: ast.ChildValueList{
			{Name: "context", Value: text(f.sub.graphContext(name))},
			{Name: "name", Value: text(arg.name)},
			{Name: "type", Value: text(arg.typ.String())},
			{Name: "selection", Value: text(f.sub.normalFields(selection))},
		}}})
	}
	return list
}

// contextDirectives gives the @context of a type under the supergraph's names.
func (c *composer) contextDirectives(sources []*element) ast.DirectiveList {
	var all ast.DirectiveList
	for _, e := range sources {
		for _, a := range e.directives {
			if a.name == "context" {
				c.merged.specs["context"] = true
				all = append(all, directive("context", argument{"name", text(e.sub.graphContext(a.text("name")))}))
			}
		}
	}
	return all
}
