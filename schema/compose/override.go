package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// override is what @override does to a declaration of a field.
type override struct {
	from  string // the subgraph that this declaration takes the field from
	label string // of a progressive override; the overridden side has it too
	state overrideState
	stray bool // from is no subgraph
	// needed says that field sets still select a declaration that is overridden
	// partly.
	needed bool
}

type overrideState int

const (
	notOverridden    overrideState = iota
	overridden                     // out of the supergraph
	overriddenUsed                 // overridden, but field sets of its subgraph still select it
	overriddenPartly               // for the requests that the label decides on
)

// matters reports whether the declaration needs a @join__field for it.
func (o override) matters() bool {
	return o.label != "" || o.state != notOverridden
}

// resolveOverrides works out which declarations are overridden.
func (c *composer) resolveOverrides() {
	for _, s := range c.subgraphs {
		for _, t := range s.order {
			for _, f := range t.fields {
				if a := f.find("override"); a != nil {
					c.resolveOverride(s, t, f, a)
				}
			}
		}
	}
}

// resolveOverride checks one @override and applies it.
func (c *composer) resolveOverride(s *subgraph, t *typeDef, f *fieldDef, a *applied) {
	from, label := a.text("from"), a.text("label")
	p := problem{coordinate: f.coordinate, at: at(s, a.pos)}
	switch {
	case t.kind == ast.Interface:
		p.code, p.fix = codeOverrideInterface, "Put it on the fields of the implementations."
		c.fail(p, "In subgraph %q, the interface field %q has @%s.", s.Name, f.coordinate, a.local)
		return
	case t.isInterfaceObject():
		p.code, p.fix = codeOverrideCollision, "Remove the @override."
		c.fail(p, "In subgraph %q, the field %q of an @interfaceObject has @%s.", s.Name, f.coordinate, a.local)
		return
	case from == s.Name:
		p.code, p.fix = codeOverrideFromSelf, "Name the subgraph that resolves the field now, or remove the @override."
		c.fail(p, "In subgraph %q, %q overrides itself.", s.Name, f.coordinate)
		return
	}
	f.override.from = from
	i := slices.IndexFunc(c.subgraphs, func(o *subgraph) bool { return o.Name == from })
	if i < 0 {
		f.override.stray = true
		c.hint(hintFromDoesNotExist, f.coordinate, p.at, "In subgraph %q, %q is overridden from %q, which is no subgraph%s.", s.Name, f.coordinate, from, didYouMean(from, namesOfSubgraphs(c.subgraphs)))
		return
	}
	c.applyOverride(f, c.subgraphs[i], label, p)
}

// applyOverride marks the declaration in source that f overrides.
func (c *composer) applyOverride(f *fieldDef, source *subgraph, label string, p problem) {
	var old *fieldDef
	if t := source.types[f.parent.name]; t != nil {
		old = t.byName[f.name]
	}
	if old == nil && c.abstracted(f, source) != nil {
		p.code, p.fix = codeOverrideCollision, "Remove the @override."
		c.fail(p, "%q overrides %q from %q, which resolves it for a whole @interfaceObject.", f.sub.Name, f.coordinate, source.Name)
		return
	}
	if old == nil {
		c.hint(hintOverrideRemovable, f.coordinate, p.at, "Subgraph %q no longer has %q: the @override in %q can be removed.", source.Name, f.coordinate, f.sub.Name)
		return
	}
	p.at = append(p.at, old.at())
	p.code = codeOverrideCollision
	switch {
	case old.has("override"):
		p.code, p.fix = codeOverrideSource, "Keep one of the two."
		c.fail(p, "%q overrides %q from %q, which has an @override itself.", f.sub.Name, f.coordinate, source.Name)
		return
	case f.external:
		p.fix = "Remove one of the two."
		c.fail(p, "In subgraph %q, %q has both @override and @external.", f.sub.Name, f.coordinate)
		return
	case old.has("requires") || old.has("provides"):
		p.fix = "Remove the field from the subgraph that it is overridden from."
		c.fail(p, "%q overrides %q from %q, where it has @requires or @provides.", f.sub.Name, f.coordinate, source.Name)
		return
	case old.external:
		c.hint(hintOverrideRemovable, f.coordinate, p.at, "Subgraph %q does not resolve %q (it is @external there): the @override in %q can be removed.", source.Name, f.coordinate, f.sub.Name)
		if label == "" {
			return
		}
	}
	c.markOverridden(f, old, label, p)
}

// abstracted gives the field of an interface object of source that answers f.
func (c *composer) abstracted(f *fieldDef, source *subgraph) *fieldDef {
	for _, i := range f.parent.interfaces {
		if t := source.types[i.name]; t != nil && t.isInterfaceObject() && t.byName[f.name] != nil {
			return t.byName[f.name]
		}
	}
	return nil
}

func (c *composer) markOverridden(f, old *fieldDef, label string, p problem) {
	still := ""
	if old.used {
		still = " The field sets or interfaces there still need it: mark it @external then, or remove them too."
	}
	if label != "" && !schema.ValidOverrideLabel(label) {
		p.code, p.fix = codeOverrideLabel, `Use a name, or percent(N) with N from 0 to 100 and at most 8 decimals.`
		c.fail(p, "In subgraph %q, %q has the override label %q, which is not valid.", f.sub.Name, f.coordinate, label)
		label = ""
	}
	if label != "" {
		f.override.label, old.override.label = label, label
		if !old.external {
			old.override.state, old.override.needed = overriddenPartly, old.used
		}
		c.hint(hintOverrideMigration, f.coordinate, p.at, "%q is moving from %q to %q by a progressive override. Once that is done it can be removed from %q.%s",
			f.coordinate, old.sub.Name, f.sub.Name, old.sub.Name, still)
		return
	}
	old.override.state = overridden
	if old.used {
		old.override.state = overriddenUsed
	}
	c.hint(hintOverridden, f.coordinate, p.at, "%q of subgraph %q is overridden by %q and can be removed.%s", f.coordinate, old.sub.Name, f.sub.Name, still)
}
