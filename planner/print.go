package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// printer writes selections as GraphQL without needless white space.
type printer struct {
	w *planning
	// alias is the response key of the next selection's one field; "" for its own.
	alias string
}

// printed is one field in text, for one kind of value or for all.
type printed struct {
	// on is the type of the fragment that the field stands in; "" for none.
	on, text string
}

// selection prints what is selected of a value, braces included, and gives it
// as the plan's Selection. outer are the guards that hold already.
func (pr *printer) selection(b *strings.Builder, s *selection, outer operation.Guards) *Selection {
	out := &Selection{Object: s.object()}
	to := &printing{out: out, shapes: map[string][]string{}, given: pr.alias}
	pr.alias = ""
	if pr.needsTypename(s) {
		to.fields = append(to.fields, printed{text: pr.w.typenameText()})
		out.Fields = append(out.Fields, &Output{Key: pr.w.typename, Name: "__typename"})
	}
	slices.SortStableFunc(s.entries, func(x, y *entry) int { return x.slot.order - y.slot.order })
	for _, e := range s.entries {
		if !s.covered(e) {
			pr.entry(to, s, e, outer)
		}
	}
	if len(to.fields) == 0 {
		to.fields = append(to.fields, printed{text: pr.w.typenameText()})
		if s.node == nil || !s.node.Opaque { // it would be the interface's name
			out.Fields = append(out.Fields, &Output{Key: pr.w.typename, Name: "__typename"})
		}
	}
	b.WriteByte('{')
	writeFields(b, to.fields)
	b.WriteByte('}')
	return out
}

// covered reports whether another entry selects the same leaf under the same key
// always, so that this one adds nothing.
func (s *selection) covered(e *entry) bool {
	if len(e.below) > 0 {
		return false
	}
	for _, o := range s.entries {
		if o == e || o.slot.key != e.slot.key || o.slot.name != e.slot.name || o.slot.text != e.slot.text {
			continue
		}
		for _, u := range o.uses {
			if u.guards == nil && !slices.ContainsFunc(e.uses, func(mine use) bool { return mine.guards == nil || !mine.on.SubsetOf(u.on) }) {
				return true
			}
		}
	}
	return false
}

// object is the one object type of the selection's values, or -1.
func (s *selection) object() int {
	switch {
	case s.node == nil:
		return only(s.types)
	case s.node.Opaque:
		return -1
	}
	return s.node.Type.Object
}

func (pr *printer) needsTypename(s *selection) bool {
	return s.object() < 0 && (s.node == nil || !s.node.Opaque)
}

func (w *planning) typenameText() string {
	if w.typename == "__typename" {
		return "__typename"
	}
	return w.typename + ":__typename"
}

// entry prints one field, once for each child place, each of its guards and each
// shape that its values have.
func (pr *printer) entry(to *printing, s *selection, e *entry, outer operation.Guards) {
	below := e.below
	if len(below) == 0 {
		below = []*selection{nil}
	}
	for _, child := range below {
		var body strings.Builder
		var selected *Selection
		if child != nil {
			selected = pr.selection(&body, child, nil)
		}
		var outputs []*Output
		for _, u := range e.uses {
			on := u.on.And(s.types)
			if child != nil {
				on = on.And(child.place.group)
			}
			if on.Empty() {
				continue
			}
			for _, f := range pr.fragments(s, e.slot.name, on, child) {
				alias := to.alias(s, e.slot.key, f.shape)
				head := fieldHead(e.slot, alias, f.arguments)
				text := head + body.String()
				if u.guards != nil && !equalGuards(u.guards, outer) {
					text = pr.w.guarded(text, head, u.guards)
				}
				// One key can be the client's and, for other types, the planner's.
				if f := (printed{f.name, text}); !slices.Contains(to.fields, f) {
					to.fields = append(to.fields, f)
				}
				i := slices.IndexFunc(outputs, func(o *Output) bool { return o.Alias == alias })
				if i < 0 {
					i = len(outputs)
					outputs = append(outputs, &Output{Key: e.slot.key, Name: e.slot.name, Alias: alias, Selection: selected})
				}
				outputs[i].On = outputs[i].On.Or(f.on)
			}
		}
		for _, o := range outputs {
			if s.types.SubsetOf(o.On) {
				o.On = nil
			}
			to.out.add(o)
		}
	}
}

