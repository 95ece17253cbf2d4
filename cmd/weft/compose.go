package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/subgraphs/source"
)

type composeCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The subgraphs to compose: a supergraph.yaml, in the format that rover reads."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"Write the supergraph to this file instead of stdout."`
	Format string `enum:"text,json" default:"text" help:"How errors and hints are written: text for people, json for programs."`
}

func (c *composeCommand) Run(p *process) error {
	src := &source.Subgraphs{Path: c.Config}
	got, err := src.Load(p.ctx)
	if c.Format == "json" {
		return c.json(p, got, err)
	}
	if err != nil {
		return withSources(err, got.Subgraphs)
	}
	compose.FormatHints(p.stderr, got.Hints, got.Subgraphs, isTerminal(p.stderr))
	return c.write(p, got.SDL)
}

func (c *composeCommand) write(p *process, sdl string) error {
	if c.Output == "" {
		_, err := fmt.Fprint(p.stdout, sdl)
		return err
	}
	if err := os.WriteFile(c.Output, []byte(sdl), 0o644); err != nil {
		return fmt.Errorf("the supergraph cannot be written: %w", err)
	}
	return nil
}

// json writes one object: the supergraph or the errors, and the hints.
func (c *composeCommand) json(p *process, got *source.Supergraph, failed error) error {
	var out struct {
		Supergraph string        `json:"supergraph,omitempty"`
		Errors     schema.Errors `json:"errors"`
		Hints      []schema.Hint `json:"hints"`
	}
	out.Errors, out.Hints = schema.Errors{}, orEmpty(got.Hints)
	var errs schema.Errors
	switch {
	case errors.As(failed, &errs):
		out.Errors = errs
	case failed != nil:
		out.Errors = schema.Errors{{Message: failed.Error()}}
	case c.Output != "":
		if err := c.write(p, got.SDL); err != nil {
			return err
		}
	default:
		out.Supergraph = got.SDL
	}
	if err := writeJSON(p, out); err != nil {
		return err
	}
	if failed != nil {
		return silentError{failed}
	}
	return nil
}
