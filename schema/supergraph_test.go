package schema_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func read(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "supergraph", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func load(tb testing.TB, sdl string) *schema.Supergraph {
	tb.Helper()
	sg, err := schema.LoadSupergraph(sdl, schema.LoadOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return sg
}

func TestLoadReadsJoinDirectives(t *testing.T) {
	for _, name := range []string{"v05", "v04", "v03", "v02", "v01"} {
		t.Run(name, func(t *testing.T) {
			got := describe(load(t, read(t, name+".graphql")))
			golden := filepath.Join("testdata", "supergraph", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("supergraph reads otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// describe prints what was read of the user's types, one line an element.
func describe(sg *schema.Supergraph) string {
	var b strings.Builder
	name := func(g int) string { return sg.Graphs[g].Name }
	for _, g := range sg.Graphs {
		fmt.Fprintf(&b, "graph %s = %s %s\n", g.EnumValue, g.Name, g.URL)
	}
	for _, n := range slices.Sorted(maps.Keys(sg.Types)) {
		t := sg.Types[n]
		if len(t.Joins) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s %s%s\n", t.Kind, n, directives(t.Definition.Directives))
		for _, j := range t.Joins {
			fmt.Fprintf(&b, "  in %s", name(j.Graph))
			for _, k := range j.Keys {
				fmt.Fprintf(&b, " key(%s, %v)", k.Fields, k.Resolvable)
			}
			if j.InterfaceObject {
				b.WriteString(" as interface object")
			}
			fmt.Fprintf(&b, " %v%v%v\n", t.Interfaces[j.Graph], t.Members[j.Graph], t.Values[j.Graph])
		}
		for _, d := range t.Directives {
			fmt.Fprintf(&b, "  with @%s of %v\n", d.Name, d.Graphs)
		}
		for _, f := range t.Definition.Fields {
			fmt.Fprintf(&b, "  .%s%s:", f.Name, directives(f.Directives))
			for _, j := range t.Fields[f.Name].Joins {
				fmt.Fprintf(&b, " %s", name(j.Graph))
				if j.Type != nil {
					fmt.Fprintf(&b, " type=%s", j.Type)
				}
				if j.External {
					b.WriteString(" external")
				}
				if j.Requires != nil {
					fmt.Fprintf(&b, " requires=%d", len(j.Requires))
				}
				if j.OverrideLabel != "" {
					fmt.Fprintf(&b, " override=%q label=%s", j.Override, j.OverrideLabel)
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func directives(ds ast.DirectiveList) string {
	out := ""
	for _, d := range ds {
		out += " @" + d.Name
	}
	return out
}

func TestAPISchemaHidesInaccessibleAndMachinery(t *testing.T) {
	sg := load(t, read(t, "v05.graphql"))
	for name, gone := range map[string]bool{
		"Hidden":                    sg.API.Types["Hidden"] == nil,
		"Product.secret":            sg.API.Types["Product"].Fields.ForName("secret") == nil,
		"Query.products(internal:)": sg.API.Query.Fields.ForName("products").Arguments.ForName("internal") == nil,
		"Size.SECRET":               sg.API.Types["Size"].EnumValues.ForName("SECRET") == nil,
		"Hit's member Hidden":       !slices.Contains(sg.API.Types["Hit"].Types, "Hidden"),
		"join__Graph":               sg.API.Types["join__Graph"] == nil && sg.Schema.Types["join__Graph"] == nil,
		"@cost":                     sg.API.Directives["cost"] == nil && sg.API.Directives["price"] == nil,
		"@tag":                      sg.Schema.Directives["tag"] == nil,
	} {
		if !gone {
			t.Errorf("%s is still there", name)
		}
	}
	if d := sg.API.Types["Product"].Fields.ForName("shipping").Directives.ForName("deprecated"); d == nil {
		t.Error("@deprecated is gone from the API schema")
	}
	if sg.Schema.Directives["cost"] == nil || sg.Schema.Directives["listSize"] == nil {
		t.Error("@cost and @listSize do not have these names in Schema")
	}
	if sg.Types["__Schema"] == nil || sg.API.Query.Fields.ForName("__schema") == nil {
		t.Error("introspection is missing")
	}
}

func TestLoadRefusesByName(t *testing.T) {
	v05 := read(t, "v05.graphql")
	cases := []struct{ name, old, new, code, message string }{
		{"unknown security feature", `tag/v0.3")`, `tag/v0.3") @link(url: "https://example.com/armor/v1.0", for: SECURITY)`, "UNSUPPORTED_LINKED_FEATURE", "https://example.com/armor/v1.0"},
		{"authentication", `tag/v0.3")`, `authenticated/v0.1", for: SECURITY)`, "UNSUPPORTED_LINKED_FEATURE", "authenticated"},
		{"later context", `tag/v0.3")`, `context/v0.2", for: SECURITY)`, "UNSUPPORTED_LINKED_FEATURE", "supergraph:5:4"},
		{"later join", "join/v0.5", "join/v0.6", "UNSUPPORTED_LINKED_FEATURE", "v0.1 to v0.5"},
		{"connector", `name: "cacheTag"`, `name: "connect"`, "UNSUPPORTED_LINKED_FEATURE", "connectors"},
		{"no such graph", "graph: STOCK, requires", "graph: STOK, requires", "INVALID_FEDERATION_SUPERGRAPH", "STOK"},
		{"broken key", `"sku  { code }"`, `"sku { code"`, "INVALID_FEDERATION_SUPERGRAPH", "no list of fields"},
		{"key of nothing", `"sku  { code }"`, `"sku { cod }"`, "INVALID_FEDERATION_SUPERGRAPH", "Sku.cod"},
		{"broken type", `type: "Int!"`, `type: "Int!!"`, "INVALID_FEDERATION_SUPERGRAPH", "no type"},
		{"syntax", "union Hit", "union {", "INVALID_FEDERATION_SUPERGRAPH", "supergraph:"},
		{"undefined type", "sku: Sku!", "sku: Skuh!", "INVALID_FEDERATION_SUPERGRAPH", "Skuh"},
		{"no supergraph", "link/v1.0", "lynx/v1.0", "INVALID_FEDERATION_SUPERGRAPH", "no supergraph"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(v05, c.old) {
				t.Fatalf("the document has no %q", c.old)
			}
			_, err := schema.LoadSupergraph(strings.Replace(v05, c.old, c.new, 1), schema.LoadOptions{})
			if !errors.Is(err, &schema.Error{Code: schema.Code(c.code)}) || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want %s with %q", err, c.code, c.message)
			}
		})
	}
}

func TestLoadLimitsTheDocument(t *testing.T) {
	if _, err := schema.LoadSupergraph(strings.Repeat("#", 11), schema.LoadOptions{MaxBytes: 10}); err == nil || !strings.Contains(err.Error(), "limit of 10") {
		t.Errorf("got %v", err)
	}
}

func FuzzLoadSupergraph(f *testing.F) {
	f.Add(read(f, "v05.graphql"))
	f.Add(read(f, "v01.graphql"))
	f.Fuzz(func(t *testing.T, sdl string) {
		sg, err := schema.LoadSupergraph(sdl, schema.LoadOptions{MaxBytes: 1 << 16})
		if (sg == nil) == (err == nil) {
			t.Errorf("got %v and %v", sg, err)
		}
	})
}
