package planner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// Explanation tells why a plan is as it is.
type Explanation struct {
	// Steps are by [Step.ID].
	Steps []StepReason `json:"steps"`
}

// StepReason tells why a step exists.
type StepReason struct {
	// Subgraph is the subgraph's name; empty where the gateway answers itself.
	Subgraph string `json:"subgraph"`
	// Order says why the step stands where it does, where that is not for what it
	// needs: a mutation's order, a subscription's trigger, a deferred payload.
	Order []string `json:"order,omitempty"`
	// Fetches are the root fields and the entities that the step asks for.
	Fetches []FetchReason `json:"fetches"`
}

// FetchReason tells why a subgraph is asked for something at one place.
type FetchReason struct {
	// Path leads to the place, as Apollo writes it; empty is the operation's root.
	Path string `json:"path,omitempty"`
	// Client are the client's fields that come from here, by their response keys
	// from the place on.
	Client []string `json:"client,omitempty"`
	// Own are the fields that nobody but the plan needs, with what for:
	// "upc: key of step 1".
	Own []string `json:"own,omitempty"`
	// Keys are the keys by which the entities are asked for, and the fields that are
	// sent with them because others require them, with the steps that they come
	// from: "the key { upc } of Product, from step 0".
	Keys []string `json:"keys,omitempty"`
	// Choices are those of its fields for which there were other ways.
	Choices []Choice `json:"choices,omitempty"`
}

// Choice is a field, or several alike, that other subgraphs have, too.
type Choice struct {
	Fields []string `json:"fields"`
	// NotTaken are the other ways, each with why: "stock by { upc }: it would add a
	// round".
	NotTaken []string `json:"notTaken"`
}

// Explain makes the plan of an operation as Plan does, and tells why it is so.
func (p *Planner) Explain(ctx context.Context, op *operation.Operation, c operation.Conditions) (*Plan, *Explanation, error) {
	why := &choices{}
	plan, err := p.plan(ctx, op, c, why)
	if err != nil {
		return nil, nil, err
	}
	return plan, why.explain(plan), nil
}

// choices notes what planning chose among.
type choices struct {
	planning *planning
	steps    map[*fetch]*Step
	all      []*choice
}

// choice is one way that was taken, with the others at that moment.
type choice struct {
	taken  *arrival
	slot   *slot // nil for a value that had only to be there
	others []other
}

// other is a way that was not taken.
type other struct {
	arrival *arrival
	reason  string
}

// note notes a choice. Looking again at what the ways cost must not use up the
// budget: the plan is that of Plan.
func (c *choices) note(w *planning, best *arrival, arrivals []*arrival, s *slot, latest int) {
	left, looks, degraded := w.left, w.looks, w.degraded
	made := &choice{taken: best, slot: s}
	least := w.marginal(best, s, latest)
	for _, a := range arrivals {
		if a == best {
			continue
		}
		reason := "the planner's budget had run out before they were compared"
		if left >= 0 {
			reason = dearer(least, w.marginal(a, s, latest))
		}
		made.others = append(made.others, other{a, reason})
	}
	w.left, w.looks, w.degraded = left, looks, degraded
	c.all = append(c.all, made)
}

// dearer says what a way would have cost more than the one that was taken.
func dearer(taken, way cost) string {
	switch {
	case way.compare(taken) < 0:
		return "the whole plan would cost more"
	case way.rounds > taken.rounds:
		return "it would add " + count(way.rounds-taken.rounds, "round")
	case way.requests > taken.requests:
		return "it would add " + count(way.requests-taken.requests, "request")
	case way.parts > taken.parts:
		return "it would add " + count(way.parts-taken.parts, "entity lookup")
	case way.depth > taken.depth:
		return fmt.Sprintf("it has it only in round %d", way.depth+1)
	case way.fields > taken.fields:
		return "it would add " + count(way.fields-taken.fields, "field")
	}
	return "it is as good"
}

// explain tells about each step of the plan.
func (c *choices) explain(plan *Plan) *Explanation {
	e := &Explanation{Steps: make([]StepReason, len(plan.Steps))}
	for i, s := range plan.Steps {
		if s.Graph == Local {
			e.Steps[i].Fetches = []FetchReason{{Client: localKeys(s)}}
			continue
		}
		e.Steps[i].Subgraph, e.Steps[i].Order = c.graphName(s.Graph), plan.order(s)
	}
	for _, f := range c.planning.fetches {
		reason := &e.Steps[c.steps[f].ID]
		reason.Fetches = append(reason.Fetches, c.fetch(f))
	}
	return e
}

