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
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
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
	Compose  composeCommand  `cmd:"" help:"Compose the subgraphs' schemas into a supergraph."`
	Plan     planCommand     `cmd:"" help:"Show how an operation would be carried out."`
	Cost     costCommand     `cmd:"" help:"Show what an operation costs of a client's budget."`
	Subgraph subgraphCommand `cmd:"" help:"Publish, check and list subgraphs' schemas in a registry."`
	Validate validateCommand `cmd:"" help:"Check a configuration and the supergraph that it names."`
	Config   configCommand   `cmd:"" help:"Tell about the configuration file."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

const description = `Weft is a GraphQL federation gateway: one graph over many subgraphs. To see it work, run "weft demo".

Results go to stdout and errors to stderr. The exit status is 0 when the work is done, 1 when it failed, 2 when the command line is wrong. A flag that is not given is taken from its environment variable.`

// process is what a command has of the process that it runs in.
type process struct {
	ctx            context.Context
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	json           bool // the command writes its result as JSON
}

func main() { os.Exit(runProcess()) }

// runProcess carries out the process's own command line. The first signal asks
// the command to stop; the second one ends the process at once.
func runProcess() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(&process{ctx: ctx, stdout: os.Stdout, stderr: os.Stderr, env: os.LookupEnv}, os.Args[1:])
}

// errHelpShown is how --help comes back from parsing. Without an error kong
// would end the process.
var errHelpShown = errors.New("help was shown")

// run carries out one command line and gives the exit status.
func run(p *process, args []string) int {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("weft"),
		kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Help(func(o kong.HelpOptions, c *kong.Context) error {
			if err := kong.DefaultHelpPrinter(o, c); err != nil {
				return err
			}
			return errHelpShown
		}),
		kong.DefaultEnvars("WEFT"),
		kong.WithBeforeReset(environment),
		kong.Writers(p.stdout, p.stderr),
		kong.Bind(p),
	)
	if err != nil {
		return report(p, err, "")
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	switch {
	case errors.Is(err, errHelpShown):
		return exitDone
	case err != nil:
		return report(p, misuse(err), helpFor(err))
	}
	for _, f := range command.Flags() {
		if f.Name == "format" {
			p.json = command.FlagValue(f) == "json"
		}
	}
	if err := command.Run(); err != nil {
		return report(p, err, command.Selected().FullPath()+" --help")
	}
	return exitDone
}

// environment says which variables count: one that is empty is as good as not
// set, and a flag on the command line wins over the variables of the flags that
// it excludes.
func environment(p *process, c *kong.Context) error {
	given := map[string]bool{} // groups of flags that exclude each other
	for _, on := range c.Path {
		switch {
		case on.Flag == nil:
		case on.Flag.Name == "help":
			return nil // help names every variable
		default:
			for _, group := range on.Flag.Xor {
				given[group] = true
			}
		}
	}
	for _, f := range c.Flags() {
		if slices.ContainsFunc(f.Xor, func(group string) bool { return given[group] }) {
			f.Tag.Envs = nil
		}
		f.Tag.Envs = slices.DeleteFunc(f.Tag.Envs, func(name string) bool {
			value, _ := p.env(name)
			return value == ""
		})
	}
	return nil
}

// misuse says what is wrong with a command line.
func misuse(err error) usageError {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil && !isCommand(wrong.Context.Selected()) {
		// What comes where a command is expected is a command to whoever typed it.
		return usageError{errors.New(strings.Replace(err.Error(), "unexpected argument", "unknown command", 1))}
	}
	return usageError{err}
}

// isCommand tells a command from the program itself and from a group of commands.
func isCommand(n *kong.Node) bool { return n != nil && len(n.Children) == 0 }

// helpFor is the command line that shows the help for where parsing ended.
func helpFor(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil && wrong.Context.Selected() != nil {
		return wrong.Context.Selected().FullPath() + " --help"
	}
	return "weft --help"
}

// formatFlag chooses between people and programs.
type formatFlag struct {
	Format string `enum:"text,json" default:"text" placeholder:"text|json" help:"How the result is written: text for people (the default) or json for programs."`
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
