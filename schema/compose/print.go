package compose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema/link"
)

// document makes the supergraph's document: the schema with its links, the
// directives and the types by name.
func (c *composer) document() *ast.SchemaDocument {
	doc, err := parser.ParseSchema(&ast.Source{Input: joinDefinitions})
	if err != nil {
		// Reached only if joinDefinitions, a constant, is not SDL.
		c.fail(problem{code: codeInternal}, "The definitions of the join specification cannot be read: %v.", err)
		return nil
	}
	specs := slices.Sorted(maps.Keys(c.merged.specs))
	var own ast.DirectiveDefinitionList
	if c.merged.specs["context"] {
		// The two come together, the second under its prefixed name.
		fromContext := specDefinition("fromContext")
		fromContext.Name = "context__fromContext"
		own = append(own, fromContext)
	}
	for _, name := range specs {
		if d := specDefinition(name); d != nil {
			own = append(own, d)
		}
	}
	doc.Directives = slices.Concat(doc.Directives, own, c.merged.directives)
	doc.Definitions = append(doc.Definitions, c.graphEnum())
	doc.Definitions = append(doc.Definitions, specScalars(own)...)
	for _, def := range c.merged.types {
		doc.Definitions = append(doc.Definitions, def)
	}
	slices.SortFunc(doc.Directives, func(a, b *ast.DirectiveDefinition) int { return compareNames(a.Name, b.Name) })
	slices.SortFunc(doc.Definitions, func(a, b *ast.Definition) int { return compareNames(a.Name, b.Name) })

	top := &ast.SchemaDefinition{Directives: slices.Concat(c.links(specs), c.merged.schema)}
	for _, r := range roots() {
		if c.merged.types[r.name] != nil {
			top.OperationTypes = append(top.OperationTypes, &ast.OperationTypeDefinition{Operation: r.operation, Type: r.name})
		}
	}
	doc.Schema = ast.SchemaDefinitionList{top}
	return doc
}

// print writes a document in the order in which its elements stand. size is
// about how many bytes that takes.
func print(doc *ast.SchemaDocument, size int) string {
	var p printer
	p.Grow(size)
	for _, s := range doc.Schema {
		p.schema(s)
	}
	for _, d := range doc.Directives {
		p.directiveDefinition(d)
	}
	for _, def := range doc.Definitions {
		p.definition(def)
	}
	return p.String()
}

