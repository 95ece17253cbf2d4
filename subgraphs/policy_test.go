package subgraphs

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/weft-graphql/weft/executor"
)

// pretended is a subgraph without a network, for what has to do with time.
type pretended func(*http.Request) (*http.Response, error)

func (p pretended) RoundTrip(r *http.Request) (*http.Response, error) { return p(r) }

func answering(status int, header ...string) *http.Response {
	res := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"data":{}}`)), ContentLength: -1}
	for i := 0; i+1 < len(header); i += 2 {
		res.Header.Set(header[i], header[i+1])
	}
	return res
}

func pretending(t *testing.T, s Settings, p pretended) *Client {
	c, err := New(Options{All: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.host("reviews").pretended = p
	return c
}

func query(c *Client) error {
	_, err := c.Fetch(context.Background(), &executor.Fetch{Subgraph: "reviews", URL: "http://127.0.0.1:1/"})
	return err
}

func TestRetriesBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, at := time.Now(), []time.Duration{}
		c := pretending(t, Settings{Retries: Retries{Max: 4, Backoff: 100 * time.Millisecond, MaxBackoff: 300 * time.Millisecond, BudgetPerSecond: 10}},
			func(*http.Request) (*http.Response, error) {
				at = append(at, time.Since(start))
				return answering(502), nil
			})
		if err := query(c); err == nil {
			t.Fatal("an answer")
		}
		if len(at) != 5 {
			t.Fatalf("attempts at %v", at)
		}
		for i, want := range []time.Duration{100, 200, 300, 300} {
			want *= time.Millisecond
			if d := at[i+1] - at[i]; d < want/2 || d > want*3/2 {
				t.Errorf("retry %d came after %s, want %s, give or take a half", i+1, d, want)
			}
		}
	})
}

func TestRetryAfterIsObeyed(t *testing.T) {
	for name, header := range map[string]func() string{
		"seconds": func() string { return "7" },
		"a date":  func() string { return time.Now().Add(7 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var at []time.Time
				c := pretending(t, Settings{Retries: Retries{Max: 1, Backoff: time.Millisecond, BudgetPerSecond: 10}},
					func(*http.Request) (*http.Response, error) {
						if at = append(at, time.Now()); len(at) == 1 {
							return answering(429, "Retry-After", header()), nil
						}
						return answering(200), nil
					})
				if err := query(c); err != nil {
					t.Fatal(err)
				}
				if len(at) != 2 || at[1].Sub(at[0]) < 6*time.Second { // a date has no fractions of seconds
					t.Errorf("attempts at %v", at)
				}
			})
		})
	}
}

func TestTheBudgetRefills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(Retries{BudgetPercent: 20, BudgetPerSecond: 2})
		spent := func() (n int) {
			for b.spend() {
				n++
			}
			return n
		}
		steps := []struct {
			requests int
			wait     time.Duration
			want     int
		}{
			{0, 0, 2}, {0, 0, 0}, {10, 0, 2}, {4, 0, 0}, {1, 0, 1}, {0, 500 * time.Millisecond, 1}, {0, time.Hour, 20}, {1_000_000, 0, 20},
		}
		for i, s := range steps {
			b.earn(s.requests)
			time.Sleep(s.wait)
			if got := spent(); got != s.want {
				t.Errorf("step %d: %d retries, want %d", i, got, s.want)
			}
		}
		if none := newBudget(Retries{}); none.spend() {
			t.Error("an empty budget gives something")
		}
	})
}

func newTestBreaker(s Breaker) *breaker {
	return newBreaker(Settings{Breaker: s}.withDefaults().Breaker, func(gobreaker.State, gobreaker.State) {})
}

func (b *breaker) open() bool { return gobreaker.State(b.phase.Load()&3) == gobreaker.StateOpen }

func TestTheBreakerCountsShares(t *testing.T) {
	for name, tt := range map[string]struct {
		good, bad int
		pause     time.Duration // between the good and the bad
		open      bool
	}{
		"too few":                   {0, 19, 0, false},
		"all":                       {0, 20, 0, true},
		"half":                      {10, 10, 0, true},
		"less than half":            {20, 19, 0, false},
		"half, but of long ago":     {1000, 20, time.Minute, true},
		"less than half, and fresh": {1000, 19, 5 * time.Second, false},
		"many in a row":             {1000, 20, 5 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(Breaker{})
				tell := func(n int, outcome error) {
					for range n {
						p, ok := b.allow()
						if !ok {
							t.Fatal("open too early")
						}
						b.done(p, outcome)
						b.done(p, errExcluded) // counts neither way
					}
				}
				tell(tt.good, nil)
				time.Sleep(tt.pause)
				tell(tt.bad, errFailed)
				if b.open() != tt.open {
					t.Errorf("open: %v", b.open())
				}
			})
		})
	}
}

func trip(b *breaker) {
	for !b.open() {
		p, _ := b.allow()
		b.done(p, errFailed)
	}
}

func TestTheBreakerProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(Breaker{Open: time.Second, Probes: 2})
		old, _ := b.allow()
		trip(b)
		if _, ok := b.allow(); ok {
			t.Fatal("a request passes an open breaker")
		}
		time.Sleep(time.Second + 1)
		first, ok1 := b.allow()
		second, ok2 := b.allow()
		if _, ok := b.allow(); !ok1 || !ok2 || ok {
			t.Fatalf("two probes are to pass: %v, %v, %v", ok1, ok2, ok)
		}
		b.done(old, errFailed) // tells nothing of now
		b.done(first, nil)
		b.done(second, nil)
		if _, ok := b.allow(); !ok || b.open() {
			t.Fatal("it did not close")
		}
		trip(b)
		time.Sleep(time.Second + 1)
		p, _ := b.allow()
		b.done(p, errFailed)
		if !b.open() {
			t.Error("a failed probe did not open it again")
		}
	})
}

// A subgraph that hung and works again must not wait for the probes that hang.
func TestProbesThatHangMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(Breaker{Open: time.Second, Probes: 2})
		trip(b)
		time.Sleep(time.Second + 1)
		var hanging []permit
		for range 2 {
			p, ok := b.allow()
			if !ok {
				t.Fatal("no probe")
			}
			hanging = append(hanging, p)
		}
		time.Sleep(time.Second + 1)
		for range 2 {
			p, ok := b.allow()
			if !ok {
				t.Fatal("no room for another probe")
			}
			b.done(p, nil)
		}
		if gobreaker.State(b.phase.Load()&3) != gobreaker.StateClosed {
			t.Error("it did not close")
		}
		for _, p := range hanging {
			b.done(p, errFailed)
		}
		if _, ok := b.allow(); !ok {
			t.Error("what hung has opened it again")
		}
	})
}

// A request that is given up counts against the subgraph if it had the time.
func TestWhoHangsFails(t *testing.T) {
	for name, tt := range map[string]struct {
		patience time.Duration
		open     bool
	}{"given up early": {time.Second, false}, "given up late": {6 * time.Second, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := pretending(t, Settings{Timeout: 10 * time.Second, Breaker: Breaker{Enabled: true, MinRequests: 1, Open: time.Hour}},
					func(r *http.Request) (*http.Response, error) {
						<-r.Context().Done()
						return nil, r.Context().Err()
					})
				ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
				defer cancel()
				_, err := c.Fetch(ctx, &executor.Fetch{Subgraph: "reviews", URL: "http://127.0.0.1:1/"})
				if err == nil || c.host("reviews").breaker.open() != tt.open {
					t.Errorf("%v; open: %v", err, !tt.open)
				}
			})
		})
	}
}

func newTestEndpoints(t *testing.T, n int, s Ejection) *endpoints {
	var urls []string
	for i := range n {
		urls = append(urls, fmt.Sprintf("http://127.0.0.1:%d/", i+1))
	}
	es, err := newEndpoints(urls, nil, Settings{Ejection: s}.withDefaults().Ejection, func(*endpoint, time.Duration) {})
	if err != nil {
		t.Fatal(err)
	}
	return es
}

func TestEjection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		es := newTestEndpoints(t, 4, Ejection{Failures: 3, Time: time.Second, MaxTime: 3 * time.Second, MaxPercent: 50})
		fail := func(i, n int) {
			for range n {
				es.failed(es.all[i])
			}
		}
		fail(0, 2)
		es.succeeded(es.all[0])
		fail(0, 2)
		if es.out() != 0 {
			t.Fatal("ejected without three failures in a row")
		}
		fail(0, 1)
		if es.out() != 1 {
			t.Fatal("not ejected")
		}
		for range 100 {
			if es.pick(nil) == es.all[0] {
				t.Fatal("what is ejected is picked")
			}
		}
		fail(1, 9)
		fail(2, 9)
		fail(3, 9)
		if es.out() != 2 {
			t.Errorf("%d of 4 are ejected, half may be", es.out())
		}
		// One failure is enough when it is back, and the time doubles, within its limit.
		for _, d := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second} {
			time.Sleep(d - 2)
			if es.all[0].ejectedUntil.Load() <= es.now() {
				t.Fatalf("back before %s", d)
			}
			time.Sleep(time.Millisecond)
			if es.all[0].ejectedUntil.Load() > es.now() {
				t.Fatalf("not back after %s", d)
			}
			fail(0, 1)
		}
		time.Sleep(time.Minute)
		es.succeeded(es.all[0])
		fail(0, 2)
		if es.out() != 0 {
			t.Error("a success did not make it like the others")
		}
	})
}

func TestTheLastURLIsNeverEjected(t *testing.T) {
	for n := 1; n <= 5; n++ {
		es := newTestEndpoints(t, n, Ejection{Failures: 1, MaxPercent: 100})
		for range 100 {
			es.failed(es.all[rand.IntN(n)])
			if es.out() >= n || es.pick(nil) == nil {
				t.Fatalf("all of %d are ejected", n)
			}
		}
		if want := n - 1; es.out() != want {
			t.Errorf("%d of %d are ejected, want %d", es.out(), n, want)
		}
	}
}
