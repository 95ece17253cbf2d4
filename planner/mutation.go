package planner

import (
	"fmt"
	"slices"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema/graph"
)

// fence says that every fetch from the index on must follow those before it.
type fence int

// planMutation plans the root fields one after the other: all that a field
// needs is done before the next one starts. Fields that follow one another
// share a request where the first needs nothing but that request.
func (w *planning) planMutation(typ *graph.Type, fields []*operation.Field) error {
	for i, f := range fields {
		var err error
		if fields[i], err = exclusive(f); err != nil {
			return err
		}
	}
	fields = slices.DeleteFunc(fields, func(f *operation.Field) bool { return f.Guards != nil && len(f.Guards) == 0 })
	for i := 0; i < len(fields); {
		start, base := len(w.fetches), 0
		if start > 0 {
			base = w.deepest + 1
			w.serial = append(w.serial, fence(start))
		}
		if err := w.planGroup(w.rootPlace(typ, fields[i:i+1], base, nil)); err != nil {
			return err
		}
		from := i
		i++
		for ; i < len(fields) && len(w.fetches) == start+1 && !returns(fields[from:i], fields[i].Key); i++ {
			joined, err := w.joinMutation(typ, fields[i], w.fetches[start])
			if err != nil {
				return err
			}
			if !joined {
				break
			}
		}
	}
	return nil
}

// returns reports whether a key was among those of some fields and was followed
// by another: in one request its fields would run in the first one's place.
func returns(fields []*operation.Field, key string) bool {
	known := slices.ContainsFunc(fields, func(f *operation.Field) bool { return f.Key == key })
	return known && fields[len(fields)-1].Key != key
}

// exclusive makes a field that gives way to an earlier one of its response key
// not run at all then: a query may fetch both, a mutation must not run twice.
func exclusive(f *operation.Field) (*operation.Field, error) {
	if len(f.Unless) == 0 {
		return f, nil
	}
	guards := f.Guards
	if guards == nil {
		guards = operation.Guards{{}}
	}
	for _, u := range f.Unless {
		var not operation.Guards
		for bit := operation.Conditions(1); bit != 0; bit <<= 1 {
			switch {
			case u.Require&bit != 0:
				not = append(not, operation.Guard{Forbid: bit})
			case u.Forbid&bit != 0:
				not = append(not, operation.Guard{Require: bit})
			}
		}
		if guards = bothGuards(guards, not); len(guards) > maxAlternatives {
			return nil, fmt.Errorf("the mutation's field %s is selected under more than %d alternatives of @skip and @include", f.ResponseKey, maxAlternatives)
		}
	}
	c := *f
	c.Guards, c.Unless = guards, nil
	return &c, nil
}

// maxAlternatives bounds the guards of a mutation's root field.
const maxAlternatives = 64

// joinMutation plans a root field into the request of the field before it, if
// the same subgraph resolves it.
func (w *planning) joinMutation(typ *graph.Type, f *operation.Field, before *fetch) (bool, error) {
	n := typ.Node(before.graph)
	if n == nil || !w.g.Direct(before.graph, f.Name, w.labels).Has(typ.Object) {
		return false, nil
	}
	p := before.place
	known := len(p.client.Fields)
	if err := w.checkJoin(typ, f, before); err != nil {
		return false, nil //nolint:nilerr // the field is then planned by itself
	}
	p.client.Fields = append(slices.Clip(p.client.Fields), f)
	p.arrivals = slices.DeleteFunc(p.arrivals, func(a *arrival) bool { return a.graph != before.graph })
	w.decisions = w.decisions[:0]
	if err := w.visitFields(p, known); err != nil {
		return false, err
	}
	return true, w.choose()
}

// checkJoin tries the field out on the subgraph alone.
func (w *planning) checkJoin(typ *graph.Type, f *operation.Field, before *fetch) error {
	// What the trial sets aside is not to be planned.
	later := slices.Clone(w.later)
	defer func() { w.later = later }()
	trial := w.rootPlace(typ, []*operation.Field{f}, before.depth, []int{before.graph})
	w.decisions = w.decisions[:0]
	return w.visit(trial)
}
