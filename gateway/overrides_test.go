package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// overridingGraph is the graph in which the products take the users' names and ids
// over from the accounts, whose names tell that they are the accounts'.
func overridingGraph(t *testing.T, labels ...string) (*graph, *source.Supergraph) {
	t.Helper()
	const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])` + "\n"
	g := newGraph(t)
	g.products.entity = func(r object) object {
		return object{"__typename": "User", "id": r["id"], "name": "by products", "email": "by products"}
	}
	subgraphs := g.schemas()
	subgraphs[0].SDL = head + `type Query { me: User } type User @key(fields: "id") { id: ID! name: String! email: String! }`
	subgraphs[1].SDL = head + `type Query { other: Int }`
	subgraphs[2].SDL = head + fmt.Sprintf(`type Query { more: Int } type User @key(fields: "id") { id: ID!
		name: String! @override(from: "accounts", label: %q) email: String! @override(from: "accounts", label: %q) }`, labels[0], labels[1])
	composed, err := compose.Compose(subgraphs, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g, &source.Supergraph{SDL: composed.SDL, Subgraphs: []schema.Subgraph{}}
}

func TestAPercentageOfRequestsIsServedFromTheOverridingSubgraph(t *testing.T) {
	_, supergraph := overridingGraph(t, "percent(50)", "percent(0)")
	c := newClient(t)
	i := open(t, settings())
	if err := i.Swap(t.Context(), supergraph); err != nil {
		t.Fatal(err)
	}
	var old, young int
	for range 200 {
		got := c.query(t, i.clients, `{ me { name } }`)
		wants(t, got, http.StatusOK, `"name"`)
		if strings.Contains(got.body, "by products") {
			young++
		} else {
			old++
		}
	}
	if old < 20 || young < 20 {
		t.Errorf("of 200 requests %d were served from the old subgraph and %d from the new one", old, young)
	}
	c.wantCounts(t, i.admin, "hits 198 misses 2")
	// The other label is not reached, and ids are under none.
	c.query(t, i.clients, `{ me { id } }`)
	c.query(t, i.clients, `{ me { id } }`)
	c.wantCounts(t, i.admin, "hits 199 misses 3")
}

func TestBothSidesOfAnOverrideArePlannedAhead(t *testing.T) {
	_, supergraph := overridingGraph(t, "moved", "percent(100)")
	c := newClient(t)
	s := settings()
	s.Planner.OverrideLabels.Header = "Weft-Override-Labels"
	s.Planner.OverrideLabels.On = []string{"gone"}
	i := open(t, s)
	if err := i.Swap(t.Context(), supergraph); err != nil {
		t.Fatal(err)
	}
	ask := func() {
		t.Helper()
		wants(t, c.query(t, i.clients, `{ me { name email } }`), http.StatusOK, `{"name":"User 1","email":"by products"}`)
		wants(t, c.query(t, i.clients, `{ me { name email } }`, "Weft-Override-Labels", "moved"), http.StatusOK, `{"name":"by products","email":"by products"}`)
		wants(t, c.query(t, i.clients, `{ me { name email } }`, "Weft-Override-Labels", "moved, !percent(100)"),
			http.StatusOK, `{"name":"by products","email":"1@example.com"}`)
	}
	ask()
	c.wantCounts(t, i.admin, "hits 0 misses 3")
	if err := i.Swap(t.Context(), supergraph); err != nil {
		t.Fatal(err)
	}
	ask()
	c.wantCounts(t, i.admin, "hits 3 misses 3 planned 3")
	refused := c.query(t, i.clients, `{ me { name } }`, "Weft-Override-Labels", "no label")
	wants(t, refused, http.StatusBadRequest, "no label")
	if refused.code() != "OVERRIDE_LABELS_INVALID" {
		t.Errorf("refused with the code %s", refused.code())
	}
}

func TestNobodyChoosesTheSubgraphUnlessAHeaderIsConfigured(t *testing.T) {
	_, supergraph := overridingGraph(t, "moved", "percent(0)")
	c := newClient(t)
	i := open(t, settings())
	if err := i.Swap(t.Context(), supergraph); err != nil {
		t.Fatal(err)
	}
	got := c.query(t, i.clients, `{ me { name email } }`, "Weft-Override-Labels", "moved, percent(0)")
	wants(t, got, http.StatusOK, `{"name":"User 1","email":"1@example.com"}`)
}
