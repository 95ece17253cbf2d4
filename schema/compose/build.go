package compose

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/link"
)

// parse reads every subgraph's SDL and its links, and builds its model.
func (c *composer) parse() {
	c.eachSubgraph((*composer).parseSubgraph)
}

// eachSubgraph does what one subgraph has alone, for all of them side by side,
// each with a composer that has only the options. What they find is kept in the
// order of the subgraphs.
func (c *composer) eachSubgraph(work func(alone *composer, s *subgraph)) {
	alone := make([]composer, len(c.subgraphs))
	var running sync.WaitGroup
	for i, s := range c.subgraphs {
		alone[i].options = c.options
		running.Go(func() {
			defer alone[i].survive([]schema.Location{s.location(nil)}, "subgraph %q from being read", s.Name)
			work(&alone[i], s)
		})
	}
	running.Wait()
	for i := range alone {
		c.errs = append(c.errs, alone[i].errs...)
		c.hints = append(c.hints, alone[i].hints...)
	}
}

// survive is deferred in a goroutine of composing: nobody above it can recover
// what happens there, and what a team registers must not end a gateway.
func (c *composer) survive(at []schema.Location, what string, args ...any) {
	if mistake := recover(); mistake != nil {
		c.fail(problem{code: codeInternal, at: at, fix: "Please report it, with the schema."},
			"A mistake in Weft, not in the schema, keeps %s: %v.", fmt.Sprintf(what, args...), mistake)
	}
}

func (c *composer) parseSubgraph(s *subgraph) {
	doc := c.parseSDL(s)
	if doc == nil {
		return
	}
	if s.links, c.errs = link.Read(doc, s.location); len(c.errs) > 0 {
		return
	}
	if f := s.links.Federation(); f != nil {
		s.version = f.URL.Version
	}
	b := &builder{c: c, s: s, doc: doc, spec: link.Federation1()}
	b.build()
}

func (c *composer) parseSDL(s *subgraph) *ast.SchemaDocument {
	if len(s.SDL) > c.options.MaxSDLBytes {
		c.fail(problem{code: codeInvalidGraphQL, at: []schema.Location{s.location(nil)}, fix: "Raise the limit or make the schema smaller."},
			"The SDL of subgraph %q has %d bytes, more than the limit of %d.", s.Name, len(s.SDL), c.options.MaxSDLBytes)
		return nil
	}
	doc, err := parser.ParseSchemaWithLimit(&ast.Source{Name: s.File, Input: s.SDL}, c.options.MaxTokens)
	if err == nil {
		return doc
	}
	at := s.location(nil)
	message := err.Error()
	if e, ok := errors.AsType[*gqlerror.Error](err); ok {
		message = e.Message
		if len(e.Locations) > 0 {
			at.Line, at.Column = e.Locations[0].Line, e.Locations[0].Column
		}
	}
	c.fail(problem{code: codeInvalidGraphQL, at: []schema.Location{at}}, "The SDL of subgraph %q is not valid: %s.", s.Name, strings.TrimRight(message, "."))
	return nil
}

// builder turns a parsed document into the subgraph's model.
type builder struct {
	c    *composer
	s    *subgraph
	doc  *ast.SchemaDocument
	spec *link.Spec // what a federation 1 schema may use without a link
}

