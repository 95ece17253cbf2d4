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

// Context is a value that fields of an entity take as arguments from objects
// above the entity (@fromContext). Entities of one request may differ in it: each
// distinct set of a part's values then gets an _entities field and variables of
// its own, with names made of those that the plan has.
type Context struct {
	// Variable is the name of the variable in the part's Text, without "$". No
	// other text in the part is like it, so it can be replaced.
	Variable string
	// Type is the variable's type in the subgraph, in GraphQL.
	Type string
	// Name is the context's name in the supergraph: "subgraph__name".
	Name string
	// On are the object types of the entities that need it.
	On schema.TypeSet
	// Sources say for each of the entity's Paths where the value is: at the first
	// one of which the object has the right type, so at the nearest object that sets
	// the context. An entity without any leaves the argument out.
	Sources [][]*ContextSource
}

// ContextSource is objects above an entity that set a context.
type ContextSource struct {
	// At is how many elements of the entity's Path lead to the object; 0 is the root.
	At int
	// On are the object types that set the context.
	On schema.TypeSet
	// Fields are what is read of the object: for each object type one field, with
	// one below it, and so on. The value is the innermost; lists on the way make it a
	// list. Without any the value is null.
	Fields []*Require
}

// contextNeed is a value from a context that a fetch has to be sent.
type contextNeed struct {
	value *graph.ContextValue
	// variable is [graph.ContextArgument.Variable], typ its type.
	variable int
	typ      string
	on       schema.TypeSet
	guards   operation.Guards
	// sources are where the value is, the nearest first.
	sources []*ContextSource
}

// setter is a place of which the values of some object types set a context, all
// of which read the same.
type setter struct {
	place *place
	types schema.TypeSet
	set   *graph.FieldSet
}

// setters finds what sets a context above a place, the nearest first. It
// reports whether there is something above every value of the place.
func (w *planning) setters(p *place, v *graph.ContextValue) (all []setter, ok bool) {
	for ; p.parent != nil; p = p.parent {
		above := p.parent
		if above.parent == nil && w.op.Kind != ast.Query {
			return all, false // no mutation is run, and nothing subscribed to, for a context's value
		}
		types := p.group.And(above.live)
		bySet := map[string]int{}
		for o := range types.And(v.On).All() {
			set := v.Set(o)
			text := describeSet(set)
			i, known := bySet[text]
			if !known {
				i = len(all)
				bySet[text] = i
				all = append(all, setter{place: above, set: set})
			}
			all[i].types = all[i].types.Or(schema.NewTypeSet(o))
		}
		if types.SubsetOf(v.On) {
			return all, true
		}
	}
	return all, false
}

// describeSet is equal for sets that can be supplied together.
func describeSet(set *graph.FieldSet) string {
	text := set.String()
	for _, u := range set.Fields {
		if u.Definition != nil {
			text += ":" + u.Definition.Type.String()
		}
	}
	return text
}

// contextHops gives the least depth at which the values of an edge's contextual
// arguments are there for a place; ok is false where they cannot be.
func (w *planning) contextHops(p *place, e *graph.Edge) (hops int, ok bool) {
	for _, c := range e.Contexts {
		setters, ok := w.setters(p, c.Value)
		if !ok {
			return 0, false
		}
		for _, s := range setters {
			h, ok := w.setHops(s.place, s.types, s.set, anyHops)
			if !ok {
				return 0, false
			}
			hops = max(hops, h)
		}
	}
	return hops, true
}

// needed gives the least depth at which all is there that an edge needs besides a
// key, for some object types at a place.
func (w *planning) needed(p *place, types schema.TypeSet, e *graph.Edge) (hops int, ok bool) {
	if e.Requires != nil {
		if hops, ok = w.setHops(p, types, e.Requires, anyHops); !ok {
			return 0, false
		}
	}
	more, ok := w.contextHops(p, e)
	return max(hops, more), ok
}

// conditionText tells apart what edges need besides a key.
func conditionText(requires *graph.FieldSet, contexts []*graph.ContextArgument) string {
	text := ""
	if requires != nil {
		text = requires.String()
	}
	for _, c := range contexts {
		text += fmt.Sprintf(" $%d", c.Variable)
	}
	return text
}

// supplyContexts makes sure that the values of a move's contextual arguments are
// in the merged tree before its fetch is made.
func (w *planning) supplyContexts(a *arrival, f *fetch, guards operation.Guards) error {
	for _, c := range a.contexts {
		n, needed := f.context(c), guards
		n.on = n.on.Or(a.types)
		if n.sources != nil {
			needed = orGuards(n.guards, guards)
			if equalGuards(needed, n.guards) {
				continue
			}
		}
		n.guards, n.sources = needed, []*ContextSource{}
		setters, _ := w.setters(a.place, c.Value)
		for _, s := range setters {
			fields, err := w.supply(s.place, s.types, s.set, f.depth, needed, false, &f.deps)
			if err != nil {
				return err
			}
			n.sources = append(n.sources, &ContextSource{At: s.place.depth(), On: s.types, Fields: fields})
		}
	}
	return nil
}

