package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"text/template"
	"time"

	"github.com/weft-graphql/weft/examples"
	"github.com/weft-graphql/weft/examples/serve"
	"github.com/weft-graphql/weft/gateway"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/registry"
)

type demoCommand struct {
	Listen      string `default:"127.0.0.1:4000" placeholder:"HOST:PORT" help:"Where clients connect (${default})."`
	AdminListen string `default:"127.0.0.1:4001" placeholder:"HOST:PORT" help:"Where operators connect (${default})."`
}

// The demo's budget: small enough for one query to be too expensive, large
// enough to explore with.
const (
	demoRate  = 1000 // points a second
	demoBurst = 20000
)

// Run starts the example subgraphs, publishes their schemas in a registry of
// its own and serves it, until the process is told to stop.
func (c *demoCommand) Run(p *process) error {
	dir, err := os.MkdirTemp("", "weft-demo-")
	if err != nil {
		return fmt.Errorf("the demo needs a folder for its registry: %w", err)
	}
	// Nobody may be left to read what the demo prints: it cleans up all the same.
	signal.Ignore(syscall.SIGPIPE)
	d := &demo{process: p, folder: dir, command: c}
	ctx, stop := context.WithCancelCause(p.ctx)
	defer stop(nil)
	var running sync.WaitGroup
	if err = d.startSubgraphs(ctx, &running, stop); err == nil {
		err = d.serve(ctx)
	}
	stop(nil)
	running.Wait()
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err == nil {
		fmt.Fprintln(p.stdout, "Stopped.")
	}
	return err
}

// demo is one run of the demo.
type demo struct {
	process   *process
	command   *demoCommand
	folder    string // holds the registry and the schemas
	subgraphs []schema.Subgraph
}

// startSubgraphs puts every example on a port of its own and publishes it.
func (d *demo) startSubgraphs(ctx context.Context, running *sync.WaitGroup, stop context.CancelCauseFunc) error {
	for _, s := range examples.Subgraphs() {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("subgraph %s cannot listen: %w", s.Name, err)
		}
		running.Go(func() {
			if err := serve.Run(ctx, s, l); err != nil {
				stop(fmt.Errorf("subgraph %s ended: %w", s.Name, err))
			}
		})
		file := filepath.Join(d.folder, s.Name+".graphql")
		if err := os.WriteFile(file, []byte(s.SDL), 0o600); err != nil {
			return fmt.Errorf("the schema of subgraph %s cannot be written: %w", s.Name, err)
		}
		d.subgraphs = append(d.subgraphs, schema.Subgraph{
			Name: s.Name, SDL: s.SDL, File: file, URL: "http://" + l.Addr().String() + "/graphql",
		})
	}
	folder, err := registry.Open(d.registry(), registry.Options{})
	if err != nil {
		return err
	}
	_, err = folder.Publish(ctx, d.subgraphs, registry.PublishOptions{Message: "weft demo"})
	return err
}

func (d *demo) registry() string { return filepath.Join(d.folder, "registry") }

func (d *demo) config() *config.Config {
	c := config.Default()
	c.Listen, c.Admin.Listen = d.command.Listen, d.command.AdminListen
	c.Registry.Dir = d.registry()
	c.Cache = config.DefaultCache()
	c.Planner.Debug = true
	c.Subgraphs.All.Errors = config.PassOn()
	c.Budgets = config.DefaultBudgets()
	c.Budgets.Rate = config.Rate{Points: demoRate, Per: time.Second}
	c.Budgets.Burst = demoBurst
	c.Log.Level = "warn" // the terminal is for what the demo says
	return c
}

func (d *demo) serve(ctx context.Context) error {
	c := d.config()
	if err := c.Validate(); err != nil {
		return usageError{err} // all that a user can get wrong here are the addresses
	}
	logger, err := newLogger(d.process, c.Log)
	if err != nil {
		return err
	}
	loaded, err := gateway.Serve(ctx, gateway.ServeOptions{
		Options: gateway.Options{Config: c, Version: version(), Logger: logger, DefaultQuery: examples.ShopQuery},
		Started: func(where gateway.Addresses) { d.welcome(where) },
	})
	return inSource(err, loaded)
}

// welcome says what runs and what to try.
func (d *demo) welcome(where gateway.Addresses) {
	err := welcomeText.Execute(d.process.stdout, map[string]any{
		"Clients": where.Clients, "Admin": where.Admin, "Subgraphs": d.subgraphs, "Folder": d.folder,
		"Rate": demoRate, "Burst": demoBurst, "Weft": invocation(), "Query": oneLine(examples.ShopQuery),
		"Expensive": oneLine(examples.ExpensiveQuery),
	})
	if err != nil {
		fmt.Fprintln(d.process.stderr, "weft: the demo runs, but cannot say so:", err)
	}
}

// oneLine makes an operation fit for a shell's command line: without comments
// and line breaks.
func oneLine(operation string) string {
	var words []string
	for line := range strings.Lines(operation) {
		line, _, _ = strings.Cut(line, "#")
		words = append(words, strings.Fields(line)...)
	}
	return strings.Join(words, " ")
}

// invocation is how to call this program again. What `go run` built is in a
// folder that nobody wants to type.
func invocation() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/weft"
	}
	return os.Args[0]
}

// welcomeText stands beside the code that fills it in, so that both can be read
// together. It is never changed.
var welcomeText = template.Must(template.New("welcome").Funcs(template.FuncMap{"pad": func(s string) string {
	return fmt.Sprintf("%-12s", s)
}}).Parse(`Weft runs.

  Playground   http://{{.Clients}}/graphql
  Operators    http://{{.Admin}}
{{range .Subgraphs}}  {{pad .Name}} {{.URL}}
{{end}}
A query across all four subgraphs:

  curl -i http://{{.Clients}}/graphql -H 'Content-Type: application/json' \
    -d '{"query":"{{.Query}}"}'

A cached one: the second answer says for how long it stays fresh (Cache-Control),
and no subgraph is asked for it (weft_subgraph_requests_total at http://{{.Admin}}/metrics).

  curl -i http://{{.Clients}}/graphql -H 'Content-Type: application/json' \
    -d '{"query":"{ topProducts(first: 3) { name designer { name } } }"}'

One that is too expensive: each client has a budget of {{.Burst}} points, and {{.Rate}} flow
back every second. It is refused before any subgraph is asked.

  curl -i http://{{.Clients}}/graphql -H 'Content-Type: application/json' \
    -d '{"query":"{{.Expensive}}"}'

A subgraph published while the gateway runs: deprecate a field, and the playground
shows it. (The check fails where clients would break: delete the field instead.)

  sed 's/^  email: String!/& @deprecated(reason: "write a letter")/' {{.Folder}}/accounts.graphql > {{.Folder}}/next.graphql
  {{.Weft}} subgraph check   accounts --registry {{.Folder}}/registry --schema {{.Folder}}/next.graphql
  {{.Weft}} subgraph publish accounts --registry {{.Folder}}/registry --schema {{.Folder}}/next.graphql

Stop with Ctrl-C.
`))