func (b *builder) build() {
	b.findRoots()
	for _, defs := range []ast.SchemaDefinitionList{b.doc.Schema, b.doc.SchemaExtension} {
		for _, def := range defs {
			b.s.applied = append(b.s.applied, b.applications(def.Directives, &part{})...)
		}
	}
	for _, def := range b.doc.Definitions {
		b.addType(def, false)
	}
	for _, def := range b.doc.Extensions {
		b.addType(def, true)
	}
	known := map[string]bool{} // the specifications' own elements that are defined
	for _, def := range b.doc.Definitions {
		if b.machinery(def.Name) && known[def.Name] {
			b.invalid(def.Position, def.Name, "Remove one.", "Subgraph %q defines the type %q twice.", b.s.Name, def.Name)
		}
		known[def.Name] = true
	}
	for _, d := range b.doc.Directives {
		if spec := b.specOf(d.Name); spec != nil {
			if known["@"+d.Name] {
				b.invalid(d.Position, "@"+d.Name, "Remove one.", "Subgraph %q defines @%s twice.", b.s.Name, d.Name)
			}
			known["@"+d.Name] = true
			b.checkDefinition(d, spec)
		} else if !b.machinery("@"+d.Name) && !specified(d.Name) {
			b.addDirective(d)
		}
	}
	for _, d := range b.doc.DirectiveExtensions {
		b.invalid(d.Position, "@"+d.Name, "Write the directives on its definition.", "Extending the directive @%s is not supported.", d.Name)
	}
	query := b.s.types["Query"]
	if query == nil {
		// Every subgraph has a Query, if only for federation's own root fields.
		b.newType("Query", ast.Object, nil)
	}
}

func (b *builder) invalid(pos *ast.Position, coordinate, fix, format string, args ...any) {
	b.c.fail(problem{code: codeInvalidGraphQL, coordinate: coordinate, at: []schema.Location{b.s.location(pos)}, fix: fix}, format, args...)
}

// findRoots finds which types are the roots and prepares their renaming.
func (b *builder) findRoots() {
	b.s.renamed = map[string]string{}
	named := map[ast.Operation]*ast.OperationTypeDefinition{}
	for i, defs := range []ast.SchemaDefinitionList{b.doc.Schema, b.doc.SchemaExtension} {
		for j, def := range defs {
			if i == 0 && j > 0 {
				b.invalid(def.Position, "", "Keep one and merge the others into it.", "Subgraph %q defines its schema more than once.", b.s.Name)
			}
			for _, op := range def.OperationTypes {
				if named[op.Operation] != nil {
					b.invalid(op.Position, "", "Name one type.", "Subgraph %q names more than one %s type.", b.s.Name, op.Operation)
					continue
				}
				named[op.Operation] = op
			}
		}
	}
	declared := map[string]bool{}
	for _, defs := range []ast.DefinitionList{b.doc.Definitions, b.doc.Extensions} {
		for _, def := range defs {
			declared[def.Name] = true
		}
	}
	for _, root := range roots() {
		op := named[root.operation]
		if op == nil || op.Type == root.name {
			continue
		}
		if prior, twice := b.s.renamed[op.Type]; twice {
			b.invalid(op.Position, op.Type, "Use one type for each kind of operation.", "Subgraph %q uses the type %q both as %s and as %s.", b.s.Name, op.Type, prior, root.name)
			continue
		}
		if declared[root.name] {
			b.c.fail(problem{
				code: schema.Code("ROOT_" + strings.ToUpper(root.name) + "_USED"), coordinate: root.name,
				at: []schema.Location{b.s.location(op.Position)}, fix: fmt.Sprintf("Rename the type %s, or make it the %s type.", root.name, root.operation),
			}, "Subgraph %q has a type called %s that is not its %s type: %q is.", b.s.Name, root.name, root.operation, op.Type)
			continue
		}
		b.s.renamed[op.Type] = root.name
	}
}

type root struct {
	operation ast.Operation
	name      string
}

func roots() []root {
	return []root{{ast.Query, "Query"}, {ast.Mutation, "Mutation"}, {ast.Subscription, "Subscription"}}
}

func isRoot(name string) bool {
	return name == "Query" || name == "Mutation" || name == "Subscription"
}

// machinery reports whether a name stands for federation's own element, which
// the supergraph does not have.
func (b *builder) machinery(local string) bool {
	e, ok := b.s.links.Resolve(local)
	if ok {
		return e.Feature.Spec != nil
	}
	switch local {
	case "_Any", "_Entity", "_Service":
		return true
	}
	if !b.s.federation1() {
		return false
	}
	if name, directive := strings.CutPrefix(local, "@"); directive {
		return b.spec.Directive(name) != nil
	}
	return b.spec.Type(local)
}

