package planner

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// deferral is what @defer asks of one planning. The primary block is planned as
// if nothing else were asked; the fields of the other blocks are set aside where
// the walk meets them, and planned one block after the other, so that no block
// needs anything of a later one. Their requests are their own: a block shares
// none with the blocks around it, which would have to wait for more.
type deferral struct {
	// effective is operation.Effective of the conditions; nil where the operation
	// has no @defer.
	effective []int
	// block is the one that is being planned.
	block int
	// later are the fields that were set aside, by their blocks.
	later [][]laterField
	// suppliers are the fetches that bring each client field; of a composite one
	// the first that brings values of each place.
	suppliers map[*operation.Field]fetchSet
	// forKeys is set while the plan supplies keys, which may come from any fetch.
	forKeys bool
}

// laterField is a field of a block at a place of a block around it.
type laterField struct {
	place *place
	slot  *slot
}

// newDeferral reads the operation's blocks. Those of a subscription are off: it is
// refused with a variable that turns one on.
func newDeferral(op *operation.Operation, c operation.Conditions) deferral {
	if len(op.Blocks) < 2 || op.Kind == ast.Subscription {
		return deferral{}
	}
	return deferral{
		effective: op.Effective(c), later: make([][]laterField, len(op.Blocks)),
		suppliers: map[*operation.Field]fetchSet{},
	}
}

// blocksOf are the blocks that may bring a field, by rising number: the guards of
// @skip and @include are not known when it is planned.
func (w *planning) blocksOf(f *operation.Field) []int {
	if f.Deferred == nil || w.effective == nil {
		return []int{0}
	}
	all := make([]int, 0, len(f.Deferred))
	for _, d := range f.Deferred {
		all = append(all, w.effective[d.Block])
	}
	return w.op.Outermost(all, w.effective)
}

// blockOf is the block that a field is planned in: the first that may bring it.
func (w *planning) blockOf(f *operation.Field) int {
	if f == nil || f.Deferred == nil || w.effective == nil {
		return 0
	}
	return w.blocksOf(f)[0]
}

// setAside keeps a field for when its block is planned, and reports whether
// that is a later one than the place's.
func (w *planning) setAside(p *place, s *slot) bool {
	b := w.blockOf(s.client)
	if b == p.block {
		return false
	}
	w.later[b] = append(w.later[b], laterField{p, s})
	return true
}

// planBlocks plans what was set aside. A block's number is above that of its parent.
func (w *planning) planBlocks() error {
	for b := range w.later {
		w.block = b
		w.decisions = w.decisions[:0]
		for _, f := range w.later[b] {
			if err := w.visitField(f.place, f.slot); err != nil {
				return err
			}
		}
		if err := w.choose(); err != nil {
			return err
		}
	}
	return nil
}

// inside reports whether a block is another one or inside it.
func (w *planning) inside(b, of int) bool {
	for b > of {
		b = w.effective[w.op.Blocks[b].Parent]
	}
	return b == of
}

// laterOptions are the options of a field whose block begins at the place: a
// request of the block's own to a subgraph that the values can be moved to, also
// to the one that they come from. Where there is none, or it would take more than
// one round more, and where all that the request would bring is the key that it
// needs, the field comes with the values, and only its delivery is deferred.
func (w *planning) laterOptions(p *place, s *slot) []option {
	need := s.client.On.And(p.live)
	if p.parent == nil {
		return w.options(p, need, s.name, anyHops, s.client.Selections != nil) // the root can be asked again
	}
	w.checkLabels(need, s.name)
	out := w.movedOptions(p, need, s.name, anyHops, true)
	for i := range out {
		own := ownWays(s, out[i].arrivals)
		if s.client.Selections == nil || len(own) == len(out[i].arrivals) || w.leadOn(p, s, out[i].types, own) {
			out[i].arrivals = own
		}
	}
	return out
}

// leadOn reports whether all that is selected below a composite field can be had
// from some arrivals at its place, whichever blocks bring it.
func (w *planning) leadOn(p *place, s *slot, types schema.TypeSet, arrivals []*arrival) bool {
	before, decisions, children := w.deferral, w.decisions, p.children
	w.deferral = deferral{}
	defer func() { w.deferral, w.decisions, p.children = before, decisions, children }()
	p.children = slices.Clip(p.children)
	trial := *s
	for _, alike := range w.alike(option{types, arrivals}, s.name) {
		c := w.child(p, &trial, alike, w.g.Types[s.definition.Type.Name()])
		for _, a := range arrivals {
			w.arriveBy(c, a)
		}
		if w.visit(c) != nil {
			return false
		}
	}
	return true
}

// ownWays picks from the arrivals that give a field the moves, unless they are no
// better than what is at hand.
func ownWays(s *slot, arrivals []*arrival) []*arrival {
	var atHand, moves []*arrival
	near := anyHops - 1
	for _, a := range arrivals {
		if !a.isMove() && !a.reentry {
			atHand = append(atHand, a)
			near = min(near, a.hops)
		}
	}
	for _, a := range arrivals {
		isKey := a.isMove() && s.client.Selections == nil && slices.ContainsFunc(a.hub.Set.Fields, func(u *graph.FieldUse) bool {
			return u.Name == s.name && printArguments(u.Arguments) == s.text
		})
		if (a.isMove() || a.reentry) && !isKey && a.hops <= near+1 {
			moves = append(moves, a)
		}
	}
	switch {
	case len(moves) > 0:
		return moves
	case len(atHand) > 0:
		return atHand
	}
	return arrivals
}