// compareNames orders names without regard to case first.
func compareNames(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

// specDefinition gives the definition of a directive that a companion of the
// federation specification defines; nil for GraphQL's own.
func specDefinition(name string) *ast.DirectiveDefinition {
	u, ok := link.Companion(name)
	if !ok || joined(name) {
		return nil
	}
	d := link.SpecOf(u).Directive(name)
	def := &ast.DirectiveDefinition{Name: d.Name, Locations: d.Locations, IsRepeatable: d.Repeatable}
	for _, a := range d.Arguments {
		arg := &ast.ArgumentDefinition{Name: a.Name, Type: prefixed(parseType(a.Type), u.Name)}
		if a.Default != "" {
			arg.DefaultValue = enumValue(a.Default)
		}
		def.Arguments = append(def.Arguments, arg)
	}
	return def
}

// prefixed gives the type under the names that a specification's own types have
// in a schema that does not import them.
func prefixed(t *ast.Type, prefix string) *ast.Type {
	out := *t
	if t.Elem != nil {
		out.Elem = prefixed(t.Elem, prefix)
	} else if !builtInScalar(t.NamedType) {
		out.NamedType = prefix + "__" + t.NamedType
	}
	return &out
}

// specScalars gives the scalars that specifications define for the arguments of
// their directives.
func specScalars(directives ast.DirectiveDefinitionList) []*ast.Definition {
	var all []*ast.Definition
	for _, d := range directives {
		for _, a := range d.Arguments {
			if name := a.Type.Name(); strings.Contains(name, "__") {
				all = append(all, &ast.Definition{Kind: ast.Scalar, Name: name})
			}
		}
	}
	return all
}

// links gives the @link directives of the supergraph.
func (c *composer) links(specs []string) ast.DirectiveList {
	base := link.URL{Identity: link.IdentityLink, Version: link.Version{Major: 1}}
	join := link.URL{Identity: link.IdentityJoin, Version: link.Version{Minor: 5}}
	all := ast.DirectiveList{
		directive("link", argument{"url", text(base.String())}),
		directive("link", argument{"url", text(join.String())}, argument{"for", enumValue("EXECUTION")}),
	}
	imports := map[link.URL][]string{}
	for _, name := range specs {
		if u, ok := link.Companion(name); ok {
			own := imports[u]
			if name != u.Name && !joined(name) {
				own = append(own, "@"+name)
			}
			imports[u] = own
		}
	}
	urls := slices.SortedFunc(maps.Keys(imports), func(a, b link.URL) int { return strings.Compare(a.Name, b.Name) })
	for _, u := range urls {
		args := []argument{{"url", text(u.String())}}
		if purpose := purposeOf(u.Identity); purpose != "" {
			args = append(args, argument{"for", enumValue(purpose)})
		}
		if names := imports[u]; len(names) > 0 {
			list := &ast.Value{Kind: ast.ListValue}
			for _, n := range names {
				list.Children = append(list.Children, &ast.ChildValue{Value: text(n)})
			}
			args = append(args, argument{"import", list})
		}
		all = append(all, directive("link", args...))
	}
	return append(all, c.customLinks()...)
}

// purposeOf says for what a gateway has to know the specification: it refuses
// the supergraph otherwise.
func purposeOf(identity string) string {
	switch identity {
	case link.IdentityInaccessible, link.IdentityAuthenticated, link.IdentityRequiresScopes, link.IdentityPolicy, link.IdentityContext:
		return "SECURITY"
	case link.IdentityCacheTag:
		return "EXECUTION"
	}
	return ""
}

func (c *composer) graphEnum() *ast.Definition {
	def := &ast.Definition{Kind: ast.Enum, Name: "join__Graph"}
	for _, s := range c.subgraphs {
		def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{
			Name:       s.graph,
			Directives: ast.DirectiveList{directive("join__graph", argument{"name", text(s.Name)}, argument{"url", text(s.URL)})},
		})
	}
	return def
}

// printer writes SDL.
type printer struct{ strings.Builder }

func (p *printer) schema(def *ast.SchemaDefinition) {
	p.WriteString("schema")
	for _, d := range def.Directives {
		p.WriteString("\n  " + directiveText(d))
	}
	p.WriteString("\n{\n")
	for _, o := range def.OperationTypes {
		fmt.Fprintf(p, "  %s: %s\n", o.Operation, o.Type)
	}
	p.WriteString("}\n")
}

func (p *printer) directiveDefinition(d *ast.DirectiveDefinition) {
	p.WriteString("\n")
	p.description(d.Description, "")
	p.WriteString("directive @" + d.Name)
	p.arguments(d.Arguments, "")
	if d.IsRepeatable {
		p.WriteString(" repeatable")
	}
	locations := make([]string, len(d.Locations))
	for i, l := range d.Locations {
		locations[i] = string(l)
	}
	p.WriteString(" on " + strings.Join(locations, " | ") + "\n")
}

func (p *printer) definition(def *ast.Definition) {
	p.WriteString("\n")
	p.description(def.Description, "")
	p.WriteString(keyword(def.Kind) + " " + def.Name)
	if len(def.Interfaces) > 0 {
		p.WriteString(" implements " + strings.Join(def.Interfaces, " & "))
	}
	for _, d := range def.Directives {
		p.WriteString("\n  " + directiveText(d))
	}
	block := len(def.Fields) > 0 || len(def.EnumValues) > 0
	switch {
	case block && len(def.Directives) > 0:
		p.WriteString("\n{\n")
	case block:
		p.WriteString(" {\n")
	}
	for i, f := range def.Fields {
		p.between(i, f.Description)
		p.description(f.Description, "  ")
		p.WriteString("  " + f.Name)
		p.arguments(f.Arguments, "  ")
		p.WriteString(": " + f.Type.String())
		p.rest(f.DefaultValue, f.Directives)
		p.WriteString("\n")
	}
	for i, v := range def.EnumValues {
		p.between(i, v.Description)
		p.description(v.Description, "  ")
		p.WriteString("  " + v.Name)
		p.rest(nil, v.Directives)
		p.WriteString("\n")
	}
	if block {
		p.WriteString("}")
	}
	if len(def.Types) > 0 {
		if len(def.Directives) > 0 {
			p.WriteString("\n ")
		}
		p.WriteString(" = " + strings.Join(def.Types, " | "))
	}
	p.WriteString("\n")
}

