package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
)

// subgraph answers by h at the address that it gives, until the test ends.
func subgraph(t *testing.T, h http.HandlerFunc) (url string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// oneSubgraph is a supergraph.yaml of one subgraph, which answers by h.
func oneSubgraph(t *testing.T, h http.HandlerFunc) (path string) {
	t.Helper()
	return file(t, "supergraph.yaml", fmt.Sprintf(
		"subgraphs: {one: {routing_url: %q, schema: {sdl: \"type Query { hello: String }\"}}}", subgraph(t, h)))
}

func answers(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a request that is cut off has nobody to tell
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

func TestServeAnswersUntilItIsInterrupted(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			list := oneSubgraph(t, answers(`{"data":{"hello":"world"}}`))
			weft := start(t, "serve", "--subgraphs", list, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
			address := weft.says(weft.stdout, `http://(\S+)/graphql`)[1]
			operators := weft.says(weft.stdout, `Operators .* http://(\S+)\n`)[1]
			if _, body := post(t, "http://"+address+"/graphql", `{"query":"{ hello }"}`); body != `{"data":{"hello":"world"}}` {
				t.Errorf("the answer is %s", body)
			}
			if r, body := get(t, "http://"+address+"/health/ready", "*/*"); r.StatusCode != http.StatusOK {
				t.Errorf("not ready: %s", body)
			}
			if _, body := get(t, "http://"+operators+"/metrics", "*/*"); !strings.Contains(body, "weft_subgraph_requests_total") {
				t.Errorf("no metrics of subgraphs: %s", body)
			}
			weft.signal(s)
			weft.exits(exitDone)
			if !closed(t, address) || !closed(t, operators) {
				t.Error("a port is still open")
			}
		})
	}
}

func TestServeTakesFlagsOverEnvironmentOverFile(t *testing.T) {
	list := oneSubgraph(t, answers(`{"data":{"hello":"world"}}`))
	config := file(t, "weft.yaml", "listen: "+taken(t)+"\nadmin: {listen: '"+taken(t)+"'}\nlog: {level: error}\nsupergraph: {file: nowhere.graphql}\n")
	t.Setenv("WEFT_LISTEN", "127.0.0.1:0")
	t.Setenv("WEFT_ADMIN_LISTEN", "no address")
	t.Setenv("WEFT_SUBGRAPHS", list)
	weft := start(t, "serve", "--config", config, "--admin-listen", "off")
	address := weft.says(weft.stdout, `http://(\S+)/graphql`)[1]
	if _, body := post(t, "http://"+address+"/graphql", `{"query":"{ hello }"}`); !strings.Contains(body, "world") {
		t.Errorf("the answer is %s", body)
	}
	weft.signal(os.Interrupt)
	weft.exits(exitDone)
	if weft.stderr.String() != "" || strings.Contains(weft.stdout.String(), "Operators") {
		t.Errorf("log.level: error and no operators, yet weft says:\n%s%s", weft.stdout, weft.stderr)
	}
}

func TestServeSaysWhichPortIsInUse(t *testing.T) {
	list := oneSubgraph(t, answers(`{}`))
	for key, flags := range map[string][]string{
		"listen":       {"--admin-listen", "127.0.0.1:0", "--listen"},
		"admin.listen": {"--listen", "127.0.0.1:0", "--admin-listen"},
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			address := taken(t)
			weft := start(t, append([]string{"serve", "--subgraphs", list}, append(flags, address)...)...)
			weft.exits(exitFailed)
			if want := "weft: " + key + ": the address " + address + " is in use"; !strings.Contains(weft.stderr.String(), want) {
				t.Errorf("stderr does not say %q:\n%s", want, weft.stderr)
			}
			if weft.stdout.String() != "" {
				t.Errorf("stdout says %s", weft.stdout)
			}
		})
	}
}

func TestServeEndsAtTheSecondSignal(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	list := oneSubgraph(t, func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-release
	})
	weft := start(t, "serve", "--subgraphs", list, "--listen", "127.0.0.1:0", "--admin-listen", "off")
	address := weft.says(weft.stdout, `http://(\S+)/graphql`)[1]
	cut := make(chan error, 1)
	go func() {
		r, err := client().Post("http://"+address+"/graphql", "application/json", strings.NewReader(`{"query":"{ hello }"}`))
		if err == nil {
			r.Body.Close()
		}
		cut <- err
	}()
	<-asked
	weft.signal(os.Interrupt)
	weft.says(weft.stderr, `stopping`)
	// The first signal may still be on its way through the process.
	eventually(t, func() bool {
		_ = weft.command.Process.Signal(os.Interrupt) // fails when it has ended
		select {
		case <-weft.ended:
			return true
		default:
			return false
		}
	}, func() string { return "weft survives:\n" + weft.stderr.String() })
	close(release)
	if err := <-cut; err == nil {
		t.Error("the request was answered")
	}
	if status, ok := weft.command.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		t.Errorf("weft ended with %s, want the signal", weft.command.ProcessState)
	}
}
