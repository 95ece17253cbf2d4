package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/link"
)

// upgrade rewrites the models of federation 1 schemas to say in federation 2
// what they meant in federation 1: there every field could be shared, @external
// stood on fields that need it no longer, and field sets were laxer.
func (c *composer) upgrade() {
	var old []*subgraph
	for _, s := range c.subgraphs {
		if s.federation1() {
			old = append(old, s)
		}
	}
	if len(old) == 0 {
		return
	}
	for _, s := range old {
		u := upgrader{c: c, s: s}
		u.fixFieldArguments()
		u.dropOnInterfaces()
		u.dropKeyExternals()
		u.dropProvidesOnLeaves()
		u.dropIdleSelections()
		u.dropUnusedExternals()
	}
	// Sharing depends on what all the others resolve, hence after their upgrade.
	c.quietly(func() {
		for _, s := range c.subgraphs {
			c.bindFieldSets(s)
		}
	})
	for _, s := range old {
		u := upgrader{c: c, s: s}
		u.addShareable()
		u.dropTagsOnExternals()
	}
	for _, s := range old {
		upgrader{c: c, s: s}.defineExtensions()
		s.version, s.upgraded = link.LatestFederation(), true
	}
}

// quietly runs work without keeping the errors that it finds: a later stage
// finds them again and reports them.
func (c *composer) quietly(work func()) {
	errs := c.errs
	work()
	c.errs = errs
}

// upgrader upgrades one subgraph. Its methods run in the order of [composer.upgrade].
type upgrader struct {
	c *composer
	s *subgraph
}

// elements visits the subgraph's types and the fields of objects and interfaces.
func (u upgrader) elements(visit func(t *typeDef, e *element)) {
	for _, t := range u.s.order {
		visit(t, &t.element)
		for _, f := range t.fields {
			visit(t, &f.element)
		}
	}
}

// drop removes the directives of those canonical names.
func (e *element) drop(names ...string) {
	e.directives = slices.DeleteFunc(e.directives, func(a *applied) bool { return slices.Contains(names, a.name) })
}

// fixFieldArguments turns field sets that are lists of strings or bare names
// into strings.
func (u upgrader) fixFieldArguments() {
	u.elements(func(_ *typeDef, e *element) {
		for _, a := range e.directives {
			if !fieldSetDirective(a.name) {
				continue
			}
			arg := a.args.ForName("fields")
			if arg == nil || arg.Value == nil {
				continue
			}
			switch arg.Value.Kind {
			case ast.EnumValue:
				a.setFields(arg.Value.Raw)
			case ast.ListValue:
				var parts []string
				for _, child := range arg.Value.Children {
					parts = append(parts, child.Value.Raw)
				}
				a.setFields(strings.Join(parts, " "))
			}
		}
	})
}

func (a *applied) setFields(fields string) {
	args := slices.Clone(a.args)
	for i, arg := range args {
		if arg.Name == "fields" {
			own := *arg
			own.Value = &ast.Value{Kind: ast.StringValue, Raw: fields, Position: arg.Value.Position}
			args[i] = &own
		}
	}
	a.args = args
}

// dropOnInterfaces removes from interfaces the directives that federation 1
// accepted there and did nothing with.
func (u upgrader) dropOnInterfaces() {
	u.elements(func(t *typeDef, e *element) {
		switch {
		case t.kind == ast.Interface:
			e.drop("external", "key", "requires", "provides")
		case e == &t.element:
			e.drop("external")
		}
	})
}

// dropKeyExternals removes @external from the key fields of extended types, and
// where the extension repeats no key, from those of the keys that it means: the
// first one of each other subgraph.
func (u upgrader) dropKeyExternals() {
	for _, t := range u.s.order {
		if t.kind != ast.Object || !t.extension {
			continue
		}
		keyed := false
		for _, a := range t.directives {
			if a.name == "key" {
				keyed = true
				u.dropExternals(t, a.text("fields"))
			}
		}
		if keyed {
			continue
		}
		for _, other := range u.c.subgraphs {
			if o := other.types[t.name]; other != u.s && o != nil {
				if a := o.find("key"); a != nil {
					u.dropExternals(t, a.text("fields"))
				}
			}
		}
	}
}

// dropExternals removes @external from the fields that a key selects directly.
func (u upgrader) dropExternals(t *typeDef, fields string) {
	depth := 0
	for token := range fieldTokens(fields) {
		switch token {
		case "{":
			depth++
		case "}":
			depth--
		default:
			if f := t.byName[token]; f != nil && depth == 0 {
				f.drop("external")
			}
		}
	}
}

// dropProvidesOnLeaves removes @provides from fields that have no fields below.
func (u upgrader) dropProvidesOnLeaves() {
	for _, t := range u.s.order {
		for _, f := range t.fields {
			if target := u.s.types[f.typ.Name()]; target == nil || !target.composite() {
				f.drop("provides")
			}
		}
	}
}

// dropIdleSelections removes from @requires and @provides what the subgraph
// resolves itself.
func (u upgrader) dropIdleSelections() {
	u.c.quietly(func() {
		for _, fs := range u.c.bindFieldSets(u.s) {
			if fs.directive == "key" {
				continue
			}
			kept, changed := fs.externalOnly(fs.selections, false)
			switch {
			case len(kept) == 0:
				fs.element.directives = slices.DeleteFunc(fs.element.directives, func(a *applied) bool { return a == fs.applied })
			case changed:
				fs.applied.setFields(selectionText(kept))
			}
		}
	})
}

