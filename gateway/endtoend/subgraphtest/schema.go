package subgraphtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// subgraphSchema is a subgraph's schema with what federation adds to it.
type subgraphSchema struct {
	*ast.Schema
	sdl string
	// keys are the field sets of the resolvable keys, by type.
	keys map[string][]ast.SelectionSet
}

// loadSchema reads a subgraph's SDL and adds _service and _entities.
func loadSchema(name, sdl string) (*subgraphSchema, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: name, Input: sdl})
	if err != nil {
		return nil, fmt.Errorf("the SDL of %s: %w", name, err)
	}
	out := &subgraphSchema{sdl: sdl, keys: map[string][]ast.SelectionSet{}}
	query := rootName(doc)
	var entities []string
	for _, def := range slices.Concat(doc.Definitions, doc.Extensions) {
		for _, key := range def.Directives {
			if key.Name != "key" && key.Name != "federation__key" {
				continue
			}
			if def.Kind == ast.Object && !slices.Contains(entities, def.Name) {
				entities = append(entities, def.Name)
			}
			if a := key.Arguments.ForName("resolvable"); a != nil && a.Value.Raw == "false" {
				continue
			}
			fields, err := parser.ParseQuery(&ast.Source{Input: "{" + key.Arguments.ForName("fields").Value.Raw + "}"})
			if err != nil {
				return nil, fmt.Errorf("a key of %s.%s: %w", name, def.Name, err)
			}
			out.keys[def.Name] = append(out.keys[def.Name], fields.Operations[0].SelectionSet)
		}
	}
	removeDirectives(doc)
	// The built-in types must come first in the order of validation.
	merged, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: "federation", Input: federation(query, entities)})
	if err != nil {
		return nil, err
	}
	merged.Merge(doc)
	if out.Schema, err = validator.ValidateSchemaDocument(merged); err != nil {
		return nil, fmt.Errorf("the SDL of %s: %w", name, err)
	}
	return out, nil
}

// rootName gives the name of the query type, which need not be in the SDL.
func rootName(doc *ast.SchemaDocument) string {
	for _, s := range slices.Concat(doc.Schema, doc.SchemaExtension) {
		for _, root := range s.OperationTypes {
			if root.Operation == ast.Query {
				return root.Type
			}
		}
	}
	return "Query"
}

// federation is what every subgraph has beside its own schema.
func federation(query string, entities []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "type _Service { sdl: String! }\nextend type %s { _service: _Service! }\n", query)
	if len(entities) > 0 {
		fmt.Fprintf(&b, "scalar _Any\nunion _Entity = %s\nextend type %s { _entities(representations: [_Any!]!): [_Entity]! }\n",
			strings.Join(entities, " | "), query)
	}
	return b.String()
}

// removeDirectives takes off what only composition reads, so that nothing must
// define it.
func removeDirectives(doc *ast.SchemaDocument) {
	own := func(list ast.DirectiveList) ast.DirectiveList {
		return slices.DeleteFunc(list, func(d *ast.Directive) bool {
			return d.Name != "deprecated" && d.Name != "specifiedBy" && d.Name != "oneOf"
		})
	}
	doc.Directives = nil
	for _, s := range slices.Concat(doc.Schema, doc.SchemaExtension) {
		s.Directives = nil
	}
	// A schema extension needs nothing to extend in a subgraph.
	if len(doc.Schema) == 0 {
		for _, s := range doc.SchemaExtension {
			if len(s.OperationTypes) > 0 {
				doc.Schema = append(doc.Schema, s)
			}
		}
		doc.SchemaExtension = nil
	}
	for _, def := range slices.Concat(doc.Definitions, doc.Extensions) {
		def.Directives = own(def.Directives)
		for _, f := range def.Fields {
			f.Directives = own(f.Directives)
			for _, a := range f.Arguments {
				a.Directives = own(a.Directives)
			}
		}
		for _, v := range def.EnumValues {
			v.Directives = own(v.Directives)
		}
	}
}
