package compose

import (
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// validateExternal checks where @external stands and that it has a use.
func (c *composer) validateExternal(s *subgraph) {
	for _, t := range s.order {
		if t.kind == ast.Interface {
			for _, f := range t.fields {
				if a := f.find("external"); a != nil {
					c.fail(problem{code: codeExternalOnInterface, coordinate: f.coordinate, at: at(s, a.pos), fix: "Mark the fields of the implementations instead."},
						"In subgraph %q, the interface field %q is marked @%s.", s.Name, f.coordinate, a.local)
				}
			}
		}
		for _, f := range t.fields {
			if f.external && !f.used {
				c.fail(problem{code: codeExternalUnused, coordinate: f.coordinate, at: at(s, f.pos), fix: "Remove the field, or the @external."},
					"In subgraph %q, %q is @external but no @key, @requires, @provides or interface uses it.", s.Name, f.coordinate)
			}
		}
	}
}

// validateUsage checks where @shareable and @interfaceObject stand.
func (c *composer) validateUsage(s *subgraph) {
	for _, t := range s.order {
		if a := t.find("interfaceObject"); a != nil && len(t.keys) == 0 {
			c.fail(problem{code: codeInterfaceObjectUsage, coordinate: t.name, at: at(s, a.pos), fix: "Give it the key of the interface."},
				"In subgraph %q, %q is an @%s without a @key.", s.Name, t.name, a.local)
		}
		c.validateShareableOnce(&t.element)
		for _, f := range t.fields {
			c.validateShareableOnce(&f.element)
		}
		if t.kind != ast.Interface {
			continue
		}
		for _, f := range t.fields {
			if a := f.find("shareable"); a != nil {
				c.fail(problem{code: codeInvalidShareable, coordinate: f.coordinate, at: at(s, a.pos), fix: "Mark the fields of the implementations instead."},
					"In subgraph %q, the interface field %q is marked @%s.", s.Name, f.coordinate, a.local)
			}
		}
	}
}

// validateShareableOnce refuses several @shareable on one declaration. The
// directive is repeatable only so that extensions can have it too.
func (c *composer) validateShareableOnce(e *element) {
	seen := map[*part]bool{}
	for _, a := range e.directives {
		if a.name != "shareable" {
			continue
		}
		if seen[a.part] {
			c.fail(problem{code: codeInvalidShareable, coordinate: e.coordinate, at: at(e.sub, a.pos), fix: "Keep one."},
				"In subgraph %q, %q has @%s more than once.", e.sub.Name, e.coordinate, a.local)
			return
		}
		seen[a.part] = true
	}
}

// validateCost checks where @cost and @listSize stand and what they name.
func (c *composer) validateCost(s *subgraph) {
	for _, t := range s.order {
		for _, f := range t.fields {
			if a := f.find("cost"); a != nil && t.kind == ast.Interface {
				c.fail(problem{code: codeCostOnInterface, coordinate: f.coordinate, at: at(s, a.pos), fix: "Put it on the fields of the implementations."},
					"In subgraph %q, the interface field %q has @%s.", s.Name, f.coordinate, a.local)
			}
			if a := f.find("listSize"); a != nil {
				c.validateListSize(s, f, a)
			}
		}
	}
}

func (c *composer) validateListSize(s *subgraph, f *fieldDef, a *applied) {
	sized := a.args.ForName("sizedFields")
	hasSized := sized != nil && sized.Value != nil && sized.Value.Kind == ast.ListValue
	if f.typ.Elem == nil && !hasSized {
		c.fail(problem{code: codeListSizeNonList, coordinate: f.coordinate, at: at(s, a.pos), fix: "Remove it, or name the lists by sizedFields."},
			"In subgraph %q, %q has @%s but is no list.", s.Name, f.coordinate, a.local)
	}
	if arg := a.args.ForName("assumedSize"); arg != nil && arg.Value.Kind == ast.IntValue {
		if n, err := strconv.Atoi(arg.Value.Raw); err != nil || n < 0 {
			c.fail(problem{code: codeListSizeAssumed, coordinate: f.coordinate, at: at(s, arg.Position), fix: "Give a number that is not negative."},
				"In subgraph %q, the assumed size of %q is %s.", s.Name, f.coordinate, arg.Value.Raw)
		}
	}
	if arg := a.args.ForName("slicingArguments"); arg != nil {
		for _, name := range listItems(arg.Value) {
			own := f.arg(name)
			if own == nil || own.typ.NamedType != "Int" {
				c.fail(problem{code: codeListSizeSlicing, coordinate: f.coordinate, at: at(s, arg.Position), fix: "Name arguments of the field that are of the type Int."},
					"In subgraph %q, %q has no Int argument %q to slice by.", s.Name, f.coordinate, name)
			}
		}
	}
	if hasSized {
		c.validateSizedFields(s, f, a, sized)
	}
}

func (c *composer) validateSizedFields(s *subgraph, f *fieldDef, a *applied, sized *ast.Argument) {
	p := problem{code: codeListSizeFields, coordinate: f.coordinate, at: at(s, sized.Position), fix: "Name fields of its type that are lists."}
	target := s.types[f.typ.Name()]
	if target == nil || target.kind != ast.Object && target.kind != ast.Interface {
		c.fail(p, "In subgraph %q, %q has @%s with sized fields, but its type %s has no fields.", s.Name, f.coordinate, a.local, f.typ)
		return
	}
	for _, name := range listItems(sized.Value) {
		own := target.byName[name]
		switch {
		case own == nil:
			c.fail(p, "In subgraph %q, %q names the sized field %q, which %q does not have.", s.Name, f.coordinate, name, target.name)
		case own.typ.Elem == nil:
			noList := p
			noList.code = codeListSizeNonList
			c.fail(noList, "In subgraph %q, %q names the sized field %q, which is no list.", s.Name, f.coordinate, fmt.Sprintf("%s.%s", target.name, name))
		}
	}
}

// listItems gives the strings of a list value, or of a single one.
func listItems(v *ast.Value) []string {
	if isString(v) {
		return []string{v.Raw}
	}
	var all []string
	if v != nil && v.Kind == ast.ListValue {
		for _, child := range v.Children {
			if isString(child.Value) {
				all = append(all, child.Value.Raw)
			}
		}
	}
	return all
}
