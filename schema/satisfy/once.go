package satisfy

import (
	"fmt"
	"maps"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// walkOnce walks the fields of a root type whose fields must not be asked for
// twice, as mutations must not. Where several subgraphs serve a field, one of
// them must be able to answer all of it.
func (c *checker) walkOnce(root *ast.Definition) {
	t := c.g.Types[root.Name]
	for _, f := range clientFields(root) {
		for _, assign := range c.deciding(t, f.Name) {
			c.walkOnceField(root, c.object(t.Object), f, assign)
		}
	}
}

// deciding gives the assignments under which different subgraphs serve a root field.
func (c *checker) deciding(t *graph.Type, field string) []int {
	for _, n := range t.Nodes() {
		if n == nil {
			continue
		}
		if e := n.Edge(field); e != nil && e.Label >= 0 {
			return []int{c.with(0, e.Label, false), c.with(0, e.Label, true)}
		}
	}
	return []int{0}
}

func (c *checker) walkOnceField(root *ast.Definition, o *object, f *ast.FieldDefinition, assign int) {
	var serving []*graph.Node
	var refused []*pass
	for _, n := range o.Nodes() {
		if n == nil {
			continue
		}
		if e := n.Edge(f.Name); e == nil || !c.serves(e, assign) {
			continue
		}
		serving = append(serving, n)
		trial := newPass(c.pass)
		c.serveOnce(trial, visit{state: o.state(schema.NewTypeSet(c.item(o, item{node: n}))), assign: assign, way: &way{typ: root}}, f)
		if len(trial.errs) == 0 {
			c.pass.take(trial)
			return
		}
		refused = append(refused, trial)
	}
	if len(serving) == 0 {
		none := o.state(nil)
		c.fail(visit{state: none, assign: assign, way: &way{typ: root}}, f, &closure{state: none, undecided: -1})
		return
	}
	c.failOnce(root, f, serving, refused)
}

// serveOnce walks a root field as the one subgraph of a visit serves it.
func (c *checker) serveOnce(trial *pass, v visit, f *ast.FieldDefinition) {
	outer := c.pass
	c.pass = trial
	defer func() { c.pass = outer }()
	c.visitField(v, &closure{state: v.state, items: v.state.items, typed: true, undecided: -1, ready: true}, f, nil)
	c.drain()
}

// take makes the visits of a trial that went well the pass's own.
func (p *pass) take(trial *pass) {
	maps.Copy(p.places, trial.places)
	for key, all := range trial.seen {
		p.seen[key] = append(p.seen[key], all...)
	}
}

// failOnce reports a root field that no single subgraph can answer. Where only
// one serves it, what it cannot answer stands for itself.
func (c *checker) failOnce(root *ast.Definition, f *ast.FieldDefinition, serving []*graph.Node, refused []*pass) {
	if len(refused) == 1 {
		c.pass.errs = append(c.pass.errs, refused[0].errs...)
		return
	}
	coordinate := root.Name + "." + f.Name
	e := &schema.Error{Code: codeSatisfiability, Coordinate: coordinate}
	var b strings.Builder
	fmt.Fprintf(&b, "%s must not be asked for twice, and no subgraph that serves it can answer all of it:", coordinate)
	var fixes []string
	for i, p := range refused {
		name := c.sg.Graphs[serving[i].Graph].Name
		e.Locations = append(e.Locations, c.locate(name, coordinate)...)
		for _, sub := range p.errs {
			fmt.Fprintf(&b, "\n  - when subgraph %s serves it, %s", name, strings.ReplaceAll(sub.Message, "\n", "\n  "))
			if sub.Fix != "" {
				fixes = append(fixes, sub.Fix)
			}
		}
	}
	e.Message = b.String()
	if len(fixes) > 0 {
		e.Fix = "Let one of these subgraphs answer all of it: " + strings.Join(fixes, " Or: ")
	}
	c.pass.errs = append(c.pass.errs, e)
}
