package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// planners are the columns of the tables.
var planners = []string{"weft", "apollo", "hive"}

// writeTables prints the results of all planners side by side, as Markdown.
func writeTables(file string) error {
	f, err := os.Open(file) //nolint:gosec // the file that run.sh has made
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	results := map[string]map[string]measured{}
	var order []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var m measured
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("%q is no result: %w", lines.Text(), err)
		}
		if results[m.Case] == nil {
			results[m.Case] = map[string]measured{}
			order = append(order, m.Case)
		}
		results[m.Case][m.Planner] = m
	}
	if err := lines.Err(); err != nil {
		return err
	}
	fmt.Println("| | Weft: time | requests | depth | Apollo: time | requests | depth | Hive: time | requests | depth |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, name := range order {
		if isOrdinary(name) {
			continue
		}
		fmt.Printf("| %s ", name)
		for _, p := range planners {
			m := results[name][p]
			if m.Error != "" || m.Requests == 0 {
				fmt.Printf("| %s | | ", cmp.Or(m.Error, "none"))
				continue
			}
			fmt.Printf("| %s | %d | %d ", duration(m.Ms), m.Requests, m.Depth)
		}
		fmt.Println("|")
	}
	for _, peer := range planners[1:] {
		ordinary(results, order, peer)
	}
	return nil
}

// ordinary compares the plans of ordinary operations with those of a peer, by
// depth, then by requests.
func ordinary(results map[string]map[string]measured, order []string, peer string) {
	planned, better, equal, faster := 0, 0, 0, 0
	var worse, refused []string
	var mine, theirs []float64
	for _, name := range order {
		w, p := results[name]["weft"], results[name][peer]
		switch {
		case !isOrdinary(name) || w.Error != "":
			continue
		case p.Error != "":
			refused = append(refused, name)
			continue
		}
		planned++
		mine, theirs = append(mine, w.Ms), append(theirs, p.Ms)
		if w.Ms < p.Ms {
			faster++
		}
		switch cmp.Or(cmp.Compare(w.Depth, p.Depth), cmp.Compare(w.Requests, p.Requests)) {
		case -1:
			better++
		case 0:
			equal++
		default:
			worse = append(worse, fmt.Sprintf("%s (%d requests in %d rounds; %d in %d)", name, w.Requests, w.Depth, p.Requests, p.Depth))
		}
	}
	if planned == 0 {
		return
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	fmt.Printf("\nOf %d ordinary operations that %s plans, Weft's plan is better for %d, the same in depth and requests for %d, worse for %d %v. Weft is faster for %d; medians: %s and %s. %s refuses %d more: %v\n",
		planned, peer, better, equal, len(worse), worse, faster, duration(mine[planned/2]), duration(theirs[planned/2]), peer, len(refused), refused)
}

func duration(ms float64) string {
	switch {
	case ms >= 1000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 10:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2f ms", ms)
}
