package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

const supergraph = `
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "") B @join__graph(name: "b", url: "") C @join__graph(name: "c", url: "") }
type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) {
  items: [Item] @join__field(graph: A)
  hits: [Hit] @join__field(graph: A) @join__field(graph: B)
}
interface Item @join__type(graph: A, key: "id") @join__type(graph: C, key: "id", isInterfaceObject: true) {
  id: ID!
  rating: Int @join__field(graph: C)
}
type Book implements Item @join__implements(graph: A, interface: "Item")
  @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: B, key: "isbn author { name }", resolvable: false)
{
  id: ID!
  isbn: ID! @join__field(graph: A) @join__field(graph: B, external: true)
  author: Author
  pages: Int @join__field(graph: A)
  size: Int @join__field(graph: B, requires: "pages author { name }")
  price: Int @join__field(graph: A, overrideLabel: "moved", usedOverridden: true) @join__field(graph: B, override: "a", overrideLabel: "moved")
  weight: Int @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "a")
  rating: Int @join__field
}
type Film implements Item @join__implements(graph: A, interface: "Item") @join__type(graph: A, key: "id") { id: ID! rating: Int @join__field }
type Author @join__type(graph: A) @join__type(graph: B) { name: String }
union Hit @join__type(graph: A) @join__type(graph: B)
  @join__unionMember(graph: A, member: "Book") @join__unionMember(graph: A, member: "Film") @join__unionMember(graph: B, member: "Book")
= Book | Film
`

func compile(t *testing.T, sdl string) *graph.Graph {
	t.Helper()
	sg, err := schema.LoadSupergraph(sdl, schema.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.New(sg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const a, b, c = 0, 1, 2

func TestNodesKnowTheirPossibleTypes(t *testing.T) {
	g := compile(t, supergraph)
	book, film := g.Types["Book"].Possible, g.Types["Film"].Possible
	for _, test := range []struct {
		typ   string
		graph int
		want  schema.TypeSet
	}{
		{"Hit", a, book.Or(film)},
		{"Hit", b, book},
		{"Item", a, book.Or(film)},
		{"Item", c, book.Or(film)}, // as an interface object it stands for all
	} {
		if got := g.Types[test.typ].Node(test.graph).Possible; !got.Equal(test.want) {
			t.Errorf("%s in subgraph %d can be %v, want %v", test.typ, test.graph, got, test.want)
		}
	}
	if g.Types["Item"].Node(b) != nil {
		t.Error("subgraph b has no Item")
	}
}

func TestDirectTellsWhatNeedsNothingElse(t *testing.T) {
	g := compile(t, supergraph)
	book := g.Types["Book"].Object
	for _, test := range []struct {
		field string
		graph int
		on    bool
		want  bool
	}{
		{"pages", a, false, true},
		{"pages", b, false, false},
		{"size", b, false, false},   // @requires
		{"isbn", b, false, false},   // external, though part of its own key
		{"rating", c, false, false}, // the interface object's, not the book's
		{"weight", a, false, false},
		{"price", a, false, true},
		{"price", a, true, false},
		{"price", b, true, true},
	} {
		if got := g.Direct(test.graph, test.field, graph.Labels{test.on}).Has(book); got != test.want {
			t.Errorf("Book.%s in subgraph %d with the label %v: %v, want %v", test.field, test.graph, test.on, got, test.want)
		}
	}
	if !slices.Equal(g.Labels, []string{"moved"}) || !g.Labelled("price") || g.Labelled("pages") {
		t.Errorf("labels are %v", g.Labels)
	}
}

func TestHubsLeadToResolvableKeysAndInterfaceObjects(t *testing.T) {
	g := compile(t, supergraph)
	var got []string
	for _, h := range g.Types["Book"].Hubs {
		for _, n := range h.Targets {
			got = append(got, h.Text+" to "+n.Type.Name+" in "+g.Supergraph.Graphs[n.Graph].Name)
		}
	}
	slices.Sort(got)
	want := []string{"id to Book in a", "id to Book in b", "id to Item in c"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFieldSetsExpandFragments(t *testing.T) {
	g := compile(t, strings.Replace(supergraph, `items: [Item] @join__field(graph: A)`,
		`items: [Item] @join__field(graph: A, provides: "id ... on Book { pages author { name } }")`, 1))
	set := g.Types["Query"].Node(a).Edge("items").Provides
	book, film := g.Types["Book"].Possible, g.Types["Film"].Possible
	all := book.Or(film)
	if got := set.Gives("pages", all); !got.Equal(book) {
		t.Errorf("pages is provided for %v", got)
	}
	if got := set.Gives("id", all); !got.Equal(all) {
		t.Errorf("id is provided for %v", got)
	}
	below, ok := set.Below("author", book)
	if !ok || below.String() != "name" {
		t.Errorf("below author: %v, %v", below, ok)
	}
	if _, ok := set.Below("author", film); ok {
		t.Error("nothing is provided for a film's author")
	}
}
