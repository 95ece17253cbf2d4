//go:build soak

package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestFaultsUnderLoad runs a gateway in a process of its own under 100
// connections, half of which need a subgraph that fails, in each way in turn. It
// prints how much longer the others' requests take, the process's memory, and how
// long it takes until all is well after the subgraph is (docs/performance.md).
func TestFaultsUnderLoad(t *testing.T) {
	const phase, connections, every = 5 * time.Second, 100, 100 * time.Millisecond
	g := newGraph(t)
	products := startProducts(t, g)
	p := startProcess(t, g, `
subgraphs:
  all: {timeout: 3s}
`)
	c := newClient(t)
	c.http.Transport.(*http.Transport).MaxIdleConnsPerHost = 2 * connections
	ctx, cancel := context.WithCancel(t.Context())
	var others, broken paced
	running := []*sync.WaitGroup{
		others.run(ctx, c, connections/2, every, unrelated, p.clients),
		broken.run(ctx, c, connections/2, every, related, p.clients),
	}
	wait(ctx, phase)
	others.take() // what was slow because nothing was warm
	broken.take()
	wait(ctx, phase)
	base, wrong := others.take()
	_, alsoWrong := broken.take()
	if wrong+alsoWrong > 0 {
		t.Errorf("without a fault %d answers are wrong", wrong+alsoWrong)
	}
	goroutines := p.metric(t, c, "go_goroutines")
	t.Logf("%-18s p50 %5.1f ms, p99 %5.1f ms, memory %3.0f MB, %.0f goroutines", "well", ms(base, 50), ms(base, 99), p.peak(t), goroutines)
	for _, name := range []string{"hangs", "resets", "dribbles", "answers garbage", "answers gigabytes", "dies"} {
		p.forgetPeak(t)
		products.tell(t, name)
		wait(ctx, phase)
		took, wrong := others.take()
		products.tell(t, well)
		seconds := p.recovered(t, c)
		t.Logf("%-18s p50 %5.1f ms, p99 %5.1f ms (%.2f times), peak memory %3.0f MB, well again after %.2f s", name,
			ms(took, 50), ms(took, 99), ms(took, 99)/ms(base, 99), p.peak(t), seconds)
		if wrong > 0 {
			t.Errorf("%s: %d of %d unrelated requests failed", name, wrong, len(took))
		}
		if p.peak(t) > 512 || seconds > 2 {
			t.Errorf("%s: %.0f MB and %.2f s, 512 and 2 are allowed", name, p.peak(t), seconds)
		}
		wait(ctx, phase) // for what is left of the fault
		others.take()
		broken.take()
	}
	cancel()
	for _, r := range running {
		r.Wait()
	}
	c.http.CloseIdleConnections()
	eventually(t, "no goroutine is left of the load", func() bool { return p.metric(t, c, "go_goroutines") < goroutines })
	t.Logf("%.0f goroutines when it is over", p.metric(t, c, "go_goroutines"))
}

// well stands for no fault.
const well = "well"

// remote is the subgraph that fails. It is a process of its own, as it would be:
// what it does with all its might would otherwise hold up the load and the other
// subgraphs, which this process has to run, before it comes to the gateway.
type remote struct {
	stdin  io.Writer
	stdout *bufio.Scanner
}

// startProducts runs [TestServeProducts] in another process until the test ends,
// and has the graph use it.
func startProducts(t *testing.T, g *graph) *remote {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeProducts$") //nolint:noctx // the cleanup ends it
	cmd.Env = append(os.Environ(), serveProducts+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &remote{stdin, bufio.NewScanner(stdout)}
	t.Cleanup(func() {
		stdin.Close()
		rest, _ := io.ReadAll(stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the subgraph ended with %v: %s", err, rest)
		}
	})
	g.products.server.URL = p.tell(t, well)
	return p
}

// tell has the subgraph fail in a way, or no longer, and gives its URL.
func (p *remote) tell(t *testing.T, fault string) string {
	t.Helper()
	if _, err := fmt.Fprintln(p.stdin, fault); err != nil {
		t.Fatal(err)
	}
	if !p.stdout.Scan() {
		t.Fatalf("the subgraph is gone: %v", p.stdout.Err())
	}
	return p.stdout.Text()
}

// serveProducts is the variable of the environment that TestServeProducts asks for.
const serveProducts = "WEFT_TEST_SERVE_PRODUCTS"

// TestServeProducts is no test but the other end of [remote].
func TestServeProducts(t *testing.T) {
	if os.Getenv(serveProducts) == "" {
		t.Skip("TestFaultsUnderLoad runs it")
	}
	s, mend := newGraph(t).products, func() {}
	// On loopback the kernel would take 4 MiB of each answer whether or not anyone
	// reads it, which no network does: the copying alone would keep both cores busy.
	s.server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if err := c.(*net.TCPConn).SetWriteBuffer(256 << 10); err != nil {
			t.Error(err)
		}
		return ctx
	}
	for told := bufio.NewScanner(os.Stdin); told.Scan(); fmt.Println(s.server.URL) {
		if name := told.Text(); name != well {
			mend = s.fault(t, name)
		} else {
			mend()
		}
	}
}

