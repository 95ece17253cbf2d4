package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
)

// entityParts makes the parts of the entity fetches. Fetches that ask the same
// of the same subgraph at the same depth become one part with several paths, as
// long as what is fetched below them is the same, too: the entities are then
// asked for once, wherever they stand.
func (w *planning) entityParts() map[*fetch]*Part {
	parts := map[*fetch]*Part{}
	texts := map[*fetch]string{}
	for _, f := range w.fetches {
		if len(f.inputs) > 0 {
			parts[f], texts[f] = w.entityPart(f)
		}
	}
	if len(parts) < 2 {
		for f, p := range parts {
			p.Guards = f.place.within(p.Guards)
		}
		return parts // there is nothing to join
	}
	signatures := map[*fetch]int{}
	ids := map[string]int{}
	// Deepest first: what is below a fetch is made later than the fetch.
	order := slices.Clone(w.fetches)
	slices.SortStableFunc(order, func(a, b *fetch) int { return b.depth - a.depth })
	for _, f := range order {
		text := ""
		switch {
		case f.isReentry():
			text = fmt.Sprintf("reentry %d", f.order)
		case parts[f] != nil:
			text = f.signature(texts[f], signatures)
		default:
			continue
		}
		id, known := ids[text]
		if !known {
			id = len(ids)
			ids[text] = id
		}
		signatures[f] = id
	}
	same := map[*Part]string{} // the signatures of all that a part is for
	for f, p := range parts {
		p.Guards = f.place.within(p.Guards)
		same[p] = fmt.Sprint(signatures[f])
	}
	// An interface object is asked the same of several types at once.
	w.joinParts(parts, func(f *fetch, p *Part) string {
		if f.node == nil {
			return fmt.Sprint(f.order)
		}
		return fmt.Sprintf("%p %d %d %d %s %s %s", f.place, f.graph, f.depth, f.block, guardsText(p.Guards), texts[f]+describeContexts(p.Entity.Contexts), describeInputs(p.Entity.Inputs))
	}, func(into, p *Part) {
		into.Entity.Inputs = mergeInputs(append(into.Entity.Inputs, p.Entity.Inputs...))
		same[into] += "," + same[p]
	})
	// The same entities under other guards are one part that either needs.
	w.joinParts(parts, func(_ *fetch, p *Part) string {
		return fmt.Sprint(same[p], p.Entity.Paths, describeContexts(p.Entity.Contexts))
	}, func(into, p *Part) { into.Guards = orGuards(into.Guards, p.Guards) })
	w.joinParts(parts, func(_ *fetch, p *Part) string { return fmt.Sprint(same[p], guardsText(p.Guards)) },
		func(into, p *Part) {
			into.Entity.Paths = append(into.Entity.Paths, p.Entity.Paths...)
			joinContexts(into.Entity.Contexts, p.Entity.Contexts)
		})
	return parts
}

// joinParts joins parts of equal keys into the first of them.
func (w *planning) joinParts(parts map[*fetch]*Part, key func(*fetch, *Part) string, join func(into, p *Part)) {
	first := map[string]*Part{}
	for _, f := range w.fetches {
		p := parts[f]
		if p == nil {
			continue
		}
		k := key(f, p)
		if first[k] == nil {
			first[k] = p
			continue
		}
		join(first[k], p)
		delete(parts, f)
	}
}

// within adds to guards of what is needed at a place those of the fields that
// lead there: under other guards another field may bring objects to the same path.
func (p *place) within(guards operation.Guards) operation.Guards {
	for ; p.parent != nil; p = p.parent {
		guards = andGuards(guards, p.slot.guards)
	}
	return guards
}

// maxGuards is how many alternatives guards of a part may have. With more the
// part is guarded less than it could be, which costs a needless request at worst.
const maxGuards = 16

func andGuards(a, b operation.Guards) operation.Guards {
	switch {
	case a == nil:
		return b
	case b == nil || len(a)*len(b) > maxGuards:
		return a
	}
	out := bothGuards(a, b)
	if len(out) == 0 {
		return a // never holds; the part finds no objects
	}
	return out
}

