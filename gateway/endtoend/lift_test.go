package endtoend

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"go.yaml.in/yaml/v4"

	"github.com/weft-graphql/weft/gateway/endtoend/subgraphtest"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// TestLiteralsReachSubgraphsAlikeInAnyForm sends every operation of testdata to
// a gateway that lifts literals and to one that does not: the answers are equal,
// and the subgraphs are asked the same.
func TestLiteralsReachSubgraphsAlikeInAnyForm(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	operations, lifted := 0, 0
	for _, file := range files {
		c := readCase(t, file)
		for _, folder := range c.folders() {
			if c.section(folder+"operation.graphql") == nil || strings.Contains(string(c.section("weft.yaml")), "timeout") {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+strings.TrimSuffix(folder, "/"), func(t *testing.T) {
				status, answer, asked := c.sent(t, folder, true)
				otherStatus, otherAnswer, otherAsked := c.sent(t, folder, false)
				if status != otherStatus || pretty([]byte(answer)) != pretty([]byte(otherAnswer)) {
					t.Errorf("answered %d %s\nwith literals %d %s", status, answer, otherStatus, otherAnswer)
				}
				if diff := cmp.Diff(inlined(t, otherAsked), inlined(t, asked)); diff != "" {
					t.Errorf("the subgraphs are asked differently (-literals +lifted):\n%s", diff)
				}
				operations++
				if slices.ContainsFunc(asked, func(r subgraphtest.Request) bool { return strings.Contains(r.Operation, "$_l0") }) {
					lifted++
				}
			})
		}
	}
	t.Logf("%d operations, %d of them with literals that are lifted", operations, lifted)
	if lifted < 15 {
		t.Errorf("only %d operations have literals that are lifted", lifted)
	}
}

// sent sends one operation to a gateway of its own.
func (c *testCase) sent(t *testing.T, folder string, lift bool) (status int, answer string, asked []subgraphtest.Request) {
	t.Helper()
	var servers []*subgraphtest.Server
	var composed []schema.Subgraph
	for _, name := range c.subgraphs() {
		s := subgraphtest.Serve(t, name, string(c.section(name+".graphql")), c.section(name+".json"))
		servers = append(servers, s)
		composed = append(composed, schema.Subgraph{Name: name, URL: s.URL, SDL: s.SDL})
	}
	supergraph, err := compose.Compose(composed, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var send client
	if err := yaml.Unmarshal(c.section(folder+"request.yaml"), &send); err != nil {
		t.Fatal(err)
	}
	send.Query, send.Variables = string(c.section(folder+"operation.graphql")), c.section(folder+"variables.json")
	var settings struct {
		Planner map[string]any `yaml:"planner"`
		Rest    map[string]any `yaml:",inline"`
	}
	if err := yaml.Unmarshal(c.section("weft.yaml"), &settings); err != nil {
		t.Fatal(err)
	}
	if settings.Planner == nil {
		settings.Planner = map[string]any{}
	}
	settings.Planner["lift_literals"] = lift
	weftYAML, err := yaml.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	status, body := start(t, supergraph.SDL, weftYAML).ask(t, send)
	for _, s := range servers {
		for _, r := range s.Requests() {
			r.Operation = s.Name + " " + r.Operation
			asked = append(asked, r)
		}
	}
	return status, string(body), asked
}

// inlined writes requests with the lifted variables back in place, and scalars
// as text: an enum, and an ID that is a number, look different as JSON.
func inlined(t *testing.T, requests []subgraphtest.Request) []string {
	t.Helper()
	var out []string
	for _, r := range requests {
		name, text, _ := strings.Cut(r.Operation, " ")
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		variables := map[string]any{}
		if len(r.Variables) > 0 {
			d := json.NewDecoder(strings.NewReader(string(r.Variables)))
			d.UseNumber()
			if err := d.Decode(&variables); err != nil {
				t.Fatal(err)
			}
		}
		i := inliner{values: variables}
		i.WriteString(name)
		for _, v := range doc.Operations[0].VariableDefinitions {
			if !strings.HasPrefix(v.Variable, "_l") {
				i.WriteString(" $" + v.Variable + ": " + v.Type.String())
			}
		}
		i.selections(doc.Operations[0].SelectionSet)
		for _, name := range slices.Sorted(maps.Keys(variables)) {
			if !strings.HasPrefix(name, "_l") {
				value, err := json.Marshal(variables[name])
				if err != nil {
					t.Fatal(err)
				}
				i.WriteString(" " + name + "=" + string(value))
			}
		}
		out = append(out, i.String())
	}
	slices.Sort(out)
	return out
}

type inliner struct {
	strings.Builder
	values map[string]any
}

func (i *inliner) selections(set ast.SelectionSet) {
	i.WriteString(" {")
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			i.WriteString(" " + s.Alias + ":" + s.Name)
			arguments := map[string]string{}
			for _, a := range s.Arguments {
				arguments[a.Name] = i.value(a.Value)
			}
			i.fields(arguments)
			i.directives(s.Directives)
			if s.SelectionSet != nil {
				i.selections(s.SelectionSet)
			}
		case *ast.InlineFragment:
			i.WriteString(" ... on " + s.TypeCondition)
			i.directives(s.Directives)
			i.selections(s.SelectionSet)
		}
	}
	i.WriteString(" }")
}

func (i *inliner) directives(list ast.DirectiveList) {
	for _, d := range list {
		i.WriteString(" @" + d.Name + " " + i.value(d.Arguments[0].Value))
	}
}

func (i *inliner) fields(fields map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		i.WriteString(" " + name + "=" + fields[name])
	}
}

func (i *inliner) value(v *ast.Value) string {
	switch v.Kind {
	case ast.Variable:
		if strings.HasPrefix(v.Raw, "_l") {
			return given(i.values[v.Raw])
		}
		return "$" + v.Raw
	case ast.ListValue:
		var items []string
		for _, c := range v.Children {
			items = append(items, i.value(c.Value))
		}
		return fmt.Sprint(items)
	case ast.ObjectValue:
		fields := map[string]string{}
		for _, c := range v.Children {
			fields[c.Name] = i.value(c.Value)
		}
		return fmt.Sprint(fields)
	}
	return fmt.Sprintf("%q", v.Raw)
}

// given writes JSON as value writes literals.
func given(v any) string {
	switch v := v.(type) {
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, given(item))
		}
		return fmt.Sprint(items)
	case map[string]any:
		fields := map[string]string{}
		for name, item := range v {
			fields[name] = given(item)
		}
		return fmt.Sprint(fields)
	case nil:
		return `"null"`
	}
	return fmt.Sprintf("%q", fmt.Sprint(v))
}
