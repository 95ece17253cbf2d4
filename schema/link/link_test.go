package link_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/link"
)

func read(t *testing.T, sdl string) (*link.Table, schema.Errors) {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return link.Read(doc, func(pos *ast.Position) schema.Location {
		return schema.Location{Subgraph: "s", Line: pos.Line, Column: pos.Column}
	})
}

func TestParseURLSeparatesIdentityNameAndVersion(t *testing.T) {
	tests := map[string]link.URL{
		"https://specs.apollo.dev/federation/v2.3": {Identity: link.IdentityFederation, Name: "federation", Version: link.Version{Major: 2, Minor: 3}},
		"https://specs.apollo.dev/tag":             {Identity: link.IdentityTag, Name: "tag"},
		"https://example.com/a/b/v1.0/?x#y":        {Identity: "https://example.com/a/b", Name: "b", Version: link.Version{Major: 1}},
		"https://example.com/not__a__name/v1.0":    {Identity: "https://example.com/not__a__name", Version: link.Version{Major: 1}},
		"https://example.com":                      {Identity: "https://example.com"},
		"https://example.com/v01.2":                {Identity: "https://example.com/v01.2"},
	}
	for raw, want := range tests {
		got, err := link.ParseURL(raw)
		if err != nil || got != want {
			t.Errorf("ParseURL(%q) = %+v, %v; want %+v", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", "federation", "://x", "https://"} {
		if got, err := link.ParseURL(raw); err == nil {
			t.Errorf("ParseURL(%q) = %+v, want an error", raw, got)
		}
	}
}

func TestTableResolvesLocalNames(t *testing.T) {
	table, errs := read(t, `extend schema
		@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", {name: "@tag", as: "@label"}, "FieldSet"])
		@link(url: "https://specs.apollo.dev/cost/v0.1", as: "price")
		@link(url: "https://example.com/mine/v1.0")`)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	tests := map[string]string{
		"@key":                  link.IdentityFederation + " @key",
		"@label":                link.IdentityFederation + " @tag",
		"FieldSet":              link.IdentityFederation + " FieldSet",
		"@federation__requires": link.IdentityFederation + " @requires",
		"federation__Scope":     link.IdentityFederation + " Scope",
		"@price":                link.IdentityCost + " @cost",
		"@price__listSize":      link.IdentityCost + " @listSize",
		"@mine":                 "https://example.com/mine @mine",
		"@mine__other":          "https://example.com/mine @other",
		"@link":                 link.IdentityLink + " @link",
		"link__Import":          link.IdentityLink + " Import",
		"@federation__key":      "", // imported under another name
		"@tag":                  "",
		"@requires":             "",
		"@cost":                 "",
		"key":                   "",
		"@other__key":           "",
	}
	for local, want := range tests {
		got := ""
		if e, ok := table.Resolve(local); ok {
			got = e.Feature.URL.Identity + " " + e.Name
		}
		if got != want {
			t.Errorf("Resolve(%q) = %q, want %q", local, got, want)
		}
	}
	if v := table.Federation().URL.Version; v != (link.Version{Major: 2, Minor: 9}) {
		t.Errorf("federation has version %s", v)
	}
}

func TestReadFindsARenamedLink(t *testing.T) {
	table, errs := read(t, `schema
		@uses(url: "https://specs.apollo.dev/link/v1.0", as: "uses")
		@uses(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"]) { query: Query }`)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if table.Federation() == nil {
		t.Error("the federation link was not found")
	}
	if _, ok := table.Resolve("@link"); ok {
		t.Error("@link stands for something, though it has another name")
	}
}

func TestReadWithoutLinksIsFederation1(t *testing.T) {
	table, errs := read(t, `type Query { a: Int }`)
	if len(errs) > 0 || table.Federation() != nil || len(table.Features()) > 0 {
		t.Errorf("got features %v and errors %v", table.Features(), errs)
	}
}

func TestReadRefusesBadLinks(t *testing.T) {
	federation := `@link(url: "https://specs.apollo.dev/federation/v2.1"`
	tests := map[string]struct {
		links string
		code  schema.Code
		text  string
	}{
		"unknown version":      {`@link(url: "https://specs.apollo.dev/federation/v3.0")`, "UNKNOWN_FEDERATION_LINK_VERSION", "v3.0"},
		"too early":            {federation + `, import: ["@interfaceObject"])`, "INVALID_LINK_DIRECTIVE_USAGE", "v2.3 or later"},
		"forgotten @":          {federation + `, import: ["key"])`, "INVALID_LINK_DIRECTIVE_USAGE", `"@key"`},
		"@ on one side":        {federation + `, import: [{name: "@key", as: "key"}])`, "INVALID_LINK_DIRECTIVE_USAGE", "cannot be imported as"},
		"twice":                {federation + `) ` + federation + `)`, "INVALID_LINK_DIRECTIVE_USAGE", "linked twice"},
		"one name for two":     {federation + `) @link(url: "https://example.com/federation/v1.0")`, "INVALID_LINK_DIRECTIVE_USAGE", "both linked as"},
		"no list":              {federation + `, import: "@key")`, "INVALID_LINK_DIRECTIVE_USAGE", "not a list"},
		"no URL":               {federation + `) @link(url: "what")`, "INVALID_LINK_IDENTIFIER", "absolute"},
		"bad name":             {federation + `, as: "a__b")`, "INVALID_LINK_DIRECTIVE_USAGE", "a__b"},
		"bad purpose":          {federation + `, for: FUN)`, "INVALID_LINK_DIRECTIVE_USAGE", "purpose"},
		"unknown for security": {federation + `) @link(url: "https://example.com/x/v1.0", for: SECURITY)`, "UNSUPPORTED_LINKED_FEATURE", "SECURITY"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, errs := read(t, "extend schema "+test.links)
			if len(errs) == 0 {
				t.Fatal("no error")
			}
			if e := errs[0]; e.Code != test.code || !strings.Contains(e.Error(), test.text) {
				t.Errorf("got %v, want %s with %q", e, test.code, test.text)
			}
		})
	}
}

func TestSpecsKnowTheirVersions(t *testing.T) {
	at := func(minor int) *link.Spec {
		return link.SpecOf(link.URL{Identity: link.IdentityFederation, Name: "federation", Version: link.Version{Major: 2, Minor: minor}})
	}
	since := map[string]int{
		"key": 0, "shareable": 0, "composeDirective": 1, "interfaceObject": 3, "authenticated": 5, "requiresScopes": 5,
		"policy": 6, "context": 8, "fromContext": 8, "cost": 9, "listSize": 9, "cacheTag": 12,
	}
	for name, minor := range since {
		if at(minor).Directive(name) == nil {
			t.Errorf("federation v2.%d lacks @%s", minor, name)
		}
		if minor > 0 && at(minor-1).Directive(name) != nil {
			t.Errorf("federation v2.%d has @%s already", minor-1, name)
		}
	}
	if at(1).Directive("shareable").Repeatable || !at(2).Directive("shareable").Repeatable {
		t.Error("@shareable is not repeatable from v2.2 on")
	}
	if at(6).Directive("override").Argument("label") != nil || at(7).Directive("override").Argument("label") == nil {
		t.Error("@override does not have a label from v2.7 on")
	}
}