// joinable reports whether an entity fetch may bring a slot that is reached by an
// arrival, in the block that is being planned: the block's own fetches may. Those
// of blocks before may where they bring it anyway, or where it is part of a key;
// but then they must ask for these entities already, and need nothing more.
func (w *planning) joinable(f *fetch, a *arrival, s *slot) bool {
	if f.block == w.block {
		return true
	}
	isKey := w.forKeys && (s == nil || s.client == nil || w.inside(f.block, w.blockOf(s.client)))
	return (isKey || s != nil && f.root.entry(s) != nil) && f.represents(a)
}

// represents reports whether a fetch asks for the arrival's entities, always and
// with all that they need.
func (f *fetch) represents(a *arrival) bool {
	rest := a.types
	for _, in := range f.inputs {
		both := in.types.And(a.types)
		if both.Empty() {
			continue
		}
		if !in.always(a.hub.Set, true) || a.requires != nil && !in.always(a.requires, false) {
			return false
		}
		rest = rest.AndNot(both)
	}
	return rest.Empty() && !slices.ContainsFunc(a.contexts, func(c *graph.ContextArgument) bool { return !f.carries(c, a.types) })
}

// always reports whether the representation has a field set whatever the guards.
func (in *input) always(set *graph.FieldSet, key bool) bool {
	text := set.String()
	return slices.ContainsFunc(in.needs, func(n need) bool { return n.key == key && n.guards == nil && n.set.String() == text })
}

// noteSupplier notes that a fetch brings a client's field.
func (w *planning) noteSupplier(f *operation.Field, by *fetch) {
	if w.suppliers == nil || f == nil {
		return
	}
	s := w.suppliers[f]
	s.add(by)
	w.suppliers[f] = s
}

// payloads describes the plan's payloads: those blocks of the operation that
// are deferred under the plan's conditions and bring something.
func (w *planning) payloads(steps []*Step, byFetch map[*fetch]*Step) ([]Block, []int) {
	if w.effective == nil {
		all := Block{Steps: make([]int, len(steps))}
		for i := range steps {
			all.Steps[i] = i
		}
		return []Block{all}, nil
	}
	numbers := w.numberBlocks()
	var blocks []Block
	for b, of := range w.op.Blocks {
		if b > 0 && numbers[b] == 0 {
			continue
		}
		parent := of.Parent
		for parent > 0 && numbers[parent] == 0 {
			parent = w.op.Blocks[parent].Parent
		}
		blocks = append(blocks, Block{Label: of.Label, Parent: numbers[parent], Path: of.Path})
	}
	for _, s := range steps {
		s.Block, s.Depth = numbers[s.Block], 0
		for _, d := range s.DependsOn {
			// Something nearer may have come with an earlier block.
			s.Depth = max(s.Depth, steps[d].Depth+1)
		}
		blocks[s.Block].Steps = append(blocks[s.Block].Steps, s.ID)
		for _, d := range s.DependsOn {
			blocks[s.Block].waitFor(steps[d], s.Block)
		}
	}
	for f, fetches := range w.suppliers {
		for _, b := range w.blocksOf(f) {
			for _, by := range fetches {
				blocks[numbers[b]].waitFor(byFetch[by], numbers[b])
			}
		}
	}
	for _, f := range w.locals {
		for _, b := range w.blocksOf(f) {
			blocks[numbers[b]].waitFor(steps[0], numbers[b])
		}
	}
	for i := range blocks {
		slices.Sort(blocks[i].DependsOn)
	}
	return blocks, numbers
}

// waitFor notes that a block, which has that number, needs a step's data.
func (b *Block) waitFor(s *Step, number int) {
	if s.Block != number && !slices.Contains(b.DependsOn, s.ID) {
		b.DependsOn = append(b.DependsOn, s.ID)
	}
}

// numberBlocks gives the blocks of the operation their numbers in the plan: 0
// for the primary one and those that bring nothing of their own.
func (w *planning) numberBlocks() []int {
	brings := make([]bool, len(w.op.Blocks))
	var walk func(*operation.SelectionSet)
	walk = func(set *operation.SelectionSet) {
		for _, f := range set.Fields {
			for _, d := range f.Deferred {
				b := w.effective[d.Block]
				earlier := func(o operation.Deferral) bool {
					at := w.effective[o.Block]
					return at != b && o.When == operation.Guard{} && w.inside(b, at)
				}
				brings[b] = brings[b] || !slices.ContainsFunc(f.Deferred, earlier)
			}
			if f.Selections != nil {
				walk(f.Selections)
			}
		}
	}
	walk(w.op.Root)
	numbers, next := make([]int, len(brings)), 1
	for b := range brings {
		if b > 0 && brings[b] {
			numbers[b] = next
			next++
		}
	}
	return numbers
}
