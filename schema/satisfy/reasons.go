package satisfy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// fail reports a field that cannot be had in a visit's state, once.
func (c *checker) fail(v visit, f *ast.FieldDefinition, cl *closure) {
	if c.left < 0 {
		return
	}
	o := v.state.object
	coordinate := o.Name + "." + f.Name
	if c.pass.failed[coordinate] {
		return
	}
	c.pass.failed[coordinate] = true
	x := &explanation{checker: c, visit: v, closure: cl, field: f.Name}
	x.explain()
	c.report(x, coordinate, c.witness(v.way, o.Name, f))
}

// failType reports that only subgraphs with an interface object give a value,
// and that no key leads on to one that knows its type.
func (c *checker) failType(v visit, cl *closure) {
	coordinate := v.way.typ.Name + ".__typename"
	if c.left < 0 || c.pass.failed[coordinate] {
		return
	}
	c.pass.failed[coordinate] = true
	x := &explanation{checker: c, visit: v, closure: cl, field: "__typename"}
	x.explainType()
	c.report(x, coordinate, c.operation(v.way, v.way.typ.Name, "__typename"))
}

func (c *checker) report(x *explanation, coordinate, witness string) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot be had in the query `%s`", coordinate, witness)
	if labels := c.labelText(x.visit.assign); labels != "" {
		b.WriteString(" when " + labels)
	}
	b.WriteString(":")
	for _, line := range x.lines {
		b.WriteString("\n  - " + line)
	}
	var at []schema.Location
	for _, g := range x.involved {
		name := c.sg.Graphs[g].Name
		l := c.locate(name, coordinate)
		if len(l) == 0 {
			l = c.locate(name, x.visit.state.object.Name)
		}
		at = append(at, l...)
	}
	c.pass.errs = append(c.pass.errs, &schema.Error{Code: codeSatisfiability, Message: b.String(), Coordinate: coordinate, Locations: at, Fix: x.fix()})
}

func (c *checker) labelText(assign int) string {
	a := c.assigns[assign]
	var parts []string
	for l := range a.decided.All() {
		is := "off"
		if a.on.Has(l) {
			is = "on"
		}
		parts = append(parts, fmt.Sprintf("the label %q is %s", c.g.Labels[l], is))
	}
	return strings.Join(parts, " and ")
}

// explanation gathers, for each subgraph, why it does not give a field.
type explanation struct {
	*checker
	visit   visit
	closure *closure
	field   string

	lines    []string
	involved []int // subgraphs
	// noKey and deaf are subgraphs with the field that no key leads to: for want
	// of a resolvable key, and for want of the key's fields.
	noKey, deaf, unmet []string
	// outside are arguments whose contexts give no value.
	outside []*graph.ContextArgument
}

func (x *explanation) add(g int, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if !slices.Contains(x.lines, line) {
		x.lines = append(x.lines, line)
	}
	if !slices.Contains(x.involved, g) {
		x.involved = append(x.involved, g)
	}
}

// explain looks first at the subgraphs that have the value, then at those that
// could resolve the field.
func (x *explanation) explain() {
	o := x.visit.state.object
	for id := range x.closure.items.All() {
		n := o.items[id].node
		x.explainHere(n, n.Edge(x.field))
	}
	from := x.from()
	for _, n := range x.resolvers() {
		if x.has(n) {
			continue
		}
		x.explainMove(n, from)
	}
	if len(x.lines) == 0 {
		x.lines = append(x.lines, fmt.Sprintf("no subgraph resolves %s.%s", o.Name, x.field))
	}
}

func (x *explanation) name(g int) string { return x.sg.Graphs[g].Name }

func (x *explanation) has(n *graph.Node) bool {
	o := x.visit.state.object
	for id := range x.closure.items.All() {
		if o.items[id].node == n {
			return true
		}
	}
	return false
}

// explainHere says why a subgraph that has the value does not give the field.
func (x *explanation) explainHere(n *graph.Node, e *graph.Edge) {
	where := "from subgraph " + x.name(n.Graph)
	field := n.Type.Name + "." + x.field
	switch {
	case e == nil:
		x.add(n.Graph, "%s: cannot find field %s", where, field)
	case e.External:
		x.add(n.Graph, "%s: %s is @external there, and no @provides on the way gives it", where, field)
	case x.explainContext(n, e, where):
	case e.Conditional():
		x.explainRequires(n, e, where)
	default:
		x.add(n.Graph, "%s: @override moves %s to another subgraph", where, field)
	}
}

func (x *explanation) explainRequires(n *graph.Node, e *graph.Edge, where string) {
	x.unmet = append(x.unmet, x.name(n.Graph))
	has := "@requires"
	if e.Requires == nil {
		has = "@fromContext"
	} else if missing := x.missing(e.Requires); missing != "" {
		x.add(n.Graph, "%s: %s.%s @requires %s, which cannot be had", where, n.Type.Name, e.Name, missing)
		return
	}
	if len(n.Hubs) == 0 {
		x.add(n.Graph, "%s: %s.%s has %s, but %s has no resolvable @key there by which the subgraph could be sent what it needs", where, n.Type.Name, e.Name, has, n.Type.Name)
		return
	}
	x.add(n.Graph, "%s: %s.%s has %s, and no @key of %s there can be had to send what it needs", where, n.Type.Name, e.Name, has, n.Type.Name)
}

