package planner_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
)

// TestDeferredPayloadsTogetherAreTheWholeAnswer defers random parts of random
// operations. Each payload is made of the steps alone that the plan says it needs,
// with those of the payloads around it; all payloads together must be the answer
// of one service that does not know @defer.
func TestDeferredPayloadsTogetherAreTheWholeAnswer(t *testing.T) {
	want := *cases / 4
	var done tally
	payloads := 0
	for seed := *first; done.cases < want; seed++ {
		if done.sets++; done.sets > 1000+want {
			t.Fatalf("only %d cases came of %d sets of subgraphs", done.cases, done.sets)
		}
		subgraphs := randomSubgraphs(seed)
		f, err := compileSubgraphs(t, subgraphs)
		if err != nil {
			continue
		}
		w := newWorld(t, f)
		for i := range uint64(operationsEach) {
			r := &randomOperation{Rand: rand.New(rand.NewPCG(seed, i+1000)), api: f.sg.API, left: 40}
			c := &randomCase{subgraphs: subgraphs, operation: deferRandomly(r.Rand, f.sg.API, r.query()), seed: seed + i, nullKeys: i%4 == 3}
			c.variables = r.variables()
			if !strings.Contains(c.operation, "@defer") {
				continue
			}
			good, small := done.carryOut(t, c, f, w)
			if small != nil {
				t.Fatalf("seed %d, operation %d: %v\n%s", seed, i, small.run(t), small.archive())
			}
			if good {
				payloads += w.payloads
			}
		}
	}
	t.Logf("%d cases with %d deferred payloads; %d operations were invalid, %d not supported", done.cases, payloads, done.invalid, done.refused)
	if done.invalid > done.cases/4 || done.refused > done.cases/20 || payloads < done.cases {
		t.Errorf("of %d cases %d were invalid and %d refused, and the others have %d deferred payloads: that shows too little", done.cases, done.invalid, done.refused, payloads)
	}
}

// deferRandomly puts random parts of an operation into fragments with @defer, some
// of which a variable decides about.
func deferRandomly(r *rand.Rand, api *ast.Schema, text string) string {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return text
	}
	d := &deferrer{Rand: r}
	for _, op := range doc.Operations {
		op.SelectionSet = d.set(op.SelectionSet, op.Operation == ast.Query)
	}
	for _, f := range doc.Fragments {
		f.SelectionSet = d.set(f.SelectionSet, api.Mutation == nil || f.TypeCondition != api.Mutation.Name)
	}
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent(" ")).FormatQueryDocument(doc)
	return b.String()
}

type deferrer struct {
	*rand.Rand
	labels int
}

// set defers parts of a selection set, those of its own level only where allowed.
func (d *deferrer) set(set ast.SelectionSet, allowed bool) ast.SelectionSet {
	var out ast.SelectionSet
	for _, s := range set {
		before := d.labels
		switch s := s.(type) {
		case *ast.Field:
			s.SelectionSet = d.set(s.SelectionSet, true)
		case *ast.InlineFragment:
			s.SelectionSet = d.set(s.SelectionSet, allowed)
			if allowed && d.IntN(3) == 0 {
				s.Directives = append(s.Directives, d.directive())
			}
		case *ast.FragmentSpread:
			if allowed && d.IntN(3) == 0 {
				s.Directives = append(s.Directives, d.directive())
			}
		}
		if !allowed || d.IntN(4) > 0 {
			out = append(out, s)
			continue
		}
		if d.labels == before && d.IntN(3) == 0 {
			out = append(out, s) // and at once, too
		}
		out = append(out, &ast.InlineFragment{SelectionSet: ast.SelectionSet{s}, Directives: ast.DirectiveList{d.directive()}})
	}
	return out
}

func (d *deferrer) directive() *ast.Directive {
	d.labels++
	label := &ast.Argument{Name: "label", Value: &ast.Value{Raw: fmt.Sprintf("d%d", d.labels), Kind: ast.StringValue}}
	out := &ast.Directive{Name: "defer", Arguments: ast.ArgumentList{label}}
	if d.IntN(4) == 0 {
		out.Arguments = append(out.Arguments, &ast.Argument{Name: "if", Value: &ast.Value{Raw: string("ab"[d.IntN(2)]), Kind: ast.Variable}})
	}
	return out
}

// deliver makes the payloads of a plan one by one and puts them together as a
// client would.
func (w *world) deliver(p *planner.Plan, c operation.Conditions, variables map[string]any) map[string]any {
	w.payloads = len(p.Blocks) - 1
	answer := map[string]any{}
	for b := range p.Blocks {
		need := map[int]bool{}
		for around := b; ; around = p.Blocks[around].Parent {
			for _, id := range slices.Concat(p.Blocks[around].Steps, p.Blocks[around].DependsOn) {
				w.needs(p, id, need)
			}
			if around == 0 {
				break
			}
		}
		var steps []*planner.Step
		for _, s := range p.Steps {
			if need[s.ID] {
				steps = append(steps, s)
			}
			if b == 0 && need[s.ID] && s.Block != 0 {
				w.t.Errorf("the primary payload waits for step %d of block %d", s.ID, s.Block)
			}
		}
		data := w.carryOut(p, steps, c, variables)
		bring := &bringer{w, p, c, b}
		mergeObjects(answer, bring.object(data, p.Operation.Root))
	}
	return answer
}

// needs notes a step and all that it depends on.
func (w *world) needs(p *planner.Plan, id int, need map[int]bool) {
	if need[id] {
		return
	}
	need[id] = true
	for _, d := range p.Steps[id].DependsOn {
		w.needs(p, d, need)
	}
}

// bringer picks out of the merged tree what one block brings.
type bringer struct {
	*world
	plan       *planner.Plan
	conditions operation.Conditions
	block      int
}

func (b *bringer) object(o map[string]any, set *operation.SelectionSet) map[string]any {
	typ, _ := o[typeKey].(string)
	out := map[string]any{}
	for _, f := range set.Fields {
		if !f.Guards.Hold(b.conditions) || f.Unless != nil && f.Unless.Hold(b.conditions) || typ != "" && !f.On.Has(b.sg.Types[typ].Object) {
			continue
		}
		mine := slices.Contains(b.plan.Payloads(f, b.conditions), b.block)
		switch {
		case f.Selections != nil:
			if v := b.value(o[f.Key], f.Selections); mine || !hollow(v) {
				out[f.ResponseKey] = v
			}
		case mine && f.Name == "__typename":
			out[f.ResponseKey] = typ
		case mine:
			out[f.ResponseKey] = o[f.Key]
		}
	}
	return out
}

func (b *bringer) value(v any, set *operation.SelectionSet) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = b.value(v[i], set)
		}
		return out
	case map[string]any:
		return b.object(v, set)
	}
	return nil
}

// hollow reports whether nothing is brought in or below a value.
func hollow(v any) bool {
	switch v := v.(type) {
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !hollow(item) })
	case map[string]any:
		return len(v) == 0
	}
	return v == nil
}
