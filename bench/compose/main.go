// Command compose measures Weft's composer within one process, and writes the
// graphs that it is measured on, so that other composers can be measured on the
// same ones (compose.mjs; run.sh measures all side by side).
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/schema/compose/graphtest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		os.Exit(1)
	}
}

func run() error {
	write := flag.String("write", "", "write the graph to this folder: a file for each subgraph, supergraph.yaml and subgraphs.json")
	subgraphs := flag.Int("subgraphs", 10, "how many subgraphs the graph has")
	rounds := flag.Int("rounds", 5, "how often it is composed, after a first time that does not count")
	flag.Parse()
	if *subgraphs < 1 || *rounds < 1 {
		return errors.New("-subgraphs and -rounds must be at least 1")
	}
	graph := graphtest.Company(*subgraphs)
	if *write != "" {
		return writeGraph(*write, graph)
	}
	var wall, cpu []time.Duration
	var result *compose.Result
	for i := range *rounds + 1 {
		start, used := time.Now(), cpuTime()
		var err error
		if result, err = compose.Compose(graph, compose.Options{}); err != nil {
			return err
		}
		if i > 0 {
			wall, cpu = append(wall, time.Since(start)), append(cpu, cpuTime()-used)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(measured{"weft", len(graph), median(wall), median(cpu), len(result.SDL)})
}

// measured is a line of results; compose.mjs writes the same.
type measured struct {
	Composer  string  `json:"composer"`
	Subgraphs int     `json:"subgraphs"`
	WallMs    float64 `json:"wall_ms"`
	CPUMs     float64 `json:"cpu_ms"`
	Bytes     int     `json:"bytes"`
}

func median(taken []time.Duration) float64 {
	slices.Sort(taken)
	return float64(taken[len(taken)/2].Microseconds()/100) / 10
}

// cpuTime is what the process has used so far, garbage collection included.
func cpuTime() time.Duration {
	var u syscall.Rusage
	// It cannot fail: the arguments are constants that the system knows.
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// writeGraph writes a graph as rover reads it, and as JSON for scripts.
func writeGraph(dir string, graph []schema.Subgraph) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var yaml strings.Builder
	yaml.WriteString("federation_version: 2\nsubgraphs:\n")
	for _, s := range graph {
		fmt.Fprintf(&yaml, "  %s: {routing_url: %q, schema: {file: %s}}\n", s.Name, s.URL, s.File)
		if err := os.WriteFile(filepath.Join(dir, s.File), []byte(s.SDL), 0o644); err != nil {
			return err
		}
	}
	list, err := json.Marshal(graph)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "supergraph.yaml"), []byte(yaml.String()), 0o644),
		os.WriteFile(filepath.Join(dir, "subgraphs.json"), list, 0o644))
}
