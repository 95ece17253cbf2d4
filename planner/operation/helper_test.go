package operation

import (
	"flag"
	"regexp"
	"testing"

	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// supergraphHead makes plain SDL the supergraph of one subgraph.
const supergraphHead = `
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
  @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"])
{
  query: Query
  mutation: Mutation
  subscription: Subscription
}
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
enum link__Purpose { SECURITY EXECUTION }
scalar link__Import
scalar join__FieldSet
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
`

var typeHead = regexp.MustCompile(`(?m)^((?:type|interface|input|enum|scalar|union) \w+[^{=\n]*?) ?([{=\n])`)

// loadSDL loads plain SDL; Query, Mutation and Subscription must be defined.
func loadSDL(t testing.TB, sdl string) *schema.Supergraph {
	t.Helper()
	sg, err := schema.LoadSupergraph(supergraphHead+typeHead.ReplaceAllString(sdl+"\n", "$1 @join__type(graph: A) $2"), schema.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return sg
}

// mustParse gives one operation of a document.
func mustParse(t testing.TB, p *Parser, text, name string) *Operation {
	t.Helper()
	doc, errs := p.Parse(text)
	if len(errs) > 0 {
		t.Fatalf("%v in\n%s", errs, text)
	}
	o, err := doc.Operation(name)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return o
}
