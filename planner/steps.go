package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// steps turns the fetches into the plan's requests: those of one subgraph, one
// depth and one block become one step.
func (w *planning) steps() []*Step {
	parts := w.entityParts()
	var steps []*Step
	byFetch := map[*fetch]*Step{}
	order := slices.Clone(w.fetches)
	slices.SortStableFunc(order, func(a, b *fetch) int {
		return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.depth, b.depth), cmp.Compare(a.graph, b.graph))
	})
	if len(w.locals) > 0 {
		steps = append(steps, w.localStep())
	}
	var last *Step
	for _, f := range order {
		if last == nil || last.Graph != f.graph || last.Depth != f.depth || last.Block != f.block {
			last = &Step{ID: len(steps), Graph: f.graph, Depth: f.depth, Block: f.block, Kind: ast.Query}
			steps = append(steps, last)
		}
		byFetch[f] = last
		if f.isReentry() {
			last.Parts = append(last.Parts, w.reentryParts(f, len(last.Parts))...)
		} else if len(f.inputs) == 0 {
			last.Kind = w.op.Kind
			last.Parts = append(last.Parts, w.rootParts(f, "")...)
		} else if part := parts[f]; part != nil {
			last.Parts = append(last.Parts, part)
		}
	}
	for f, s := range byFetch {
		for _, d := range f.deps {
			s.DependsOn = append(s.DependsOn, byFetch[d].ID)
		}
	}
	w.fenceSteps(byFetch)
	if w.why != nil {
		w.why.planning, w.why.steps = w, byFetch
	}
	w.nameParts(steps)
	reduce(steps)
	for _, s := range steps {
		s.Guards = stepGuards(s)
	}
	w.blocks, w.numbers = w.payloads(steps, byFetch)
	return steps
}

// localStep is the step that the gateway answers itself.
func (w *planning) localStep() *Step {
	s := &Step{Graph: Local, Kind: ast.Query}
	for _, f := range w.locals {
		var b strings.Builder
		part := &Part{Key: f.Key, Guards: f.Guards, Output: &Selection{Object: -1}}
		out := localOutput(&b, f)
		part.Output.Fields = []*Output{out}
		part.Text = b.String()
		s.Parts = append(s.Parts, part)
	}
	return s
}

func localOutput(b *strings.Builder, f *operation.Field) *Output {
	out := &Output{Key: f.Key, Name: f.Name}
	if f.Key != f.Name {
		b.WriteString(f.Key + ":")
	}
	b.WriteString(f.Name + printArguments(f.Arguments))
	if f.Selections == nil {
		return out
	}
	out.Selection = &Selection{Object: -1}
	b.WriteByte('{')
	for i, c := range f.Selections.Fields {
		if i > 0 {
			b.WriteByte(' ')
		}
		out.Selection.Fields = append(out.Selection.Fields, localOutput(b, c))
	}
	b.WriteByte('}')
	return out
}

// rootParts makes one part of each root field; its response key is its key with a
// prefix.
func (w *planning) rootParts(f *fetch, prefix string) []*Part {
	var parts []*Part
	slices.SortStableFunc(f.root.entries, func(a, b *entry) int { return a.slot.order - b.slot.order })
	byKey := map[string]*selection{}
	var keys []string
	for _, e := range f.root.entries {
		s := byKey[e.slot.key]
		if s == nil {
			s = &selection{fetch: f, place: f.place, node: f.root.node, types: f.root.types}
			byKey[e.slot.key] = s
			keys = append(keys, e.slot.key)
		}
		s.entries = append(s.entries, e)
	}
	for _, key := range keys {
		s := byKey[key]
		part := &Part{Key: prefix + key, Guards: usesGuards(s.entries)}
		var b strings.Builder
		pr := &printer{w: w}
		if prefix != "" {
			pr.alias = part.Key
		}
		out := pr.selection(&b, s, part.Guards)
		part.Text = strings.TrimSuffix(strings.TrimPrefix(b.String(), "{"), "}")
		part.Output = mergeSame(out)
		part.Variables = w.partVariables(s, part.Guards)
		parts = append(parts, part)
	}
	return parts
}

