package source

import (
	"encoding/json"
	"os"
	"testing"
)

func FuzzIntrospection(f *testing.F) {
	answer, err := os.ReadFile("testdata/introspected.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Fuzz(func(t *testing.T, answer []byte) {
		var got struct{ Data introspection }
		if json.Unmarshal(answer, &got) == nil && got.Data.Schema.sdl() == "" {
			t.Error("there is no text")
		}
	})
}

func FuzzDocument(f *testing.F) {
	f.Add("federation_version: =2.3.1\nsubgraphs: {a: {routing_url: \"${A:-b}\", schema: {subgraph_url: x, introspection_headers: {a: b}}}}")
	f.Add("a: &x {b: *x}")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := parseDocument("supergraph.yaml", []byte(text), nil)
		if err != nil {
			return
		}
		for name, e := range doc.subgraphs {
			if e.file+e.sdl+e.subgraphURL == "" {
				t.Errorf("subgraph %q has no schema", name)
			}
		}
	})
}
