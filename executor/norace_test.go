//go:build !race

package executor

// raced is set where the race detector runs: it takes things out of pools at random.
const raced = false
