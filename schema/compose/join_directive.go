package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// joined reports whether the supergraph carries the directive of that canonical
// name as a @join__directive, with the subgraphs that it came from: what the
// gateway itself reads is not merged, because it is about one subgraph's answer.
func joined(name string) bool {
	switch name {
	case "cacheTag", "cacheControl", "event", "invalidates":
		return true
	}
	return false
}

// joinedName is how a @join__directive names the directive.
func joinedName(name string) string {
	switch name {
	case "cacheTag":
		return "federation__cacheTag"
	case "event", "invalidates":
		return "weft__" + name
	}
	return name
}

// joinDirectives gives the @join__directive of an element. Equal applications of
// several subgraphs are one.
func (c *composer) joinDirectives(sources []*element) ast.DirectiveList {
	var all ast.DirectiveList
	graphs := map[string]*ast.Value{}
	for _, e := range sources {
		for _, a := range e.directives {
			if !joined(a.name) {
				continue
			}
			if a.name != "cacheControl" {
				c.merged.specs[a.name] = true
			}
			graph := &ast.ChildValue{Value: enumValue(e.sub.graph)}
			same := a.name + canonicalArguments(a.args)
			if list := graphs[same]; list != nil {
				if !slices.ContainsFunc(list.Children, func(own *ast.ChildValue) bool { return own.Value.Raw == graph.Value.Raw }) {
					list.Children = append(list.Children, graph)
				}
				continue
			}
			graphs[same] = &ast.Value{Kind: ast.ListValue, Children: ast.ChildValueList{graph}}
			args := &ast.Value{Kind: ast.ObjectValue}
			for _, arg := range a.args {
				args.Children = append(args.Children, &ast.ChildValue{Name: arg.Name, Value: arg.Value})
			}
			all = append(all, directive("join__directive",
				argument{"graphs", graphs[same]}, argument{"name", text(joinedName(a.name))}, argument{"args", args}))
		}
	}
	return all
}

// dropUnjoinable removes directives that would travel as a @join__directive but
// stand where that cannot, such as @cacheControl on a union, and tells.
func (c *composer) dropUnjoinable(s *subgraph) {
	s.eachElement(func(e *element, location ast.DirectiveLocation) {
		switch location {
		case ast.LocationSchema, ast.LocationObject, ast.LocationInterface, ast.LocationFieldDefinition:
			return
		}
		e.directives = slices.DeleteFunc(e.directives, func(a *applied) bool {
			if joined(a.name) {
				c.hint(hintCompositionWarn, e.coordinate, at(s, a.pos),
					"In subgraph %q, @%s stands on %q, from where it cannot travel to the supergraph: put it on object types, interfaces or fields.", s.Name, a.local, e.coordinate)
			}
			return joined(a.name)
		})
	})
}
