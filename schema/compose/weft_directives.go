package compose

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// Codes of errors about Weft's own directives.
const (
	codeEventUsage       schema.Code = "EVENT_USAGE_ERROR"
	codeInvalidatesUsage schema.Code = "INVALIDATES_USAGE_ERROR"
)

// validateWeft checks where Weft's own directives stand: @event says that events
// of a broker feed a field of the subscription type, @invalidates which cached
// answers a field of the mutation type makes stale.
func (c *composer) validateWeft(s *subgraph) {
	for _, t := range s.order {
		for _, f := range t.fields {
			if a := f.find("event"); a != nil && t.name != "Subscription" {
				c.fail(problem{code: codeEventUsage, coordinate: f.coordinate, at: at(s, a.pos), fix: "Put it on a field of the subscription type."},
					"In subgraph %q, @%s stands on %q, which is no subscription.", s.Name, a.local, f.coordinate)
			}
			for _, a := range f.directives {
				if a.name == "invalidates" {
					c.validateInvalidates(s, t, f, a)
				}
			}
		}
	}
}

func (c *composer) validateInvalidates(s *subgraph, t *typeDef, f *fieldDef, a *applied) {
	p := problem{code: codeInvalidatesUsage, coordinate: f.coordinate, at: at(s, a.pos)}
	if t.name != "Mutation" {
		p.fix = "Put it on a field of the mutation type."
		c.fail(p, "In subgraph %q, @%s stands on %q, which is no mutation.", s.Name, a.local, f.coordinate)
	}
	given := func(name string) []string {
		if arg := a.args.ForName(name); arg != nil {
			return listItems(arg.Value)
		}
		return nil
	}
	types := given("types")
	if len(types) == 0 && len(given("tags")) == 0 {
		p.fix = `Write @invalidates(tags: ["…"]) or @invalidates(types: ["…"]).`
		c.fail(p, "In subgraph %q, @%s on %q names neither tags nor types.", s.Name, a.local, f.coordinate)
	}
	for _, name := range types {
		if target := s.types[name]; target == nil || target.kind != ast.Object && target.kind != ast.Interface {
			p.fix = "Name object types or interfaces of this subgraph."
			c.fail(p, "In subgraph %q, @%s on %q names the type %q, which is %s.", s.Name, a.local, f.coordinate, name, missingOr(target))
		}
	}
}

func missingOr(t *typeDef) string {
	if t == nil {
		return "not declared"
	}
	return fmt.Sprintf("%s and has no cached answers", kindName(t.kind))
}
