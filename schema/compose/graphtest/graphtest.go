// Package graphtest makes graphs of any size for tests and benchmarks of
// composition. It does no I/O; equal arguments give equal graphs.
package graphtest

import (
	"fmt"
	"strings"

	"github.com/weft-graphql/weft/schema"
)

// Company makes the subgraphs of a company with as many teams. Each team owns
// three entities with three keys each, extends those of the next team by fields
// that require some of its own, tags and deprecates some, and shares value types
// with all. A graph has seven types a team, and nine more.
func Company(teams int) []schema.Subgraph {
	all := make([]schema.Subgraph, teams)
	for s := range all {
		var b strings.Builder
		b.WriteString(shared)
		team{&b, s, (s + 1) % teams}.write(teams > 1)
		name := fmt.Sprintf("team%03d", s)
		all[s] = schema.Subgraph{Name: name, URL: "http://" + name + ".example/graphql", SDL: b.String(), File: name + ".graphql"}
	}
	return all
}

// entities is how many a team owns.
const entities = 3

// shared is what every subgraph has.
const shared = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@tag"])

"An amount in one currency."
type Money @shareable { amount: Int! currency: Currency! }
type Address @shareable { street: String city: String! country: String! }
type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
"Whatever can be fetched by its id."
interface Node { id: ID! }
enum Currency { EUR USD GBP }
enum Sort { ASC DESC }
input Page { first: Int = 10 after: String sort: Sort = ASC }
scalar Moment
`

type team struct {
	b          *strings.Builder
	self, next int
}

func (t team) write(neighbour bool) {
	fmt.Fprintf(t.b, `
type Query {
  "Finds what team %[1]d owns."
  find%[1]d(page: Page, by: Filter%[1]d): [E%[1]d_0!]!
  byId%[1]d(id: ID!): E%[1]d_1
  pages%[1]d: PageInfo
}
input Filter%[1]d { sku: String currency: Currency = EUR since: Moment }
`, t.self)
	for e := range entities {
		fmt.Fprintf(t.b, `
type E%[1]d_%[2]d implements Node @key(fields: "id") @key(fields: "sku") @key(fields: "owner { id }") {
  id: ID!
  sku: String!
  owner: Owner%[1]d_%[2]d!
  "What it costs, without tax."
  price(currency: Currency = EUR): Money
  weight: Int @tag(name: "public")
  oldWeight: Int @deprecated(reason: "Use weight.")
  sentTo: Address
}
type Owner%[1]d_%[2]d @key(fields: "id") { id: ID! name: String since: Moment }
`, t.self, e)
		if neighbour {
			fmt.Fprintf(t.b, `
type E%[1]d_%[2]d implements Node @key(fields: "id") {
  id: ID!
  weight: Int @external
  shipping%[3]d: Money @requires(fields: "weight")
  notes%[3]d(page: Page): [String!]
}
`, t.next, e, t.self)
		}
	}
}
