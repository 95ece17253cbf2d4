package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal gives the two ends of a pseudo-terminal: what a process writes to
// the second is gathered from the first.
func terminal(t *testing.T) (*output, *os.File) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(control.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(control.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen, done := &output{}, make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(seen, control) // ends with an error when nobody has the line open
	}()
	t.Cleanup(func() {
		line.Close()
		<-done
		control.Close()
	})
	return seen, line
}

// watched runs weft with a terminal for its stderr.
func watched(t *testing.T, args ...string) *running {
	t.Helper()
	seen, line := terminal(t)
	r := prepare(t, args...)
	r.command.Stderr = line
	r.stderr = seen
	r.run()
	return r
}

func TestColoursAreForTerminals(t *testing.T) {
	list := file(t, "supergraph.yaml", `subgraphs: {one: {schema: {sdl: "type Query { a: Nowhere }"}}}`)
	for name, tt := range map[string]struct {
		env    []string
		colour bool
	}{
		"terminal":      {nil, true},
		"NO_COLOR":      {[]string{"NO_COLOR=1"}, false},
		"dumb terminal": {[]string{"TERM=dumb"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range append([]string{"TERM=xterm", "NO_COLOR="}, tt.env...) {
				key, value, _ := strings.Cut(e, "=")
				t.Setenv(key, value)
			}
			weft := watched(t, "compose", "--config", list)
			weft.exits(exitFailed)
			weft.says(weft.stderr, `do not compose`)
			if got := strings.Contains(weft.stderr.String(), "\x1b["); got != tt.colour {
				t.Errorf("colours: %t, want %t:\n%q", got, tt.colour, weft.stderr)
			}
		})
	}
}

func TestWhatTakesLongSaysSoOnATerminal(t *testing.T) {
	release := make(chan struct{})
	sdl := `{"data":{"_service":{"sdl":"type Query { hello: String }"}}}`
	address := subgraph(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		answers(sdl)(w, r)
	})
	list := file(t, "supergraph.yaml", fmt.Sprintf("subgraphs: {one: {schema: {subgraph_url: %q}}}", address))
	weft := watched(t, "compose", "--config", list)
	weft.says(weft.stderr, `Loading .*supergraph.yaml …`)
	weft.says(weft.stderr, `Waiting for the schemas of 1 of 1 subgraph: one …`)
	close(release)
	weft.exits(exitDone)
	weft.says(weft.stdout, `hello: String`)
}
