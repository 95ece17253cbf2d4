package compose_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestExamplesCompose composes the subgraphs of the repository's examples.
func TestExamplesCompose(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	var all []schema.Subgraph
	for _, file := range files {
		sdl, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, schema.Subgraph{Name: filepath.Base(filepath.Dir(file)), SDL: string(sdl), File: file})
	}
	if len(all) == 0 {
		t.Fatal("there are no examples")
	}
	if _, err := compose.Compose(all, compose.Options{}); err != nil {
		t.Error(err)
	}
}