// context gives the fetch's need of an argument's value.
func (f *fetch) context(c *graph.ContextArgument) *contextNeed {
	for _, n := range f.contexts {
		if n.variable == c.Variable {
			return n
		}
	}
	n := &contextNeed{value: c.Value, variable: c.Variable, typ: c.Type.String()}
	f.contexts = append(f.contexts, n)
	return n
}

// depth is how many fields lead to the place.
func (p *place) depth() int {
	n := 0
	for ; p.parent != nil; p = p.parent {
		n++
	}
	return n
}

// contextCost adds what it takes to have the values of a move's contextual arguments.
func (w *planning) contextCost(a *arrival, c *cost) {
	for _, arg := range a.contexts {
		setters, _ := w.setters(a.place, arg.Value)
		for _, s := range setters {
			w.setCost(s.place, s.types, s.set, a.hops-1, c)
		}
	}
}

// contextVariable is the name of the variable that carries a value: the same in
// all plans, as long as no variable of the operation is like it, so that what
// subgraphs answered can be found in a cache again.
func (w *planning) contextVariable(number int) string {
	if w.contextPrefix == "" {
		w.contextPrefix = w.freePrefix()
	}
	return fmt.Sprintf("%s%d_", w.contextPrefix, number)
}

// freePrefix is a beginning that no variable of the operation has, nor a text in
// it with a "$" before.
func (w *planning) freePrefix() string {
	prefix := "_c"
	taken := func() bool {
		return slices.ContainsFunc(w.op.Variables, func(v operation.Variable) bool { return strings.HasPrefix(v.Name, prefix) }) ||
			argumentsHave(w.op.Root, "$"+prefix)
	}
	for taken() {
		prefix = "_" + prefix
	}
	return prefix
}

// argumentsHave reports whether a text is in any argument below a selection set.
func argumentsHave(set *operation.SelectionSet, text string) bool {
	return set != nil && slices.ContainsFunc(set.Fields, func(f *operation.Field) bool {
		return strings.Contains(printArguments(f.Arguments), text) || argumentsHave(f.Selections, text)
	})
}

// contextArguments are an edge's contextual arguments in text: "name:$_c0_".
func (w *planning) contextArguments(e *graph.Edge) string {
	if e == nil || len(e.Contexts) == 0 {
		return ""
	}
	args := make([]string, len(e.Contexts))
	for i, c := range e.Contexts {
		args[i] = c.Name + ":$" + w.contextVariable(c.Variable)
	}
	return strings.Join(args, ",")
}

// withArguments adds arguments to some in parentheses.
func withArguments(text, more string) string {
	switch {
	case more == "":
		return text
	case text == "":
		return "(" + more + ")"
	}
	return strings.TrimSuffix(text, ")") + "," + more + ")"
}

// entityContexts gives a fetch's contexts for its part, sorted by variable.
func (w *planning) entityContexts(f *fetch) []*Context {
	var out []*Context
	for _, n := range f.contexts {
		out = append(out, &Context{
			Variable: w.contextVariable(n.variable), Type: n.typ, Name: n.value.Context,
			On: n.on, Sources: [][]*ContextSource{n.sources},
		})
	}
	slices.SortFunc(out, func(a, b *Context) int { return cmp.Compare(a.Variable, b.Variable) })
	return out
}

// describeContexts tells apart where the values of contexts come from.
func describeContexts(all []*Context) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "$%s%x", c.Variable, []uint64(c.On))
		for _, sources := range c.Sources {
			for _, s := range sources {
				fmt.Fprintf(&b, " %d%x%s", s.At, []uint64(s.On), describeRequires(s.Fields))
			}
		}
	}
	return b.String()
}

// joinContexts adds the sources of one more path.
func joinContexts(into, more []*Context) {
	for i, c := range into {
		c.Sources = append(c.Sources, more[i].Sources...)
		c.On = c.On.Or(more[i].On)
	}
}

// inContext reports whether something above a place sets each context that an
// edge takes arguments from.
func (w *planning) inContext(p *place, e *graph.Edge) bool {
	return !slices.ContainsFunc(e.Contexts, func(c *graph.ContextArgument) bool {
		_, ok := w.setters(p, c.Value)
		return !ok
	})
}
