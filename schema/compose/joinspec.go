package compose

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// joinDefinitions is what every supergraph defines for the join and link
// specifications (join v0.5, link v1.0); the join__Graph enum is not in it.
const joinDefinitions = `
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}
scalar join__DirectiveArguments
scalar join__FieldSet
scalar join__FieldValue
scalar link__Import
enum link__Purpose {
  "` + "`SECURITY`" + ` features provide metadata necessary to securely resolve fields."
  SECURITY
  "` + "`EXECUTION`" + ` features provide metadata necessary for operation execution."
  EXECUTION
}
`

var (
	notWord       = regexp.MustCompile(`\W`)
	trailingCount = regexp.MustCompile(`_\d+$`)
)

// nameGraphs gives every subgraph its value in the join__Graph enum: its name
// with what a GraphQL name cannot have replaced, in upper case, and made unique.
func nameGraphs(subgraphs []*subgraph) {
	same := map[string]int{}
	base := func(s *subgraph) string {
		name := notWord.ReplaceAllString(s.Name, "_")
		if name != "" && name[0] >= '0' && name[0] <= '9' {
			name = "_" + name
		}
		if trailingCount.MatchString(name) {
			name += "_" // keeps it apart from the names made unique below
		}
		return strings.ToUpper(name)
	}
	for _, s := range subgraphs {
		same[base(s)]++
	}
	next := map[string]int{}
	for _, s := range subgraphs {
		s.graph = base(s)
		if same[s.graph] > 1 {
			next[s.graph]++
			s.graph = fmt.Sprintf("%s_%d", s.graph, next[s.graph])
		}
	}
}

// argument is an argument of a directive to be written; without a value it is
// left out.
type argument struct {
	name  string
	value *ast.Value
}

func arguments(all ...argument) ast.ArgumentList {
	list := ast.ArgumentList{}
	for _, a := range all {
		if a.value != nil {
			list = append(list, &ast.Argument{Name: a.name, Value: a.value})
		}
	}
	return list
}

func directive(name string, args ...argument) *ast.Directive {
	return &ast.Directive{Name: name, Arguments: arguments(args...)}
}

func text(s string) *ast.Value      { return &ast.Value{Kind: ast.StringValue, Raw: s} }
func enumValue(s string) *ast.Value { return &ast.Value{Kind: ast.EnumValue, Raw: s} }
func boolean(b bool) *ast.Value     { return &ast.Value{Kind: ast.BooleanValue, Raw: fmt.Sprint(b)} }