// mergeSame makes one Output of those that share a Key on the operation's root,
// where they differ in their guards alone.
func mergeSame(s *Selection) *Selection {
	if len(s.Fields) < 2 {
		return s
	}
	first := s.Fields[0]
	for _, o := range s.Fields[1:] {
		if first.Selection != nil && o.Selection != nil {
			first.Selection.Fields = append(first.Selection.Fields, o.Selection.Fields...)
		}
	}
	s.Fields = s.Fields[:1]
	return s
}

func (w *planning) partVariables(s *selection, outer operation.Guards) []string {
	used := map[string]bool{}
	w.variables(s, outer, used)
	return slices.Sorted(maps.Keys(used))
}

// usesGuards are the guards under which any of some fields is needed; nil where
// one is needed always.
func usesGuards(entries []*entry) operation.Guards {
	var all operation.Guards
	for _, e := range entries {
		for _, u := range e.uses {
			if u.guards == nil {
				return nil
			}
			for _, g := range u.guards {
				if !slices.Contains(all, g) {
					all = append(all, g)
				}
			}
		}
	}
	return all
}

func stepGuards(s *Step) operation.Guards {
	all := s.Parts[0].Guards
	for _, p := range s.Parts[1:] {
		all = orGuards(all, p.Guards)
	}
	return all
}

// fenceSteps makes each of a mutation's root fields wait for all that the one
// before it needs.
func (w *planning) fenceSteps(byFetch map[*fetch]*Step) {
	for i, from := range w.serial {
		to := len(w.fetches)
		if i+1 < len(w.serial) {
			to = int(w.serial[i+1])
		}
		start := 0
		if i > 0 {
			start = int(w.serial[i-1])
		}
		for _, f := range w.fetches[from:to] {
			if f.block > 0 {
				break // what is deferred follows all of the mutation's primary block
			}
			for _, before := range w.fetches[start:from] {
				s := byFetch[f]
				s.DependsOn = append(s.DependsOn, byFetch[before].ID)
			}
		}
	}
}

// nameParts gives the _entities fields of each step their aliases and variables.
func (w *planning) nameParts(steps []*Step) {
	prefix := "_r"
	for slices.ContainsFunc(w.op.Variables, func(v operation.Variable) bool { return strings.HasPrefix(v.Name, prefix) }) {
		prefix = "_" + prefix
	}
	for _, s := range steps {
		entities := 0
		for _, p := range s.Parts {
			if p.Entity != nil {
				entities++
			}
		}
		n := 0
		for _, p := range s.Parts {
			if p.Entity == nil {
				continue
			}
			p.Key = "_entities"
			head := "_entities"
			if entities > 1 {
				p.Key = fmt.Sprintf("_e%d", n)
				head = p.Key + ":_entities"
			}
			p.Entity.Variable = fmt.Sprintf("%s%d", prefix, n)
			p.Text = head + "(representations:$" + p.Entity.Variable + ")" + p.Text
			n++
		}
	}
}

// reduce sorts each step's dependencies and drops those that follow from others.
func reduce(steps []*Step) {
	before := make([]schema.TypeSet, len(steps)) // bit i: after step i
	for _, s := range steps {
		slices.Sort(s.DependsOn)
		s.DependsOn = slices.Compact(s.DependsOn)
		var kept []int
		for _, d := range slices.Backward(s.DependsOn) {
			if !before[s.ID].Has(d) {
				kept = append(kept, d)
			}
			before[s.ID] = before[s.ID].Or(before[d]).Or(schema.NewTypeSet(d))
		}
		slices.Reverse(kept)
		s.DependsOn = kept
	}
}