// specified reports whether GraphQL itself defines the directive.
func specified(name string) bool {
	switch name {
	case "skip", "include", "deprecated", "specifiedBy", "oneOf", "defer", "stream":
		return true
	}
	return false
}

func builtInScalar(name string) bool {
	switch name {
	case "Int", "Float", "String", "Boolean", "ID":
		return true
	}
	return false
}

func (b *builder) rename(name string) string {
	if to, ok := b.s.renamed[name]; ok {
		return to
	}
	return name
}

func (b *builder) applications(list ast.DirectiveList, in *part) []*applied {
	var all []*applied
	for _, d := range list {
		pos := *d.Position
		pos.Column = max(pos.Column-1, 1) // the @, which stands before the name
		a := &applied{local: d.Name, args: d.Arguments, pos: &pos, part: in}
		if e, ok := b.s.links.Resolve("@" + d.Name); ok {
			a.feature = e.Feature
			if name := strings.TrimPrefix(e.Name, "@"); b.brings(e.Feature, name) {
				a.name = name
			}
		}
		switch {
		case a.name != "":
		case specified(d.Name) || b.s.federation1() && b.spec.Directive(d.Name) != nil:
			a.name = d.Name
		case a.feature == nil && d.Name == "cacheControl":
			// Apollo Server's own: subgraphs define it without a link.
			a.name = d.Name
		}
		all = append(all, a)
	}
	return all
}

// brings reports whether the feature defines the directive in this subgraph. The
// companions of federation 2 do so only beside it, or where the link specification
// itself is linked.
func (b *builder) brings(f *link.Feature, directive string) bool {
	if f.Spec == nil || f.Spec.Directive(directive) == nil {
		return false
	}
	base := b.s.links.Feature(link.IdentityLink)
	return !b.s.federation1() || base != nil && base.Position != nil || f == base || f.URL.Identity == link.IdentityWeft || f.URL.Identity == link.IdentityCore
}

func (b *builder) addDirective(d *ast.DirectiveDefinition) {
	for _, other := range b.s.directives {
		if other.Name == d.Name {
			b.invalid(d.Position, "@"+d.Name, "Remove one.", "Subgraph %q defines @%s twice.", b.s.Name, d.Name)
			return
		}
	}
	for _, a := range d.Arguments {
		a.Type = b.renameType(a.Type)
		if len(a.Directives) > 0 {
			b.s.onArguments[a] = b.applications(a.Directives, &part{})
		}
	}
	b.s.directives = append(b.s.directives, d)
}

func (b *builder) newType(name string, kind ast.DefinitionKind, pos *ast.Position) *typeDef {
	t := &typeDef{kind: kind, extension: pos != nil, byName: map[string]*fieldDef{}}
	t.element = element{sub: b.s, name: name, coordinate: name, pos: pos}
	b.s.types[name] = t
	b.s.order = append(b.s.order, t)
	return t
}

// addType adds a definition or an extension to the type of that name.
func (b *builder) addType(def *ast.Definition, extension bool) {
	if b.machinery(def.Name) || builtInScalar(def.Name) {
		b.checkType(def)
		if a := find(b.applications(def.Directives, &part{}), "inaccessible"); a != nil {
			b.c.fail(problem{code: codeDisallowedInaccessible, coordinate: def.Name, at: at(b.s, a.pos), fix: "Remove it."},
				"In subgraph %q, the built-in type %q is marked @%s.", b.s.Name, def.Name, a.local)
		}
		return
	}
	name := b.rename(def.Name)
	t := b.s.types[name]
	switch {
	case t == nil:
		t = b.newType(name, def.Kind, def.Position)
	case t.kind != def.Kind:
		code := codeInvalidGraphQL
		if extension {
			code = codeExtensionOfWrongKind
		}
		b.c.fail(problem{code: code, coordinate: name, at: []schema.Location{b.s.location(def.Position), t.at()}, fix: "Use one kind."},
			"Subgraph %q declares %q both as %s and as %s.", b.s.Name, name, kindName(def.Kind), kindName(t.kind))
		return
	case !extension:
		b.invalid(def.Position, name, "Remove one, or make it an extension.", "Subgraph %q defines the type %q twice.", b.s.Name, name)
		return
	}
	if !extension {
		t.extension, t.defined = false, true
		t.description = def.Description
	}
	in := &part{extension: extension}
	t.directives = append(t.directives, b.applications(def.Directives, in)...)
	if t.has("extends") {
		t.extension = true
	}
	b.addParts(t, def, in)
}

