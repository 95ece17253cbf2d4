package corpus_test

import (
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
	"github.com/weft-graphql/weft/schema/satisfy"
)

// TestApollosSupergraphsLoad loads every supergraph that Apollo's composer wrote
// and proves on it that every query can be answered.
func TestApollosSupergraphsLoad(t *testing.T) {
	t.Parallel()
	listed := readDifferences(t) // some are deliberately not what Weft would write
	loaded := 0
	for _, s := range readSets(t) {
		if s.supergraph == "" {
			continue
		}
		sg, err := schema.LoadSupergraph(s.supergraph, schema.LoadOptions{DenyUnenforced: true})
		if err != nil && listed[s.name] != nil {
			continue
		}
		if err != nil {
			t.Errorf("%s does not load: %v", s.name, err)
			continue
		}
		g, err := graph.New(sg)
		if err != nil {
			t.Errorf("%s has no query graph: %v", s.name, err)
			continue
		}
		if _, errs := satisfy.Check(sg, g, satisfy.Options{}); len(errs) > 0 && listed[s.name] == nil {
			t.Errorf("%s: not every query can be answered: %v", s.name, errs)
		}
		loaded++
	}
	if loaded < 200 {
		t.Errorf("only %d supergraphs were loaded", loaded)
	}
}
