// Command weft is a GraphQL federation gateway: it composes the schemas of
// many subgraphs into one graph, plans and runs each client operation across
// them, caches what they answer and holds every client to a budget.
//
// Each command stands in a file of its own and calls one function.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1 // the work failed
	exitUsage  = 2 // the command line is wrong
)

// commands is the command line.
type commands struct {
	Demo     demoCommand     `cmd:"" help:"Run four example subgraphs, a gateway and its playground on this machine."`
	Serve    serveCommand    `cmd:"" help:"Run the gateway."`
	Compose  composeCommand  `cmd:"" help:"Compose subgraph schemas into a supergraph."`
	Plan     planCommand     `cmd:"" help:"Show how an operation would be carried out."`
	Cost     costCommand     `cmd:"" help:"Show what an operation costs of a client's budget."`
	Subgraph subgraphCommand `cmd:"" help:"Publish, check and list subgraph schemas in a registry."`
	Validate validateCommand `cmd:"" help:"Check a configuration and the supergraph that it names."`
	Config   configCommand   `cmd:"" help:"Tell about the configuration file."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// process is what a command has of the process that it runs in.
type process struct {
	ctx            context.Context
	stdout, stderr io.Writer
	env            func(string) (string, bool)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(&process{ctx: ctx, stdout: os.Stdout, stderr: os.Stderr, env: os.LookupEnv}, os.Args[1:])
	stop()
	os.Exit(status)
}

// run carries out one command line and gives the exit status.
func run(p *process, args []string) int {
	status := exitDone
	var c commands
	parser, err := kong.New(&c,
		kong.Name("weft"),
		kong.Description("Weft is a GraphQL federation gateway. Errors go to stderr, results to stdout; the exit status is 0 when done, 1 when the work failed, 2 for wrong usage. Every flag has an environment variable."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.DefaultEnvars("WEFT"),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(helpShown(code)) }),
		kong.Bind(p),
	)
	if err != nil {
		fmt.Fprintln(p.stderr, "weft:", err)
		return exitFailed
	}
	defer func() {
		// kong ends the process after --help; here that is a way to return.
		if r := recover(); r != nil {
			if _, ok := r.(helpShown); !ok {
				panic(r)
			}
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(p.stderr, "weft: %v\n", err)
		help := "weft --help"
		var wrong *kong.ParseError
		if errors.As(err, &wrong) && wrong.Context != nil && wrong.Context.Selected() != nil {
			help = wrong.Context.Selected().FullPath() + " --help"
		}
		fmt.Fprintf(p.stderr, "Run %q to see what there is.\n", help)
		return exitUsage
	}
	if err := command.Run(); err != nil {
		status = report(p, err)
	}
	return status
}

// helpShown is how kong's exit after --help comes back to run.
type helpShown int

// usageError is a mistake in the command line that only the command can see.
type usageError struct{ error }

// silentError is a failure that the command has already told of.
type silentError struct{ error }

// report prints why a command failed and gives the exit status.
func report(p *process, err error) int {
	var composition *compositionError
	var usage usageError
	var silent silentError
	switch {
	case errors.As(err, &silent):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(p.stderr, "weft: %v\n", err)
		return exitUsage
	case errors.As(err, &composition):
		compose.Format(p.stderr, composition.errors, composition.subgraphs, isTerminal(p.stderr))
		fmt.Fprintf(p.stderr, "weft: the subgraphs do not compose (%s)\n", count(len(composition.errors), "error"))
	default:
		fmt.Fprintf(p.stderr, "weft: %v\n", err)
	}
	return exitFailed
}

// compositionError is a failed composition, with the sources to show.
type compositionError struct {
	errors    schema.Errors
	subgraphs []schema.Subgraph
}

func (e *compositionError) Error() string { return e.errors.Error() }
func (e *compositionError) Unwrap() error { return e.errors }

// withSources lets report show the source lines of composition errors.
func withSources(err error, subgraphs []schema.Subgraph) error {
	var errs schema.Errors
	if errors.As(err, &errs) && len(subgraphs) > 0 {
		return &compositionError{errors: errs, subgraphs: subgraphs}
	}
	return err
}

// isTerminal reports whether people read what is written to w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