// between sets a described element apart from the one before it.
func (p *printer) between(i int, description string) {
	if i > 0 && description != "" {
		p.WriteString("\n")
	}
}

func keyword(kind ast.DefinitionKind) string {
	switch kind {
	case ast.Object:
		return "type"
	case ast.InputObject:
		return "input"
	}
	return strings.ToLower(string(kind))
}

func (p *printer) arguments(args ast.ArgumentDefinitionList, indent string) {
	if len(args) == 0 {
		return
	}
	if !slices.ContainsFunc(args, func(a *ast.ArgumentDefinition) bool { return a.Description != "" }) {
		for i, a := range args {
			p.WriteString([]string{"(", ", "}[min(i, 1)] + a.Name + ": " + a.Type.String())
			p.rest(a.DefaultValue, a.Directives)
		}
		p.WriteString(")")
		return
	}
	p.WriteString("(\n")
	for i, a := range args {
		p.between(i, a.Description)
		p.description(a.Description, indent+"  ")
		p.WriteString(indent + "  " + a.Name + ": " + a.Type.String())
		p.rest(a.DefaultValue, a.Directives)
		p.WriteString("\n")
	}
	p.WriteString(indent + ")")
}

func (p *printer) rest(def *ast.Value, directives ast.DirectiveList) {
	if def != nil {
		p.WriteString(" = " + valueText(def))
	}
	for _, d := range directives {
		p.WriteString(" " + directiveText(d))
	}
}

// description writes a block string, or a plain one where a block string would
// not give the same text back.
func (p *printer) description(text, indent string) {
	switch {
	case text == "":
		return
	case !blockSafe(text):
		p.WriteString(indent + (&ast.Value{Kind: ast.StringValue, Raw: text}).String() + "\n")
		return
	case !strings.Contains(text, "\n") && !strings.HasSuffix(text, `"`) && !strings.HasSuffix(text, `\`):
		p.WriteString(indent + `"""` + text + `"""` + "\n")
		return
	}
	p.WriteString(indent + `"""` + "\n")
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			p.WriteString(indent + line)
		}
		p.WriteString("\n")
	}
	p.WriteString(indent + `"""` + "\n")
}

// blockSafe reports whether a block string can hold the text: its lines are not
// all indented, none is blank at an end, and nothing in it needs an escape.
func blockSafe(text string) bool {
	lines := strings.Split(text, "\n")
	blank := func(line string) bool { return strings.Trim(line, " \t") == "" }
	if blank(lines[0]) || blank(lines[len(lines)-1]) || strings.Contains(text, `"""`) {
		return false
	}
	indented := true
	for _, line := range lines {
		if !blank(line) && line[0] != ' ' && line[0] != '\t' {
			indented = false
		}
	}
	return !indented && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffd })
}

func directiveText(d *ast.Directive) string {
	if len(d.Arguments) == 0 {
		return "@" + d.Name
	}
	args := make([]string, len(d.Arguments))
	for i, a := range d.Arguments {
		args[i] = a.Name + ": " + valueText(a.Value)
	}
	return "@" + d.Name + "(" + strings.Join(args, ", ") + ")"
}

// valueText writes a value as it stands, with spaces as Apollo's tools put them.
func valueText(v *ast.Value) string {
	switch v.Kind {
	case ast.ListValue, ast.ObjectValue:
		parts := make([]string, len(v.Children))
		for i, child := range v.Children {
			parts[i] = valueText(child.Value)
			if v.Kind == ast.ObjectValue {
				parts[i] = child.Name + ": " + parts[i]
			}
		}
		if v.Kind == ast.ListValue {
			return "[" + strings.Join(parts, ", ") + "]"
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.String()
}
