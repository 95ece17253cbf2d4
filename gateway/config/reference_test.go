package config

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func TestConfigurationPageIsFresh(t *testing.T) {
	want, err := Markdown()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/configuration.md is stale: run go generate ./gateway/config")
	}
}

func TestExampleHasEveryKeyAndIsValid(t *testing.T) {
	example, err := Example()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("example.yaml", example, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	root, err := describeConfig()
	if err != nil {
		t.Fatal(err)
	}
	walkEntries(root, func(e entry) {
		if e.named || e.typ.Kind().String() == "map" {
			return // its elements' keys are visited
		}
		if !regexp.MustCompile(`(?m)^[ #-]*\b` + regexp.QuoteMeta(e.key) + `:|\{` + regexp.QuoteMeta(e.key) + `:`).Match(example) {
			t.Errorf("the example lacks %s", e.path)
		}
	})
	// The alternatives that are commented out are valid where the others are not there.
	for _, source := range []string{"supergraph: {subgraphs: supergraph.yaml}", "registry: {dir: registry}"} {
		c, err := Parse("weft.yaml", []byte(source), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("weft.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("weft.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON reads YAML as an editor does before it applies a schema.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestJSONSchemaAcceptsTheExample(t *testing.T) {
	example, err := Example()
	if err != nil {
		t.Fatal(err)
	}
	if err := compileSchema(t).Validate(asJSON(t, example)); err != nil {
		t.Error(err)
	}
}

// The schema may know less than Parse, but the two never contradict each other on these.
func TestJSONSchemaAgreesWithParse(t *testing.T) {
	schema := compileSchema(t)
	env := environment("A=1\nT=true\nD=1s\nL=warn")
	for _, text := range []string{
		"{}", "limits:", "cache: {}", "cache: {subgraphs: {a: {ttl: 1s}, b: {}}}", "subgraphs: {all: {timeout: 1s}, b: {url: 'http://h'}}",
		"limits: {tokens: '${A}', timeout: '${D}'}", "introspection: ${T}", "log: {level: '${L}'}", "log: {level: debug}",
		"limits: {body: 2048}", "limits: {body: 2 MiB}", "limits: {shutdown_grace: 0}", "budgets: {rate: 5/m, burst: 1}",
		"headers: {request: [{forward: {name: A}}]}", "headers: {request: [{set: {name: A, value: b}}, {forward: {pattern: a.*}}], response: [{forward: {name: A, take: first}}]}", "headers: {request: []}", "csrf: {headers: [X-A]}", "budgets: {rate: 1/s, burst: 1, identify: []}",
	} {
		if _, err := Parse("weft.yaml", []byte(text), env); err != nil {
			t.Errorf("Parse refuses %s: %v", text, err)
		}
		if err := schema.Validate(asJSON(t, []byte(text))); err != nil {
			t.Errorf("the schema refuses %s: %v", text, err)
		}
	}
	for _, text := range []string{
		"a: 1", "limits: {tokens: 0}", "limits: {tokens: 1.5}", "limits: {tokens: '5'}", "limits: {timeout: 5}", "limits: {timeout: 5 s}",
		"limits: {body: 1.5MiB}", "limits: {body: 1}", "introspection: 'yes'", "log: {level: loud}", "log: {format: 1}", "listen: 4000",
		"cache:", "budgets: {}", "budgets: {rate: 0/s, burst: 1}", "budgets: {rate: 5, burst: 1}", "headers: {request: [{}]}",
		"headers: {request: [{forward: {}}]}", "headers: {request: [{forward: {name: ''}}]}", "headers: {request: {}}", "headers: {request: [{forward: {name: A, pattern: A}}]}", "headers: {response: [{set: {name: A, value: b}}]}", "subgraphs: {a: {timout: 1s}}",
		"subgraphs: {all: {url: 'http://h'}}", "cache: {subgraphs: {a: {x: 1}}}", "csrf: {headers: [1]}", "[]",
	} {
		if _, err := Parse("weft.yaml", []byte(text), env); err == nil {
			t.Errorf("Parse accepts %s", text)
		}
		if schema.Validate(asJSON(t, []byte(text))) == nil {
			t.Errorf("the schema accepts %s", text)
		}
	}
}

func TestEveryMeaningIsOnThePageAndInTheSchema(t *testing.T) {
	page, err := Markdown()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var parsed any
	if err := json.Unmarshal(schema, &parsed); err != nil {
		t.Fatal(err)
	}
	root, err := describeConfig()
	if err != nil {
		t.Fatal(err)
	}
	walkEntries(root, func(e entry) {
		if !strings.Contains(string(page), e.doc) {
			t.Errorf("the page does not say what %s means", e.path)
		}
	})
}