func unrelated() (string, func(reply, error) bool) {
	id := fmt.Sprint(rand.Uint32())
	want := fmt.Sprintf(`{"data":{"user":{"name":"User %s","reviews":[{"body":"Review 0"},{"body":"Review 1"}]}}}`, id)
	return body(`query($id: ID!) { user(id: $id) { name reviews { body } } }`, object{"id": id}),
		func(r reply, err error) bool { return err == nil && r.body == want }
}

func related() (string, func(reply, error) bool) {
	upc := fmt.Sprint(rand.Uint32())
	want := fmt.Sprintf(`{"data":{"product":{"name":"Product %s"}}}`, upc)
	return body(`query($upc: ID!) { product(upc: $upc) { name } }`, object{"upc": upc}),
		func(r reply, err error) bool { return err == nil && r.body == want }
}

// ms is a percentile in milliseconds.
func ms(took []time.Duration, percent int) float64 {
	slices.Sort(took)
	return float64(took[len(took)*percent/100]) / float64(time.Millisecond)
}

// paced is clients that send at a rate, whatever becomes of their requests, and
// remember how long the answers took.
type paced struct {
	mu    sync.Mutex
	took  []time.Duration
	wrong atomic.Int64
}

// run sends requests on so many connections, each one every interval or as soon
// as it has the last answer, until ctx ends.
func (p *paced) run(ctx context.Context, c *client, connections int, every time.Duration, request func() (string, func(reply, error) bool), url string) *sync.WaitGroup {
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			due := time.Now().Add(rand.N(every))
			for ctx.Err() == nil {
				wait(ctx, time.Until(due))
				start := time.Now()
				text, right := request()
				got, err := c.send(ctx, http.MethodPost, url+"/graphql", text)
				if ctx.Err() != nil {
					return
				}
				took := time.Since(start)
				if !right(got, err) {
					p.wrong.Add(1)
				}
				p.mu.Lock()
				p.took = append(p.took, took)
				p.mu.Unlock()
				// Counted from start, all that were held up at once would stay at once for good.
				due = later(due.Add(every), time.Now())
			}
		})
	}
	return &wg
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// take gives what was remembered since it was last called, and how much of it
// was wrong.
func (p *paced) take() ([]time.Duration, int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := p.took
	p.took = nil
	return took, p.wrong.Swap(0)
}

// program is a gateway in a process of its own.
type program struct {
	clients, admin string // URLs
	pid            int
}

// startProcess builds Weft and serves a graph with it until the test ends.
func startProcess(t *testing.T, g *graph, weftYAML string) *program {
	t.Helper()
	dir := t.TempDir()
	weft := filepath.Join(dir, "weft")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", weft, "../cmd/weft").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("supergraph.graphql", g.supergraph(t, accountsSDL).SDL)
	config := write("weft.yaml", "listen: 127.0.0.1:0\nadmin: {listen: 127.0.0.1:0}\nsupergraph: {file: supergraph.graphql}\nlog: {format: json}\n"+weftYAML)
	cmd := exec.Command(weft, "serve", "--config", config) //nolint:noctx // the cleanup ends it
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{pid: cmd.Process.Pid}
	lines := bufio.NewScanner(stdout)
	for p.admin == "" && lines.Scan() {
		_, address, _ := strings.Cut(lines.Text(), " at ")
		if base, ours := strings.CutSuffix(address, "/graphql"); ours {
			p.clients = base
		} else {
			p.admin = address
		}
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the gateway ended with %v", err)
		}
	})
	if p.clients == "" || p.admin == "" {
		t.Fatal("the gateway has not told its addresses")
	}
	return p
}

// metric is the sum of the samples of a metric.
func (p *program) metric(t *testing.T, c *client, name string) float64 {
	return c.metric(t, p.admin, name+" ")
}

// peak is the most memory that the process had at once since the last
// forgetPeak, in MB.
func (p *program) peak(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		t.Skip("memory is read from /proc: ", err)
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
			return kib / 1000
		}
	}
	t.Fatal("/proc does not tell VmHWM")
	return 0
}

func (p *program) forgetPeak(t *testing.T) {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.pid), []byte("5"), 0); err != nil {
		t.Log("the peak counts from the start: ", err)
	}
}

// recovered is how many seconds it takes until ten requests in a row that need
// the mended subgraph are answered.
func (p *program) recovered(t *testing.T, c *client) float64 {
	t.Helper()
	start, first, row := time.Now(), time.Time{}, 0
	for row < 10 {
		if time.Since(start) > patience {
			t.Fatal("it does not recover")
		}
		text, right := related()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		sent := time.Now()
		got, err := c.send(ctx, http.MethodPost, p.clients+"/graphql", text)
		cancel()
		if !right(got, err) {
			row = 0
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if row == 0 {
			first = sent
		}
		row++
	}
	return first.Sub(start).Seconds()
}
