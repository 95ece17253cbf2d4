package compose_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

func TestFormatColoursOnlyWhenAsked(t *testing.T) {
	sources := []schema.Subgraph{{Name: "a", SDL: "type Query {\n  a: Missing\n}"}}
	_, err := compose.Compose(sources, compose.Options{})
	errs, ok := errors.AsType[schema.Errors](err)
	if !ok {
		t.Fatalf("got the error %v", err)
	}
	var plain, coloured bytes.Buffer
	compose.Format(&plain, errs, sources, false)
	compose.Format(&coloured, errs, sources, true)
	if strings.Contains(plain.String(), "\x1b") {
		t.Errorf("plain output has escape codes: %q", plain.String())
	}
	if !strings.Contains(coloured.String(), "\x1b[1;31m") {
		t.Errorf("coloured output has no red: %q", coloured.String())
	}
}

func TestComposeRefusesWhatIsOverItsLimits(t *testing.T) {
	tests := map[string]struct {
		options compose.Options
		sdl     string
		want    string
	}{
		"bytes":  {compose.Options{MaxSDLBytes: 10}, "type Query { a: Int }", "more than the limit of 10"},
		"tokens": {compose.Options{MaxTokens: 3}, "type Query { a: Int }", "token"},
		"depth": {compose.Options{MaxDepth: 3}, `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
			type Query { a: T } type T @key(fields: "t { t { t { t { id } } } }") { id: ID t: T }`, "deeper than the limit of 3"},
		"errors": {compose.Options{MaxErrors: 1}, `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
			type Query { a: X b: Y c: Z }`, "2 more errors"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := compose.Compose([]schema.Subgraph{{Name: "a", SDL: test.sdl}}, test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got the error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestComposeRefusesBadSubgraphNames(t *testing.T) {
	sdl := "type Query { a: Int }"
	tests := map[string]struct {
		subgraphs []schema.Subgraph
		code      schema.Code
	}{
		"none":      {nil, "NO_SUBGRAPHS"},
		"empty":     {[]schema.Subgraph{{SDL: sdl}}, "INVALID_SUBGRAPH_NAME"},
		"reserved":  {[]schema.Subgraph{{Name: "_", SDL: sdl}}, "INVALID_SUBGRAPH_NAME"},
		"duplicate": {[]schema.Subgraph{{Name: "a", SDL: sdl}, {Name: "a", SDL: sdl}}, "INVALID_SUBGRAPH_NAME"},
		"quote":     {[]schema.Subgraph{{Name: `a"`, SDL: sdl}}, "INVALID_SUBGRAPH_NAME"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := compose.Compose(test.subgraphs, compose.Options{})
			if !errors.Is(err, &schema.Error{Code: test.code}) {
				t.Errorf("got the error %v, want %s", err, test.code)
			}
		})
	}
}