func (b *builder) addParts(t *typeDef, def *ast.Definition, in *part) {
	for _, i := range def.Interfaces {
		if t.implements(i) {
			b.invalid(def.Position, t.name, "Name it once.", "Subgraph %q makes %q implement %q twice.", b.s.Name, t.name, i)
			continue
		}
		t.interfaces = append(t.interfaces, reference{b.rename(i), def.Position})
	}
	for i, m := range def.Types {
		pos := def.Position
		if i < len(def.TypePositions) {
			pos = def.TypePositions[i]
		}
		t.members = append(t.members, reference{b.rename(m), pos})
	}
	for _, v := range def.EnumValues {
		if t.value(v.Name) != nil {
			b.invalid(v.Position, t.name+"."+v.Name, "Remove one.", "Subgraph %q gives the enum %q the value %s twice.", b.s.Name, t.name, v.Name)
			continue
		}
		t.values = append(t.values, &valueDef{b.element(v.Name, t.name+"."+v.Name, v.Description, v.Position, v.Directives, in)})
	}
	for _, f := range def.Fields {
		b.addField(t, f, in)
	}
}

func (b *builder) element(name, coordinate, description string, pos *ast.Position, directives ast.DirectiveList, in *part) element {
	return element{sub: b.s, name: name, coordinate: coordinate, description: description, pos: pos, part: in, directives: b.applications(directives, in)}
}

func (b *builder) addField(t *typeDef, def *ast.FieldDefinition, in *part) {
	if t.name == "Query" && t.kind == ast.Object && (def.Name == "_service" || def.Name == "_entities") {
		return
	}
	if t.byName[def.Name] != nil {
		b.invalid(def.Position, t.name+"."+def.Name, "Remove one.", "Subgraph %q declares the field %q twice.", b.s.Name, t.name+"."+def.Name)
		return
	}
	f := &fieldDef{parent: t, typ: b.renameType(def.Type), def: def.DefaultValue}
	f.element = b.element(def.Name, t.name+"."+def.Name, def.Description, def.Position, def.Directives, in)
	for _, a := range def.Arguments {
		if f.arg(a.Name) != nil {
			b.invalid(a.Position, f.coordinate, "Remove one.", "Subgraph %q gives the field %q the argument %q twice.", b.s.Name, f.coordinate, a.Name)
			continue
		}
		f.args = append(f.args, &argDef{
			element: b.element(a.Name, fmt.Sprintf("%s(%s:)", f.coordinate, a.Name), a.Description, a.Position, a.Directives, in),
			typ:     b.renameType(a.Type), def: a.DefaultValue,
		})
	}
	t.fields = append(t.fields, f)
	t.byName[f.name] = f
}

// renameType gives the type with root types under their standard names.
func (b *builder) renameType(t *ast.Type) *ast.Type {
	if t == nil || len(b.s.renamed) == 0 {
		return t
	}
	out := *t
	out.NamedType = b.rename(t.NamedType)
	out.Elem = b.renameType(t.Elem)
	return &out
}

func kindName(kind ast.DefinitionKind) string {
	switch kind {
	case ast.Object:
		return "an object type"
	case ast.Interface:
		return "an interface"
	case ast.Union:
		return "a union"
	case ast.Enum:
		return "an enum"
	case ast.InputObject:
		return "an input type"
	}
	return "a scalar"
}
