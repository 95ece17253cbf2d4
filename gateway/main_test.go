package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/gateway"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/subgraphs/registry"
)

func TestMain(m *testing.M) {
	redis.RouteLog(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must happen.
const patience = 2 * time.Minute

// settings is the default configuration on free ports.
func settings() *config.Config {
	c := config.Default()
	c.Listen, c.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	return c
}

// logs keeps what is logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logs) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// process is a gateway as Serve runs it.
type process struct {
	clients, admin string // URLs
	logs           *logs
	stop           context.CancelFunc
	ended          chan error
}

// serve runs a gateway until it is stopped or the test ends.
func serve(t *testing.T, c *config.Config) *process {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &process{logs: &logs{}, stop: stop, ended: make(chan error, 1)}
	started := make(chan gateway.Addresses, 1)
	go func() {
		_, err := gateway.Serve(ctx, gateway.ServeOptions{
			Options: gateway.Options{Config: c, Version: "test", Logger: p.logs.logger()},
			Started: func(a gateway.Addresses) { started <- a },
		})
		p.ended <- err
	}()
	select {
	case a := <-started:
		p.clients, p.admin = "http://"+a.Clients, "http://"+a.Admin
	case err := <-p.ended:
		stop()
		t.Fatalf("the gateway did not start: %v", err)
	}
	t.Cleanup(func() {
		stop()
		if err, open := <-p.ended; open && err != nil {
			t.Errorf("the gateway ended with: %v", err)
		}
	})
	return p
}

// end stops the gateway and gives what Serve gave.
func (p *process) end() error {
	p.stop()
	err := <-p.ended
	close(p.ended)
	return err
}

// instance is a gateway behind test servers, for what needs no Serve.
type instance struct {
	*gateway.Gateway
	clients, admin string // URLs
	logs           *logs
}

// open makes a gateway without a supergraph.
func open(t *testing.T, c *config.Config) *instance {
	t.Helper()
	i := &instance{logs: &logs{}}
	var err error
	i.Gateway, err = gateway.New(t.Context(), gateway.Options{Config: c, Version: "test", Logger: i.logs.logger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	clients := httptest.NewServer(i.Handler())
	admin := httptest.NewServer(i.AdminHandler(registry.Static(i.Subgraphs)))
	t.Cleanup(clients.Close)
	t.Cleanup(admin.Close)
	i.clients, i.admin = clients.URL, admin.URL
	return i
}

// openWith makes a gateway for the graph.
func openWith(t *testing.T, c *config.Config, g *graph) *instance {
	t.Helper()
	i := open(t, c)
	if err := i.Swap(t.Context(), g.supergraph(t, accountsSDL)); err != nil {
		t.Fatal(err)
	}
	return i
}

// reply is an answer over HTTP.
type reply struct {
	status int
	header http.Header
	body   string
}

// code is the extensions.code of the first error.
func (r reply) code() string {
	code, _ := r.extensions()["code"].(string)
	return code
}

// extensions are those of the first error.
func (r reply) extensions() map[string]any {
	var body struct {
		Errors []struct {
			Extensions map[string]any `json:"extensions"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(r.body), &body) != nil || len(body.Errors) == 0 {
		return nil
	}
	return body.Errors[0].Extensions
}

// client sends requests; its connections end with the test.
type client struct{ http *http.Client }

func newClient(t testing.TB) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{http: &http.Client{Transport: transport}}
}

// send sends a request. header holds names and values in turn.
func (c *client) send(ctx context.Context, method, url, body string, header ...string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return reply{status: res.StatusCode, header: res.Header, body: string(data)}, err
}

// query posts an operation.
func (c *client) query(t testing.TB, url, query string, header ...string) reply {
	t.Helper()
	r, err := c.send(t.Context(), http.MethodPost, url+"/graphql", body(query, nil), header...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// get asks for a page.
func (c *client) get(t testing.TB, url string, header ...string) reply {
	t.Helper()
	r, err := c.send(t.Context(), http.MethodGet, url, "", header...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// metric is the sum of the samples whose line begins with prefix.
func (c *client) metric(t testing.TB, admin, prefix string) float64 {
	t.Helper()
	sum := 0.0
	for line := range strings.Lines(c.get(t, admin+"/metrics").body) {
		if strings.HasPrefix(line, prefix) {
			var value float64
			if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &value); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			sum += value
		}
	}
	return sum
}

func body(query string, variables map[string]any) string {
	out, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err) // a mistake in the test's values
	}
	return string(out)
}

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// wants checks an answer's status and body.
func wants(t testing.TB, got reply, status int, body string) {
	t.Helper()
	if got.status != status || !strings.Contains(got.body, body) {
		t.Errorf("answered %d %s\nwant %d with %s", got.status, got.body, status, body)
	}
}
