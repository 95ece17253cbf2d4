package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/weft-graphql/weft/gateway"
	"github.com/weft-graphql/weft/gateway/config"
)

type serveCommand struct {
	Config string `type:"path" placeholder:"FILE" help:"The gateway's configuration, weft.yaml."`
	sourceFlags
	Listen      string `placeholder:"HOST:PORT" help:"Where clients connect. Wins over the configuration's listen; 127.0.0.1:4000 where neither says."`
	AdminListen string `placeholder:"HOST:PORT" help:"Where operators connect, or off. Wins over admin.listen; 127.0.0.1:4001 where neither says."`
	LogLevel    string `placeholder:"LEVEL" enum:",debug,info,warn,error" default:"" help:"The least important lines that are logged: debug, info, warn or error. Wins over log.level."`
}

// sourceFlags name a supergraph. At most one of them can be given.
type sourceFlags struct {
	Supergraph string `type:"path" placeholder:"FILE" xor:"source" help:"A supergraph's SDL."`
	Subgraphs  string `type:"path" placeholder:"FILE" xor:"source" help:"A supergraph.yaml whose subgraphs are composed."`
	Registry   string `type:"path" placeholder:"DIR" xor:"source" help:"A registry's folder, which weft subgraph publish writes to."`
}

func (f sourceFlags) given() bool { return f.Supergraph != "" || f.Subgraphs != "" || f.Registry != "" }

// apply makes the flags win over the configuration's source.
func (f sourceFlags) apply(c *config.Config) {
	if f.given() {
		c.Supergraph = config.Supergraph{File: f.Supergraph, Subgraphs: f.Subgraphs}
		c.Registry = config.Registry{Dir: f.Registry}
	}
}

// load reads the configuration and lays the flags over it.
func (c *serveCommand) load(p *process) (*config.Config, error) {
	cfg := config.Default()
	if c.Config != "" {
		var err error
		if cfg, err = config.Load(c.Config, p.env); err != nil {
			return nil, err
		}
	} else if !c.given() {
		return nil, usageError{errors.New("nothing to serve: give --supergraph FILE, --subgraphs FILE, --registry DIR or --config FILE")}
	}
	c.apply(cfg)
	for to, flag := range map[*string]string{&cfg.Listen: c.Listen, &cfg.Admin.Listen: c.AdminListen, &cfg.Log.Level: c.LogLevel} {
		if flag != "" {
			*to = flag
		}
	}
	return cfg, cfg.Validate()
}

func (c *serveCommand) Run(p *process) error {
	cfg, err := c.load(p)
	if err != nil {
		return err
	}
	logger := newLogger(p, cfg.Log)
	loaded, err := gateway.Serve(p.ctx, gateway.ServeOptions{
		Options: gateway.Options{Config: cfg, Version: version(), Logger: logger},
		Started: func(where gateway.Addresses) {
			fmt.Fprintf(p.stdout, "Weft serves GraphQL at http://%s/graphql\n", where.Clients)
			if where.Admin != "" {
				fmt.Fprintf(p.stdout, "Operators find metrics and the registry at http://%s\n", where.Admin)
			}
		},
	})
	if loaded != nil {
		return withSources(err, loaded.Subgraphs)
	}
	return err
}

func newLogger(p *process, c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // validation has let only real levels through
	}
	o := &slog.HandlerOptions{Level: level}
	if strings.EqualFold(c.Format, "json") {
		return slog.New(slog.NewJSONHandler(p.stderr, o))
	}
	return slog.New(slog.NewTextHandler(p.stderr, o))
}
