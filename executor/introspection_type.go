package executor

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
)

// named writes a named type, __Type without a wrapper; nil is null.
func (n *introspection) named(f *operation.Field, d *ast.Definition) {
	if d == nil {
		n.null()
		return
	}
	n.object(f.Selections, func(f *operation.Field) {
		switch f.Name {
		case "kind":
			n.text(string(d.Kind))
		case "name":
			n.text(d.Name)
		case "description":
			n.textOrNull(d.Description)
		case "specifiedByURL":
			n.textOrNull(argumentText(d.Directives, "specifiedBy", "url"))
		case "isOneOf":
			n.oneOf(d)
		case "fields":
			n.fields(f, d)
		case "interfaces":
			n.interfaces(f, d)
		case "possibleTypes":
			if d.IsAbstractType() {
				listOf(n, n.possible(d), func(t *ast.Definition) { n.named(f, t) })
				return
			}
			n.null()
		case "enumValues":
			n.enumValues(f, d)
		case "inputFields":
			n.inputFields(f, d)
		default:
			n.null()
		}
	})
}

func (n *introspection) oneOf(d *ast.Definition) {
	if d.Kind != ast.InputObject {
		n.null()
		return
	}
	n.boolean(d.Directives.ForName("oneOf") != nil)
}

func (n *introspection) interfaces(f *operation.Field, d *ast.Definition) {
	if d.Kind != ast.Object && d.Kind != ast.Interface {
		n.null()
		return
	}
	listOf(n, d.Interfaces, func(name string) { n.named(f, n.schema.Types[name]) })
}

// fields writes the fields of an object or interface; those that begin with __
// are the specification's own and never listed.
func (n *introspection) fields(f *operation.Field, d *ast.Definition) {
	if d.Kind != ast.Object && d.Kind != ast.Interface {
		n.null()
		return
	}
	all := n.booleanArgument(f, "includeDeprecated")
	fields := slices.DeleteFunc(slices.Clone(d.Fields), func(fd *ast.FieldDefinition) bool {
		_, deprecated := deprecation(fd.Directives)
		return strings.HasPrefix(fd.Name, "__") || deprecated && !all
	})
	listOf(n, fields, func(fd *ast.FieldDefinition) {
		n.object(f.Selections, func(f *operation.Field) {
			switch f.Name {
			case "name":
				n.text(fd.Name)
			case "description":
				n.textOrNull(fd.Description)
			case "args":
				n.arguments(f, fd.Arguments)
			case "type":
				n.ofType(f, fd.Type)
			default:
				n.deprecated(f, fd.Directives)
			}
		})
	})
}

// deprecated writes isDeprecated and deprecationReason.
func (n *introspection) deprecated(f *operation.Field, ds ast.DirectiveList) {
	switch f.Name {
	case "isDeprecated":
		_, deprecated := deprecation(ds)
		n.boolean(deprecated)
	case "deprecationReason":
		n.deprecationReason(ds)
	default:
		n.null()
	}
}

func (n *introspection) enumValues(f *operation.Field, d *ast.Definition) {
	if d.Kind != ast.Enum {
		n.null()
		return
	}
	all := n.booleanArgument(f, "includeDeprecated")
	values := slices.DeleteFunc(slices.Clone(d.EnumValues), func(v *ast.EnumValueDefinition) bool {
		_, deprecated := deprecation(v.Directives)
		return deprecated && !all
	})
	listOf(n, values, func(v *ast.EnumValueDefinition) {
		n.object(f.Selections, func(f *operation.Field) {
			switch f.Name {
			case "name":
				n.text(v.Name)
			case "description":
				n.textOrNull(v.Description)
			default:
				n.deprecated(f, v.Directives)
			}
		})
	})
}

// inputValue is what arguments and input fields have in common.
type inputValue struct {
	name, description string
	t                 *ast.Type
	fallback          *ast.Value
	directives        ast.DirectiveList
}

func (n *introspection) inputFields(f *operation.Field, d *ast.Definition) {
	if d.Kind != ast.InputObject {
		n.null()
		return
	}
	var values []inputValue
	for _, fd := range d.Fields {
		values = append(values, inputValue{fd.Name, fd.Description, fd.Type, fd.DefaultValue, fd.Directives})
	}
	n.inputValues(f, values)
}

func (n *introspection) arguments(f *operation.Field, args ast.ArgumentDefinitionList) {
	var values []inputValue
	for _, a := range args {
		values = append(values, inputValue{a.Name, a.Description, a.Type, a.DefaultValue, a.Directives})
	}
	n.inputValues(f, values)
}

func (n *introspection) inputValues(f *operation.Field, values []inputValue) {
	all := n.booleanArgument(f, "includeDeprecated")
	values = slices.DeleteFunc(values, func(v inputValue) bool {
		_, deprecated := deprecation(v.directives)
		return deprecated && !all
	})
	listOf(n, values, func(v inputValue) {
		n.object(f.Selections, func(f *operation.Field) {
			switch f.Name {
			case "name":
				n.text(v.name)
			case "description":
				n.textOrNull(v.description)
			case "type":
				n.ofType(f, v.t)
			case "defaultValue":
				if v.fallback == nil {
					n.null()
					return
				}
				n.text(v.fallback.String())
			default:
				n.deprecated(f, v.directives)
			}
		})
	})
}

func (n *introspection) directive(f *operation.Field, d *ast.DirectiveDefinition) {
	n.object(f.Selections, func(f *operation.Field) {
		switch f.Name {
		case "name":
			n.text(d.Name)
		case "description":
			n.textOrNull(d.Description)
		case "isRepeatable":
			n.boolean(d.IsRepeatable)
		case "locations":
			listOf(n, d.Locations, func(l ast.DirectiveLocation) { n.text(string(l)) })
		case "args":
			n.arguments(f, d.Arguments)
		default:
			n.null()
		}
	})
}
