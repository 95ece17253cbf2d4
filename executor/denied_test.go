package executor

import (
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// guardedGraph has guards on a field, a type, an enum and an implementation.
const guardedGraph = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes", "@policy"])
type Query { me: User users: [User!]! things: [Thing] level: Level vault: Vault secret: String! @policy(policies: [["p"]]) }
type Mutation { wipe: Boolean @authenticated ping: Boolean }
interface Thing { id: ID! }
type Lamp implements Thing { id: ID! name: String }
type Bomb implements Thing { id: ID! @authenticated name: String }
type User @key(fields: "id") { id: ID! name: String email: String @authenticated boss: User salary: Int! @requiresScopes(scopes: [["pay"]]) }
type Vault @authenticated { gold: Int }
enum Level @authenticated { LOW HIGH }
`

// openInterfaces removes the guards that an interface takes over from its
// implementations: supergraphs of older composers lack them.
func openInterfaces(sdl string) string {
	const thing = "interface Thing\n  @join__type(graph: A)\n{\n  id: ID!"
	return strings.Replace(sdl, thing+" @authenticated\n", thing+"\n", 1)
}

func denying(t *testing.T) *schema.Supergraph {
	t.Helper()
	result, err := compose.Compose([]schema.Subgraph{{Name: "a", URL: "http://a", SDL: guardedGraph}}, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.LoadSupergraph(result.SDL, schema.LoadOptions{}); err == nil || !strings.Contains(err.Error(), "auth: {unenforced: deny}") {
		t.Fatalf("got %v, want a refusal that names the setting", err)
	}
	sg, err := schema.LoadSupergraph(openInterfaces(result.SDL), schema.LoadOptions{DenyUnenforced: true})
	if err != nil {
		t.Fatal(err)
	}
	return sg
}

func TestDeniedFieldsAreNullAndNeverAskedFor(t *testing.T) {
	sg := denying(t)
	for _, tt := range []struct{ name, operation, asked, subgraph, want string }{
		{
			"a field among others", `{ me { name email boss { email } } }`,
			`a {"query":"{me{name boss{__typename}}}"}`, `{"data":{"me":{"name":"Ada","boss":{"__typename":"User"}}}}`,
			`{"errors":[{"message":"nobody may have User.email: it asks for authorization, which the gateway does not enforce","locations":[{"line":1,"column":13}],"path":["me","email"],"extensions":{"code":"UNAUTHORIZED_FIELD_OR_TYPE"}},{"message":"nobody may have User.email: it asks for authorization, which the gateway does not enforce","locations":[{"line":1,"column":26}],"path":["me","boss","email"],"extensions":{"code":"UNAUTHORIZED_FIELD_OR_TYPE"}}],"data":{"me":{"name":"Ada","email":null,"boss":{"email":null}}}}`,
		},
		{
			"a non-null field takes its object along", `{ me { name salary } }`,
			`a {"query":"{me{name}}"}`, `{"data":{"me":{"name":"Ada"}}}`,
			`{"errors":[{"message":"nobody may have User.salary: it asks for authorization, which the gateway does not enforce","locations":[{"line":1,"column":13}],"path":["me","salary"],"extensions":{"code":"UNAUTHORIZED_FIELD_OR_TYPE"}}],"data":{"me":null}}`,
		},
		{
			"fields whose values' types are guarded", `{ vault { gold } level }`, ``, ``,
			`{"errors":[{"message":"nobody may have Query.vault: it asks for authorization, which the gateway does not enforce","locations":[{"line":1,"column":3}],"path":["vault"],"extensions":{"code":"UNAUTHORIZED_FIELD_OR_TYPE"}},{"message":"nobody may have Query.level: it asks for authorization, which the gateway does not enforce","locations":[{"line":1,"column":18}],"path":["level"],"extensions":{"code":"UNAUTHORIZED_FIELD_OR_TYPE"}}],"data":{"vault":null,"level":null}}`,
		},
		{
			"a non-null root field", `{ me { name } s: secret }`,
			`a {"query":"{me{name}}"}`, `{"data":{"me":{"name":"Ada"}}}`,
			`{"errors":[{"message":"nobody may have Query.secret: it asks for authorization, which the gateway does not enforce","locations":[{"line":1,"column":15}],"path":["s"],"extensions":{"code":"UNAUTHORIZED_FIELD_OR_TYPE"}}],"data":null}`,
		},
		{
			"by the type of the object", `{ things { id } }`,
			`a {"query":"{things{__typename...on Lamp{id}}}"}`, `{"data":{"things":[{"__typename":"Lamp","id":"1"},{"__typename":"Bomb"}]}}`,
			`{"errors":[{"message":"nobody may have Thing.id: it asks for authorization, which the gateway does not enforce","locations":[{"line":1,"column":12}],"path":["things",1,"id"],"extensions":{"code":"UNAUTHORIZED_FIELD_OR_TYPE"}}],"data":{"things":[{"id":"1"},null]}}`,
		},
		{
			"a mutation is not carried out", `mutation { wipe ping }`,
			`a {"query":"mutation{ping}"}`, `{"data":{"ping":true}}`,
			`{"errors":[{"message":"nobody may have Mutation.wipe: it asks for authorization, which the gateway does not enforce","locations":[{"line":1,"column":12}],"path":["wipe"],"extensions":{"code":"UNAUTHORIZED_FIELD_OR_TYPE"}}],"data":{"wipe":null,"ping":true}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := parsed(t, sg, tt.operation)
			fetcher := bySubgraph(map[string]string{"a": tt.subgraph})
			got, _ := run(t, newExecutor(t, Options{Fetcher: fetcher}), planned(t, sg, op, 0), &Request{Operation: op})
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if asked := strings.Join(fetcher.asked, "\n"); asked != tt.asked {
				t.Errorf("asked %s\nwant  %s", asked, tt.asked)
			}
		})
	}
}
