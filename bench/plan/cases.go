package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/planner/graphtest"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// allCases are the stress cases, the benchmark's heavy operation, and the
// operations of the end-to-end tests on the supergraphs that their subgraphs
// compose to.
func allCases(root string) ([]benchCase, error) {
	var cases []benchCase
	for _, c := range graphtest.Cases() {
		cases = append(cases, benchCase{c.Name, c.Supergraph, c.Operation})
	}
	heavy, err := txtar.ParseFile(filepath.Join(root, "planner/testdata/bench.txtar"))
	if err != nil {
		return nil, err
	}
	cases = append(cases, benchCase{"heavy", section(heavy, "supergraph.graphql"), section(heavy, "heavy.graphql")})
	files, err := filepath.Glob(filepath.Join(root, "gateway/endtoend/testdata/*.txtar"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		more, err := ordinaryCases(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		cases = append(cases, more...)
	}
	return cases, nil
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// ordinaryCases composes one test's subgraphs and takes its operations that get
// an answer.
func ordinaryCases(file string) ([]benchCase, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the repository's own tests
	if err != nil {
		return nil, err
	}
	archive := txtar.Parse(data)
	var subgraphs []schema.Subgraph
	for _, f := range archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".graphql"); ok && !strings.Contains(name, "/") && name != "operation" && name != "supergraph" {
			subgraphs = append(subgraphs, schema.Subgraph{Name: name, URL: "http://" + name, SDL: string(f.Data)})
		}
	}
	result, err := compose.Compose(subgraphs, compose.Options{})
	if err != nil || len(subgraphs) < 2 {
		return nil, nil //nolint:nilerr // a test of something else than planning
	}
	test := strings.TrimSuffix(filepath.Base(file), ".txtar")
	var out []benchCase
	for _, f := range archive.Files {
		folder, ok := strings.CutSuffix(f.Name, "operation.graphql")
		if !ok || section(archive, folder+"plan.txt") == "" {
			continue
		}
		out = append(out, benchCase{fmt.Sprintf("ordinary-%s-%d", test, len(out)), result.SDL, string(f.Data)})
	}
	return out, nil
}