// resolvers are the nodes, interface objects included, whose subgraph resolves
// the field.
func (x *explanation) resolvers() []*graph.Node {
	o := x.visit.state.object
	var all []*graph.Node
	take := func(n *graph.Node) {
		if e := n.Edge(x.field); e != nil && !e.External && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, n := range o.Nodes() {
		if n != nil {
			take(n)
		}
	}
	for _, name := range x.sg.Schema.Types[o.Name].Interfaces {
		if t := x.g.Types[name]; t != nil {
			for _, n := range t.Nodes() {
				if n != nil && n.Opaque {
					take(n)
				}
			}
		}
	}
	return all
}

// from names the subgraphs that have the value.
func (x *explanation) from() string {
	o := x.visit.state.object
	var names []string
	for id := range x.closure.items.All() {
		names = append(names, x.name(o.items[id].node.Graph))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 5 {
		names = append(names[:5], fmt.Sprintf("%d more", len(names)-5))
	}
	return strings.Join(names, ", ")
}

// explainMove says why no key leads to a subgraph that resolves the field.
func (x *explanation) explainMove(n *graph.Node, from string) {
	to := x.name(n.Graph)
	if e := n.Edge(x.field); e.Label >= 0 && !x.serves(e, x.visit.assign) {
		x.add(n.Graph, "in subgraph %s, @override moves %s.%s to another subgraph", to, n.Type.Name, x.field)
		return
	}
	keys := n.Type.Join(n.Graph).Keys
	if len(n.Hubs) == 0 {
		x.noKey = append(x.noKey, to)
		why := fmt.Sprintf("%s has no @key there", n.Type.Name)
		if len(keys) > 0 {
			why = fmt.Sprintf("every @key of %s there has resolvable: false", n.Type.Name)
		}
		x.add(n.Graph, "cannot move to subgraph %s, which has %s.%s: %s", to, n.Type.Name, x.field, why)
		return
	}
	met := false
	hub := 0
	for _, k := range keys {
		if !k.Resolvable {
			continue
		}
		h := n.Hubs[hub]
		hub++
		if missing := x.missing(h.Set); missing != "" {
			x.add(n.Graph, "cannot move to subgraph %s using @key(fields: %q) of %s: the key field %s cannot be had from %s", to, k.Fields, n.Type.Name, missing, from)
			continue
		}
		met = true
	}
	switch e := n.Edge(x.field); {
	case !met:
		x.deaf = append(x.deaf, to)
	case x.explainContext(n, e, "in subgraph "+to):
	case e.Conditional():
		x.explainRequires(n, e, "in subgraph "+to)
	default:
		x.deaf = append(x.deaf, to)
		x.add(n.Graph, "cannot move to subgraph %s: the type of the value is not known in %s", to, from)
	}
}

// missing names the first field of a field set that cannot be had, or is empty.
func (x *explanation) missing(set *graph.FieldSet) string {
	return x.missingIn(x.closure, set)
}

func (x *explanation) missingIn(cl *closure, set *graph.FieldSet) string {
	o, assign := cl.state.object, x.visit.assign
	for _, u := range set.Fields {
		if x.haveUse(cl, u, assign, nil) {
			continue
		}
		name := o.Name + "." + u.Name
		if u.Set == nil {
			return name
		}
		deeper := ""
		x.statesAt(x.follow(o, cl.items, cl.required, u.Name, assign), func(s *state) bool {
			deeper = x.missingIn(x.checker.closure(s, assign), u.Set)
			return deeper == ""
		})
		if deeper != "" {
			return deeper
		}
		return name
	}
	return ""
}

func (x *explanation) explainType() {
	o := x.visit.state.object
	from := x.from()
	for id := range x.closure.items.All() {
		n := o.items[id].node
		x.add(n.Graph, "from subgraph %s: %s is an @interfaceObject there, so that the type of its values is not known", x.name(n.Graph), n.Type.Name)
		for _, other := range n.Type.Nodes() {
			if other == nil || other.Opaque {
				continue
			}
			if len(other.Hubs) == 0 {
				x.noKey = append(x.noKey, x.name(other.Graph))
				x.add(other.Graph, "cannot move to subgraph %s: interface %s has no resolvable @key there", x.name(other.Graph), n.Type.Name)
				continue
			}
			for _, h := range other.Hubs {
				if missing := x.missing(h.Set); missing != "" {
					x.deaf = append(x.deaf, x.name(other.Graph))
					x.add(other.Graph, "cannot move to subgraph %s: the key field %s cannot be had from %s", x.name(other.Graph), missing, from)
				}
			}
		}
	}
}

// fix says what to change.
func (x *explanation) fix() string {
	typ, from := x.visit.state.object.Name, x.from()
	if x.field == "__typename" {
		return fmt.Sprintf("Give interface %s a resolvable @key in a subgraph that has its object types, with fields that %s can give.", x.visit.way.typ.Name, from)
	}
	switch {
	case len(x.outside) > 0:
		return fmt.Sprintf("Put @context on a type on every way to %s.%s, or let { %s } be had of those that have it.", typ, x.field, x.outside[0].Value.Selection)
	case len(x.unmet) > 0:
		return fmt.Sprintf("Give the fields that %s.%s requires a way from %s, or drop the @requires.", typ, x.field, from)
	case len(x.deaf) > 0:
		return fmt.Sprintf("Add the fields of a @key of %s in %s to a subgraph that has the value (%s), or resolve %s.%s there, too.", typ, strings.Join(x.deaf, " or "), from, typ, x.field)
	case len(x.noKey) > 0:
		return fmt.Sprintf("Give %s a resolvable @key in %s whose fields %s can give, or resolve %s.%s in %s, too (@shareable).", typ, strings.Join(x.noKey, " or "), from, typ, x.field, from)
	}
	return fmt.Sprintf("Let a subgraph resolve %s.%s.", typ, x.field)
}
