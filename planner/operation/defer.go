package operation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// Block is one payload of an answer for each object that Path leads to: the
// fields of one fragment with @defer, at one place. The first block of an
// operation is the primary payload.
type Block struct {
	// Label is what the client calls it; it may be empty.
	Label string
	// Parent is the block that the fragment stands in.
	Parent int
	// Path are the response keys that lead from the root to the objects; lists on
	// the way are followed item by item.
	Path []string
	// When says for which conditions the fragment is deferred (@defer(if:)); the
	// zero Guard is always. Where it does not hold the fields are the Parent's.
	When Guard
}

// Deferral says that a block brings a field, under those conditions.
type Deferral struct {
	Block int
	When  Guard
}

// Effective gives for each of the operation's blocks the one that brings its
// fields under a request's conditions: the block itself, or, where its @defer is
// off, that which stands for its parent. Only conditions of the kind
// [DeferCondition] matter.
func (o *Operation) Effective(c Conditions) []int {
	out := make([]int, max(len(o.Blocks), 1))
	for i, b := range o.Blocks {
		switch {
		case i == 0:
		case b.When.Holds(c):
			out[i] = i
		default:
			out[i] = out[b.Parent]
		}
	}
	return out
}

// Payloads gives the blocks that bring a field under a request's conditions, by
// rising number; effective is what Effective gives for them. With several, each is
// that of another fragment, and whichever comes first has to bring it. A field
// that is in a block and in one around it is the outer one's.
func (o *Operation) Payloads(f *Field, effective []int, c Conditions) []int {
	if f.Deferred == nil {
		return []int{0}
	}
	var all []int
	for _, d := range f.Deferred {
		if d.When.Holds(c) {
			all = append(all, effective[d.Block])
		}
	}
	return o.Outermost(all, effective)
}

// Outermost drops from some blocks those inside others of them, and sorts them.
func (o *Operation) Outermost(blocks, effective []int) []int {
	slices.Sort(blocks)
	blocks = slices.Compact(blocks)
	if len(blocks) < 2 {
		return blocks
	}
	all := slices.Clone(blocks)
	return slices.DeleteFunc(blocks, func(b int) bool {
		for b != 0 {
			b = effective[o.Blocks[b].Parent]
			if slices.Contains(all, b) {
				return true
			}
		}
		return false
	})
}

// location is where a selection set stands: response keys, the last one first.
type location struct {
	above *location
	key   string
}

func (l *location) path() []string {
	var path []string
	for ; l != nil; l = l.above {
		path = append(path, l.key)
	}
	slices.Reverse(path)
	return path
}

// blockTable numbers the blocks of an operation as they are met. all is nil until
// the first fragment is deferred.
type blockTable struct {
	all   []Block
	known map[blockKey]int
}

// blockKey tells blocks apart: one fragment can be spread at several places.
type blockKey struct {
	directive *ast.Directive
	parent    int
	path      string
}

// deferral gives the block of a fragment with those directives that stands in
// a block.
func (n *normaliser) deferral(parent int, directives ast.DirectiveList, at *location) (int, *gqlerror.Error) {
	d := directives.ForName("defer")
	if d == nil {
		return parent, nil
	}
	b := Block{Parent: parent}
	if arg := d.Arguments.ForName("if"); arg != nil {
		switch {
		case arg.Value.Kind == ast.Variable:
			bit, err := n.conditions.bit(DeferCondition, arg.Value.Raw, d.Position)
			if err != nil {
				return 0, err
			}
			b.When.Require = bit
		case arg.Value.Raw == "false":
			return parent, nil
		}
	}
	if arg := d.Arguments.ForName("label"); arg != nil && arg.Value.Kind != ast.NullValue {
		b.Label = arg.Value.Raw
	}
	b.Path = at.path()
	return n.blocks.add(b, d)
}

// MaxBlocks is how many payloads one operation can have.
const MaxBlocks = 256

func (t *blockTable) add(b Block, d *ast.Directive) (int, *gqlerror.Error) {
	if t.all == nil {
		t.all = []Block{{}}
		t.known = map[blockKey]int{}
	}
	key := blockKey{d, b.Parent, strings.Join(b.Path, ".")}
	i, ok := t.known[key]
	if ok {
		return i, nil
	}
	if len(t.all) == MaxBlocks {
		return 0, positioned(d.Position, CodeLimitExceeded, "The operation's @defer make more than %d payloads.", MaxBlocks)
	}
	i = len(t.all)
	t.known[key] = i
	t.all = append(t.all, b)
	return i, nil
}

// within reports whether a block is another one or inside it.
func (t *blockTable) within(b, of int) bool {
	for b > of {
		b = t.all[b].Parent
	}
	return b == of
}

// deferred gives the blocks that bring a field of one class of an occurrence.
func (t *blockTable) deferred(o occurrence, c class) []Deferral {
	if t.all == nil {
		return nil
	}
	merged := c.merged
	if len(merged) == 0 {
		merged = []occurrence{o}
	}
	var out []Deferral
	for _, m := range merged {
		if slices.ContainsFunc(c.unless, m.guard.and(o.guard).implies) {
			continue // then an earlier field has its place
		}
		d := Deferral{Block: m.block, When: m.guard.given(o.guard)}
		if slices.ContainsFunc(out, func(e Deferral) bool { return t.covers(e, d) }) {
			continue
		}
		out = append(slices.DeleteFunc(out, func(e Deferral) bool { return t.covers(d, e) }), d)
	}
	if len(out) == 1 && out[0] == (Deferral{}) {
		return nil
	}
	return out
}

