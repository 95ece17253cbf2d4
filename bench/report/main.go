// Command report prints what run.sh measured: for each operation and gateway the medians of its
// rounds, with their ratios to the floor. It ends with status 1 if any request failed.
//
//	report results.jsonl
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"text/tabwriter"
)

// run is one line of the results: one run of load, and what the subgraphs counted meanwhile.
type run struct {
	Gateway   string
	Operation string
	Load      struct {
		Requests, Failed int64
		Failure          string
		P50              float64 `json:"p50_ms"`
		CPU              float64 `json:"cpu_us_per_request"`
		PeakRSS          float64 `json:"peak_rss_mb"`
	}
	Subgraphs map[string]struct {
		Requests              int64
		DistinctAuthorization int64 `json:"distinct_authorizations"`
	}
}

// subgraphRequests is the number of subgraph requests for each of the client's. Every client request
// has an Authorization of its own, so the subgraph that saw most of them tells how many there were,
// those before the measuring began included: the subgraphs counted these too.
func (r run) subgraphRequests() float64 {
	var requests, clients int64
	for _, s := range r.Subgraphs {
		requests += s.Requests
		clients = max(clients, s.DistinctAuthorization)
	}
	return float64(requests) / float64(max(clients, 1))
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: report results.jsonl")
	}
	results, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	runs, err := read(results)
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	if err := report(os.Stdout, runs); err != nil {
		log.Fatal(err)
	}
}

func read(results []byte) ([]run, error) {
	var runs []run
	for line := range bytes.Lines(results) {
		var one run
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(runs)+1, err)
		}
		runs = append(runs, one)
	}
	return runs, nil
}

// report writes the table in the order of the runs, and then what failed.
func report(w io.Writer, runs []run) error {
	type group struct{ operation, gateway string }
	groups := map[group][]run{}
	var order []group
	for _, r := range runs {
		g := group{r.Operation, r.Gateway}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], r)
	}
	var failures []error
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "operation\tgateway\trounds\tCPU µs/request\t×floor\tp50 ms\t×floor\tpeak MB\t×floor\tsubgraph requests\tfailed\t")
	for _, g := range order {
		own, floor := groups[g], groups[group{g.operation, "floor"}]
		fmt.Fprintf(table, "%s\t%s\t%d\t", g.operation, g.gateway, len(own))
		for _, column := range []struct {
			format string
			value  func(run) float64
		}{
			{"%.0f\t%s\t", func(r run) float64 { return r.Load.CPU }},
			{"%.2f\t%s\t", func(r run) float64 { return r.Load.P50 }},
			{"%.0f\t%s\t", func(r run) float64 { return r.Load.PeakRSS }},
		} {
			value := median(own, column.value)
			fmt.Fprintf(table, column.format, value, ratio(value, median(floor, column.value)))
		}
		var failed int64
		for _, r := range own {
			failed += r.Load.Failed
			if r.Load.Failed > 0 || r.Load.Requests == 0 {
				failures = append(failures, fmt.Errorf("%s on %s: %d requests failed, %d were answered: %s",
					g.gateway, g.operation, r.Load.Failed, r.Load.Requests, cmp.Or(r.Load.Failure, "no reason given")))
			}
		}
		fmt.Fprintf(table, "%.2f\t%d\t\n", median(own, run.subgraphRequests), failed)
	}
	return errors.Join(append([]error{table.Flush()}, failures...)...)
}

// median is the middle value of the runs, or the mean of the two in the middle; 0 of none.
func median(runs []run, value func(run) float64) float64 {
	var all []float64
	for _, r := range runs {
		all = append(all, value(r))
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

func ratio(value, floor float64) string {
	if floor == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", value/floor)
}
