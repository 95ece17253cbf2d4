package planner

import (
	"slices"
	"strings"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// subselection is what a block brings of each object at its path, as GraphQL
// for display: "{ reviews { body } }"; "" where that is nothing.
func (p *Plan) subselection(sg *schema.Supergraph, block int) string {
	sets := []*operation.SelectionSet{p.Operation.Root}
	for _, key := range p.Blocks[block].Path {
		var below []*operation.SelectionSet
		for _, set := range sets {
			for _, f := range set.Fields {
				if f.ResponseKey == key && f.Selections != nil {
					below = append(below, f.Selections)
				}
			}
		}
		sets = below
	}
	s := subselector{p, sg, block}
	var fields []string
	for _, set := range sets {
		for _, text := range s.set(set) {
			fields = appendNew(fields, text)
		}
	}
	if len(fields) == 0 {
		return ""
	}
	return braces(fields)
}

func braces(fields []string) string { return "{ " + strings.Join(fields, " ") + " }" }

type subselector struct {
	plan  *Plan
	sg    *schema.Supergraph
	block int
}

// set gives the fields of a selection set that the block brings.
func (s subselector) set(set *operation.SelectionSet) []string {
	var out []string
	for _, f := range set.Fields {
		text := s.field(f)
		if text == "" {
			continue
		}
		if f.On.Equal(set.Possible) {
			out = append(out, text)
			continue
		}
		for o := range f.On.All() {
			out = append(out, "... on "+s.sg.Objects[o].Name+" { "+text+" }")
		}
	}
	return out
}

// field is a field that the block brings or that has something below it that the
// block brings; "" for any other.
func (s subselector) field(f *operation.Field) string {
	text := f.Name + printArguments(f.Arguments)
	if f.ResponseKey != f.Name {
		text = f.ResponseKey + ": " + text
	}
	if len(f.Guards) == 1 {
		for i, c := range s.plan.Operation.Conditions {
			switch {
			case f.Guards[0].Require&(1<<i) != 0:
				text += " @include(if: $" + c.Name + ")"
			case f.Guards[0].Forbid&(1<<i) != 0:
				text += " @skip(if: $" + c.Name + ")"
			}
		}
	}
	var below []string
	if f.Selections != nil {
		below = s.set(f.Selections)
	}
	if len(below) > 0 {
		return text + " " + braces(below)
	}
	if !s.plan.mayBring(f, s.block) {
		return ""
	}
	if f.Selections != nil {
		return text + " { __typename }" // all that is asked of it is brought later
	}
	return text
}

// mayBring reports whether a block brings a field for some of the conditions
// that the plan does not know.
func (p *Plan) mayBring(f *operation.Field, block int) bool {
	if f.Deferred == nil || p.effective == nil {
		return block == 0
	}
	var always []int
	for _, d := range f.Deferred {
		if (d.When == operation.Guard{}) {
			always = append(always, p.effective[d.Block])
		}
	}
	for _, d := range f.Deferred {
		b := p.effective[d.Block]
		all := p.Operation.Outermost(append(slices.Clone(always), b), p.effective)
		if p.numbers[b] == block && slices.Contains(all, b) {
			return true
		}
	}
	return false
}
