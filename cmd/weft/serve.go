package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"

	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/gateway"
	"github.com/weft-graphql/weft/gateway/config"
)

type serveCommand struct {
	configFlags
	Listen      string `placeholder:"HOST:PORT" help:"Where clients connect; wins over the configuration's listen. Where neither says: 127.0.0.1:4000."`
	AdminListen string `placeholder:"HOST:PORT" help:"Where operators connect, or off; wins over the configuration's admin.listen. Where neither says: 127.0.0.1:4001."`
	LogLevel    string `placeholder:"LEVEL" help:"The least important lines that are logged: debug, info, warn or error; wins over the configuration's log.level. Where neither says: info."`
}

// sourceFlags name a supergraph. At most one of them can be given.
type sourceFlags struct {
	Supergraph string `placeholder:"FILE" xor:"source" help:"A file of supergraph SDL, such as weft compose writes."`
	Subgraphs  string `placeholder:"FILE" xor:"source" help:"A supergraph.yaml, whose subgraphs are composed."`
	Registry   string `placeholder:"DIR" xor:"source" help:"A registry's folder, which weft subgraph publish writes to."`
}

func (f sourceFlags) given() bool { return f.Supergraph != "" || f.Subgraphs != "" || f.Registry != "" }

// apply makes the flags win over the configuration's source.
func (f sourceFlags) apply(c *config.Config) {
	if f.given() {
		c.Supergraph = config.Supergraph{File: f.Supergraph, Subgraphs: f.Subgraphs}
		c.Registry = config.Registry{Dir: f.Registry}
	}
}

// configFlags name a configuration, a supergraph, or both.
type configFlags struct {
	Config string `placeholder:"FILE" help:"The gateway's configuration, weft.yaml. Without it the defaults hold."`
	sourceFlags
}

// load reads the configuration and lays over it first the source and then what
// overlay does. nothing says what there is not when no flag names anything.
func (f *configFlags) load(p *process, nothing string, overlay func(*config.Config)) (*config.Config, error) {
	if f.Config == "" && !f.given() {
		return nil, usageError{errors.New(nothing + ": give --supergraph FILE, --subgraphs FILE, --registry DIR or --config FILE")}
	}
	apply := func(cfg *config.Config) (*config.Config, error) {
		f.apply(cfg)
		overlay(cfg)
		return cfg, cfg.Validate()
	}
	cfg := config.Default()
	cfg.Supergraph.File = f.Config // anything: here only the flags are in question
	cfg, err := apply(cfg)
	switch {
	case err != nil:
		return nil, usageError{err}
	case f.Config == "":
		return cfg, nil
	}
	if cfg, err = config.Load(f.Config, p.env); err != nil {
		return nil, err
	}
	return apply(cfg)
}

// overlay lays the flags that only serve has over a configuration.
func (c *serveCommand) overlay(cfg *config.Config) {
	for to, flag := range map[*string]string{&cfg.Listen: c.Listen, &cfg.Admin.Listen: c.AdminListen, &cfg.Log.Level: c.LogLevel} {
		if flag != "" {
			*to = flag
		}
	}
}

// Run serves the supergraph until the process is told to stop.
func (c *serveCommand) Run(p *process) error {
	cfg, err := c.load(p, "nothing to serve", c.overlay)
	if err != nil {
		return err
	}
	logger, err := newLogger(p, cfg.Log)
	if err != nil {
		return err
	}
	// A gateway does not end because nobody reads its log any more.
	signal.Ignore(syscall.SIGPIPE)
	loaded, err := gateway.Serve(p.ctx, gateway.ServeOptions{
		Options: gateway.Options{Config: cfg, Version: version(), Logger: logger},
		Started: func(where gateway.Addresses) {
			fmt.Fprintf(p.stdout, "Weft serves GraphQL at http://%s/graphql\n", where.Clients)
			if where.Admin != "" {
				fmt.Fprintf(p.stdout, "Operators find metrics and the registry at http://%s\n", where.Admin)
			}
		},
	})
	return inSource(err, loaded)
}

// newLogger makes the process's one logger. The Redis library logs there, too.
func newLogger(p *process, c config.Log) (*slog.Logger, error) {
	o := &slog.HandlerOptions{}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	o.Level = level
	logger := slog.New(slog.NewTextHandler(p.stderr, o))
	if strings.EqualFold(c.Format, "json") {
		logger = slog.New(slog.NewJSONHandler(p.stderr, o))
	}
	redis.RouteLog(logger)
	return logger, nil
}