// covers reports whether a deferral brings a field whenever another one does, and
// no later.
func (t *blockTable) covers(d, other Deferral) bool {
	return other.When.implies(d.When) && t.within(other.Block, d.Block)
}

// checkTrigger makes sure that a subscription has the one field of which the
// specification makes its events (section 6.2.3.1).
func checkTrigger(def *ast.OperationDefinition, set *SelectionSet) error {
	if len(set.Fields) != 1 {
		return positioned(def.Position, CodeValidationFailed, "A subscription must select exactly one field at its top, under one response key.")
	}
	if f := set.Fields[0]; f.Guards != nil {
		return positioned(f.Position, CodeValidationFailed, "The field %q at the top of a subscription must not depend on @skip or @include with a variable.", f.ResponseKey)
	}
	return nil
}

// deferRule checks what the draft of incremental delivery asks of @defer: labels
// are static and unique, and it stands neither on the root fields of mutations and
// subscriptions nor, without an if that can be false, anywhere in a subscription.
func deferRule(events *core.Events, addError core.AddErrFunc) {
	seen := map[*ast.Directive]bool{}
	labels := map[string]*ast.Directive{}
	events.OnDirective(func(_ *core.Walker, d *ast.Directive) {
		if d.Name != "defer" || seen[d] {
			return // fragments are walked wherever they are spread
		}
		seen[d] = true
		if arg := d.Arguments.ForName("if"); arg != nil && arg.Value.Kind == ast.NullValue {
			addError(core.Message("The argument \"if\" of @defer must be true, false or a variable, not null."), core.At(d.Position))
		}
		arg := d.Arguments.ForName("label")
		switch {
		case arg == nil, arg.Value.Kind == ast.NullValue:
		case arg.Value.Kind == ast.Variable:
			addError(core.Message("The label of @defer must be a static string, not the variable %q.", "$"+arg.Value.Raw), core.At(d.Position))
		case labels[arg.Value.Raw] != nil:
			addError(core.Message("The label %q of @defer is used twice: each label of a document must be another.", arg.Value.Raw),
				core.At(labels[arg.Value.Raw].Position), core.At(d.Position))
		default:
			labels[arg.Value.Raw] = d
		}
	})
	refuse := func(s *ast.Schema, parent *ast.Definition, directives ast.DirectiveList) {
		d := directives.ForName("defer")
		if d == nil || parent == nil || parent != s.Mutation && parent != s.Subscription {
			return
		}
		addError(core.Message("@defer cannot be used on the root type %q: only what is below a field of a mutation or subscription can be deferred.", parent.Name), core.At(d.Position))
	}
	events.OnInlineFragment(func(w *core.Walker, f *ast.InlineFragment) { refuse(w.Schema, f.ObjectDefinition, f.Directives) })
	events.OnFragmentSpread(func(w *core.Walker, f *ast.FragmentSpread) { refuse(w.Schema, f.ObjectDefinition, f.Directives) })
	events.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		if op.Operation == ast.Subscription {
			refuseDeferred(op.SelectionSet, map[*ast.FragmentDefinition]bool{}, addError)
		}
	})
}

// refuseDeferred refuses each @defer of a subscription that nothing turns off.
func refuseDeferred(set ast.SelectionSet, seen map[*ast.FragmentDefinition]bool, addError core.AddErrFunc) {
	check := func(directives ast.DirectiveList) {
		d := directives.ForName("defer")
		if d == nil {
			return
		}
		if arg := d.Arguments.ForName("if"); arg == nil || arg.Value.Kind != ast.Variable && arg.Value.Raw != "false" {
			addError(core.Message("@defer cannot be used in a subscription unless its argument \"if\" is false or a variable."), core.At(d.Position))
		}
	}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			refuseDeferred(s.SelectionSet, seen, addError)
		case *ast.InlineFragment:
			check(s.Directives)
			refuseDeferred(s.SelectionSet, seen, addError)
		case *ast.FragmentSpread:
			check(s.Directives)
			if s.Definition != nil && !seen[s.Definition] {
				seen[s.Definition] = true
				refuseDeferred(s.Definition.SelectionSet, seen, addError)
			}
		}
	}
}

// deferred writes which blocks bring a field, as no GraphQL: "@in(1, 2 if $a)".
func (p *printer) deferred(f *Field) {
	for i, d := range f.Deferred {
		p.WriteString([]string{" @in(", ", "}[min(i, 1)] + strconv.Itoa(d.Block) + p.guard(d.When))
	}
	if f.Deferred != nil {
		p.WriteByte(')')
	}
}

// blocks writes the deferred blocks below the operation, as no GraphQL.
func (p *printer) blocks() {
	for i, b := range p.operation.Blocks {
		if i == 0 {
			continue
		}
		p.line()
		fmt.Fprintf(p, "block %d of %d at %q", i, b.Parent, strings.Join(b.Path, "."))
		if b.Label != "" {
			fmt.Fprintf(p, " label %q", b.Label)
		}
		p.WriteString(p.guard(b.When))
	}
}

// guard writes when something holds; nothing where it always does.
func (p *printer) guard(g Guard) string {
	var all []string
	for i, c := range p.operation.Conditions {
		if g.Require&(1<<i) != 0 {
			all = append(all, "$"+c.Name)
		}
		if g.Forbid&(1<<i) != 0 {
			all = append(all, "not $"+c.Name)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return " if " + strings.Join(all, " and ")
}
