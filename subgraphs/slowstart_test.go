package subgraphs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/weft-graphql/weft/executor"
)

// slow are settings by which a second passes for each MiB that is read slowly.
var slow = SlowStart{Free: 64 << 10, PerSecond: 1 << 20}

// large is an answer of so many bytes, encoded where the header says so.
func large(status, size int, header http.Header) *http.Response {
	text := bytes.Repeat([]byte(" "), size)
	if header.Get("Content-Encoding") == "gzip" {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(text)
		z.Close()
		text = b.Bytes()
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text))}
}

func TestAnswersAreSlowOnlyBeyondTwiceTheLargest(t *testing.T) {
	const free, mib = 64 << 10, 1 << 20
	type asked struct {
		status, size int
		encoding     string
		seconds      int
	}
	for name, answers := range map[string][]asked{
		"small ones":           {{200, 1000, "", 0}, {200, free, "", 0}},
		"as large again":       {{200, free + 2*mib, "", 2}, {200, free + 2*mib, "", 0}, {200, 4 * mib, "", 0}, {200, 9 * mib, "", 1}},
		"compressed":           {{200, free + 2*mib, "gzip", 2}, {200, 4 * mib, "gzip", 0}},
		"one that failed":      {{500, free + 2*mib, "", 2}, {500, free + 2*mib, "", 2}},
		"more than is allowed": {{200, 12 * mib, "gzip", 10}, {200, free + 9*mib, "", 9}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var next *http.Response
				c := pretending(t, Settings{MaxAnswer: 10*mib + free, SlowStart: slow, Compression: Compression{Answers: []string{"gzip"}}},
					func(*http.Request) (*http.Response, error) { return next, nil })
				for i, a := range answers {
					next = large(a.status, a.size, http.Header{"Content-Encoding": {a.encoding}})
					start := time.Now()
					_ = query(c)
					took, want := time.Since(start), time.Duration(a.seconds)*time.Second
					if took > want || want-took > 100*time.Millisecond { // the first piece is not waited for
						t.Errorf("answer %d took %s, want %s", i+1, took, want)
					}
				}
			})
		})
	}
}

func TestSlowStartIsOffByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pretending(t, Settings{}, func(*http.Request) (*http.Response, error) { return large(200, 32<<20, http.Header{}), nil })
		start := time.Now()
		if err := query(c); err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// endless is the body of an answer that counts what is read of it. It ends when
// end is closed, and gives nothing while stuck is set.
type endless struct {
	read  atomic.Int64
	stuck atomic.Bool
	end   chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	for e.stuck.Load() {
		time.Sleep(time.Millisecond)
	}
	select {
	case <-e.end:
		return 0, io.EOF
	default:
		e.read.Add(int64(len(p)))
		return len(p), nil
	}
}

func TestWhoIsFirstBeyondTheUsualIsReadFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowStart(slow)
		var bodies [3]*endless
		ended := make(chan error, len(bodies))
		for i := range bodies {
			bodies[i] = &endless{end: make(chan struct{})}
			go func() {
				p := make([]byte, 1<<20)
				r := s.reader(t.Context(), bodies[i], -1)
				for {
					if _, err := r.Read(p); err != nil {
						ended <- err
						return
					}
				}
			}()
			synctest.Wait()
		}
		mib := func() (n [3]int64) {
			for i, b := range bodies {
				n[i] = b.read.Load() >> 20
			}
			return n
		}
		expect := func(when string, want [3]int64) {
			t.Helper()
			if time.Sleep(4*time.Second + 200*time.Millisecond); mib() != want {
				t.Errorf("%s: %v MiB were read, want %v", when, mib(), want)
			}
		}
		expect("at first", [3]int64{4, 0, 0})
		bodies[0].stuck.Store(true)
		expect("while the first gives nothing", [3]int64{4, 4, 0})
		bodies[0].stuck.Store(false)
		expect("when it goes on", [3]int64{8, 4, 0})
		close(bodies[0].end)
		if err := <-ended; err != io.EOF { //nolint:errorlint // as it is
			t.Error(err)
		}
		expect("when it has ended", [3]int64{8, 8, 0})
		close(bodies[1].end)
		<-ended
		close(bodies[2].end)
		<-ended
		if len(s.waiting) > 0 {
			t.Errorf("%d wait when nothing is read", len(s.waiting))
		}
	})
}

func TestAFirstLargeAnswerFreesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pretending(t, Settings{SlowStart: slow},
			func(*http.Request) (*http.Response, error) { return large(200, 2<<20+64<<10, http.Header{}), nil })
		start := time.Now()
		ended := make(chan error)
		for range 20 {
			go func() { ended <- query(c) }()
		}
		for range 20 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if d := time.Since(start); d > 2100*time.Millisecond {
			t.Errorf("all together took %s, which should be what the first takes", d)
		}
	})
}

func TestWaitingForAnAnswerEndsWithTheRequest(t *testing.T) {
	for code, end := range map[string]time.Duration{CodeTimeout: time.Hour, CodeCancelled: time.Second} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := pretending(t, Settings{Timeout: 3 * time.Second, MaxAnswer: 1 << 30, SlowStart: slow},
					func(*http.Request) (*http.Response, error) {
						return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(&endless{}), ContentLength: -1}, nil
					})
				ctx, cancel := context.WithTimeout(t.Context(), end)
				defer cancel()
				ended := make(chan error)
				for range 2 { // one of them never has its turn
					go func() {
						_, err := c.Fetch(ctx, &executor.Fetch{Subgraph: "reviews", URL: "http://127.0.0.1:1/"})
						ended <- err
					}()
				}
				for range 2 {
					if fe, is := errors.AsType[*executor.FetchError](<-ended); !is || fe.Code != code {
						t.Errorf("got %v", fe)
					}
				}
				if n := len(c.host("reviews").slow.waiting); n > 0 || c.Held() > 0 {
					t.Errorf("%d wait, %d bytes are held", n, c.Held())
				}
			})
		})
	}
}

// Where there is no memory for an answer, it is to blame if it is one that the
// subgraph has never given so large: then it is what takes the memory.
func TestUnusualAnswersAreToBlameForTheirMemory(t *testing.T) {
	for name, usual := range map[string]int{"unusual": 1000, "usual": 300 << 10} {
		t.Run(name, func(t *testing.T) {
			size := usual
			c := pretending(t, Settings{SlowStart: SlowStart{Free: 64 << 10, PerSecond: 1 << 30}, Breaker: Breaker{Enabled: true, MinRequests: 3}},
				func(*http.Request) (*http.Response, error) {
					res := large(200, size, http.Header{})
					res.ContentLength = -1
					return res, nil
				})
			if err := query(c); err != nil {
				t.Fatal(err)
			}
			c.buffers.limit, size = 256<<10, 512<<10
			for range 2 {
				if fe, is := errors.AsType[*executor.FetchError](query(c)); !is || fe.Code != CodeOverloaded {
					t.Fatalf("got %v", fe)
				}
			}
			if got, want := c.host("reviews").breaker.open(), name == "unusual"; got != want {
				t.Errorf("open: %v", got)
			}
		})
	}
}
