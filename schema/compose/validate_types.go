package compose

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateTypes checks that the subgraph is a GraphQL schema (specification,
// section 3), apart from what federation allows it to leave out.
func (c *composer) validateTypes(s *subgraph) {
	v := typeValidator{c: c, s: s}
	for _, t := range s.order {
		v.name(&t.element)
		switch t.kind {
		case ast.Object, ast.Interface:
			v.fields(t)
			v.interfaces(t)
		case ast.InputObject:
			v.inputFields(t)
		case ast.Union:
			v.members(t)
		case ast.Enum:
			v.values(t)
		}
		if isRoot(t.name) && t.kind != ast.Object {
			v.invalid(&t.element, "Make it an object type.", "the root type %q is %s", t.name, kindName(t.kind))
		}
	}
}

type typeValidator struct {
	c *composer
	s *subgraph
}

func (v typeValidator) invalid(e *element, fix, format string, args ...any) {
	v.c.fail(problem{code: codeInvalidGraphQL, coordinate: e.coordinate, at: at(v.s, e.pos), fix: fix},
		"In subgraph %q, %s.", v.s.Name, fmt.Sprintf(format, args...))
}

func (v typeValidator) name(e *element) {
	if strings.HasPrefix(e.name, "__") {
		v.invalid(e, "Rename it.", "the name %q begins with __, which GraphQL keeps for introspection", e.name)
	}
}

func (v typeValidator) fields(t *typeDef) {
	if len(t.fields) == 0 && t.name != "Query" { // that has federation's own fields
		v.invalid(&t.element, "Give it a field, or remove the type.", "the type %q has no fields", t.name)
	}
	for _, f := range t.fields {
		v.name(&f.element)
		if target, ok := v.resolve(&f.element, f.typ); ok && target != nil && target.kind == ast.InputObject {
			v.invalid(&f.element, "Use an output type.", "the field %q is of the input type %q", f.coordinate, target.name)
		}
		for _, a := range f.args {
			v.name(&a.element)
			v.input(&a.element, a.typ, a.def)
		}
	}
}

func (v typeValidator) inputFields(t *typeDef) {
	if len(t.fields) == 0 {
		v.invalid(&t.element, "Give it a field, or remove the type.", "the input type %q has no fields", t.name)
	}
	for _, f := range t.fields {
		v.name(&f.element)
		v.input(&f.element, f.typ, f.def)
	}
}

// resolve finds the named type; ok is false when there is none, which is then
// reported. Built-in scalars give nil.
func (v typeValidator) resolve(e *element, t *ast.Type) (def *typeDef, ok bool) {
	name := t.Name()
	if builtInScalar(name) {
		return nil, true
	}
	def = v.s.types[name]
	if def == nil && !v.federationType(name) {
		v.invalid(e, "Define it, or correct the name.", "%q is of the type %q, which is not defined%s", e.coordinate, name, v.s.meantType(name))
		return nil, false
	}
	return def, true
}

// federationType reports whether the name is a type of a linked specification,
// which a subgraph may use in its own directive definitions and root fields.
func (v typeValidator) federationType(name string) bool {
	e, ok := v.s.links.Resolve(name)
	return ok && e.Feature.Spec != nil && e.Feature.Spec.Type(e.Name)
}

func (v typeValidator) input(e *element, t *ast.Type, def *ast.Value) {
	target, ok := v.resolve(e, t)
	if !ok {
		return
	}
	if target != nil && target.composite() {
		v.invalid(e, "Use a scalar, an enum or an input type.", "%q takes values, but its type %q is %s", e.coordinate, target.name, kindName(target.kind))
		return
	}
	if def != nil {
		if reason := v.s.checkDefault(def, t, v.c.options.MaxDepth); reason != "" {
			v.invalid(e, "Correct the default value.", "the default value of %q does not fit: %s", e.coordinate, reason)
		}
	}
}

func (v typeValidator) members(t *typeDef) {
	if len(t.members) == 0 {
		v.invalid(&t.element, "Give it a member, or remove the union.", "the union %q has no members", t.name)
	}
	seen := map[string]bool{}
	for _, m := range t.members {
		where := t.element
		where.pos = m.pos
		switch target := v.s.types[m.name]; {
		case seen[m.name]:
			v.invalid(&where, "Name it once.", "the union %q names its member %q twice", t.name, m.name)
		case target == nil:
			v.invalid(&where, "Define it, or correct the name.", "the member %q of the union %q is not defined", m.name, t.name)
		case target.kind != ast.Object:
			v.invalid(&where, "Name an object type.", "the member %q of the union %q is %s", m.name, t.name, kindName(target.kind))
		}
		seen[m.name] = true
	}
}

func (v typeValidator) values(t *typeDef) {
	if len(t.values) == 0 {
		v.invalid(&t.element, "Give it a value, or remove the enum.", "the enum %q has no values", t.name)
	}
	for _, value := range t.values {
		v.name(&value.element)
	}
}

// interfaces checks that t fulfils what it implements. Fields are checked on
// the merged schema, where other subgraphs may have added them; here only what
// is wrong within the subgraph.
func (v typeValidator) interfaces(t *typeDef) {
	for _, r := range t.interfaces {
		where := t.element
		where.pos = r.pos
		iface := v.s.types[r.name]
		switch {
		case iface == nil:
			v.invalid(&where, "Define it, or correct the name.", "%q implements %q, which is not defined", t.name, r.name)
		case iface.kind != ast.Interface:
			if iface.isInterfaceObject() {
				v.invalid(&where, "Remove the implementation: other subgraphs define it.", "%q implements %q, which is an @interfaceObject there", t.name, r.name)
				continue
			}
			v.invalid(&where, "Implement an interface.", "%q implements %q, which is %s", t.name, r.name, kindName(iface.kind))
		case r.name == t.name:
			v.invalid(&where, "Remove it.", "%q implements itself", t.name)
		default:
			v.implementation(t, iface)
		}
	}
}

func (v typeValidator) implementation(t, iface *typeDef) {
	for _, r := range iface.interfaces {
		if !t.implements(r.name) && r.name != t.name {
			v.invalid(&t.element, fmt.Sprintf("Add & %s.", r.name), "%q implements %q, and so has to implement %q too", t.name, iface.name, r.name)
		}
	}
	for _, want := range iface.fields {
		have := t.byName[want.name]
		if have == nil {
			v.invalid(&t.element, "Declare the field; if another subgraph resolves it, mark it @external.", "%q implements %q but has no field %q", t.name, iface.name, want.name)
			continue
		}
		if !v.s.subtype(have.typ, want.typ) {
			v.invalid(&have.element, fmt.Sprintf("Make it %s, or a subtype of that.", want.typ), "%q has the type %s, but the interface %q asks for %s", have.coordinate, have.typ, iface.name, want.typ)
		}
		for _, a := range want.args {
			switch own := have.arg(a.name); {
			case own == nil:
				v.invalid(&have.element, fmt.Sprintf("Add the argument %s: %s.", a.name, a.typ), "%q lacks the argument %q that the interface %q gives it", have.coordinate, a.name, iface.name)
			case own.typ.String() != a.typ.String():
				v.invalid(&own.element, fmt.Sprintf("Make it %s.", a.typ), "%q has the type %s, but the interface %q asks for %s", own.coordinate, own.typ, iface.name, a.typ)
			}
		}
		for _, a := range have.args {
			if want.arg(a.name) == nil && a.typ.NonNull && a.def == nil {
				v.invalid(&a.element, "Make it nullable or give it a default.", "%q is required, but the interface %q does not have it", a.coordinate, iface.name)
			}
		}
	}
}

// subtype reports whether a value of type a can stand where b is asked for,
// within the subgraph.
func (s *subgraph) subtype(a, b *ast.Type) bool {
	if b.NonNull {
		if !a.NonNull {
			return false
		}
	}
	if (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return s.subtype(a.Elem, b.Elem)
	}
	if a.NamedType == b.NamedType {
		return true
	}
	super, sub := s.types[b.NamedType], s.types[a.NamedType]
	if super == nil || sub == nil {
		return false
	}
	switch super.kind {
	case ast.Interface:
		return sub.implements(super.name)
	case ast.Union:
		for _, m := range super.members {
			if m.name == sub.name {
				return true
			}
		}
	}
	return false
}
