package gateway_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/weft-graphql/weft/gateway"
	"github.com/weft-graphql/weft/gateway/config"
)

// withFile adds the graph's supergraph to the settings, as a file.
func withFile(t *testing.T, c *config.Config, g *graph) *config.Config {
	c.Supergraph.File = filepath.Join(t.TempDir(), "supergraph.graphql")
	write(t, c.Supergraph.File, g.supergraph(t, accountsSDL).SDL)
	return c
}

// write replaces a file by renaming, as careful deployments do.
func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestShutdownFinishesWhatIsInFlightAndTakesNoMore(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	p := serve(t, withFile(t, settings(), g))
	blocked := block(t, g.accounts)
	first := make(chan reply, 1)
	go func() {
		got, _ := c.send(t.Context(), http.MethodPost, p.clients+"/graphql", body(`{ me { id } }`, nil))
		first <- got
	}()
	<-blocked.entered
	p.stop()
	for _, url := range []string{p.clients, p.admin} {
		eventually(t, url+" refuses connections", func() bool {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		})
	}
	select {
	case err := <-p.ended:
		t.Fatalf("the gateway did not wait for the request: %v", err)
	default:
	}
	blocked.release()
	wants(t, <-first, http.StatusOK, `{"data":{"me":{"id":"1"}}}`)
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestShutdownCutsOffWhatExceedsTheGrace(t *testing.T) {
	s := settings()
	s.Limits.ShutdownGrace = config.Duration(30 * time.Millisecond)
	g, c := newGraph(t), newClient(t)
	p := serve(t, withFile(t, s, g))
	blocked := block(t, g.accounts)
	first := make(chan error, 1)
	go func() {
		_, err := c.send(t.Context(), http.MethodPost, p.clients+"/graphql", body(`{ me { id } }`, nil))
		first <- err
	}()
	<-blocked.entered
	err := p.end()
	if err == nil || !strings.Contains(err.Error(), "did not finish within 30ms and were cut off") ||
		!strings.Contains(err.Error(), strings.TrimPrefix(p.clients, "http://")) || strings.Contains(err.Error(), strings.TrimPrefix(p.admin, "http://")) {
		t.Errorf("the gateway ended with: %v", err)
	}
	stacks := make([]byte, 1<<20)
	if stacks = stacks[:runtime.Stack(stacks, true)]; strings.Contains(string(stacks), "executor.(*Executor).Run") {
		t.Errorf("a request is still being carried out:\n%s", stacks)
	}
	if err := <-first; err == nil {
		t.Error("a request that was cut off has an answer")
	}
}

func TestTheAdminListenerCanBeOff(t *testing.T) {
	s := settings()
	s.Admin.Listen = config.Off
	p := serve(t, withFile(t, s, newGraph(t)))
	if p.admin != "http://" {
		t.Errorf("operators connect to %s", p.admin)
	}
	wants(t, newClient(t).query(t, p.clients, `{ me { id } }`), http.StatusOK, "data")
}

func TestAPortInUseIsNamedWithItsKey(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for key, set := range map[string]func(*config.Config, string){
		"listen":       func(c *config.Config, a string) { c.Listen = a },
		"admin.listen": func(c *config.Config, a string) { c.Admin.Listen = a },
	} {
		s := withFile(t, settings(), newGraph(t))
		set(s, taken.Addr().String())
		_, err := gateway.Serve(t.Context(), gateway.ServeOptions{
			Options: gateway.Options{Config: s},
			Started: func(gateway.Addresses) { t.Errorf("%s: it started", key) },
		})
		if want := key + ": the address " + taken.Addr().String() + " is in use"; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestWhatCannotBeServedIsAnErrorAtTheStart(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bad.graphql"), "type Query {")
	write(t, filepath.Join(dir, "plain.graphql"), "type Query { a: Int }")
	write(t, filepath.Join(dir, "supergraph.yaml"), "subgraphs: {a: {routing_url: 'http://a', schema: {sdl: 'type Query { a: Nowhere }'}}}")
	write(t, filepath.Join(dir, "down.yaml"), "subgraphs: {a: {schema: {subgraph_url: 'http://127.0.0.1:1/graphql'}}}")
	for want, set := range map[string]func(*config.Config){
		"\"a\" at http://127.0.0.1:1/": func(c *config.Config) { c.Supergraph.Subgraphs = filepath.Join(dir, "down.yaml") },
		"no supergraph to serve":       func(*config.Config) {},
		"missing.graphql":              func(c *config.Config) { c.Supergraph.File = filepath.Join(dir, "missing.graphql") },
		"Expected":                     func(c *config.Config) { c.Supergraph.File = filepath.Join(dir, "bad.graphql") },
		"the supergraph cannot be":     func(c *config.Config) { c.Supergraph.File = filepath.Join(dir, "plain.graphql") },
		"Nowhere":                      func(c *config.Config) { c.Supergraph.Subgraphs = filepath.Join(dir, "supergraph.yaml") },
		"nothing is published":         func(c *config.Config) { c.Registry.Dir = filepath.Join(dir, "registry") },
		"redis.url": func(c *config.Config) {
			c.Supergraph.File, c.Redis.URL = withFile(t, c, newGraph(t)).Supergraph.File, "http://127.0.0.1"
		},
		"header Host takes no rule":    func(c *config.Config) { withFile(t, c, newGraph(t)); c.Headers.Request = forward("Host") },
		"listen: cannot listen on x:y": func(c *config.Config) { withFile(t, c, newGraph(t)); c.Listen = "x:y" },
	} {
		s := settings()
		set(s)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := gateway.Serve(ctx, gateway.ServeOptions{Options: gateway.Options{Config: s}})
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want … %s …", err, want)
		}
	}
}

// forward are rules that forward headers.
func forward(names ...string) []config.RequestHeader {
	var out []config.RequestHeader
	for _, name := range names {
		out = append(out, config.RequestHeader{Forward: &config.ForwardRequest{Name: name}})
	}
	return out
}
