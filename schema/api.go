package schema

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// buildSchema makes gqlparser's schema of the document without the machinery of
// the linked specifications; with api set, also without what is @inaccessible.
// The document itself stays as it is.
func (l *loader) buildSchema(api bool) (*ast.Schema, error) {
	b := &schemaBuilder{features: l.features, api: api, hidden: map[string]bool{}}
	for _, d := range l.doc.Definitions {
		if api && b.isHidden(d.Directives) {
			b.hidden[d.Name] = true
		}
	}
	doc := validator.PreludeDocument()
	for _, d := range l.doc.Definitions {
		if l.isMachinery(d) || b.hidden[d.Name] || slices.Contains(builtInScalars(), d.Name) {
			continue
		}
		doc.Definitions = append(doc.Definitions, b.definition(d))
	}
	for _, d := range l.doc.Directives {
		if kept := b.directiveDefinition(d); kept != nil {
			doc.Directives = append(doc.Directives, kept)
		}
	}
	doc.Schema = b.roots(l.doc)
	schema, err := validator.ValidateSchemaDocument(doc)
	if err != nil {
		return nil, fromParser(err, "")
	}
	if schema.Query == nil {
		return nil, invalid(nil, "the supergraph has no query root type")
	}
	return schema, nil
}

// schemaBuilder copies definitions, leaving out what its schema must not have.
type schemaBuilder struct {
	features features
	api      bool
	hidden   map[string]bool
}

func (b *schemaBuilder) isHidden(ds ast.DirectiveList) bool {
	return b.api && b.features.has(ds, "inaccessible", "inaccessible")
}

// roots keeps the root operation types and the description of the schema definition.
func (b *schemaBuilder) roots(doc *ast.SchemaDocument) ast.SchemaDefinitionList {
	out := &ast.SchemaDefinition{}
	for _, s := range slices.Concat(doc.Schema, doc.SchemaExtension) {
		if out.Description == "" {
			out.Description, out.Position = s.Description, s.Position
		}
		for _, o := range s.OperationTypes {
			if !b.hidden[o.Type] {
				out.OperationTypes = append(out.OperationTypes, o)
			}
		}
	}
	if len(out.OperationTypes) == 0 {
		return nil // the roots go by their usual names
	}
	return ast.SchemaDefinitionList{out}
}

func (b *schemaBuilder) definition(d *ast.Definition) *ast.Definition {
	c := *d
	c.Directives = b.directives(d.Directives)
	c.Interfaces = slices.DeleteFunc(slices.Clone(d.Interfaces), func(name string) bool { return b.hidden[name] })
	c.Types = slices.DeleteFunc(slices.Clone(d.Types), func(name string) bool { return b.hidden[name] })
	c.TypePositions = nil
	c.Fields = nil
	for _, f := range d.Fields {
		if b.isHidden(f.Directives) {
			continue
		}
		cf := *f
		cf.Directives = b.directives(f.Directives)
		cf.Arguments = b.arguments(f.Arguments)
		c.Fields = append(c.Fields, &cf)
	}
	c.EnumValues = nil
	for _, v := range d.EnumValues {
		if b.isHidden(v.Directives) {
			continue
		}
		cv := *v
		cv.Directives = b.directives(v.Directives)
		c.EnumValues = append(c.EnumValues, &cv)
	}
	return &c
}

func (b *schemaBuilder) arguments(args ast.ArgumentDefinitionList) ast.ArgumentDefinitionList {
	var out ast.ArgumentDefinitionList
	for _, a := range args {
		if b.isHidden(a.Directives) {
			continue
		}
		ca := *a
		ca.Directives = b.directives(a.Directives)
		out = append(out, &ca)
	}
	return out
}

// directives keeps GraphQL's own directives, those that no specification
// defines and, outside the API schema, @cost and @listSize under these names.
func (b *schemaBuilder) directives(ds ast.DirectiveList) ast.DirectiveList {
	var out ast.DirectiveList
	for _, d := range ds {
		name, keep := b.keeps(d.Name)
		if !keep {
			continue
		}
		c := *d
		c.Name = name
		out = append(out, &c)
	}
	return out
}

func (b *schemaBuilder) keeps(directive string) (name string, keep bool) {
	f, own := b.features.directive(directive)
	switch {
	case f == nil:
		return directive, true
	case f.identity == apolloSpecs+"cost" && !b.api:
		return own, true
	}
	return "", false
}

func (b *schemaBuilder) directiveDefinition(d *ast.DirectiveDefinition) *ast.DirectiveDefinition {
	name, keep := b.keeps(d.Name)
	if !keep {
		return nil
	}
	c := *d
	c.Name = name
	c.Directives = b.directives(d.Directives)
	c.Arguments = b.arguments(d.Arguments)
	return &c
}