func localKeys(s *Step) []string {
	var keys []string
	for _, p := range s.Parts {
		keys = append(keys, p.Key)
	}
	return keys
}

func (c *choices) graphName(g int) string { return c.planning.g.Supergraph.Graphs[g].Name }

func (c *choices) fetch(f *fetch) FetchReason {
	r := FetchReason{Path: f.place.path().text(c.planning.g.Supergraph)}
	c.fields(&r, f.root, "")
	if f.always {
		r.Own = appendNew(r.Own, "__typename: tells the types of values that come from an interface object")
	}
	for _, in := range f.inputs {
		for _, n := range in.needs {
			r.Keys = appendNew(r.Keys, c.need(f, in, n))
		}
	}
	r.Keys = append(r.Keys, c.contexts(f)...)
	r.Choices = c.chosen(f)
	return r
}

// fields tells what is selected below a selection and for whom.
func (c *choices) fields(r *FetchReason, s *selection, path string) {
	for _, e := range s.entries {
		at := path + e.slot.key
		if e.slot.client != nil {
			if len(e.below) == 0 {
				r.Client = appendNew(r.Client, path+e.slot.client.ResponseKey)
			}
			at = path + e.slot.client.ResponseKey
		}
		if users := c.users(s, e.slot); len(e.below) == 0 && len(users) > 0 {
			r.Own = appendNew(r.Own, at+": "+strings.Join(users, ", "))
		} else if e.slot.client == nil && len(e.below) == 0 {
			r.Own = appendNew(r.Own, at+": tells that the value is there")
		}
		for _, below := range e.below {
			if len(below.entries) == 0 {
				r.Client = appendNew(r.Client, at)
			}
			c.fields(r, below, at+".")
		}
	}
}

// users are the later fetches whose representations need a field from here.
func (c *choices) users(s *selection, field *slot) []string {
	var out []string
	for _, f := range c.planning.fetches {
		if !slices.Contains(f.deps, s.fetch) {
			continue
		}
		if c.takes(f, s.place, field.name) {
			out = appendNew(out, fmt.Sprintf("context for step %d", c.steps[f].ID))
		}
		for _, in := range f.inputs {
			for _, n := range in.needs {
				if !asks(f.place, n.set, s.place, field.name) {
					continue
				}
				what := "required in"
				if n.key {
					what = "key for"
				}
				out = appendNew(out, fmt.Sprintf("%s step %d", what, c.steps[f].ID))
			}
		}
	}
	return out
}

// asks reports whether a field set, of values at a place, has a field of the
// values at that place or further down.
func asks(from *place, set *graph.FieldSet, at *place, field string) bool {
	var way []string
	for at != from {
		if at.parent == nil {
			return false
		}
		way = append(way, at.slot.name)
		at = at.parent
	}
	for i := len(way) - 1; i >= -1 && set != nil; i-- {
		name := field
		if i >= 0 {
			name = way[i]
		}
		k := slices.IndexFunc(set.Fields, func(u *graph.FieldUse) bool { return u.Name == name })
		if k < 0 {
			return false
		}
		set = set.Fields[k].Set
	}
	return true
}

// need tells which key leads to a fetch, or what it is sent besides, and where
// that comes from.
func (c *choices) need(f *fetch, in *input, n need) string {
	text := fmt.Sprintf("the key { %s } of %s", n.set, typeNames(c.planning.g.Supergraph, in.types))
	if !n.key {
		text = fmt.Sprintf("{ %s }, which %s requires", n.set, strings.Join(c.requiring(f, in, n), ", "))
	}
	var from []string
	for _, d := range f.deps {
		if c.gives(d.root, f.place, n.set) {
			from = appendNew(from, fmt.Sprintf("step %d", c.steps[d].ID))
		}
	}
	slices.Sort(from)
	if len(from) > 0 {
		text += ", from " + strings.Join(from, " and ")
	}
	return text
}

