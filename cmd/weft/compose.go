package main

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/subgraphs/source"
)

type composeCommand struct {
	Config  string        `required:"" placeholder:"FILE" env:"WEFT_SUBGRAPHS" help:"The subgraphs to compose: a supergraph.yaml, in the format that rover reads."`
	Output  string        `short:"o" placeholder:"FILE" help:"Write the supergraph to this file instead of stdout."`
	Timeout time.Duration `default:"10s" placeholder:"DURATION" help:"How long one subgraph may take to give its schema, where that is asked for: 10s if nothing else is said."`
	contractFlags
	formatFlag
}

// contractFlags filter the supergraph by @tag.
type contractFlags struct {
	IncludeTag           []string `placeholder:"TAG,…" help:"Hide from clients the unions and the fields of objects and interfaces that have none of these tags."`
	ExcludeTag           []string `placeholder:"TAG,…" help:"Hide from clients whatever has one of these tags, even if it is included."`
	HideUnreachableTypes bool     `help:"Hide from clients the types that no operation can reach."`
}

func (f contractFlags) options() compose.Options {
	return compose.Options{Contract: compose.Contract{
		Include: f.IncludeTag, Exclude: f.ExcludeTag, HideUnreachable: f.HideUnreachableTypes,
	}}
}

// Run composes the subgraphs and writes the supergraph.
func (c *composeCommand) Run(p *process) error {
	if c.Timeout <= 0 {
		return usageError{fmt.Errorf("--timeout is %s; it must be longer than nothing", c.Timeout)}
	}
	// The process ends soon: collecting less often costs memory for a moment and
	// saves a third of the time.
	if _, set := p.env("GOGC"); !set {
		defer debug.SetGCPercent(debug.SetGCPercent(400))
	}
	got, err := load(p, &source.Subgraphs{Path: c.Config, Timeout: c.Timeout, Compose: c.options()})
	if err != nil {
		return err
	}
	if c.Output != "" {
		if err := source.Replace(c.Output, []byte(got.SDL), 0o644); err != nil {
			return fmt.Errorf("the supergraph cannot be written to %s: %w", c.Output, err)
		}
	}
	if p.json {
		return c.json(p, got)
	}
	p.writeHints(got.Hints, got.Subgraphs)
	if c.Output == "" {
		_, err = fmt.Fprint(p.stdout, got.SDL)
	}
	return err
}

// json writes one object: the supergraph, unless a file has it, and the hints.
func (c *composeCommand) json(p *process, got *source.Supergraph) error {
	var out struct {
		Supergraph string        `json:"supergraph,omitempty"`
		Errors     schema.Errors `json:"errors"`
		Hints      []schema.Hint `json:"hints"`
	}
	out.Errors, out.Hints = schema.Errors{}, orEmpty(got.Hints)
	if c.Output == "" {
		out.Supergraph = got.SDL
	}
	return writeJSON(p, out)
}
