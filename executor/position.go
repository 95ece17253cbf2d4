package executor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// position is a place of the merged tree: the values that one chain of Keys
// leads to. Positions that one part fills are united, so that an entity parsed
// once fits each of them: they share one layout of slots.
type position struct {
	united *position // nil for the representative of its class
	keys   []string  // in order of slots
	slots  map[string]int
	below  []*position
	// graph is the index, plus one, of the subgraph that gives the field first; 0
	// where none does.
	graph int
	// joined is set where an entity's part gives the field: one object may then be
	// at several places.
	joined bool
	// parts are those that give the field.
	parts []*planner.Part
	// tags are the types, as tags, that subgraphs' objects here can have only; 0
	// where the objects tell themselves.
	tags []uint16
	// blind is set where a subgraph gives values without their types: it has an
	// interface object in their place.
	blind bool
}

// class is the representative of the positions that p is united with.
func (p *position) class() *position {
	for p.united != nil {
		p = p.united
	}
	return p
}

// at gives the position below p by a key, and makes it where there is none.
func (p *position) at(key string) *position {
	p = p.class()
	if i, ok := p.slots[key]; ok {
		return p.below[i]
	}
	q := &position{}
	p.add(key, q)
	return q
}

func (p *position) add(key string, below *position) {
	if p.slots == nil {
		p.slots = map[string]int{}
	}
	p.slots[key] = len(p.keys)
	p.keys = append(p.keys, key)
	p.below = append(p.below, below)
}

// find gives the slot of a key and the position below it.
func (p *position) find(key string) (int, *position, bool) {
	p = p.class()
	i, ok := p.slots[key]
	if !ok {
		return 0, nil, false
	}
	return i, p.below[i], true
}

// unite makes p and q one class, and what is below them by equal keys, too. It
// ends because every call leaves one class less.
func unite(p, q *position) {
	p, q = p.class(), q.class()
	if p == q {
		return
	}
	q.united = p
	p.graph = cmp.Or(p.graph, q.graph)
	p.joined = p.joined || q.joined
	p.parts = append(p.parts, q.parts...)
	for _, tag := range q.tags {
		p.tagged(tag)
	}
	p.blind = p.blind || q.blind
	for i, key := range q.keys {
		p = p.class()
		if j, ok := p.slots[key]; ok {
			unite(p.below[j], q.below[i])
		} else {
			p.add(key, q.below[i])
		}
	}
}

// output adds what a part's request to a subgraph selects; joined is set where it
// is selected of objects that are there already.
func (p *position) output(s *planner.Selection, graph int, part *planner.Part, joined bool) {
	p.class().tagged(uint16(s.Object + 1))
	for _, f := range s.Fields {
		q := p.at(f.Key).class()
		q.graph = cmp.Or(q.graph, graph+1)
		q.joined = q.joined || joined
		q.parts = append(q.parts, part)
		if f.Selection != nil {
			q.blind = q.blind || tellsNoType(f.Selection)
			q.output(f.Selection, graph, part, joined)
		}
	}
}

func (p *position) tagged(tag uint16) {
	if !slices.Contains(p.tags, tag) {
		p.tags = append(p.tags, tag)
	}
}

func tellsNoType(s *planner.Selection) bool {
	return s.Object < 0 && !slices.ContainsFunc(s.Fields, func(f *planner.Output) bool { return f.Name == "__typename" })
}

// selections adds what a client selects.
func (p *position) selections(s *operation.SelectionSet) {
	for _, f := range s.Fields {
		q := p.at(f.Key)
		if f.Selections != nil {
			q.selections(f.Selections)
		}
	}
}

// follow gives the position at the end of a path, which must be there.
func (p *position) follow(path planner.Path) (*position, error) {
	for i, e := range path {
		_, q, ok := p.find(e.Key)
		if !ok {
			return nil, fmt.Errorf("the path %s leads to nothing that an earlier step fetches: %q is missing", pathText(path), path[i].Key)
		}
		p = q
	}
	return p, nil
}

func pathText(path planner.Path) string {
	var text strings.Builder
	for i, e := range path {
		if i > 0 {
			text.WriteString(".")
		}
		text.WriteString(e.Key)
	}
	return text.String()
}

// shape makes the tape shape of what a request selects at a position.
func (c *compiler) shape(s *planner.Selection, p *position, strict bool) *tape.Shape {
	p = p.class()
	t := &tape.Shape{Slots: len(p.keys), Tags: c.tags, Tag: uint16(s.Object + 1), Strict: strict}
	merged := map[string]*planner.Output{}
	for _, f := range s.Fields {
		key := cmp.Or(f.Alias, f.Key)
		if same := merged[key]; same != nil {
			// One key selected apart for several types: what is expected below it
			// depends on the parent's type, which a shape does not know.
			merged[key] = mergeOutputs(same, f)
			t.Strict = false
			continue
		}
		merged[key] = f
	}
	for _, f := range s.Fields {
		key := cmp.Or(f.Alias, f.Key)
		m := merged[key]
		if m == nil {
			continue
		}
		delete(merged, key)
		slot, below, _ := p.find(f.Key)
		if f.Alias != "" {
			c.aliases[f.Alias] = f.Key
		}
		field := tape.Field{Key: key, Slot: slot, Tag: m.Name == "__typename", On: m.On}
		if m.Selection != nil {
			field.Child = c.shape(m.Selection, below, strict && m == f)
		}
		t.Fields = append(t.Fields, field)
	}
	t.Ready()
	return t
}

func mergeOutputs(a, b *planner.Output) *planner.Output {
	m := &planner.Output{Key: a.Key, Alias: a.Alias, Name: a.Name, Selection: a.Selection}
	if a.On != nil && b.On != nil {
		m.On = a.On.Or(b.On)
	}
	if a.Selection != nil && b.Selection != nil {
		m.Selection = &planner.Selection{Object: a.Selection.Object}
		if a.Selection.Object != b.Selection.Object {
			m.Selection.Object = -1
		}
		m.Selection.Fields = append(append(m.Selection.Fields, a.Selection.Fields...), b.Selection.Fields...)
	}
	return m
}

// localShape is the shape of what the gateway answers itself: a selection on an
// introspection type.
func (c *compiler) localShape(s *operation.SelectionSet, p *position) *tape.Shape {
	p = p.class()
	t := &tape.Shape{Slots: len(p.keys)}
	seen := map[string]bool{}
	for _, f := range s.Fields {
		if seen[f.Key] {
			continue
		}
		seen[f.Key] = true
		slot, below, _ := p.find(f.Key)
		field := tape.Field{Key: f.Key, Slot: slot}
		if f.Selections != nil {
			field.Child = c.localShape(f.Selections, below)
		}
		t.Fields = append(t.Fields, field)
	}
	t.Ready()
	return t
}

// names numbers the object types from 1, as tags. The name of an abstract type,
// with which a subgraph names an @interfaceObject, tells nothing.
func names(sg *schema.Supergraph) map[string]uint16 {
	tags := make(map[string]uint16, len(sg.Objects))
	for name, t := range sg.Types {
		if t.Kind == ast.Interface || t.Kind == ast.Union {
			tags[name] = 0
		}
	}
	for i, o := range sg.Objects {
		tags[o.Name] = uint16(i + 1)
	}
	return tags
}
