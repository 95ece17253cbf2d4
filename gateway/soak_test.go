//go:build soak

package gateway_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/weft-graphql/weft/cache/redis/redistest"
	"github.com/weft-graphql/weft/gateway/config"
)

// TestSoak swaps 2,000 supergraphs, or as many as fit, spread over SOAK_DURATION
// (2m where it is not set) under random load and a Redis that comes and goes, and
// looks at memory and goroutines all the time.
func TestSoak(t *testing.T) {
	const swaps, rounds = 2000, 10
	duration := 2 * time.Minute
	if text := os.Getenv("SOAK_DURATION"); text != "" {
		var err error
		if duration, err = time.ParseDuration(text); err != nil {
			t.Fatalf("SOAK_DURATION: %v", err)
		}
	}
	r := redistest.Start(t)
	s := sharing(r)
	s.Cache.TTL = config.Duration(time.Second)
	s.Cache.Memory.Size, s.Documents.Cache = 4<<20, 4<<20 // so that they are full early
	g, c := newGraph(t), newClient(t)
	i := openWith(t, s, g)
	supergraphs := []string{accountsSDL, accountsWithEmailSDL}

	var heap uint64
	var goroutines, done int
	start := time.Now()
	for round := range rounds {
		l := startLoad(t, i.clients)
		end := start.Add(duration * time.Duration(round+1) / rounds)
		for n := 0; time.Now().Before(end) || n == 0; n++ {
			if done < swaps*(round+1)/rounds {
				if err := i.Swap(t.Context(), g.supergraph(t, supergraphs[done%2])); err != nil {
					t.Fatal(err)
				}
				done++
			}
			switch n % 200 {
			case 50:
				r.Stop()
			case 100:
				r.Restart()
			case 120:
				r.Pause()
			case 160:
				r.Resume()
			}
			l.more(50)
		}
		r.Stop() // whatever state it was left in
		r.Restart()
		l.check()
		runtime.GC()
		h, n := level(g, c)
		t.Logf("after %s: %d swaps, heap %d KiB, %d goroutines", time.Since(start).Round(time.Second), done, h>>10, n)
		if round == 0 {
			heap, goroutines = h, n
			continue
		}
		// Pools and the caches of 4 MiB each may differ, and connections to Redis
		// come and go: a leak of each swap or request exceeds that by far.
		if h > heap+20<<20 || n > goroutines+50 {
			t.Errorf("the heap is %d KiB after %d KiB, goroutines are %d after %d", h>>10, heap>>10, n, goroutines)
		}
	}
}
