package subgraphtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sdl = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@requires", "@external"])
type Query { user(id: ID! = "1"): User  users: [User]  strict: [User!]  media: [Media!]! }
type Mutation { rename(name: String!): User }
type User @key(fields: "id") @key(fields: "team { id } nick") {
  id: ID! name: String! team: Team nick: String age: Int @external label: String! @requires(fields: "age")
  picture(size: Int = 3, format: Format): String
}
type Team { id: ID! }
enum Format { PNG }
interface Media { title: String! }
type Book implements Media { title: String! pages: Int! }
`

const data = `{
  "Query": {"user": {"$ref": "User:1"}, "users": [{"$ref": "User:2"}, null, {"$ref": "User:1"}],
    "strict": [{"$ref": "User:2"}], "media": [{"__typename": "Book", "title": "Emma", "pages": 1}]},
  "Mutation": {"rename": {"$set": {"User:1": {"name": "${@name}"}}, "$value": {"$ref": "User:1"}}},
  "User:1": {"id": "1", "name": "Ada", "nick": "a", "team": {"id": "t"}, "label": "is ${age}", "picture": "${@}", "picture(size: 9)": "big"},
  "User:2": {"id": "2", "name": {"$error": "no name", "extensions": {"code": "X"}}, "team": null}
}`

func TestAnswers(t *testing.T) {
	tests := []struct{ name, operation, variables, want string }{
		{"merges fields and follows fragments", `{ user { ...F n: name } } fragment F on User { name team { id } ... @skip(if: true) { nick } }`, "",
			`{"data":{"user":{"name":"Ada","team":{"id":"t"},"n":"Ada"}}}`},
		{"resolves abstract types", `{ media { __typename title ... on Book { pages } } }`, "",
			`{"data":{"media":[{"__typename":"Book","title":"Emma","pages":1}]}}`},
		{"looks values up by arguments", `query ($f: Format) { user { picture(size: 9) x: picture(format: $f) } }`, `{"f":"PNG"}`,
			`{"data":{"user":{"picture":"big","x":"size: 3, format: PNG"}}}`},
		{"passes null up to a nullable item", `{ users { name } }`, "",
			`{"data":{"users":[null,null,{"name":"Ada"}]},"errors":[{"message":"no name","path":["users",0,"name"],"extensions":{"code":"X"}}]}`},
		{"passes null up to a nullable list", `{ strict { name } }`, "",
			`{"data":{"strict":null},"errors":[{"message":"no name","path":["strict",0,"name"],"extensions":{"code":"X"}}]}`},
		{"finds entities by any whole key", `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id } } }`,
			`{"r":[{"__typename":"User","id":"1"},{"__typename":"User","nick":"a","team":{"id":"t"}},{"__typename":"User","id":"9"}]}`,
			`{"data":{"_entities":[{"id":"1"},{"id":"1"},null]}}`},
		{"fills templates from the representation", `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { label } } }`,
			`{"r":[{"__typename":"User","id":"1","age":36}]}`, `{"data":{"_entities":[{"label":"is 36"}]}}`},
		{"changes data", `mutation { a: rename(name: "Bea") { name } b: rename(name: "Cleo") { name } }`, "",
			`{"data":{"a":{"name":"Bea"},"b":{"name":"Cleo"}}}`},
		{"gives its schema", `{ _service { __typename } }`, "", `{"data":{"_service":{"sdl":`},
		{"refuses what is not in its schema", `{ user { email } }`, "", `the operation is invalid here`},
		{"refuses a representation without a key", `query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }`,
			`{"r":[{"__typename":"User","nick":"a"}]}`, `holds no whole key of User`},
		{"refuses a field that it has no data for", `{ user { age } }`, "", `there is no data for the field User.age()`},
		{"refuses a template that nothing fills", `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { label } } }`,
			`{"r":[{"__typename":"User","id":"1"}]}`, `User.label needs \"age\", which was not given`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Serve(t, "users", sdl, []byte(data))
			if got := ask(t, s, test.operation, test.variables); !strings.Contains(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if seen := s.Requests(); len(seen) != 1 {
				t.Errorf("%d requests were recorded", len(seen))
			}
		})
	}
}

func ask(t *testing.T, s *Server, operation, variables string) string {
	t.Helper()
	body := map[string]any{"query": operation}
	if variables != "" {
		body["variables"] = json.RawMessage(variables)
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
