package source

import (
	"encoding/json"
	"slices"
	"strings"
)

// introspectionQuery asks for what every version of the GraphQL specification
// since June 2018 knows. Servers do not tell it of deprecated arguments, the
// specifiedBy URLs of scalars and the oneOf of inputs, which came later.
const introspectionQuery = `query Introspection {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description
      fields(includeDeprecated: true) { name description args { ...Input } type { ...Type } isDeprecated deprecationReason }
      inputFields { ...Input }
      interfaces { ...Type }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { ...Type }
    }
    directives { name description locations args { ...Input } }
  }
}
fragment Input on __InputValue { name description type { ...Type } defaultValue }
fragment Type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }`

// introspection is the answer to introspectionQuery.
type introspection struct {
	Schema introspectedSchema `json:"__schema"`
}

type introspectedSchema struct {
	QueryType, MutationType, SubscriptionType *typeRef

	Types      []introspectedType
	Directives []introspectedDirective
}

type typeRef struct {
	Kind, Name string
	OfType     *typeRef
}

type introspectedType struct {
	Kind, Name, Description string
	Fields                  []introspectedField
	InputFields             []inputValue
	Interfaces              []typeRef
	EnumValues              []introspectedField
	PossibleTypes           []typeRef
}

// introspectedField is a field, or a value of an enum.
type introspectedField struct {
	Name, Description string
	Args              []inputValue
	Type              typeRef
	IsDeprecated      bool
	DeprecationReason *string
}

type inputValue struct {
	Name, Description string
	Type              typeRef
	DefaultValue      *string
}

type introspectedDirective struct {
	Name, Description string
	Locations         []string
	Args              []inputValue
}

// builtIn are the types and directives that every schema has.
var builtIn = []string{
	"Int", "Float", "String", "Boolean", "ID", "@skip", "@include", "@deprecated", "@specifiedBy", "@oneOf", "@defer", "@stream",
}

// sdl writes the schema in the schema definition language.
func (s *introspectedSchema) sdl() string {
	var b sdlWriter
	b.line("schema {")
	for _, root := range []struct {
		operation string
		typ       *typeRef
	}{{"query", s.QueryType}, {"mutation", s.MutationType}, {"subscription", s.SubscriptionType}} {
		if root.typ != nil {
			b.line("  " + root.operation + ": " + root.typ.Name)
		}
	}
	b.line("}")
	for _, d := range s.Directives {
		if !slices.Contains(builtIn, "@"+d.Name) {
			b.description("", d.Description)
			b.line("directive @" + d.Name + arguments(d.Args) + " on " + strings.Join(d.Locations, " | "))
		}
	}
	for _, t := range s.Types {
		if !strings.HasPrefix(t.Name, "__") && !slices.Contains(builtIn, t.Name) {
			b.definition(&t)
		}
	}
	return b.String()
}

type sdlWriter struct{ strings.Builder }

func (b *sdlWriter) line(text string) { b.WriteString(text + "\n") }

func (b *sdlWriter) description(indent, text string) {
	if text != "" {
		b.line(indent + quote(text))
	}
}

func (b *sdlWriter) definition(t *introspectedType) {
	b.description("", t.Description)
	implements := ""
	if len(t.Interfaces) > 0 {
		implements = " implements " + strings.Join(names(t.Interfaces), " & ")
	}
	switch t.Kind {
	case "SCALAR":
		b.line("scalar " + t.Name)
	case "UNION":
		b.line("union " + t.Name + " = " + strings.Join(names(t.PossibleTypes), " | "))
	case "OBJECT":
		b.fields("type "+t.Name+implements, t.Fields)
	case "INTERFACE":
		b.fields("interface "+t.Name+implements, t.Fields)
	case "ENUM":
		b.line("enum " + t.Name + " {")
		for _, v := range t.EnumValues {
			b.description("  ", v.Description)
			b.line("  " + v.Name + deprecated(v))
		}
		b.line("}")
	case "INPUT_OBJECT":
		b.line("input " + t.Name + " {")
		for _, f := range t.InputFields {
			b.description("  ", f.Description)
			b.line("  " + f.sdl())
		}
		b.line("}")
	}
}

func names(types []typeRef) []string {
	all := make([]string, len(types))
	for i, t := range types {
		all[i] = t.Name
	}
	return all
}

func (b *sdlWriter) fields(head string, fields []introspectedField) {
	b.line(head + " {")
	for _, f := range fields {
		b.description("  ", f.Description)
		b.line("  " + f.Name + arguments(f.Args) + ": " + f.Type.sdl() + deprecated(f))
	}
	b.line("}")
}

func arguments(args []inputValue) string {
	if len(args) == 0 {
		return ""
	}
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = a.sdl()
		if a.Description != "" {
			parts[i] = quote(a.Description) + " " + parts[i]
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func (v inputValue) sdl() string {
	text := v.Name + ": " + v.Type.sdl()
	if v.DefaultValue != nil {
		text += " = " + *v.DefaultValue
	}
	return text
}

func (t typeRef) sdl() string {
	switch {
	case t.OfType == nil:
		return t.Name
	case t.Kind == "NON_NULL":
		return t.OfType.sdl() + "!"
	}
	return "[" + t.OfType.sdl() + "]"
}

func deprecated(f introspectedField) string {
	switch {
	case !f.IsDeprecated:
		return ""
	case f.DeprecationReason == nil || *f.DeprecationReason == "No longer supported": // the default
		return " @deprecated"
	}
	return " @deprecated(reason: " + quote(*f.DeprecationReason) + ")"
}

// quote writes a string of GraphQL, whose escapes are JSON's.
func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""` // a string is always JSON
	}
	return string(b)
}
