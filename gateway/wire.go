package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/weft-graphql/weft/cache"
	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/gateway/limits"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// This file translates the configuration into the options of the parts.

// warnOfUnknown logs the names in the configuration that the supergraph does
// not have: settings for them have no effect.
func (g *Gateway) warnOfUnknown(names []string) {
	warn := func(section, name string) {
		if !slices.Contains(names, name) {
			g.logger.Warn("the configuration has settings for a subgraph that the supergraph does not have", "key", section+"."+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.config.Subgraphs.Named)) {
		warn("subgraphs", name)
	}
	if c := g.config.Cache; c != nil {
		for _, name := range slices.Sorted(maps.Keys(c.Subgraphs)) {
			warn("cache.subgraphs", name)
		}
	}
}

// warnOfNowhere logs the subgraphs that have no URL: what is asked of them fails,
// and the rest of the graph works.
func (g *Gateway) warnOfNowhere(graphs []schema.Graph) {
	for _, s := range graphs {
		if own := g.config.Subgraphs.Named[s.Name]; s.URL == "" && own.URL == "" && len(own.URLs) == 0 {
			g.logger.Warn("a subgraph has no URL: what is asked of it fails; publish it with one, or set it in the configuration",
				"subgraph", s.Name, "key", "subgraphs."+s.Name+".url")
		}
	}
}

// private reports whether no other client ever gets an answer of the subgraph
// that was fetched for one.
func (g *Gateway) private(subgraph string) bool {
	s := g.config.Subgraphs.Get(subgraph)
	return !s.Deduplicate && s.Batching.Window == 0
}

// errorPolicies answers for the executor, which asks for each error.
func (g *Gateway) errorPolicies() func(subgraph string) executor.ErrorPolicy {
	policy := func(p config.ErrorPolicy) executor.ErrorPolicy {
		out := executor.ErrorPolicy{Mask: p.Mask, ServiceName: p.ServiceName}
		if !slices.Contains(p.Extensions, "*") {
			out.Extensions = append([]string{}, p.Extensions...) // nil would pass all
		}
		return out
	}
	all := policy(g.config.Subgraphs.All.Errors)
	named := make(map[string]executor.ErrorPolicy, len(g.config.Subgraphs.Named))
	for name, s := range g.config.Subgraphs.Named {
		named[name] = policy(s.Errors)
	}
	return func(subgraph string) executor.ErrorPolicy {
		if p, ok := named[subgraph]; ok {
			return p
		}
		return all
	}
}

func (g *Gateway) executorLimits() executor.Limits {
	l := g.config.Limits
	return executor.Limits{
		Duration: time.Duration(l.Timeout), Entities: l.Entities, Contexts: l.Contexts, Requests: l.SubgraphRequests,
		AnswerDepth: l.AnswerDepth, AnswerValues: l.AnswerValues,
		AnswerBytes: int(l.Answer), Errors: l.Errors, Introspection: int(l.Introspection),
	}
}

func (g *Gateway) openCache() error {
	c := g.config.Cache
	if c == nil {
		return nil
	}
	o := cache.Options{
		MemoryBytes: int64(c.Memory.Size), DefaultTTL: time.Duration(c.TTL), MaxTTL: time.Duration(c.MaxTTL),
		MaxValueBytes: int(c.MaxEntry), Subgraphs: map[string]cache.SubgraphOptions{}, Logger: g.logger,
	}
	if c.Redis {
		o.Redis = g.redis
	}
	for name, s := range c.Subgraphs {
		o.Subgraphs[name] = cache.SubgraphOptions{TTL: time.Duration(s.TTL), Disabled: !s.Enabled}
	}
	var err error
	if g.cache, err = cache.New(o); err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	g.metrics.Register(g.cache.Collectors()...)
	return nil
}

func (g *Gateway) openBudgets() error {
	b := g.config.Budgets
	if b == nil {
		return nil
	}
	var store cache.Budgets
	if b.Redis && g.redis != nil {
		var err error
		g.shared, err = cache.NewRedisBudgets(cache.RedisBudgetsOptions{Redis: g.redis, MaxAccounts: b.MaxClients, Logger: g.logger})
		if err != nil {
			return fmt.Errorf("budgets: %w", err)
		}
		g.metrics.Register(g.shared.Collectors()...)
		store = g.shared
	} else {
		local := cache.NewLocalBudgets(b.MaxClients)
		g.metrics.Register(local.Collectors()...)
		store = local
	}
	o := limits.Options{
		Store:   store,
		Rate:    cache.Rate{PointsPerSecond: float64(b.Rate.Points) / b.Rate.Per.Seconds(), Burst: float64(b.Burst)},
		MaxCost: float64(b.MaxCost),
	}
	for _, id := range b.Identify {
		o.Identify = append(o.Identify, limits.Identifier{Header: id.Header})
	}
	var err error
	if g.budgets, err = limits.New(o); err != nil {
		return fmt.Errorf("budgets: %w", err)
	}
	g.metrics.Register(g.budgets.Collectors()...)
	return nil
}

func (g *Gateway) operationOptions() operation.Options { return OperationOptions(g.config) }

// OperationOptions says how a gateway of that configuration reads operations.
func OperationOptions(c *config.Config) operation.Options {
	l := c.Limits
	o := operation.Options{
		Limits: operation.Limits{
			Tokens: l.Tokens, Depth: l.Depth, Fields: l.Fields, RootFields: l.RootFields, Aliases: cmp.Or(l.Aliases, -1),
		},
		Introspection: c.Introspection,
		KeepLiterals:  !c.Planner.LiftLiterals,
	}
	if c.Budgets != nil {
		o.DefaultListSize = c.Budgets.ListSize
	}
	return o
}