// printing is a selection that is being printed.
type printing struct {
	fields []printed
	out    *Selection
	// shapes are the shapes of the values under each key so far.
	shapes map[string][]string
	// given is the response key that the one field has in any case.
	given string
}

// alias gives the response key of a field where its key is taken by values of
// another shape, which a subgraph refuses (GraphQL, section 5.3.2); "" where not.
func (to *printing) alias(s *selection, key, shape string) string {
	if to.given != "" {
		return to.given
	}
	i := slices.Index(to.shapes[key], shape)
	if i < 0 {
		i = len(to.shapes[key])
		to.shapes[key] = append(to.shapes[key], shape)
	}
	if i == 0 {
		return ""
	}
	alias := fmt.Sprintf("_w%d_%s", i, key)
	for slices.ContainsFunc(s.entries, func(e *entry) bool { return e.slot.key == alias }) {
		alias = "_" + alias
	}
	return alias
}

// add joins a leaf with another of the same key.
func (s *Selection) add(o *Output) {
	for _, same := range s.Fields {
		if same.Key != o.Key || same.Alias != o.Alias || same.Selection != nil || o.Selection != nil {
			continue
		}
		if same.On == nil || o.On == nil {
			same.On = nil
		} else {
			same.On = same.On.Or(o.On)
		}
		return
	}
	s.Fields = append(s.Fields, o)
}

// fragment is a place to select a field in: the type of an inline fragment, ""
// for none, with the object types that it is for, the shape of their values and
// the arguments from contexts.
type fragment struct {
	name, shape string
	on          schema.TypeSet
	arguments   string
}

// fragments gives the fragments that a field must stand in to be selected for
// exactly the object types on; child is what is selected below it, or nil.
func (pr *printer) fragments(s *selection, field string, on schema.TypeSet, child *selection) []fragment {
	if n := s.node; n != nil {
		e := n.Edge(field)
		if s == s.fetch.root && len(s.fetch.inputs) > 0 && (n.Opaque || e != nil && !e.External && !e.Conditional() && s.types.SubsetOf(on)) {
			return []fragment{{n.Type.Name, shape(e), on, pr.w.contextArguments(e)}} // entities of an interface, or of an interface object
		}
		if n.Type.Object >= 0 || n.Opaque {
			return []fragment{{"", shape(e), on, pr.w.contextArguments(e)}}
		}
		if e != nil && !e.External && !e.Conditional() && s.types.SubsetOf(on) {
			return []fragment{{name: "", shape: shape(e), on: on}}
		}
	}
	among := s.types
	if s.node != nil {
		among = s.node.Possible
	}
	if n := pr.w.inCommon(s.fetch.graph, field, on, among); n != nil && (child == nil || n.Edge(field).To == child.node) {
		return []fragment{{name: n.Type.Name, shape: shape(n.Edge(field)), on: on}}
	}
	var out []fragment
	for o := range on.All() {
		t := pr.w.g.Object(o)
		var e *graph.Edge
		if n := t.Node(s.fetch.graph); n != nil {
			e = n.Edge(field)
		}
		out = append(out, fragment{t.Name, shape(e), schema.NewTypeSet(o), pr.w.contextArguments(e)})
	}
	return out
}

// shape says what must agree about the values under one response key: lists,
// nulls and the type. Composite values of other types might agree, but then so
// must all that is selected below them; they are told apart in any case.
func shape(e *graph.Edge) string {
	if e == nil || e.Type == nil {
		return ""
	}
	return e.Type.String()
}

// inCommon gives an interface of a subgraph that has the field itself and that, of
// the object types among, exactly those of on implement. Selecting the field there
// is not only shorter: in the types themselves it may be of narrower types, which
// do not agree with each other under one key (GraphQL, section 5.3.2).
func (w *planning) inCommon(g int, field string, on, among schema.TypeSet) *graph.Node {
	if on.Len() < 2 {
		return nil
	}
	for _, name := range w.g.Object(first(on)).Interfaces[g] {
		n := w.g.Types[name].Node(g)
		if n == nil || !n.Possible.And(among).Equal(on) {
			continue
		}
		if e := n.Edge(field); e != nil && !e.Conditional() && e.Resolves(w.labels) {
			return n
		}
	}
	return nil
}

