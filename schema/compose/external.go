package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// bindFieldSets parses every field set of the subgraph and works out from them
// which fields are external, provided, used and shareable. It starts afresh each
// time, because the upgrade changes directives in between.
func (c *composer) bindFieldSets(s *subgraph) []*fieldSet {
	markExternal(s)
	var sets []*fieldSet
	for _, t := range s.order {
		t.keys = nil
		for _, a := range t.directives {
			if a.name == "key" {
				t.keys = append(t.keys, &key{at: a, fields: a.text("fields"), resolvable: a.flag("resolvable", true)})
				sets = c.bindFieldSet(sets, s, t, &t.element, a)
			}
		}
		for _, f := range t.fields {
			for _, a := range f.directives {
				switch a.name {
				case "requires":
					sets = c.bindFieldSet(sets, s, t, &f.element, a)
				case "provides":
					if target := s.types[f.typ.Name()]; target != nil && target.composite() {
						sets = c.bindFieldSet(sets, s, target, &f.element, a)
					}
				}
			}
		}
	}
	markUse(s, sets)
	return sets
}

func (c *composer) bindFieldSet(sets []*fieldSet, s *subgraph, parent *typeDef, on *element, a *applied) []*fieldSet {
	arg := a.args.ForName("fields")
	if arg == nil || arg.Value == nil {
		return sets // the directive's own validation says so
	}
	if !isString(arg.Value) {
		c.fail(problem{
			code: fieldSetCode(a.name, "INVALID_FIELDS_TYPE"), coordinate: on.coordinate, at: at(s, a.pos),
			fix: `Write fields: "…".`,
		}, "The fields of @%s on %q in subgraph %q are not a string but %s.", a.local, on.coordinate, s.Name, arg.Value)
		return sets
	}
	fs, err := c.parseFieldSet(s, parent, on, a)
	if err != nil {
		c.fail(problem{
			code: fieldSetCode(a.name, "INVALID_FIELDS"), coordinate: on.coordinate, at: at(s, a.pos),
			fix: "Select fields that this subgraph declares; mark those that other subgraphs resolve @external.",
		}, "On %q in subgraph %q, @%s(fields: %q) cannot be used: %v.", on.coordinate, s.Name, a.local, a.text("fields"), err)
		return sets
	}
	return append(sets, fs)
}

// markExternal notes what @external says, directly or on the type.
func markExternal(s *subgraph) {
	for _, t := range s.order {
		if t.kind == ast.InputObject {
			continue
		}
		for _, f := range t.fields {
			f.used, f.provided, f.keyField = false, false, false
			f.external = f.has("external") || t.says("external", f)
			f.shareable = f.has("shareable") || t.says("shareable", f)
		}
	}
}

// says reports whether the directive stands on the declaration of t that has f:
// on a type it means all fields of that declaration, not of other extensions.
func (t *typeDef) says(directive string, f *fieldDef) bool {
	return slices.ContainsFunc(t.directives, func(a *applied) bool { return a.name == directive && a.part == f.part })
}

// markUse notes what the field sets select.
func markUse(s *subgraph, sets []*fieldSet) {
	for _, fs := range sets {
		switch fs.directive {
		case "key":
			markKey(fs)
		case "provides":
			markProvided(s, fs.selections)
			fs.fields(func(f *fieldDef) { f.used = true })
		default:
			fs.fields(func(f *fieldDef) { f.used = true })
		}
	}
	for _, t := range s.order { // an interface demands its fields, selected or not
		for _, i := range t.interfaces {
			if iface := s.types[i.name]; iface != nil {
				for _, f := range iface.fields {
					if own := t.byName[f.name]; own != nil {
						own.used = true
					}
				}
			}
		}
	}
}

// markKey notes the fields of a key. Where a type is only extended, the @external
// on its key's fields says what the extension says already; they count as the
// subgraph's own.
func markKey(fs *fieldSet) {
	fs.fields(func(f *fieldDef) {
		f.used, f.keyField = true, true
		if f.parent.kind == ast.Object {
			f.shareable = true
		}
	})
	extends := fs.applied.part.extension || fs.parent.has("extends")
	for _, one := range fs.selections {
		if f := one.field; f != nil && extends && f.has("external") {
			f.external = false
		}
	}
}

func markProvided(s *subgraph, all []*selected) {
	for _, one := range all {
		if f := one.field; f != nil {
			f.provided, f.shareable = true, true
			if f.parent.kind == ast.Interface {
				for _, t := range s.implementations(f.parent.name) {
					if own := t.byName[f.name]; own != nil {
						own.provided, own.shareable = true, true
					}
				}
			}
		}
		markProvided(s, one.below)
	}
}
