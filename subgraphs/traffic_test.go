package subgraphs_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
)

// scripted is a subgraph that gives one answer after the other, the last for good.
type scripted struct {
	*httptest.Server
	requests atomic.Int64
}

type step func(w http.ResponseWriter, r *http.Request)

func script(t testing.TB, steps ...step) *scripted {
	s := &scripted{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then does the server notice that its client has gone
		n := int(s.requests.Add(1))
		steps[min(n, len(steps))-1](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func good(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"data":{}}`) }

func status(code int, header ...string) step {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		io.WriteString(w, `{"errors":[{"message":"status"}]}`)
	}
}

// reset closes the connection without a word.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// cut breaks off in the middle of an answer.
func cut(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "50")
	io.WriteString(w, `{"data"`)
	w.(http.Flusher).Flush()
	reset(w, r)
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// dead is the URL of a port on which nobody listens.
func dead(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return "http://" + l.Addr().String()
}

// ask makes a query and gives the error's code, or "" and the answer's body.
func ask(t testing.TB, c *subgraphs.Client, f executor.Fetch) (body, code string) {
	f.Subgraph = "reviews"
	if f.Body == nil {
		f.Body = []byte(`{"query":"{a}"}`)
	}
	answer, err := c.Fetch(t.Context(), &f)
	var failed *executor.FetchError
	switch {
	case errors.As(err, &failed):
		return failed.Message, failed.Code
	case err != nil:
		return "", err.Error()
	}
	defer answer.Release()
	return string(answer.Body), ""
}

// metric is the value of a client's metric; labels are names and values in turn.
func metric(t testing.TB, c *subgraphs.Client, name string, labels ...string) float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	for _, m := range c.Collectors() {
		r.MustRegister(m)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum, found := 0.0, false
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
	next:
		for _, m := range f.GetMetric() {
			for i := 0; i+1 < len(labels); i += 2 {
				for _, l := range m.GetLabel() {
					if l.GetName() == labels[i] && l.GetValue() != labels[i+1] {
						continue next
					}
				}
			}
			sum, found = sum+m.GetCounter().GetValue()+m.GetGauge().GetValue(), true
		}
	}
	if !found {
		t.Errorf("there is no metric %s", name)
	}
	return sum
}

// eventually waits for what must happen.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// patient retries at once, and as often as anyone could want.
func patient() subgraphs.Settings {
	return subgraphs.Settings{Retries: subgraphs.Retries{Max: 2, Backoff: time.Microsecond, BudgetPercent: 100, BudgetPerSecond: 1000}}
}

func TestWhatIsSentAgain(t *testing.T) {
	firstByte := patient()
	firstByte.FirstByteTimeout = 100 * time.Millisecond
	for name, tt := range map[string]struct {
		steps    []step
		settings subgraphs.Settings
		requests int64
		code     string
		body     string
	}{
		"429":                         {steps: []step{status(429), good}, requests: 2},
		"502":                         {steps: []step{status(502), good}, requests: 2},
		"503 twice":                   {steps: []step{status(503), status(503), good}, requests: 3},
		"504":                         {steps: []step{status(504), good}, requests: 2},
		"reset before the answer":     {steps: []step{reset, good}, requests: 2},
		"reset within the answer":     {steps: []step{cut, good}, requests: 2},
		"first byte late":             {steps: []step{hang, good}, settings: firstByte, requests: 2},
		"503 to the end, as JSON":     {steps: []step{status(503, "Content-Type", "application/json")}, requests: 3, body: `{"errors":[{"message":"status"}]}`},
		"503 to the end":              {steps: []step{status(503)}, requests: 3, code: subgraphs.CodeHTTP},
		"500":                         {steps: []step{status(500), good}, requests: 1, code: subgraphs.CodeHTTP},
		"404":                         {steps: []step{status(404), good}, requests: 1, code: subgraphs.CodeHTTP},
		"an answer that is too large": {steps: []step{good}, settings: subgraphs.Settings{MaxAnswer: 2, Retries: patient().Retries}, requests: 1, code: subgraphs.CodeTooLarge},
		"Retry-After beyond the time": {steps: []step{status(503, "Retry-After", "3600"), good}, requests: 1, code: subgraphs.CodeHTTP},
		"Retry-After that is over":    {steps: []step{status(503, "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), good}, requests: 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := script(t, tt.steps...)
			settings := tt.settings
			if settings.Retries.Max == 0 {
				settings = patient()
			}
			c := newClient(t, subgraphs.Options{All: settings})
			body, code := ask(t, c, executor.Fetch{URL: s.URL})
			if code != tt.code || s.requests.Load() != tt.requests {
				t.Errorf("%d requests and code %q (%s), want %d and %q", s.requests.Load(), code, body, tt.requests, tt.code)
			}
			if tt.body != "" && body != tt.body {
				t.Errorf("got %s", body)
			}
			if got := metric(t, c, "weft_subgraph_retries_total"); got != float64(tt.requests-1) {
				t.Errorf("%v retries are counted, want %d", got, tt.requests-1)
			}
		})
	}
}

func TestMutationsAreSentOnce(t *testing.T) {
	for name, first := range map[string]step{"503": status(503), "reset": reset, "hangs": hang} {
		s := script(t, first, good)
		settings := patient()
		settings.Hedging.Delay = time.Microsecond
		settings.FirstByteTimeout = 100 * time.Millisecond
		c := newClient(t, subgraphs.Options{All: settings})
		if _, code := ask(t, c, executor.Fetch{URL: s.URL, Mutation: true}); code == "" || s.requests.Load() != 1 {
			t.Errorf("%s: %d requests, code %q", name, s.requests.Load(), code)
		}
	}
}

func TestARefusedConnectionIsTriedAtTheNextURL(t *testing.T) {
	s := script(t, good)
	settings := patient()
	settings.URLs = []string{dead(t), s.URL}
	c := newClient(t, subgraphs.Options{ByName: map[string]subgraphs.Settings{"reviews": settings}})
	for range 20 {
		if body, code := ask(t, c, executor.Fetch{}); code != "" {
			t.Fatalf("%s: %s", code, body)
		}
	}
}

func TestRetriesEndWithTheBudget(t *testing.T) {
	s := script(t, status(503))
	c := newClient(t, subgraphs.Options{All: subgraphs.Settings{Retries: subgraphs.Retries{Max: 2, Backoff: time.Microsecond, BudgetPercent: 10}}})
	for range 100 {
		ask(t, c, executor.Fetch{URL: s.URL})
	}
	if n := s.requests.Load(); n != 110 {
		t.Errorf("100 requests and %d retries, want 10", n-100)
	}
	if metric(t, c, "weft_subgraph_retries_total") != 10 || metric(t, c, "weft_subgraph_retries_refused_total") == 0 {
		t.Error("the metrics tell another story")
	}
}

func TestTheBreakerOpensAndClosesAgain(t *testing.T) {
	var well atomic.Bool
	s := script(t, func(w http.ResponseWriter, r *http.Request) {
		if well.Load() {
			good(w, r)
		} else {
			status(503)(w, r)
		}
	})
	c := newClient(t, subgraphs.Options{All: subgraphs.Settings{Breaker: subgraphs.Breaker{Enabled: true, MinRequests: 10, Open: 10 * time.Millisecond, Probes: 2}}})
	for range 10 {
		if _, code := ask(t, c, executor.Fetch{URL: s.URL}); code != subgraphs.CodeHTTP {
			t.Fatalf("got %s", code)
		}
	}
	if got := metric(t, c, "weft_subgraph_breaker_state"); got != 2 {
		t.Fatalf("the breaker's state is %v, want open", got)
	}
	eventually(t, "a request is refused", func() bool {
		message, code := ask(t, c, executor.Fetch{URL: s.URL})
		return code == subgraphs.CodeCircuitOpen && strings.Contains(message, "subgraphs.reviews.breaker")
	})
	if metric(t, c, "weft_subgraph_rejected_total", "reason", "breaker") == 0 || metric(t, c, "weft_subgraph_breaker_opened_total") == 0 {
		t.Error("the metrics do not tell it")
	}
	well.Store(true)
	eventually(t, "the breaker closes", func() bool {
		ask(t, c, executor.Fetch{URL: s.URL})
		return metric(t, c, "weft_subgraph_breaker_state") == 0
	})
	if body, code := ask(t, c, executor.Fetch{URL: s.URL}); code != "" {
		t.Errorf("%s: %s", code, body)
	}
}

func TestRequestsAtOnceAreLimited(t *testing.T) {
	arrived, release := make(chan struct{}, 9), make(chan struct{})
	s := script(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-release
		good(w, r)
	})
	c := newClient(t, subgraphs.Options{All: subgraphs.Settings{MaxConcurrent: 2, MaxWaiting: 1}})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if body, code := ask(t, c, executor.Fetch{URL: s.URL}); code != "" {
				t.Errorf("%s: %s", code, body)
			}
		})
	}
	<-arrived
	<-arrived
	eventually(t, "one waits", func() bool { return metric(t, c, "weft_subgraph_requests_waiting") == 1 })
	message, code := ask(t, c, executor.Fetch{URL: s.URL})
	if code != subgraphs.CodeConcurrency || !strings.Contains(message, "subgraphs.reviews.concurrency") {
		t.Errorf("the fourth got %s: %s", code, message)
	}
	if metric(t, c, "weft_subgraph_rejected_total", "reason", "concurrency") != 1 || metric(t, c, "weft_subgraph_requests_in_flight") != 2 {
		t.Error("the metrics do not tell it")
	}
	close(release)
	wg.Wait()
}

func TestRequestsGoToTheURLThatHasTheFewest(t *testing.T) {
	release := make(chan struct{})
	var urls []string
	var servers []*scripted
	for range 3 {
		s := script(t, func(w http.ResponseWriter, r *http.Request) {
			<-release
			good(w, r)
		})
		urls, servers = append(urls, s.URL), append(servers, s)
	}
	c := newClient(t, subgraphs.Options{ByName: map[string]subgraphs.Settings{"reviews": {URLs: urls}}})
	var wg sync.WaitGroup
	for i := range 9 {
		wg.Go(func() { ask(t, c, executor.Fetch{}) })
		eventually(t, "all have arrived", func() bool {
			return servers[0].requests.Load()+servers[1].requests.Load()+servers[2].requests.Load() == int64(i+1)
		})
	}
	for i, s := range servers {
		if n := s.requests.Load(); n != 3 {
			t.Errorf("URL %d had %d requests of 9", i, n)
		}
	}
	close(release)
	wg.Wait()
}

func TestAURLThatDiesIsLeftOutAndComesBack(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	bad := script(t, func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			reset(w, r)
		} else {
			good(w, r)
		}
	})
	fine := script(t, good)
	settings := subgraphs.Settings{URLs: []string{bad.URL, fine.URL}, Ejection: subgraphs.Ejection{Failures: 3, Time: 50 * time.Millisecond}}
	c := newClient(t, subgraphs.Options{ByName: map[string]subgraphs.Settings{"reviews": settings}})
	eventually(t, "the URL is left out", func() bool {
		ask(t, c, executor.Fetch{})
		return metric(t, c, "weft_subgraph_ejected_urls") == 1
	})
	if metric(t, c, "weft_subgraph_ejections_total") == 0 {
		t.Error("no ejection is counted")
	}
	broken.Store(false)
	before := bad.requests.Load()
	eventually(t, "the URL is used again", func() bool {
		ask(t, c, executor.Fetch{})
		return bad.requests.Load() > before+3
	})
}

func TestHedgesTakeTheAnswerThatComesFirst(t *testing.T) {
	s := script(t, hang, good)
	settings := patient()
	settings.Hedging.Delay = time.Millisecond
	c := newClient(t, subgraphs.Options{All: settings})
	if body, code := ask(t, c, executor.Fetch{URL: s.URL}); code != "" {
		t.Fatalf("%s: %s", code, body)
	}
	if n := s.requests.Load(); n != 2 || metric(t, c, "weft_subgraph_hedges_total") != 1 {
		t.Errorf("%d requests", n)
	}
}

// Answers that are not needed are given back, whichever comes first.
func TestHedgesHoldNothing(t *testing.T) {
	s := script(t, good)
	settings := patient()
	settings.Hedging.Delay = time.Nanosecond
	c := newClient(t, subgraphs.Options{All: settings})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if body, code := ask(t, c, executor.Fetch{URL: s.URL}); code != "" {
					t.Errorf("%s: %s", code, body)
				}
			}
		})
	}
	wg.Wait()
	c.Close()
	if held := c.Held(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
	if metric(t, c, "weft_subgraph_hedges_total") == 0 {
		t.Error("nothing was hedged")
	}
}

// What hedging does not help it does not harm.
func TestHedgesThatFailLeaveTheFirstAlone(t *testing.T) {
	for name, second := range map[string]step{"resets": reset, "502": status(502)} {
		arrived, settled := make(chan struct{}), make(chan struct{})
		first := func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-settled
			good(w, r)
		}
		s := script(t, first, func(w http.ResponseWriter, r *http.Request) {
			second(w, r)
		})
		settings := patient()
		settings.Retries.Max, settings.Hedging.Delay = 0, time.Millisecond
		c := newClient(t, subgraphs.Options{All: settings})
		go func() {
			<-arrived
			eventually(t, "the hedge has failed", func() bool {
				return metric(t, c, "weft_subgraph_hedges_total") == 1 && metric(t, c, "weft_subgraph_requests_in_flight") == 1
			})
			close(settled)
		}()
		if body, code := ask(t, c, executor.Fetch{URL: s.URL}); code != "" {
			t.Errorf("%s: %s: %s", name, code, body)
		}
	}
}

func TestHedgesEndWithTheBudget(t *testing.T) {
	arrived, refused := make(chan struct{}, 9), make(chan struct{})
	s := script(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-refused
		good(w, r)
	})
	c := newClient(t, subgraphs.Options{All: subgraphs.Settings{Hedging: subgraphs.Hedging{Delay: time.Millisecond}}})
	go func() {
		<-arrived
		eventually(t, "the hedge is refused", func() bool { return metric(t, c, "weft_subgraph_retries_refused_total") == 1 })
		close(refused)
	}()
	if body, code := ask(t, c, executor.Fetch{URL: s.URL}); code != "" || s.requests.Load() != 1 {
		t.Errorf("%d requests, %s: %s", s.requests.Load(), code, body)
	}
}

func TestAHedgedRequestEndsWithItsTime(t *testing.T) {
	s := script(t, hang)
	settings := patient()
	settings.Timeout, settings.Hedging.Delay = 100*time.Millisecond, time.Millisecond
	c := newClient(t, subgraphs.Options{All: settings})
	if message, code := ask(t, c, executor.Fetch{URL: s.URL}); code != subgraphs.CodeTimeout {
		t.Errorf("%s: %s", code, message)
	}
}

// What was learnt of a subgraph belongs to the client, not to a supergraph.
func TestRetainKeepsWhatWasLearnt(t *testing.T) {
	s := script(t, status(503))
	c := newClient(t, subgraphs.Options{All: subgraphs.Settings{Breaker: subgraphs.Breaker{Enabled: true, MinRequests: 5, Open: time.Hour}}})
	for range 5 {
		ask(t, c, executor.Fetch{URL: s.URL})
	}
	c.Retain([]string{"reviews", "new"})
	if _, code := ask(t, c, executor.Fetch{URL: s.URL}); code != subgraphs.CodeCircuitOpen {
		t.Errorf("after a reload: %q", code)
	}
	c.Retain([]string{"new"})
	if _, code := ask(t, c, executor.Fetch{URL: s.URL}); code != subgraphs.CodeHTTP {
		t.Errorf("after it was gone: %q", code)
	}
}

func TestTimeoutsNameTheirSetting(t *testing.T) {
	hanging := script(t, hang)
	// A listener whose queue is full takes no connection.
	full, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for name, tt := range map[string]struct {
		settings subgraphs.Settings
		url      string
	}{
		"timeout":            {subgraphs.Settings{Timeout: 50 * time.Millisecond}, hanging.URL},
		"first_byte_timeout": {subgraphs.Settings{FirstByteTimeout: 50 * time.Millisecond}, hanging.URL},
		"connect_timeout":    {subgraphs.Settings{ConnectTimeout: 50 * time.Millisecond}, "https://" + full.Addr().String()},
	} {
		c := newClient(t, subgraphs.Options{All: tt.settings})
		message, code := ask(t, c, executor.Fetch{URL: tt.url})
		if code != subgraphs.CodeTimeout || !strings.Contains(message, fmt.Sprintf("50ms (subgraphs.reviews.%s)", name)) {
			t.Errorf("%s: got %s: %s", name, code, message)
		}
	}
}

// Answers that cannot be held cost more than any others.
func TestAnswersThatAreTooLargeOpenTheBreaker(t *testing.T) {
	endless := script(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<20)
		for range 64 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	for name, o := range map[string]subgraphs.Options{
		subgraphs.CodeTooLarge:   {All: subgraphs.Settings{MaxAnswer: 2 << 20}},
		subgraphs.CodeOverloaded: {MaxHeld: 32 << 20},
	} {
		o.All.Breaker = subgraphs.Breaker{Enabled: true, MinRequests: 2, Open: time.Hour}
		c := newClient(t, o)
		for _, want := range []string{name, name, subgraphs.CodeCircuitOpen} {
			if message, code := ask(t, c, executor.Fetch{URL: endless.URL}); code != want {
				t.Errorf("got %s, want %s: %s", code, want, message)
			}
		}
		if held := c.Held(); held != 0 {
			t.Errorf("%d bytes are held", held)
		}
	}
}