// bothGuards holds when both do; it is not nil, and empty where that can never be.
func bothGuards(a, b operation.Guards) operation.Guards {
	out := operation.Guards{}
	for _, x := range a {
		for _, y := range b {
			g := operation.Guard{Require: x.Require | y.Require, Forbid: x.Forbid | y.Forbid}
			if g.Require&g.Forbid == 0 && !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	return out
}

func orGuards(a, b operation.Guards) operation.Guards {
	if a == nil || b == nil {
		return nil
	}
	var out operation.Guards
	all := slices.Concat(a, b)
	for i, g := range all {
		// A guard that asks more than another one, or the same again, adds nothing.
		if !slices.ContainsFunc(all[:i], func(o operation.Guard) bool { return implies(g, o) }) &&
			!slices.ContainsFunc(all[i+1:], func(o operation.Guard) bool { return implies(g, o) && o != g }) {
			out = append(out, g)
		}
	}
	return out
}

func implies(g, o operation.Guard) bool {
	return o.Require&^g.Require == 0 && o.Forbid&^g.Forbid == 0
}

// entityPart makes one fetch's part. Its Text lacks the head that nameParts
// gives it.
func (w *planning) entityPart(f *fetch) (*Part, string) {
	p := &Part{Guards: f.guards(), Entity: &Entity{Paths: []Path{f.place.path()}}}
	var b strings.Builder
	pr := &printer{w: w}
	p.Output = pr.selection(&b, f.root, p.Guards)
	p.Text = b.String()
	p.Variables = w.partVariables(f.root, p.Guards)
	slices.SortStableFunc(f.inputs, func(a, b *input) int { return cmp.Compare(first(a.types), first(b.types)) })
	for _, in := range f.inputs {
		i := &Input{On: in.types, Fields: in.fields}
		if f.node != nil {
			i.Typename, i.Untyped = f.node.Type.Name, f.place.untyped()
		}
		p.Entity.Inputs = append(p.Entity.Inputs, i)
	}
	p.Entity.Inputs = mergeInputs(p.Entity.Inputs)
	p.Entity.Contexts = w.entityContexts(f)
	return p, p.Text
}

// mergeInputs joins the inputs of types that are represented alike.
func mergeInputs(inputs []*Input) []*Input {
	var out []*Input
	for _, in := range inputs {
		text := describeRequires(in.Fields)
		i := slices.IndexFunc(out, func(o *Input) bool {
			return o.Typename == in.Typename && o.Untyped == in.Untyped && describeRequires(o.Fields) == text
		})
		if i >= 0 {
			out[i].On = out[i].On.Or(in.On)
			continue
		}
		out = append(out, in)
	}
	return out
}

// path leads from the root of the merged tree to the place.
func (p *place) path() Path {
	var path Path
	for ; p.parent != nil; p = p.parent {
		e := PathElement{Key: p.slot.key, Lists: lists(p.slot.definition.Type)}
		path = append(path, e)
		// The parent's values are narrowed where the field is not for all of them.
		if parent := p.parent; parent.parent != nil && !parent.live.SubsetOf(p.group) {
			path = append(path, PathElement{Types: p.group})
		}
	}
	slices.Reverse(path)
	// A narrowing stands with the element before it.
	out := path[:0]
	for _, e := range path {
		if e.Key == "" {
			out[len(out)-1].Types = e.Types
			continue
		}
		out = append(out, e)
	}
	return out
}

func lists(t *ast.Type) int {
	n := 0
	for ; t.Elem != nil; t = t.Elem {
		n++
	}
	return n
}

// signature is equal for fetches that can be one part; known has those of the
// fetches below.
func (f *fetch) signature(text string, known map[*fetch]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d/%d/%s", f.graph, f.depth, f.block, text)
	if f.always || !f.root.evenGuards() {
		// Some fields repeat their guards, so the part's must stay what they are.
		fmt.Fprintf(&b, "%v%s", f.always, guardsText(f.guards()))
	}
	for _, in := range f.inputs {
		fmt.Fprintf(&b, "|%x%v", []uint64(in.types), f.place.untyped())
		b.WriteString(describeRequires(in.fields))
	}
	var below []string
	for _, e := range f.root.entries {
		for _, s := range e.below {
			below = s.place.fetchesBelow(below, f.depth, "", known)
		}
	}
	slices.Sort(below)
	for _, line := range below {
		b.WriteString("\n" + line)
	}
	return b.String()
}

// guards say when an entity fetch is needed; nil is always.
func (f *fetch) guards() operation.Guards {
	if f.always {
		return nil
	}
	return usesGuards(f.root.entries)
}

// fetchesBelow adds what is fetched after a depth for a place and those below it.
func (p *place) fetchesBelow(lines []string, depth int, way string, known map[*fetch]int) []string {
	if len(p.fetches) == 0 && len(p.children) == 0 {
		return lines
	}
	way = fmt.Sprintf("%s%s%x.", way, p.slot.key, []uint64(p.group))
	for _, f := range p.fetches {
		if f.depth > depth {
			lines = append(lines, fmt.Sprint(way, known[f]))
		}
	}
	for _, c := range p.children {
		lines = c.fetchesBelow(lines, depth, way, known)
	}
	return lines
}

// evenGuards reports whether all fields of a selection stand under the same guards.
func (s *selection) evenGuards() bool {
	all := usesGuards(s.entries)
	for _, e := range s.entries {
		for _, u := range e.uses {
			if !equalGuards(u.guards, all) {
				return false
			}
		}
	}
	return true
}

// describeInputs tells apart how entities are represented, whatever their types.
func describeInputs(inputs []*Input) string {
	var b strings.Builder
	for _, in := range inputs {
		fmt.Fprintf(&b, "%s%v%s", in.Typename, in.Untyped, describeRequires(in.Fields))
	}
	return b.String()
}

func describeRequires(rs []*Require) string {
	if len(rs) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte('{')
	for _, r := range rs {
		fmt.Fprintf(&b, "%s:%s%x%v%s ", r.Name, r.Key, []uint64(r.On), r.NonNull, describeRequires(r.Fields))
	}
	b.WriteByte('}')
	return b.String()
}

// guardsText tells guards apart; "" is always.
func guardsText(g operation.Guards) string {
	if g == nil {
		return ""
	}
	return fmt.Sprint(g)
}
