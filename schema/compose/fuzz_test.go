package compose_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// FuzzCompose composes pairs of documents: there is no panic, and what composes
// loads as a supergraph, and is the same whatever the order.
func FuzzCompose(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		all := subgraphs(archive)
		for i := range all {
			f.Add(all[i].SDL, all[(i+1)%len(all)].SDL)
		}
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		options := compose.Options{MaxSDLBytes: 1 << 14}
		pair := []schema.Subgraph{{Name: "a", SDL: a}, {Name: "b", SDL: b}}
		result, err := compose.Compose(pair, options)
		if err != nil {
			return
		}
		_, err = schema.LoadSupergraph(result.SDL, schema.LoadOptions{})
		if err != nil && !errors.Is(err, &schema.Error{Code: "UNSUPPORTED_LINKED_FEATURE"}) {
			t.Fatalf("the supergraph does not load: %v\n%s", err, result.SDL)
		}
		pair[0], pair[1] = pair[1], pair[0]
		again, err := compose.Compose(pair, options)
		if err != nil || again.SDL != result.SDL {
			t.Fatalf("the order of the subgraphs changes the supergraph (error %v)", err)
		}
	})
}
