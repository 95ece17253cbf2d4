package planner_test

import (
	"fmt"
	"slices"
	"strings"
)

// addConditions adds @requires, @provides, @override and @inaccessible.
func (r *randomModel) addConditions() {
	for _, s := range r.subgraphs {
		for _, name := range slices.Clone(s.order) {
			t := s.types[name]
			for _, f := range slices.Clone(t.fields) {
				if f.external || f.directives != "" || r.isKey(f.name) {
					continue
				}
				switch {
				case name[0] == 'E' && len(t.keys) > 0 && r.homes(name, f.name) == 1 && r.chance(25):
					if set := r.externalSet(s, name, f.name, true); set != "" {
						f.directives = fmt.Sprintf("@requires(fields: %q)", set)
					}
				case slices.Contains([]string{"I", "U"}, f.named) && len(r.members(s)) > 0 && r.chance(25):
					on := pick(r.Rand, r.members(s))
					if set := r.externalSet(s, on, "", false); set != "" {
						f.directives = fmt.Sprintf("@provides(fields: %q)", "... on "+on+" { "+set+" }")
					}
				case f.named[0] == 'E' && r.chance(25):
					if set := r.externalSet(s, f.named, "", false); set != "" {
						f.directives = fmt.Sprintf("@provides(fields: %q)", set)
					}
				}
			}
		}
	}
	for range r.IntN(4) {
		from, to, e := pick(r.Rand, r.subgraphs), pick(r.Rand, r.subgraphs), pick(r.Rand, r.entities)
		if from == to || from.types[e] == nil || to.types[e] == nil || len(from.types[e].fields) == 0 {
			continue
		}
		f := pick(r.Rand, from.types[e].fields)
		if f.external || f.directives != "" || r.isKey(f.name) && r.chance(70) || f.named == "I" || f.named == "U" {
			continue
		}
		directive := fmt.Sprintf("@override(from: %q)", from.name)
		if r.chance(60) {
			directive = fmt.Sprintf("@override(from: %q, label: %q)", from.name, pick(r.Rand, []string{"one", "two", "percent(5)"}))
		}
		if g := to.types[e].field(f.name); g == nil {
			r.add(to, e, f.name).directives = directive
		} else if g.directives == "" && !g.external {
			g.directives = directive
		}
	}
	for range r.IntN(3) {
		e := pick(r.Rand, r.entities)
		for _, s := range r.subgraphs {
			if t := s.types[e]; t != nil && len(t.fields) > 0 && r.chance(50) {
				f := pick(r.Rand, t.fields)
				if !f.external && !slices.Contains([]string{"id", "name", "rank", "kin"}, f.name) && !strings.Contains(f.directives, "@inaccessible") {
					f.directives += " @inaccessible"
				}
			}
		}
	}
}

func (r *randomModel) isKey(field string) bool {
	return slices.Contains([]string{"id", "a", "b", "ref", "twin", "c", "d"}, field)
}

// homes is how many subgraphs resolve a field.
func (r *randomModel) homes(typ, field string) int {
	n := 0
	for _, s := range r.subgraphs {
		if t := s.types[typ]; t != nil {
			if f := t.field(field); f != nil && !f.external {
				n++
			}
		}
	}
	return n
}

// externalSet selects fields of an entity that the subgraph does not resolve, and
// declares them there as external; "" where there are none.
func (r *randomModel) externalSet(s *modelSubgraph, typ, except string, requires bool) string {
	var set []string
	for range 1 + r.IntN(2) {
		f := pick(r.Rand, r.fields[typ])
		if s.types[typ].field(f.name) != nil || f.name == except || r.homes(typ, f.name) == 0 || r.isKey(f.name) {
			continue
		}
		text := f.name + arguments(f)
		if !requires && f.arguments != "" {
			continue
		}
		if !slices.Contains([]string{"Int", "String", "Float", "Boolean", "Color"}, f.named) {
			text += " { " + r.below(s, f.named, requires) + " }"
		}
		s.types[typ].fields = append(s.types[typ].fields, &sharedField{modelField: f, external: true})
		set = append(set, text)
	}
	return strings.Join(set, " ")
}

// arguments gives a field the arguments that a field set can have.
func arguments(f modelField) string {
	switch f.arguments {
	case "(n: Int)", "(n: Int = 2)", "(n: Int!, mode: Mode)":
		return "(n: 3)"
	case "(by: Filter)":
		return "(by: {min: 1})"
	}
	return ""
}

// below selects something of a value that a field set reaches.
func (r *randomModel) below(s *modelSubgraph, named string, requires bool) string {
	switch named[0] {
	case 'E':
		r.add(s, named, "id")
		if r.chance(30) {
			if set := r.externalSet(s, named, "", requires); set != "" {
				return "id " + set
			}
		}
		return "id"
	case 'V':
		f := r.add(s, named, "s0")
		return "s0" + arguments(f.modelField)
	}
	if len(r.members(s)) == 0 {
		r.typ(s, pick(r.Rand, r.entities)).member = true
	}
	on := pick(r.Rand, r.members(s))
	r.add(s, on, "id")
	if r.chance(50) {
		return "__typename ... on " + on + " { id }"
	}
	return "... on " + on + " { id }"
}
