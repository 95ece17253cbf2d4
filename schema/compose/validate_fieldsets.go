package compose

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema/link"
)

// validateFieldSets checks what the field sets of a subgraph select.
func (c *composer) validateFieldSets(s *subgraph, sets []*fieldSet) {
	for _, fs := range sets {
		c.validateSelections(fs)
		switch fs.directive {
		case "key":
			c.validateKeyLeaves(fs)
		case "requires", "provides":
			if fs.directive == "provides" || !s.federation1() {
				c.validateExternalLeaves(fs)
			}
		}
	}
	for _, t := range s.order {
		if t.kind == ast.Interface {
			c.validateInterfaceDirectives(s, t)
		}
		for _, f := range t.fields {
			c.validateProvidesTarget(s, f)
		}
	}
}

func (fs *fieldSet) problem(fault, fix string) problem {
	return problem{code: fieldSetCode(fs.directive, fault), coordinate: fs.on, at: at(fs.sub, fs.applied.pos), fix: fix}
}

func (fs *fieldSet) String() string {
	return fmt.Sprintf("@%s(fields: %q)", fs.directive, fs.text)
}

// validateSelections checks that there are no directives in a field set, and
// fields with arguments only in that of a @requires.
func (c *composer) validateSelections(fs *fieldSet) {
	var args, directives bool
	var walk func([]*selected)
	walk = func(all []*selected) {
		for _, one := range all {
			args = args || len(one.args) > 0 || one.field != nil && len(one.field.args) > 0
			directives = directives || one.directives
			walk(one.below)
		}
	}
	walk(fs.selections)
	if directives {
		c.fail(fs.problem("DIRECTIVE_IN_FIELDS_ARG", "Remove the directives from the field set."),
			"On %q in subgraph %q, %s has a directive on a field.", fs.on, fs.sub.Name, fs)
	}
	if args && fs.directive != "requires" {
		c.fail(fs.problem("FIELDS_HAS_ARGS", "Select fields that have no arguments."),
			"On %q in subgraph %q, %s selects a field that has arguments.", fs.on, fs.sub.Name, fs)
	}
}

// validateKeyLeaves checks that what a key selects has one type. Lists are allowed, as Apollo's
// composer allows them.
func (c *composer) validateKeyLeaves(fs *fieldSet) {
	fs.fields(func(f *fieldDef) {
		target := fs.sub.types[f.typ.Name()]
		if target == nil || target.kind != ast.Interface && target.kind != ast.Union {
			return
		}
		c.fail(problem{
			code: codeKeySelectsInvalidType, coordinate: fs.on, at: append(at(fs.sub, fs.applied.pos), f.at()),
			fix: "Use fields of scalars, enums and object types in keys.",
		}, "On %q in subgraph %q, %s selects %q, which is %s.", fs.on, fs.sub.Name, fs, f.coordinate, kindName(target.kind))
	})
}

// validateExternalLeaves checks that what a field set asks of other subgraphs
// is @external, itself or by a field above it.
func (c *composer) validateExternalLeaves(fs *fieldSet) {
	var walk func(all []*selected, external bool)
	walk = func(all []*selected, external bool) {
		for _, one := range all {
			if one.field != nil && len(one.below) == 0 && !external && !one.field.external {
				fix := fmt.Sprintf("Mark %q @external if another subgraph resolves it, or remove it from the field set.", one.field.coordinate)
				if one.field.has("external") {
					fix = "Remove it from the field set: the key of a type that is only extended counts as the subgraph's own."
				}
				c.fail(problem{
					code: fieldSetCode(fs.directive, "FIELDS_MISSING_EXTERNAL"), coordinate: fs.on,
					at: append(at(fs.sub, fs.applied.pos), one.field.at()), fix: fix,
				}, "On %q in subgraph %q, %s selects %q, which the subgraph resolves itself.", fs.on, fs.sub.Name, fs, one.field.coordinate)
			}
			walk(one.below, external || one.field != nil && fs.sub.externalSomewhere(one.field))
		}
	}
	walk(fs.selections, false)
}

// externalSomewhere reports whether f is marked @external, or, for a field of an
// interface, whether that of one of its implementations is.
func (s *subgraph) externalSomewhere(f *fieldDef) bool {
	if f.has("external") || f.parent.says("external", f) {
		return true
	}
	if f.parent.kind != ast.Interface {
		return false
	}
	for _, t := range s.implementations(f.parent.name) {
		if own := t.byName[f.name]; own != nil && s.externalSomewhere(own) {
			return true
		}
	}
	return false
}

// validateInterfaceDirectives refuses on interfaces what they cannot have.
func (c *composer) validateInterfaceDirectives(s *subgraph, t *typeDef) {
	if a := t.find("key"); a != nil && !s.version.AtLeast(link.Version{Major: 2, Minor: 3}) {
		c.fail(problem{
			code: fieldSetCode("key", "UNSUPPORTED_ON_INTERFACE"), coordinate: t.name, at: at(s, a.pos),
			fix: "Link federation v2.3 or later, or remove the key.",
		}, "In subgraph %q, the interface %q has a @key, which federation %s does not have.", s.Name, t.name, s.version)
	}
	c.validateInterfaceKeys(s, t)
	for _, f := range t.fields {
		for _, a := range f.directives {
			if a.name == "requires" || a.name == "provides" {
				c.fail(problem{
					code: fieldSetCode(a.name, "UNSUPPORTED_ON_INTERFACE"), coordinate: f.coordinate, at: at(s, a.pos),
					fix: "Put it on the fields of the implementations.",
				}, "In subgraph %q, the interface field %q has @%s.", s.Name, f.coordinate, a.local)
			}
		}
	}
}

// validateInterfaceKeys checks that implementations have their interface's keys.
func (c *composer) validateInterfaceKeys(s *subgraph, t *typeDef) {
	for _, k := range t.keys {
		for _, own := range s.implementations(t.name) {
			if own.kind != ast.Object || own.hasKey(k) {
				continue
			}
			c.fail(problem{
				code: codeInterfaceKeyImplem, coordinate: t.name, at: append(at(s, k.at.pos), own.at()),
				fix: fmt.Sprintf("Add @key(fields: %q) to %q.", k.fields, own.name),
			}, "In subgraph %q, the interface %q has @key(fields: %q), but its implementation %q does not.", s.Name, t.name, k.fields, own.name)
		}
	}
}

func (t *typeDef) hasKey(want *key) bool {
	for _, k := range t.keys {
		if t.sub.normalFields(k.fields) == t.sub.normalFields(want.fields) && (k.resolvable || !want.resolvable) {
			return true
		}
	}
	return false
}

func (c *composer) validateProvidesTarget(s *subgraph, f *fieldDef) {
	a := f.find("provides")
	if a == nil {
		return
	}
	if f.external {
		c.fail(problem{code: codeExternalCollision, coordinate: f.coordinate, at: at(s, a.pos), fix: "Remove one of the two: the subgraph that resolves the field says what it provides."},
			"In subgraph %q, %q has both @%s and @external.", s.Name, f.coordinate, a.local)
	}
	if target := s.types[f.typ.Name()]; target == nil || !target.composite() {
		c.fail(problem{code: codeProvidesOnNonObject, coordinate: f.coordinate, at: at(s, a.pos), fix: "Remove it."},
			"In subgraph %q, %q has @%s, but its type %s has no fields to provide.", s.Name, f.coordinate, a.local, f.typ)
	}
}