// fieldHead is a field without its selection: "alias:name(arguments)". more are
// arguments that the slot does not have.
func fieldHead(s *slot, alias, more string) string {
	head := s.name + withArguments(s.text, more)
	if key := cmp.Or(alias, s.key); key != s.name {
		head = key + ":" + head
	}
	return head
}

// writeFields writes the fields, those of one fragment together.
func writeFields(b *strings.Builder, fields []printed) {
	space := false
	for i, f := range fields {
		if f.on == "" {
			if space {
				b.WriteByte(' ')
			}
			b.WriteString(f.text)
			space = !strings.HasSuffix(f.text, "}")
			continue
		}
		if slices.ContainsFunc(fields[:i], func(o printed) bool { return o.on == f.on }) {
			continue
		}
		b.WriteString("...on " + f.on + "{")
		inner := false
		for _, o := range fields[i:] {
			if o.on != f.on {
				continue
			}
			if inner {
				b.WriteByte(' ')
			}
			b.WriteString(o.text)
			inner = !strings.HasSuffix(o.text, "}")
		}
		b.WriteByte('}')
		space = false
	}
}

// guarded prints a field under guards: @include and @skip where one of each will
// do, nested fragments for more, and the field again for each alternative.
func (w *planning) guarded(text, head string, guards operation.Guards) string {
	var b strings.Builder
	for i, g := range guards {
		if i > 0 {
			b.WriteByte(' ')
		}
		var includes, skips []string
		for c, condition := range w.op.Conditions {
			bit := operation.Conditions(1) << c
			if g.Require&bit != 0 {
				includes = append(includes, "@include(if:$"+condition.Name+")")
			}
			if g.Forbid&bit != 0 {
				skips = append(skips, "@skip(if:$"+condition.Name+")")
			}
		}
		open := 0
		for len(includes) > 1 || len(skips) > 1 {
			b.WriteString("...")
			if len(includes) > 1 {
				b.WriteString(includes[0])
				includes = includes[1:]
			}
			if len(skips) > 1 {
				b.WriteString(skips[0])
				skips = skips[1:]
			}
			b.WriteByte('{')
			open++
		}
		b.WriteString(head)
		for _, d := range slices.Concat(includes, skips) {
			b.WriteString(d)
		}
		b.WriteString(text[len(head):])
		b.WriteString(strings.Repeat("}", open))
	}
	return b.String()
}

// printArguments prints arguments in their order, parentheses included.
func printArguments(args ast.ArgumentList) string {
	if len(args) == 0 {
		return ""
	}
	var b strings.Builder
	for i, a := range args {
		if i == 0 {
			b.WriteByte('(')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(a.Name + ":")
		printValue(&b, a.Value)
	}
	b.WriteByte(')')
	return b.String()
}

func printValue(b *strings.Builder, v *ast.Value) {
	switch v.Kind {
	case ast.ListValue:
		b.WriteByte('[')
		for i, c := range v.Children {
			if i > 0 {
				b.WriteByte(',')
			}
			printValue(b, c.Value)
		}
		b.WriteByte(']')
	case ast.ObjectValue:
		b.WriteByte('{')
		for i, c := range v.Children {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(c.Name + ":")
			printValue(b, c.Value)
		}
		b.WriteByte('}')
	default:
		b.WriteString(v.String())
	}
}

// variables collects the operation's variables that a selection uses.
func (w *planning) variables(s *selection, outer operation.Guards, used map[string]bool) {
	for _, e := range s.entries {
		if s.covered(e) {
			continue
		}
		for _, a := range e.slot.arguments {
			valueVariables(a.Value, used)
		}
		for _, u := range e.uses {
			if u.guards != nil && !equalGuards(u.guards, outer) {
				w.guardVariables(u.guards, used)
			}
		}
		for _, below := range e.below {
			w.variables(below, nil, used)
		}
	}
}

func (w *planning) guardVariables(guards operation.Guards, used map[string]bool) {
	for _, g := range guards {
		for c, condition := range w.op.Conditions {
			if (g.Require|g.Forbid)&(1<<c) != 0 {
				used[condition.Name] = true
			}
		}
	}
}

func valueVariables(v *ast.Value, used map[string]bool) {
	if v == nil {
		return
	}
	if v.Kind == ast.Variable {
		used[v.Raw] = true
	}
	for _, c := range v.Children {
		valueVariables(c.Value, used)
	}
}
