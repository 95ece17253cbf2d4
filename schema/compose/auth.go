package compose

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// guards reports whether the directive restricts who may see an element.
func guards(name string) bool {
	return name == "authenticated" || name == "requiresScopes" || name == "policy"
}

// validateGuards refuses guards on interfaces and interface objects: those get
// the guards of their implementations.
func (c *composer) validateGuards(s *subgraph) {
	refuse := func(e *element, what string) {
		for _, a := range e.directives {
			if guards(a.name) {
				c.fail(problem{code: codeAuthOnInterface, coordinate: e.coordinate, at: at(s, a.pos), fix: "Put it on the implementations."},
					"In subgraph %q, @%s stands on the %s %q.", s.Name, a.local, what, e.coordinate)
			}
		}
	}
	for _, t := range s.order {
		switch {
		case t.kind == ast.Interface:
			refuse(&t.element, "interface")
			for _, f := range t.fields {
				refuse(&f.element, "interface field")
			}
		case t.isInterfaceObject():
			refuse(&t.element, "interface object")
		}
	}
}

// typeGuards gives the elements whose guards a type takes over: an interface
// those of its implementations.
func (c *composer) typeGuards(def *ast.Definition) []*element {
	var all []*element
	if def.Kind == ast.Interface && c.merged.guarded {
		for _, own := range c.merged.implementations[def.Name] {
			all = append(all, elementsOf(c.merged.sources[own.Name])...)
		}
	}
	return all
}

// fieldGuards gives the elements whose guards a field takes over: an interface's
// those of the implementations, an implementation's those of interface objects.
func (c *composer) fieldGuards(def *ast.Definition, name string) []*element {
	if !c.merged.guarded {
		return nil
	}
	all := elementsOf(c.standIns(def, name))
	if def.Kind == ast.Interface {
		for _, own := range c.merged.implementations[def.Name] {
			all = append(all, elementsOf(c.declarations(own.Name, name))...)
		}
	}
	return all
}

// conjunction merges several alternatives of sets ("a and b, or c"): all of
// them have to hold. Sets that ask for more than another are left out.
func (f applications) conjunction(name string) *ast.Value {
	given := f.given(name)
	if len(given) == 0 {
		return nil
	}
	result := alternatives(given[0])
	equal := true
	for _, v := range given[1:] {
		next := alternatives(v)
		if slices.EqualFunc(ordered(result), ordered(next), slices.Equal) {
			continue
		}
		equal = false
		result = product(result, next)
	}
	if equal {
		return given[0]
	}
	list := &ast.Value{Kind: ast.ListValue}
	for _, set := range ordered(result) {
		inner := &ast.Value{Kind: ast.ListValue}
		for _, item := range set {
			inner.Children = append(inner.Children, &ast.ChildValue{Value: text(item)})
		}
		list.Children = append(list.Children, &ast.ChildValue{Value: inner})
	}
	return list
}

// alternatives reads [["a", "b"], ["c"]]; each set is sorted and without
// duplicates.
func alternatives(v *ast.Value) [][]string {
	var all [][]string
	if v == nil || v.Kind != ast.ListValue {
		return nil
	}
	for _, child := range v.Children {
		set := listItems(child.Value)
		slices.Sort(set)
		all = append(all, slices.Compact(set))
	}
	return all
}

// maxAlternatives bounds how far a conjunction multiplies out. Beyond it, all
// that any alternative names is asked for: rather too much than too little.
const maxAlternatives = 4096

// product joins every set of a with every set of b. No alternatives at all ask
// for nothing.
func product(a, b [][]string) [][]string {
	if len(a) == 0 || len(b) == 0 {
		return append(slices.Clone(a), b...)
	}
	if len(a)*len(b) > maxAlternatives {
		all := slices.Concat(slices.Concat(a...), slices.Concat(b...))
		slices.Sort(all)
		return [][]string{slices.Compact(all)}
	}
	var all [][]string
	for _, x := range a {
		for _, y := range b {
			set := slices.Concat(x, y)
			slices.Sort(set)
			all = append(all, slices.Compact(set))
		}
	}
	all = ordered(all)
	var kept [][]string
	for _, set := range all {
		if !slices.ContainsFunc(kept, func(k []string) bool { return subset(k, set) }) {
			kept = append(kept, set)
		}
	}
	return kept
}

func ordered(all [][]string) [][]string {
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b []string) int { return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b)) })
	return slices.CompactFunc(out, slices.Equal)
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(item string) bool { return !slices.Contains(b, item) })
}
