package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func startDemo(t *testing.T) *running {
	t.Helper()
	return start(t, "demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
}

// subgraphRequests sums weft_subgraph_requests_total.
func subgraphRequests(t *testing.T, operators string) float64 {
	t.Helper()
	_, metrics := get(t, operators+"/metrics", "*/*")
	sum := 0.0
	for _, sample := range regexp.MustCompile(`(?m)^weft_subgraph_requests_total\S* (\S+)$`).FindAllStringSubmatch(metrics, -1) {
		n, err := strconv.ParseFloat(sample[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// TestDemoDoesWhatItPrints starts the demo and tries everything that it offers.
func TestDemoDoesWhatItPrints(t *testing.T) {
	weft := startDemo(t)
	weft.says(weft.stdout, `Stop with Ctrl-C\.\n`)
	text := weft.stdout.String()
	graphql := weft.says(weft.stdout, `Playground +(http://\S+)`)[1]
	operators := weft.says(weft.stdout, `Operators +(http://\S+)`)[1]
	addresses := []string{graphql, operators}
	for _, name := range []string{"accounts", "inventory", "products", "reviews"} {
		addresses = append(addresses, weft.says(weft.stdout, name+` +(http://\S+)`)[1])
	}
	for _, a := range addresses[2:] {
		_, body := post(t, a, `{"query":"{ _service { sdl } }"}`)
		decode[any](t, body)
	}
	if r, body := get(t, graphql, "text/html"); r.StatusCode != http.StatusOK || !strings.Contains(body, "<html") {
		t.Errorf("the playground answers %s: %s", r.Status, body)
	}
	var bodies []string
	for _, m := range regexp.MustCompile(`-d '([^']+)'`).FindAllStringSubmatch(text, -1) {
		bodies = append(bodies, m[1])
	}
	if len(bodies) != 3 {
		t.Fatalf("the demo prints %d requests, want 3:\n%s", len(bodies), text)
	}

	t.Run("a query across all subgraphs", func(t *testing.T) {
		before := subgraphRequests(t, operators)
		_, body := post(t, graphql, bodies[0])
		if data := decode[struct{ TopProducts []any }](t, body); len(data.TopProducts) != 3 {
			t.Errorf("the answer is %s", body)
		}
		if n := subgraphRequests(t, operators) - before; n != 4 {
			t.Errorf("%g subgraph requests, want 4", n)
		}
	})
	t.Run("a cached query", func(t *testing.T) {
		_, first := post(t, graphql, bodies[1])
		before := subgraphRequests(t, operators)
		r, second := post(t, graphql, bodies[1])
		decode[any](t, second)
		if first != second {
			t.Errorf("the answers differ: %s and %s", first, second)
		}
		if n := subgraphRequests(t, operators) - before; n != 0 {
			t.Errorf("the second answer made %g subgraph requests", n)
		}
		if c := r.Header.Get("Cache-Control"); !strings.Contains(c, "max-age=") {
			t.Errorf("Cache-Control is %q", c)
		}
	})
	t.Run("one that is too expensive", func(t *testing.T) {
		before := subgraphRequests(t, operators)
		r, body := post(t, graphql, bodies[2])
		var refusal struct {
			Errors []struct {
				Extensions struct {
					Code string
					Cost float64
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &refusal); err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != http.StatusTooManyRequests || len(refusal.Errors) != 1 || refusal.Errors[0].Extensions.Code == "" ||
			refusal.Errors[0].Extensions.Cost <= demoBurst {
			t.Errorf("the answer is %s: %s", r.Status, body)
		}
		if subgraphRequests(t, operators) != before {
			t.Error("a subgraph was asked")
		}
	})
	t.Run("a subgraph published while it runs", func(t *testing.T) {
		publishAsPrinted(t, text)
		eventually(t, func() bool {
			_, body := post(t, graphql, `{"query":"{ __type(name: \"User\") { fields(includeDeprecated: true) { name deprecationReason } } }"}`)
			return strings.Contains(body, `{"name":"email","deprecationReason":"write a letter"}`)
		}, func() string { return "the field does not become deprecated:\n" + weft.stderr.String() })
	})

	weft.signal(os.Interrupt)
	weft.exits(exitDone)
	if !strings.HasSuffix(weft.stdout.String(), "Stopped.\n") || weft.stderr.String() != "" {
		t.Errorf("the demo ends with:\n%s%s", weft.stdout, weft.stderr)
	}
	for _, a := range addresses {
		if !closed(t, strings.TrimSuffix(strings.TrimPrefix(a, "http://"), "/graphql")) {
			t.Errorf("%s is still open", a)
		}
	}
	expectEmpty(t, weft.temp)
}

// publishAsPrinted runs the shell commands for publishing that the demo prints.
func publishAsPrinted(t *testing.T, text string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "sed ") || strings.HasPrefix(line, "weft subgraph ") {
			lines = append(lines, line)
		}
	}
	if len(lines) != 3 {
		t.Fatalf("the demo prints %d commands, want 3: %q", len(lines), lines)
	}
	out, err := exec.Command("sh", "-e", "-c", strings.Join(lines, "\n")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	for _, want := range []string{"DEPRECATION_ADDED User.email", "accounts: published as version 2"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("publishing does not say %q:\n%s", want, out)
		}
	}
}

func expectEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("%s is left behind", entry.Name())
	}
}

func TestDemoSaysWhichPortIsInUse(t *testing.T) {
	address := taken(t)
	weft := start(t, "demo", "--listen", "127.0.0.1:0", "--admin-listen", address)
	weft.exits(exitFailed)
	if want := "weft: admin.listen: the address " + address + " is in use"; !strings.Contains(weft.stderr.String(), want) {
		t.Errorf("stderr does not say %q:\n%s", want, weft.stderr)
	}
	if weft.stdout.String() != "" {
		t.Errorf("stdout says %s", weft.stdout)
	}
	expectEmpty(t, weft.temp)
}

func TestDemoCleansUpWhenNobodyReads(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	reader.Close()
	weft := prepare(t, "demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	weft.command.Stdout = writer
	weft.run()
	weft.says(weft.stderr, `the demo runs, but cannot say so`)
	weft.signal(os.Interrupt)
	weft.exits(exitDone)
	expectEmpty(t, weft.temp)
}
