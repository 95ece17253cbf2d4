package endtoend

import (
	"net/http"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestWhoeverIsMergedIsToldOfTheirOwnErrors joins clients in one window whose
// operations differ and whose entities are the same, at first well and then with
// one whose entity fails the whole request.
func TestWhoeverIsMergedIsToldOfTheirOwnErrors(t *testing.T) {
	const missing = `{"errors":[{"message":"no a","locations":[{"line":1,"column":`
	const code = `,"extensions":{"code":"DOWNSTREAM_SERVICE_ERROR"}}],"data":`
	answers := map[string]string{
		"{ one { x: a } }":        missing + `9}],"path":["one","x"]` + code + `{"one":{"x":null}}}`,
		"{ p: list { x: a } }":    missing + `13}],"path":["p",1,"x"]` + code + `{"p":[{"x":1},{"x":null}]}}`,
		"{ pairs { name x: a } }": missing + `16}],"path":["pairs",1,0,"x"]` + code + `{"pairs":[null,[{"name":"two","x":null}]]}}`,
	}
	for _, test := range []struct {
		name     string
		answers  map[string]string
		requests int
	}{
		{"well", map[string]string{"{ list { x: a } }": missing + `10}],"path":["list",1,"x"]` + code + `{"list":[{"x":1},{"x":null}]}}`}, 1},
		{"with a poisonous one", map[string]string{"{ poison { x: a } }": `{"errors":[{"message":"subgraph \"far\" answered with HTTP status 502",` +
			`"locations":[{"line":1,"column":3}],"path":["poison"],"extensions":{"code":"SUBREQUEST_HTTP_ERROR"}}],"data":{"poison":{"x":null}}}`}, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &testCase{archive: txtar.Parse([]byte(mergedSubgraphs))}
			servers, g := c.serve(t, "subgraphs: {far: {retries: {max: 0}, deduplicate: false, batching: {window: 1s, max_entities: 4}}}")
			var clients sync.WaitGroup
			for _, all := range []map[string]string{answers, test.answers} {
				for operation, want := range all {
					clients.Go(func() {
						if status, body := g.ask(t, client{Query: operation}); status != http.StatusOK || string(body) != want {
							t.Errorf("%s: got %d %s\nwant %s", operation, status, body, want)
						}
					})
				}
			}
			clients.Wait()
			if n := len(servers["far"].Requests()); n != test.requests {
				t.Errorf("far saw %d requests, want %d", n, test.requests)
			}
		})
	}
}

const mergedSubgraphs = `
-- base.graphql --
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { list: [Item!]  pairs: [[Item]]  one: Item  poison: Item }
type Item @key(fields: "id") { id: ID! name: String }
-- base.json --
{"Query": {"list": [{"$ref": "Item:1"}, {"$ref": "Item:2"}], "pairs": [null, [{"$ref": "Item:2"}]], "one": {"$ref": "Item:2"}, "poison": {"$ref": "Item:3"}},
 "Item:1": {"id": "1", "name": "one"}, "Item:2": {"id": "2", "name": "two"}, "Item:3": {"id": "poison"}}
-- far.graphql --
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Item @key(fields: "id") { id: ID! a: Int }
-- far.json --
{"$fault": [{"whenVariables": "poison", "status": 502, "html": true}],
 "Item:1": {"id": "1", "a": 1}, "Item:2": {"id": "2", "a": {"$error": "no a"}}}
`
