package satisfy

import (
	"slices"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// below gives the values from contexts that fields below an object can take:
// those that it takes itself, but where the object sets a context, that which
// can be had of it. The nearest object that sets a context counts, whether or not
// its value can be had.
func (c *checker) below(cl *closure, assign int, contexts schema.TypeSet) schema.TypeSet {
	if c.reading {
		return nil // what a context's value is read from takes none itself
	}
	o := cl.state.object.index
	for _, value := range c.g.ContextValues() {
		if !value.On.Has(o) {
			continue
		}
		c.reading = true
		have := c.have(cl, value.Set(o), assign, nil)
		c.reading = false
		if one := schema.NewTypeSet(value.ID); have {
			contexts = contexts.Or(one)
		} else {
			contexts = contexts.AndNot(one)
		}
	}
	return contexts
}

// contextual gives where a field leads whose subgraphs take arguments from
// contexts. They are entered by a key, because it is only for entities that
// such arguments are sent.
func (c *checker) contextual(cl *closure, field string, assign int, contexts schema.TypeSet) []static {
	var out []static
	for _, e := range cl.state.object.contextual {
		if e.Name != field || !c.serves(e, assign) || unset(e, contexts) != nil {
			continue
		}
		if (e.Requires == nil || c.have(cl, e.Requires, assign, nil)) && c.enters(cl, e.From, assign) {
			out = append(out, static{e.To, c.view(e.Provides)})
		}
	}
	return out
}

// unset gives an argument of an edge whose value cannot be had from its context;
// nil where there is none.
func unset(e *graph.Edge, contexts schema.TypeSet) *graph.ContextArgument {
	i := slices.IndexFunc(e.Contexts, func(a *graph.ContextArgument) bool { return !contexts.Has(a.Value.ID) })
	if i < 0 {
		return nil
	}
	return e.Contexts[i]
}

// setter names the type of the nearest object on the way that sets a context;
// "" where none does.
func (c *checker) setter(w *way, value *graph.ContextValue) string {
	for ; w != nil; w = w.from {
		if t := c.sg.Types[w.on]; t != nil && t.Object >= 0 && value.On.Has(t.Object) {
			return w.on
		}
	}
	return ""
}

// explainContext says that an argument's value cannot be had from its context.
func (x *explanation) explainContext(n *graph.Node, e *graph.Edge, where string) bool {
	a := unset(e, x.visit.contexts)
	if a == nil {
		return false
	}
	field := n.Type.Name + "." + e.Name
	x.outside = append(x.outside, a)
	if setter := x.setter(x.visit.way, a.Value); setter != "" {
		x.add(n.Graph, "%s: the argument %q of %s takes { %s } from the context %q, which cannot be had of %s", where, a.Name, field, a.Value.Selection, a.Value.Context, setter)
		return true
	}
	x.add(n.Graph, "%s: the argument %q of %s is from the context %q, which no object on the way to it sets", where, a.Name, field, a.Value.Context)
	return true
}
