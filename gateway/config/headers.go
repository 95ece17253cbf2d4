package config

import (
	"fmt"

	"github.com/weft-graphql/weft/subgraphs/headers"
)

// The values of ForwardResponse.Take.
const (
	TakeFirst  = "first"
	TakeLast   = "last"
	TakeAppend = "append"
)

// RequestRules are the rules for requests, for every subgraph and for single ones.
func (c *Config) RequestRules() headers.Rules {
	return c.rules(Headers.requestRules)
}

// ResponseRules are the rules for answers, for every subgraph and for single ones.
func (c *Config) ResponseRules() headers.Rules {
	return c.rules(Headers.responseRules)
}

func (c *Config) rules(of func(Headers) []headers.Rule) headers.Rules {
	out := headers.Rules{All: of(c.Headers), BySubgraph: make(map[string][]headers.Rule, len(c.Subgraphs.Named))}
	for name, s := range c.Subgraphs.Named {
		out.BySubgraph[name] = of(s.Headers)
	}
	return out
}

func (h Headers) requestRules() []headers.Rule {
	out := make([]headers.Rule, len(h.Request))
	for i, r := range h.Request {
		switch {
		case r.Forward != nil:
			out[i] = headers.Rule{Name: r.Forward.Name, Pattern: r.Forward.Pattern, As: r.Forward.As, Value: r.Forward.Default}
		case r.Set != nil:
			out[i] = headers.Rule{Kind: headers.Set, Name: r.Set.Name, Value: r.Set.Value}
		case r.Remove != nil:
			out[i] = headers.Rule{Kind: headers.Remove, Name: r.Remove.Name, Pattern: r.Remove.Pattern}
		}
	}
	return out
}

func (h Headers) responseRules() []headers.Rule {
	takes := map[string]headers.Take{TakeFirst: headers.First, TakeLast: headers.Last, TakeAppend: headers.Append}
	out := make([]headers.Rule, len(h.Response))
	for i, r := range h.Response {
		switch {
		case r.Forward != nil:
			out[i] = headers.Rule{
				Name: r.Forward.Name, Pattern: r.Forward.Pattern, As: r.Forward.As, Value: r.Forward.Default, Take: takes[r.Forward.Take],
			}
		case r.Remove != nil:
			out[i] = headers.Rule{Kind: headers.Remove, Name: r.Remove.Name, Pattern: r.Remove.Pattern}
		}
	}
	return out
}

// check adds what is wrong with the rules of one section.
func (h Headers) check(path string, errs Errors) Errors {
	one := func(section string, i int, rule headers.Rule, check func(headers.Rule) error) {
		key := map[headers.Kind]string{headers.Forward: "forward", headers.Set: "set", headers.Remove: "remove"}[rule.Kind]
		at := fmt.Sprintf("%s.%s[%d].%s", path, section, i, key)
		if err := check(rule); err != nil {
			errs = append(errs, problem(at, "docs/headers.md has the rules", "%s: %v", at, err))
		}
	}
	for i, rule := range h.requestRules() {
		if r := h.Request[i]; r.Forward != nil || r.Remove != nil || r.Set != nil && r.Set.Name != "" && r.Set.Value != "" {
			one("request", i, rule, headers.CheckRequest) // of the others validateTags has said what is wrong
		}
	}
	for i, rule := range h.responseRules() {
		if r := h.Response[i]; r.Forward != nil || r.Remove != nil {
			one("response", i, rule, headers.CheckResponse)
		}
	}
	return errs
}