// gives reports whether a fetch selects anything of a field set of the values at
// a place.
func (c *choices) gives(s *selection, from *place, set *graph.FieldSet) bool {
	for _, e := range s.entries {
		if len(e.below) == 0 && asks(from, set, s.place, e.slot.name) {
			return true
		}
		for _, below := range e.below {
			if c.gives(below, from, set) {
				return true
			}
		}
	}
	return false
}

// requiring are the fields of a fetch that require a field set.
func (c *choices) requiring(f *fetch, in *input, n need) []string {
	var out []string
	text := n.set.String()
	for _, e := range f.root.entries {
		for o := range in.types.All() {
			t := c.planning.g.Object(o)
			node := f.node
			if node == nil {
				node = t.Node(f.graph)
			}
			if node == nil {
				continue
			}
			if edge := node.Edge(e.slot.name); edge != nil && edge.Requires != nil && edge.Requires.String() == text {
				out = appendNew(out, node.Type.Name+"."+e.slot.name)
			}
		}
	}
	return out
}

// chosen are the choices of a fetch's fields, those of the same alternatives
// together.
func (c *choices) chosen(f *fetch) []Choice {
	var out []Choice
	for _, made := range c.all {
		at := made.taken.selectionIn(f)
		if at == nil || made.slot == nil || at.entry(made.slot) == nil {
			continue
		}
		var notTaken []string
		for _, o := range made.others {
			notTaken = appendNew(notTaken, c.way(o.arrival)+": "+o.reason)
		}
		notTaken = append(notTaken, c.elsewhere(made)...)
		if len(notTaken) == 0 {
			continue
		}
		field := at.place.typ.Name + "." + made.slot.name
		i := slices.IndexFunc(out, func(o Choice) bool { return slices.Equal(o.NotTaken, notTaken) })
		if i < 0 {
			i = len(out)
			out = append(out, Choice{NotTaken: notTaken})
		}
		out[i].Fields = appendNew(out[i].Fields, field)
	}
	return out
}

// selectionIn is the arrival's selection in a fetch, or nil.
func (a *arrival) selectionIn(f *fetch) *selection {
	if a.isMove() {
		if f.place == a.place && f.graph == a.graph && f.node == a.node && len(f.inputs) > 0 {
			return f.root
		}
		return nil
	}
	for _, s := range a.selections {
		if s.fetch == f {
			return s
		}
	}
	return nil
}

// way names an arrival: the subgraph, and the key that leads there.
func (c *choices) way(a *arrival) string {
	name := c.graphName(a.graph)
	switch {
	case a.isMove():
		return fmt.Sprintf("%s by { %s }", name, a.hub.Text)
	case a.reentry:
		return name + " from its root"
	case a.from != nil && a.from.isMove():
		return fmt.Sprintf("%s by { %s } of %s", name, a.from.hub.Text, a.from.place.typ.Name)
	}
	return name
}

// elsewhere tells of the subgraphs that have the field, too, and were no ways.
func (c *choices) elsewhere(made *choice) []string {
	w, at := c.planning, made.taken.place
	types := at.live.And(made.taken.types)
	object := first(types)
	if object < 0 || made.slot.name == "__typename" {
		return nil
	}
	t := w.g.Object(object)
	var out []string
	for g := range w.g.Supergraph.Graphs {
		known := made.taken.graph == g || slices.ContainsFunc(made.others, func(o other) bool { return o.arrival.graph == g })
		node := t.Node(g)
		if known || node == nil {
			continue
		}
		if e := node.Edge(made.slot.name); e != nil {
			out = append(out, c.graphName(g)+": "+w.unfit(at, t, node, e, schema.NewTypeSet(object)))
		}
	}
	return out
}

// unfit says why a subgraph that names a field was no way to it.
func (w *planning) unfit(at *place, t *graph.Type, n *graph.Node, e *graph.Edge, types schema.TypeSet) string {
	switch {
	case e.External:
		return "the field is external there"
	case !e.Resolves(w.labels):
		return "the field is overridden for this request"
	case slices.ContainsFunc(at.arrivals, func(a *arrival) bool { return a.graph == n.Graph && types.SubsetOf(a.types) }):
		return "it is at hand there, too, and was not looked at: all that is asked below the field is in one subgraph"
	case at.parent == nil, len(n.Hubs) == 0:
		return "it has no resolvable key for " + t.Name
	case e.Requires != nil:
		return "it requires { " + e.Requires.String() + " } for it"
	}
	return "that would be an entity request for what is at hand"
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
