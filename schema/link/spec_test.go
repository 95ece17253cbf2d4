package link_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema/link"
)

// specification is what a version of a specification defines, as `make corpus`
// writes it down from Apollo's tools.
type specification struct {
	Directives map[string]struct {
		Repeatable bool
		Locations  []ast.DirectiveLocation
		Arguments  map[string]string
	}
	Types []string
}

// TestEveryVersionDefinesWhatItDoesElsewhere compares every version of the
// federation specification and of its companions with what Apollo's tools define.
func TestEveryVersionDefinesWhatItDoesElsewhere(t *testing.T) {
	data, err := os.ReadFile("testdata/specs.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]specification
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for minor := 0; minor <= link.LatestFederation().Minor; minor++ {
		if v := (link.Version{Major: 2, Minor: minor}); all["federation/"+v.String()].Directives == nil {
			t.Errorf("federation %s is not among what Apollo's tools define", v)
		}
	}
	every := slices.Sorted(maps.Keys(all["federation/"+link.LatestFederation().String()].Directives))
	for name, want := range all {
		u, err := link.ParseURL("https://specs.apollo.dev/" + name)
		if err != nil {
			t.Fatal(err)
		}
		spec := link.SpecOf(u)
		if spec == nil {
			t.Errorf("%s is not known", name)
			continue
		}
		for _, directive := range every {
			got, defined := spec.Directive(directive), want.Directives[directive]
			if _, has := want.Directives[directive]; has != (got != nil) {
				t.Errorf("%s has @%s: %t, and it is: %t", name, directive, has, got != nil)
			}
			if got == nil {
				continue
			}
			arguments := map[string]string{}
			for _, a := range got.Arguments {
				arguments[a.Name] = a.Type
				if a.Default != "" {
					arguments[a.Name] += " = " + a.Default
				}
			}
			locations := slices.Sorted(slices.Values(got.Locations))
			if got.Repeatable != defined.Repeatable || !slices.Equal(locations, defined.Locations) || !maps.Equal(arguments, defined.Arguments) {
				t.Errorf("@%s of %s is %v%v on %v, want %+v", directive, name, got.Repeatable, arguments, locations, defined)
			}
		}
		for _, typ := range []string{"FieldSet", "Scope", "Policy", "ContextFieldValue"} {
			if want := slices.Contains(want.Types, typ); spec.Type(typ) != want {
				t.Errorf("%s has the type %s: %t, want %t", name, typ, !want, want)
			}
		}
	}
}
