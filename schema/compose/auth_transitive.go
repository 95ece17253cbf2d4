package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema"
)

// guard is what an element of the supergraph asks of a client. No alternatives
// ask for nothing.
type guard struct {
	authenticated    bool
	scopes, policies [][]string
}

func guardOf(directives ast.DirectiveList) guard {
	var g guard
	for _, d := range directives {
		switch d.Name {
		case "authenticated":
			g.authenticated = true
		case "requiresScopes":
			g.scopes = alternatives(d.Arguments.ForName("scopes").Value)
		case "policy":
			g.policies = alternatives(d.Arguments.ForName("policies").Value)
		}
	}
	return g
}

// and gives what asks for both.
func (g guard) and(o guard) guard {
	return guard{g.authenticated || o.authenticated, product(g.scopes, o.scopes), product(g.policies, o.policies)}
}

// covers reports whether whoever passes g passes o.
func (g guard) covers(o guard) bool {
	return (g.authenticated || !o.authenticated) && coversAll(g.scopes, o.scopes) && coversAll(g.policies, o.policies)
}

// coversAll reports whether every alternative of have fulfils one of want.
func coversAll(have, want [][]string) bool {
	if len(want) == 0 {
		return true
	}
	if len(have) == 0 {
		have = [][]string{{}}
	}
	return !slices.ContainsFunc(have, func(h []string) bool {
		return !slices.ContainsFunc(want, func(w []string) bool { return subset(w, h) })
	})
}

// reader is a field that reads others by a @requires or from a context: it has to
// ask of a client at least what they ask, because it may tell what they say.
type reader struct {
	c     *composer
	field *fieldDef
	have  guard
	by    string // how it reads: the directive as written
	at    []schema.Location
}

// newReader gives the reader for a field that made it to the supergraph, or nil.
func (c *composer) newReader(f *fieldDef, a *applied, by string) *reader {
	def := c.merged.types[f.parent.name]
	if def == nil || def.Fields.ForName(f.name) == nil {
		return nil
	}
	have := guardOf(def.Directives).and(guardOf(def.Fields.ForName(f.name).Directives))
	return &reader{c: c, field: f, have: have, by: by, at: at(f.sub, a.pos)}
}

// validate checks one element that is read, by what the supergraph has on it.
func (r *reader) validate(e *element, asked ...ast.DirectiveList) bool {
	var parts []string
	missing := false
	for _, directives := range asked {
		missing = missing || !r.have.covers(guardOf(directives))
		for _, d := range directives {
			if guards(d.Name) {
				parts = append(parts, directiveText(d))
			}
		}
	}
	if missing {
		r.c.fail(problem{
			code: codeMissingTransitiveAuth, coordinate: r.field.coordinate, at: append(slices.Clip(r.at), e.at()),
			fix: fmt.Sprintf("Give %q the guards of %q.", r.field.coordinate, e.coordinate),
		}, "In subgraph %q, %q reads %q by %s, but does not ask of a client what that asks: %s.",
			r.field.sub.Name, r.field.coordinate, e.coordinate, r.by, strings.Join(parts, " "))
	}
	return !missing
}

// selections checks what is selected. It stops at the first fault.
func (r *reader) selections(all []*selected) bool {
	for _, one := range all {
		ok := true
		switch {
		case one.field != nil:
			ok = r.read(one.field)
		case one.on != nil:
			ok = r.typed(one.on)
		}
		if !ok || !r.selections(one.below) {
			return false
		}
	}
	return true
}

// read checks a field that is read, and its type.
func (r *reader) read(f *fieldDef) bool {
	def := r.c.merged.types[f.parent.name]
	if def == nil || def.Fields.ForName(f.name) == nil {
		return true
	}
	merged := def.Fields.ForName(f.name)
	asked := []ast.DirectiveList{merged.Directives}
	if target := r.c.merged.types[merged.Type.Name()]; target != nil {
		asked = append(asked, target.Directives)
	}
	return r.validate(&f.element, asked...)
}

// typed checks a type that what is read has to have.
func (r *reader) typed(t *typeDef) bool {
	def := r.c.merged.types[t.name]
	return def == nil || r.validate(&t.element, def.Directives)
}

// context checks what an argument takes from a context, on each type that sets it.
func (r *reader) context(name, selection string) {
	s := r.field.sub
	if !strings.HasPrefix(selection, "{") {
		selection = "{" + selection + "}"
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: selection}, maxFieldSetTokens)
	if err != nil {
		return // found before merging
	}
	binder := fieldSetBinder{s: s, maxDepth: r.c.options.MaxDepth}
	for _, t := range s.order {
		if !slices.ContainsFunc(t.directives, func(a *applied) bool { return a.name == "context" && a.text("name") == name }) {
			continue
		}
		if !r.typed(t) {
			return
		}
		for _, item := range doc.Operations[0].SelectionSet {
			// A case for another type than this one does not fit, and is not read.
			if bound, err := binder.bind(ast.SelectionSet{item}, t, 1); err == nil && !r.selections(bound) {
				return
			}
		}
	}
}