// externalOnly keeps the selections that reach something external.
func (fs *fieldSet) externalOnly(all []*selected, external bool) (kept []*selected, changed bool) {
	for _, one := range all {
		if one.typename {
			kept = append(kept, one)
			continue
		}
		below := external || one.field != nil && fs.sub.externalSomewhere(one.field)
		if len(one.below) == 0 {
			if below {
				kept = append(kept, one)
			} else {
				changed = true
			}
			continue
		}
		own, less := fs.externalOnly(one.below, below)
		changed = changed || less || len(own) == 0
		if len(own) > 0 {
			copied := *one
			copied.below = own
			kept = append(kept, &copied)
		}
	}
	return kept, changed
}

// selectionText writes selections as a field set.
func selectionText(all []*selected) string {
	parts := make([]string, len(all))
	for i, one := range all {
		text := "__typename"
		switch {
		case one.field != nil:
			text = one.field.name
		case one.on != nil:
			text = "... on " + one.on.name
		}
		if len(one.args) > 0 {
			args := make([]string, len(one.args))
			for j, a := range one.args {
				args[j] = a.Name + ": " + valueText(a.Value)
			}
			text += "(" + strings.Join(args, ", ") + ")"
		}
		if len(one.below) > 0 {
			text += " { " + selectionText(one.below) + " }"
		}
		parts[i] = text
	}
	return strings.Join(parts, " ")
}

// dropUnusedExternals removes the @external fields that nothing uses, and the
// types that are left without fields.
func (u upgrader) dropUnusedExternals() {
	u.c.quietly(func() { u.c.bindFieldSets(u.s) })
	var emptied []*typeDef
	for _, t := range u.s.order {
		before := len(t.fields)
		t.fields = slices.DeleteFunc(t.fields, func(f *fieldDef) bool { return f.external && !f.used })
		if len(t.fields) == before {
			continue
		}
		t.byName = map[string]*fieldDef{}
		for _, f := range t.fields {
			t.byName[f.name] = f
		}
		if len(t.fields) == 0 && t.name != "Query" { // that has federation's own fields
			emptied = append(emptied, t)
		}
	}
	for _, t := range emptied {
		places := placesOf([]*typeDef{t})
		place, used := u.reference(t.name)
		if used {
			places = append(places, place)
		}
		if used || t.has("key") || isRoot(t.name) { // gateways ask for entities and roots, whoever refers to them
			u.c.fail(problem{
				code: codeOnlyUnusedExternal, coordinate: t.name, at: places,
				fix: "Remove @external from a field that the subgraph resolves, or the reference to the type.",
			}, "In subgraph %q, the type %q has only @external fields that nothing uses, but it is an entity, a root type or referred to.", u.s.Name, t.name)
			continue
		}
		delete(u.s.types, t.name)
		u.s.order = slices.DeleteFunc(u.s.order, func(o *typeDef) bool { return o == t })
	}
}

// reference finds a place where the subgraph refers to a type.
func (u upgrader) reference(name string) (schema.Location, bool) {
	for _, t := range u.s.order {
		for _, f := range t.fields {
			if f.typ.Name() == name {
				return f.at(), true
			}
		}
		for _, m := range t.members {
			if m.name == name {
				return u.s.location(m.pos), true
			}
		}
	}
	return schema.Location{}, false
}

// addShareable marks as @shareable what another subgraph has too: types without
// a key as a whole, of entities and root types the fields that it resolves.
func (u upgrader) addShareable() {
	for _, t := range u.s.order {
		if t.kind != ast.Object || t.name == "Subscription" {
			continue
		}
		entity := isRoot(t.name) || t.has("key")
		for _, other := range u.c.subgraphs {
			o := other.types[t.name]
			if other == u.s || o == nil || o.kind != ast.Object {
				continue
			}
			for _, f := range t.fields {
				if f.external || f.keyField || f.has("shareable") {
					continue
				}
				theirs := o.byName[f.name]
				if !entity || theirs != nil && (!theirs.external || theirs.provided) {
					f.directives = append(f.directives, &applied{name: "shareable", local: "shareable", pos: f.pos, part: f.part})
				}
			}
		}
	}
}

// defineExtensions makes extensions count as definitions: in federation 1 every
// type but its owner's had to be an extension. @extends stays, as Apollo has it.
func (u upgrader) defineExtensions() {
	u.elements(func(t *typeDef, e *element) {
		t.extension = t.has("extends")
		for _, a := range e.directives {
			a.part.extension = false
		}
	})
}

// dropTagsOnExternals removes tags from @external fields where a declaration
// that resolves the field has the same tag.
func (u upgrader) dropTagsOnExternals() {
	for _, t := range u.s.order {
		for _, f := range t.fields {
			if !f.external {
				continue
			}
			f.directives = slices.DeleteFunc(f.directives, func(a *applied) bool {
				return a.name == "tag" && slices.ContainsFunc(u.c.subgraphs, func(s *subgraph) bool {
					return s != u.s && s.resolvesTagged(t.name, f.name, a.text("name"))
				})
			})
		}
	}
}

func (s *subgraph) resolvesTagged(typeName, field, tag string) bool {
	t := s.types[typeName]
	if t == nil || t.byName[field] == nil || t.byName[field].external {
		return false
	}
	return slices.ContainsFunc(t.byName[field].directives, func(a *applied) bool { return a.name == "tag" && a.text("name") == tag })
}
