package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for another process. No test asserts it.
const patience = 30 * time.Second

// running is a weft that runs as a process of its own.
type running struct {
	t              *testing.T
	command        *exec.Cmd
	temp           string // its temporary folder
	stdout, stderr *output
	ended          chan struct{} // closed when the process has ended
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs weft. The test ends it where it has not ended by itself.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	r := prepare(t, args...)
	r.run()
	return r
}

// prepare makes a weft that does not run yet, so that a test can give it other
// outputs.
func prepare(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{
		t: t, command: exec.Command("weft", args...), temp: t.TempDir(),
		stdout: &output{}, stderr: &output{}, ended: make(chan struct{}),
	}
	r.command.Env = append(os.Environ(), "TMPDIR="+r.temp)
	r.command.Stdout, r.command.Stderr = r.stdout, r.stderr
	return r
}

func (r *running) run() {
	r.t.Helper()
	if err := r.command.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		_ = r.command.Wait() // the tests read its ProcessState
	}()
	r.t.Cleanup(func() {
		_ = r.command.Process.Kill() // it may have ended
		<-r.ended
	})
}

func (r *running) signal(s os.Signal) {
	r.t.Helper()
	if err := r.command.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// exits waits for the end of the process and checks its status.
func (r *running) exits(want int) {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.t.Fatalf("weft does not end:\n%s%s", r.stdout, r.stderr)
	}
	if got := r.command.ProcessState.ExitCode(); got != want {
		r.t.Fatalf("weft ended with %s, want status %d:\n%s%s", r.command.ProcessState, want, r.stdout, r.stderr)
	}
}

// says waits until the process has written what the pattern matches, and gives
// the match with its groups.
func (r *running) says(from *output, pattern string) []string {
	r.t.Helper()
	compiled := regexp.MustCompile(pattern)
	var match []string
	eventually(r.t, func() bool {
		match = compiled.FindStringSubmatch(from.String())
		return match != nil
	}, func() string { return fmt.Sprintf("weft does not say %s:\n%s%s", pattern, r.stdout, r.stderr) })
	return match
}

// eventually waits until something is so.
func eventually(t *testing.T, so func() bool, otherwise func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal(otherwise())
		}
	}
}

// client makes no connection outlive its request, so that none holds up the
// end of a process.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
}

// post sends a GraphQL request and gives the answer's status, header and body.
func post(t *testing.T, url, body string) (*http.Response, string) {
	t.Helper()
	r, err := client().Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r, read(t, r.Body)
}

func get(t *testing.T, url, accept string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	r, err := client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return r, read(t, r.Body)
}

func read(t *testing.T, body io.ReadCloser) string {
	t.Helper()
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// decode reads JSON that must have no key "errors".
func decode[T any](t *testing.T, text string) (data T) {
	t.Helper()
	var answer struct {
		Data   *T
		Errors json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if answer.Errors != nil || answer.Data == nil {
		t.Fatalf("the answer has errors: %s", text)
	}
	return *answer.Data
}

// closed reports whether nothing listens at an address any more.
func closed(t *testing.T, address string) bool {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err == nil {
		c.Close()
		return false
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatal(err)
	}
	return true
}

// taken listens on an address until the test ends.
func taken(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// file writes a file into a folder of the test's own.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
