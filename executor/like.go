package executor

import (
	"slices"

	"github.com/weft-graphql/weft/planner"
)

// partOfStep names a part of a program.
type partOfStep struct{ step, part int }

// likenesses finds the parts that go to the objects that an earlier part went to:
// a chain of entities, mostly by @requires. Such a part needs no walk, and looks at
// one object for each distinct representation of the earlier part: objects that
// were asked for by equal keys have got equal values.
func (c *compiler) likenesses(p *Program) {
	before := make([]map[int]bool, len(p.steps)) // the steps that each step waits for
	stepOf := map[*planner.Part]int{}
	for i := range p.steps {
		before[i] = map[int]bool{}
		for _, d := range p.steps[i].step.DependsOn {
			before[i][d] = true
			for further := range before[d] {
				before[i][further] = true
			}
		}
		for j := range p.steps[i].parts {
			stepOf[p.steps[i].parts[j].part] = i
		}
	}
	for i := range p.steps {
		for j := range p.steps[i].parts {
			pp := &p.steps[i].parts[j]
			for a := range i {
				if !before[i][a] || pp.like != nil {
					continue
				}
				k := slices.IndexFunc(p.steps[a].parts, func(earlier partProgram) bool {
					return c.alike(pp, &earlier) && c.settled(pp, &earlier, func(part *planner.Part) bool { return before[a][stepOf[part]] })
				})
				if k >= 0 {
					pp.like = &partOfStep{a, k}
				}
			}
		}
	}
}

// alike reports whether two parts go to the same objects, if nothing changes these
// in between.
func (c *compiler) alike(pp, earlier *partProgram) bool {
	for _, one := range []*partProgram{pp, earlier} {
		if one.part.Entity == nil || one.contexts != nil || len(one.inputs) != 1 || !one.inputs[0].plain {
			return false
		}
	}
	return sameTypes(pp.inputs[0].on, earlier.inputs[0].on) &&
		slices.EqualFunc(pp.paths, earlier.paths, func(a, b pathProgram) bool {
			return slices.EqualFunc(a.elements, b.elements, func(a, b pathElement) bool {
				return a.slot == b.slot && a.types == nil && b.types == nil
			})
		})
}

// settled reports whether nothing on the paths is new since the earlier part, and
// whether what a part needs is either what the earlier one was asked by, or what
// that one alone gives.
func (c *compiler) settled(pp, earlier *partProgram, there func(*planner.Part) bool) bool {
	var at *position
	for _, path := range pp.part.Entity.Paths {
		p := c.root
		for _, el := range path {
			_, p, _ = p.find(el.Key)
			if slices.ContainsFunc(p.class().parts, func(part *planner.Part) bool { return !there(part) }) {
				return false
			}
		}
		at = p.class()
	}
	if len(at.tags) != 1 || at.tags[0] == 0 {
		return false
	}
	for _, f := range pp.inputs[0].fields {
		if slices.ContainsFunc(earlier.inputs[0].fields, func(e requireProgram) bool { return e.slot == f.slot }) {
			continue
		}
		if slices.ContainsFunc(at.below[f.slot].class().parts, func(part *planner.Part) bool { return part != earlier.part }) {
			return false
		}
	}
	return true
}

// collectLike takes the objects of an earlier part. It reports whether that part
// has any to give.
func (x *execution) collectLike(pp *partProgram, ps *partState) bool {
	if pp.like == nil {
		return false
	}
	from := &x.steps[pp.like.step].parts[pp.like.part]
	if !from.active || x.broken {
		return false
	}
	in := &pp.inputs[0]
	ps.uniques = ps.uniques[:0]
	for u := range from.unique {
		object := from.unique[u].object
		ps.uniques = append(ps.uniques, x.represent(pp, ps, in, int(x.docs.Header(object).Tag())-1, object))
	}
	for _, t := range from.targets {
		if t.unique >= 0 {
			t.unique = ps.uniques[t.unique]
		} else {
			t.unique = x.represent(pp, ps, in, int(x.docs.Header(t.object).Tag())-1, t.object)
		}
		ps.targets = append(ps.targets, t)
	}
	return true
}
