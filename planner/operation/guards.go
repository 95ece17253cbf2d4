package operation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// conditionTable numbers the Boolean variables of an operation's @skip, @include
// and @defer as they are met.
type conditionTable struct {
	bits map[Condition]Conditions
	all  []Condition
}

// bit gives the bit of a variable.
func (t *conditionTable) bit(kind ConditionKind, variable string, at *ast.Position) (Conditions, *gqlerror.Error) {
	condition := Condition{Kind: kind, Name: variable}
	if bit, ok := t.bits[condition]; ok {
		return bit, nil
	}
	if len(t.all) == MaxConditions {
		return 0, positioned(at, CodeLimitExceeded,
			"The operation's @skip, @include and @defer use more than %d different variables.", MaxConditions)
	}
	bit := Conditions(1) << len(t.all)
	t.bits[condition] = bit
	t.all = append(t.all, condition)
	return bit, nil
}

// guard adds the directives of a selection to the guard of what it is in. never
// is set where it can then not be selected.
func (t *conditionTable) guard(outer Guard, directives ast.DirectiveList) (g Guard, never bool, err *gqlerror.Error) {
	g = outer
	for _, d := range directives {
		arg := d.Arguments.ForName("if")
		if (d.Name != "skip" && d.Name != "include") || arg == nil {
			continue // validation lets nothing of this pass
		}
		want := d.Name == "include"
		if arg.Value.Kind != ast.Variable {
			if (arg.Value.Raw == "true") != want {
				return g, true, nil
			}
			continue
		}
		bit, err := t.bit(VariableCondition, arg.Value.Raw, d.Position)
		if err != nil {
			return g, false, err
		}
		if want {
			g.Require |= bit
		} else {
			g.Forbid |= bit
		}
	}
	return g, g.never(), nil
}

// always reports whether the guard holds whatever the conditions are.
func (g Guard) always() bool { return g == Guard{} }

// never reports whether no conditions let the guard hold.
func (g Guard) never() bool { return g.Require&g.Forbid != 0 }

// and is the guard that holds when both hold.
func (g Guard) and(h Guard) Guard {
	return Guard{Require: g.Require | h.Require, Forbid: g.Forbid | h.Forbid}
}

// implies reports whether h holds whenever g does.
func (g Guard) implies(h Guard) bool {
	return h.Require&^g.Require == 0 && h.Forbid&^g.Forbid == 0
}

// given is what is left of g to check where h holds already.
func (g Guard) given(h Guard) Guard {
	return Guard{Require: g.Require &^ h.Require, Forbid: g.Forbid &^ h.Forbid}
}

// surroundings are what is known of the conditions wherever a selection set is looked
// at: one guard holds, and none of those others does.
type surroundings struct {
	known  Guard
	unless Guards
	// at is where the set stands; nil is the operation's root.
	at *location
}

// excludes reports whether a guard never holds in these surroundings.
func (c surroundings) excludes(g Guard) bool {
	g = g.and(c.known)
	return g.never() || slices.ContainsFunc(c.unless, g.implies)
}

// or adds a guard: what implies another is left out, and the order does not
// depend on that of adding. The receiver is not used any more.
func (gs Guards) or(g Guard) Guards {
	if slices.ContainsFunc(gs, g.implies) {
		return gs
	}
	gs = append(slices.DeleteFunc(gs, func(other Guard) bool { return other.implies(g) }), g)
	slices.SortFunc(gs, func(a, b Guard) int {
		return cmp.Or(cmp.Compare(a.Require, b.Require), cmp.Compare(a.Forbid, b.Forbid))
	})
	return gs
}

// renumber gives the conditions that a normal form still uses numbers by where
// they first stand in it, and at one place by their names, so that operations of
// equal Text agree on them.
func renumber(root *SelectionSet, blocks []Block, all []Condition) []Condition {
	r := renumbering{all: all, to: map[int]int{}}
	for bit := range all {
		r.byName = append(r.byName, bit)
	}
	slices.SortFunc(r.byName, func(a, b int) int {
		return cmp.Or(strings.Compare(all[a].Name, all[b].Name), cmp.Compare(all[a].Kind, all[b].Kind))
	})
	r.set(root)
	for i := range blocks {
		blocks[i].When = r.guard(blocks[i].When)
	}
	return r.conditions
}

type renumbering struct {
	// all are the conditions by their old numbers, byName these in the order of
	// the names, to the new numbers.
	all        []Condition
	byName     []int
	to         map[int]int
	conditions []Condition
}

func (r *renumbering) set(s *SelectionSet) {
	for _, f := range s.Fields {
		r.guards(f.Guards)
		r.guards(f.Unless)
		for i := range f.Deferred {
			f.Deferred[i].When = r.guard(f.Deferred[i].When)
		}
		if f.Selections != nil {
			r.set(f.Selections)
		}
	}
}

func (r *renumbering) guards(gs Guards) {
	for i, g := range gs {
		gs[i] = r.guard(g)
	}
}

func (r *renumbering) guard(g Guard) (out Guard) {
	for _, bit := range r.byName {
		mask := Conditions(1) << bit
		if (g.Require|g.Forbid)&mask == 0 {
			continue
		}
		to, ok := r.to[bit]
		if !ok {
			to = len(r.conditions)
			r.to[bit] = to
			r.conditions = append(r.conditions, r.all[bit])
		}
		if g.Require&mask != 0 {
			out.Require |= 1 << to
		}
		if g.Forbid&mask != 0 {
			out.Forbid |= 1 << to
		}
	}
	return out
}
