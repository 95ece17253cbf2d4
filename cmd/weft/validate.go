package main

import (
	"fmt"

	"github.com/weft-graphql/weft/gateway"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
	"github.com/weft-graphql/weft/subgraphs/source"
)

type validateCommand struct {
	Config string `required:"" placeholder:"FILE" help:"The gateway's configuration, weft.yaml."`
}

// Run does all of serve's checks that need no port: it reads the configuration
// and compiles the supergraph.
func (c *validateCommand) Run(p *process) error {
	cfg, err := config.Load(c.Config, p.env)
	if err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	src, err := gateway.Source(cfg)
	if err != nil {
		return err
	}
	sg, err := loadSupergraph(p, src, gateway.LoadOptions(cfg))
	if err != nil {
		return err
	}
	if _, err := graph.New(sg); err != nil {
		return fmt.Errorf("%s: %w", src, err)
	}
	_, err = fmt.Fprintf(p.stdout, "%s is valid; %s has %s and %s\n", c.Config, src,
		count(len(sg.Graphs), "subgraph"), count(len(sg.API.Types), "type"))
	return err
}

// loadSupergraph reads a supergraph from where it is and compiles it.
func loadSupergraph(p *process, src source.Source, o schema.LoadOptions) (*schema.Supergraph, error) {
	loaded, err := load(p, src)
	if err != nil {
		return nil, err
	}
	o.File = src.String()
	sg, err := schema.LoadSupergraph(loaded.SDL, o)
	return sg, inSource(err, loaded)
}
