package executor

import (
	"slices"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
)

// placedError is an error of one entity, to be told of at every place where the
// entity stands; part is nil where the error is reported already.
type placedError struct {
	answerError
	part   *partProgram
	state  *partState
	unique int32
	rest   []pathItem // of the subgraph's path, below the entity
}

// reportPlaced reports errors of entities, with one walk over the tree for each part.
func (x *execution) reportPlaced(i int, placed []placedError) {
	places := map[*partProgram]map[int32][]place{}
	for k := range placed {
		pe := &placed[k]
		if places[pe.part] == nil {
			wanted := map[int32]bool{}
			for _, other := range placed {
				if other.part == pe.part {
					wanted[other.unique] = true
				}
			}
			places[pe.part] = x.places(pe.part, pe.state, wanted)
		}
		at := places[pe.part][pe.unique]
		if at == nil {
			pe.path = x.fetchPath(i)
			x.report(pe.answerError)
		}
		for _, p := range at {
			pe.path = x.clientPath(slices.Clone(p.path), p.set, pe.rest)
			x.report(pe.answerError)
		}
	}
}

// place is where an object stands in the client's answer, with what the client
// selected of it.
type place struct {
	path []pathItem
	set  *operation.SelectionSet
}

// places finds the places of the objects that some distinct representations
// stand for, as many as errors can be reported. It walks the part's paths again,
// which only errors need.
func (x *execution) places(pp *partProgram, ps *partState, wanted map[int32]bool) map[int32][]place {
	type object struct {
		doc uint16
		off uint32
	}
	objects := map[object]int32{}
	for _, t := range ps.targets {
		if wanted[t.unique] {
			objects[object{t.object.Doc, t.object.Off}] = t.unique
		}
	}
	found := map[int32][]place{}
	left := x.e.limits.Errors
	var walk func(path []pathItem, set *operation.SelectionSet, elements []pathElement, keys planner.Path, v tape.Value)
	walk = func(path []pathItem, set *operation.SelectionSet, elements []pathElement, keys planner.Path, v tape.Value) {
		switch {
		case left == 0:
		case v.Kind == tape.List:
			for n, item := range x.docs.Slots(v) {
				walk(append(path, pathItem{index: n}), set, elements, keys, item)
			}
		case v.Kind != tape.Object:
		case len(elements) > 0:
			if f := fieldOf(set, keys[0].Key); f != nil {
				walk(append(path, pathItem{key: f.ResponseKey}), f.Selections, elements[1:], keys[1:], *x.docs.Slot(v, elements[0].slot))
			}
		default:
			if u, ok := objects[object{v.Doc, v.Off}]; ok {
				left--
				found[u] = append(found[u], place{slices.Clone(path), set})
			}
		}
	}
	for k := range pp.paths {
		walk(nil, x.p.plan.Operation.Root, pp.paths[k].elements, pathsOf(pp.part)[k], x.root)
	}
	return found
}
