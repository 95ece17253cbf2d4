// Command plan measures Weft's planner, and writes the supergraphs and operations
// that it is measured on, so that other planners can be measured on the same
// ones (plan.mjs; run.sh measures all side by side and prints the tables).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "plan:", err)
		os.Exit(1)
	}
}

func run() error {
	write := flag.String("write", "", "write the cases to this folder, each to one of its own, and print the folders' names")
	root := flag.String("root", "../..", "the repository, whose test cases are the ordinary ones")
	rounds := flag.Int("rounds", 5, "how often each operation is planned, after a first time that does not count")
	tables := flag.String("tables", "", "make tables of the lines in this file")
	flag.Parse()
	if *tables != "" {
		return writeTables(*tables)
	}
	if *rounds < 1 {
		return errors.New("-rounds must be at least 1")
	}
	cases, err := allCases(*root)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if *write != "" {
			err = c.write(*write)
		} else {
			err = c.measure(*rounds)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// benchCase is an operation on a supergraph.
type benchCase struct{ name, supergraph, operation string }

func (c benchCase) write(dir string) error {
	dir = filepath.Join(dir, c.name)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "supergraph.graphql"), []byte(c.supergraph), 0o600); err != nil {
		return err
	}
	fmt.Println(c.name)
	return os.WriteFile(filepath.Join(dir, "operation.graphql"), []byte(c.operation), 0o600)
}

// measured is a line of results; plan.mjs writes the same. Depth is how many
// requests follow one another at most.
type measured struct {
	Planner  string  `json:"planner"`
	Case     string  `json:"case"`
	Ms       float64 `json:"ms,omitempty"`
	Requests int     `json:"requests,omitempty"`
	Depth    int     `json:"depth,omitempty"`
	Error    string  `json:"error,omitempty"`
}

// measure plans the case and prints the median time, from the normalised
// operation to the plan.
func (c benchCase) measure(rounds int) error {
	line := measured{Planner: "weft", Case: c.name}
	plan, took, err := c.plan(rounds)
	if err != nil {
		line.Error = err.Error()
		return json.NewEncoder(os.Stdout).Encode(line)
	}
	line.Ms = float64(took.Microseconds()) / 1000
	for _, s := range plan.Steps {
		if s.Graph != planner.Local {
			line.Requests++
			line.Depth = max(line.Depth, s.Depth+1)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(line)
}

func (c benchCase) plan(rounds int) (*planner.Plan, time.Duration, error) {
	sg, err := schema.LoadSupergraph(c.supergraph, schema.LoadOptions{})
	if err != nil {
		return nil, 0, err
	}
	g, err := graph.New(sg)
	if err != nil {
		return nil, 0, err
	}
	doc, errs := operation.NewParser(sg, operation.Options{}).Parse(c.operation)
	if len(errs) > 0 {
		return nil, 0, errs
	}
	op, err := doc.Operation("")
	if err != nil {
		return nil, 0, err
	}
	p := planner.New(g, planner.Options{})
	plan, err := p.Plan(context.Background(), op, 0)
	if err != nil {
		return nil, 0, err
	}
	var took []time.Duration
	for range rounds {
		start := time.Now()
		if _, err := p.Plan(context.Background(), op, 0); err != nil {
			return nil, 0, err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return plan, took[len(took)/2], nil
}

// isOrdinary tells the cases that are tests elsewhere from those made to be hard.
func isOrdinary(name string) bool { return strings.HasPrefix(name, "ordinary") }
