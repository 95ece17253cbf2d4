package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/link"
)

// subgraph is one subgraph's schema in the form that every stage works on:
// definitions and extensions joined, root types under their standard names,
// federation's machinery removed, and directives under their canonical names.
type subgraph struct {
	schema.Subgraph
	// graph is its value in the join__Graph enum.
	graph   string
	links   *link.Table
	version link.Version // of federation; zero for federation 1
	// upgraded says that the schema came from federation 1.
	upgraded bool
	types    map[string]*typeDef
	// order holds the types in the order in which the SDL names them.
	order      []*typeDef
	directives []*ast.DirectiveDefinition // that the subgraph defines for itself
	// onArguments holds what is applied to the arguments of directives.
	onArguments map[*ast.ArgumentDefinition][]*applied
	applied     []*applied // on the schema
	// renamed maps the subgraph's names of root types to the standard ones.
	renamed map[string]string
}

func (s *subgraph) federation1() bool { return s.version == link.Version{} }

// implementations gives the types that implement the interface, directly or
// not, in order.
func (s *subgraph) implementations(name string) []*typeDef {
	var all []*typeDef
	for _, t := range s.order {
		if t.implements(name) {
			all = append(all, t)
		}
	}
	return all
}

// possibleTypes gives the object types that a value of type t may have.
func (s *subgraph) possibleTypes(t *typeDef) []*typeDef {
	switch t.kind {
	case ast.Object:
		return []*typeDef{t}
	case ast.Interface:
		return slices.DeleteFunc(s.implementations(t.name), func(t *typeDef) bool { return t.kind != ast.Object })
	case ast.Union:
		var all []*typeDef
		for _, m := range t.members {
			if o := s.types[m.name]; o != nil && o.kind == ast.Object {
				all = append(all, o)
			}
		}
		return all
	}
	return nil
}

// element is what all named parts of a schema have in common.
type element struct {
	sub         *subgraph
	name        string
	coordinate  string
	description string
	pos         *ast.Position
	part        *part // the declaration that it stands in
	directives  []*applied
}

func (e *element) at() schema.Location { return e.sub.location(e.pos) }

// find gives the first application of a directive by its canonical name, or nil.
func (e *element) find(name string) *applied { return find(e.directives, name) }

func (e *element) has(name string) bool { return e.find(name) != nil }

func find(all []*applied, name string) *applied {
	for _, a := range all {
		if a.name == name {
			return a
		}
	}
	return nil
}

// applied is a directive on an element.
type applied struct {
	// name is the canonical name of a directive of federation, of one of its
	// companions, or of GraphQL itself; empty for any other directive.
	name string
	// local is the name in the SDL.
	local   string
	feature *link.Feature // nil where no @link brings the directive
	// unasked says that the directive is composed, but not because this subgraph
	// wants it: it only joins the applications of those that do.
	unasked bool
	args    ast.ArgumentList
	pos     *ast.Position
	part    *part // the declaration that it stands in
}

// part is one declaration of a type: its definition or one of its extensions.
type part struct{ extension bool }

// text gives a string argument, or empty.
func (a *applied) text(name string) string {
	if arg := a.args.ForName(name); arg != nil && isString(arg.Value) {
		return arg.Value.Raw
	}
	return ""
}

// flag gives a boolean argument, or its default.
func (a *applied) flag(name string, otherwise bool) bool {
	if arg := a.args.ForName(name); arg != nil && arg.Value != nil && arg.Value.Kind == ast.BooleanValue {
		return arg.Value.Raw == "true"
	}
	return otherwise
}

func isString(v *ast.Value) bool {
	return v != nil && (v.Kind == ast.StringValue || v.Kind == ast.BlockValue)
}

// reference is a use of a type's name: an implemented interface or a member.
type reference struct {
	name string
	pos  *ast.Position
}

// typeDef is a type of one subgraph.
type typeDef struct {
	element
	kind ast.DefinitionKind
	// extension says that the subgraph only extends the type: it has no
	// definition, or one that is marked @extends.
	extension bool
	// defined says that there is a definition, marked @extends or not.
	defined    bool
	interfaces []reference
	fields     []*fieldDef // of objects, interfaces and inputs
	byName     map[string]*fieldDef
	members    []reference
	values     []*valueDef
	keys       []*key
}

func (t *typeDef) implements(name string) bool {
	return slices.ContainsFunc(t.interfaces, func(r reference) bool { return r.name == name })
}

func (t *typeDef) value(name string) *valueDef {
	for _, v := range t.values {
		if v.name == name {
			return v
		}
	}
	return nil
}

func (t *typeDef) isInterfaceObject() bool { return t.kind == ast.Object && t.has("interfaceObject") }

// composite reports whether selections go below a value of the type.
func (t *typeDef) composite() bool {
	return t.kind == ast.Object || t.kind == ast.Interface || t.kind == ast.Union
}

// key is one @key of a type.
type key struct {
	at         *applied
	fields     string // as written
	resolvable bool
}

// fieldDef is a field of an object, an interface or an input.
type fieldDef struct {
	element
	parent *typeDef
	typ    *ast.Type
	args   []*argDef
	def    *ast.Value // an input field's default

	// What external.go works out.
	external  bool // declared here, resolved elsewhere
	provided  bool // external, and part of some @provides
	used      bool // part of a field set, or demanded by an interface
	keyField  bool // part of a @key
	shareable bool

	// What override.go works out.
	override override
}

func (f *fieldDef) arg(name string) *argDef {
	for _, a := range f.args {
		if a.name == name {
			return a
		}
	}
	return nil
}

// resolves reports whether the subgraph answers the field at least on some way.
func (f *fieldDef) resolves() bool {
	return (!f.external || f.provided) && f.override.state == notOverridden
}

// argDef is an argument of a field.
type argDef struct {
	element
	typ *ast.Type
	def *ast.Value
}

// valueDef is a value of an enum.
type valueDef struct{ element }
