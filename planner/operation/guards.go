package operation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// conditionTable numbers the Boolean variables of an operation's @skip and
// @include as they are met.
type conditionTable struct {
	bits  map[string]Conditions
	names []string
}

// bit gives the variable's bit.
func (t *conditionTable) bit(variable string, at *ast.Position) (Conditions, *gqlerror.Error) {
	if bit, ok := t.bits[variable]; ok {
		return bit, nil
	}
	if len(t.names) == MaxConditions {
		return 0, positioned(at, CodeLimitExceeded,
			"The operation's @skip and @include use more than %d different variables.", MaxConditions)
	}
	bit := Conditions(1) << len(t.names)
	t.bits[variable] = bit
	t.names = append(t.names, variable)
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
		bit, err := t.bit(arg.Value.Raw, d.Position)
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
func renumber(root *SelectionSet, names []string) []Condition {
	r := renumbering{names: names, to: map[int]int{}}
	for bit := range names {
		r.byName = append(r.byName, bit)
	}
	slices.SortFunc(r.byName, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	r.set(root)
	return r.conditions
}

type renumbering struct {
	// names are the conditions by their old numbers, byName these in the order of
	// the names, to the new numbers.
	names      []string
	byName     []int
	to         map[int]int
	conditions []Condition
}

func (r *renumbering) set(s *SelectionSet) {
	for _, f := range s.Fields {
		r.guards(f.Guards)
		r.guards(f.Unless)
		if f.Selections != nil {
			r.set(f.Selections)
		}
	}
}

func (r *renumbering) guards(gs Guards) {
	for i, g := range gs {
		var out Guard
		for _, bit := range r.byName {
			mask := Conditions(1) << bit
			if (g.Require|g.Forbid)&mask == 0 {
				continue
			}
			to, ok := r.to[bit]
			if !ok {
				to = len(r.conditions)
				r.to[bit] = to
				r.conditions = append(r.conditions, Condition{Kind: VariableCondition, Name: r.names[bit]})
			}
			if g.Require&mask != 0 {
				out.Require |= 1 << to
			}
			if g.Forbid&mask != 0 {
				out.Forbid |= 1 << to
			}
		}
		gs[i] = out
	}
}
