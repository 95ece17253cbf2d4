package planner

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
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
	// suppliers are the fetches that bring each client field.
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
		out[i].arrivals = w.ownWays(p, s, out[i].arrivals)
	}
	return out
}

// ownWays picks from the arrivals that give a field the moves, unless they are no
// better than what is at hand.
func (w *planning) ownWays(p *place, s *slot, arrivals []*arrival) []*arrival {
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

// joinable reports whether an entity fetch may bring a slot in the block that is
// being planned: its own fetches may, those of the blocks around it where they
// bring it anyway, or where it is part of a key.
func (w *planning) joinable(f *fetch, s *slot) bool {
	return f.block == w.block || w.forKeys || s != nil && f.root.entry(s) != nil
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
		s.Block = numbers[s.Block]
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
