package executor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// Program is a plan made ready to run: slots instead of keys, request bodies
// in pieces that are already JSON, and the answer's fields with their checks.
// It is immutable and shared by requests.
type Program struct {
	supergraph *schema.Supergraph
	plan       *planner.Plan
	steps      []stepProgram
	rootSlots  int
	rootTag    uint16
	rootName   string
	answer     *fieldSet
	// typenames are the beginnings of representations by object type:
	// {"__typename":"Product"
	typenames [][]byte
	tags      map[string]uint16
	// aliases are the Keys behind the response keys that subgraphs are asked to use
	// instead.
	aliases map[string]string
	// form is what the one answer looks like that can be the client's as it is; nil
	// where none can.
	form *form
	// splice is what the root's answer looks like where entities can be put into it;
	// nil where that does not do. spliced are the forms in it that have any.
	splice  *form
	spliced []*form
	// odd counts answers that do not have these forms.
	odd backoff
	// answerSize is how large the last answer was.
	answerSize atomic.Int64
}

// Plan is what the program was compiled from.
func (p *Program) Plan() *planner.Plan { return p.plan }

// variableDefault is the default of one of the operation's variables, or nil.
func (p *Program) variableDefault(name string) *ast.Value {
	for _, v := range p.plan.Operation.Variables {
		if v.Name == name && v.Definition != nil {
			return v.Definition.DefaultValue
		}
	}
	return nil
}

type stepProgram struct {
	step       *planner.Step
	name, url  string // of the subgraph; empty for a local step
	dependents []int
	parts      []partProgram
	shape      *tape.Shape // of the whole answer
	text       requestText
	// values is how many values the last answer had: a hint for the next one.
	values atomic.Int64
}

// The slots of an answer's top level.
const (
	dataSlot = iota
	errorsSlot
	answerSlots
)

type partProgram struct {
	part *planner.Part
	// slot is the root field's slot in the objects that it belongs to: the merged
	// root, or those at the paths; unused for entities.
	slot int
	// shape is the part's output: of an entity, or of the merged root with the
	// one field of the part.
	shape *tape.Shape
	// value is the shape of what the cache keeps: an entity, or a root field's
	// value. It is nil for a leaf. An entity has slots of its own, for nothing but
	// what is selected of it; into are the merged tree's for them.
	value *tape.Shape
	into  []int
	// selection is the part's text without what only its request gives it: alias
	// and variable of _entities, alias of a root field. It names cached values.
	selection string
	// mark is the part's number in the program, from 1, for marking targets.
	mark  uint32
	paths []pathProgram
	// like is an earlier part for the same objects, whose distinct representations
	// tell those of this one apart; nil where there is none.
	like *partOfStep
	// once is set where no path can come to an object twice.
	once   bool
	inputs []inputProgram
	// contexts are the values that entities take from objects above.
	contexts []contextProgram
	// apart is set where objects of equal representations must not share what is
	// below them, because further entities there take values from different objects
	// above.
	apart bool
	// local is the client's field, for a step that the gateway answers itself.
	local *operation.Field
}

type pathProgram struct {
	elements []pathElement
	// client are the client's response keys along the path as far as the client
	// selected it.
	client []string
}

type pathElement struct {
	slot  int
	types schema.TypeSet
	// mark tells, on an object, that the path was followed from here.
	mark uint32
}

type inputProgram struct {
	on schema.TypeSet
	// untyped lets objects in whose types are not known.
	untyped bool
	// prefix is {"__typename":"T"; nil means that of the object's own type.
	prefix []byte
	fields []requireProgram
	// plain is set where the fields are leaves that every object has, and no other
	// input can give the same representation: equal values are equal representations.
	plain bool
}

type requireProgram struct {
	name    []byte // "name":
	slot    int
	on      schema.TypeSet
	nonNull bool
	fields  []requireProgram
	// or are further places of the same field: the first that has it counts. The
	// client may have it under one key by a guard that fails and the plan under another.
	or []requireProgram
}

type compiler struct {
	sg    *schema.Supergraph
	plan  *planner.Plan
	tags  map[string]uint16
	root  *position
	marks uint32
	parts uint32
	sets  map[setKey]*fieldSet
	// aliases are the program's.
	aliases map[string]string
}

// Compile makes a plan ready to run on the supergraph that it was made for.
func Compile(sg *schema.Supergraph, plan *planner.Plan) (*Program, error) {
	op := plan.Operation
	if op.Kind == ast.Subscription {
		return nil, fmt.Errorf("executor: subscriptions are not carried out yet: the operation's kind must be query or mutation")
	}
	if len(plan.Blocks) > 1 {
		return nil, fmt.Errorf("executor: @defer is not carried out yet: the plan must have one payload, not %d", len(plan.Blocks))
	}
	if len(sg.Objects) > 1<<16-2 {
		return nil, fmt.Errorf("executor: the supergraph has %d object types, more than the %d that a tape can tell apart", len(sg.Objects), 1<<16-2)
	}
	c := &compiler{sg: sg, plan: plan, tags: names(sg), root: &position{}, sets: map[setKey]*fieldSet{}, aliases: map[string]string{}}
	if err := c.layout(); err != nil {
		return nil, fmt.Errorf("executor: compiling the plan: %w", err)
	}
	p := &Program{supergraph: sg, plan: plan, tags: c.tags, aliases: c.aliases, steps: make([]stepProgram, len(plan.Steps))}
	apart := c.apart()
	for i, s := range plan.Steps {
		if s.ID != i {
			return nil, fmt.Errorf("executor: compiling the plan: step %d has the ID %d", i, s.ID)
		}
		if err := c.step(&p.steps[i], s, apart); err != nil {
			return nil, fmt.Errorf("executor: compiling step %d: %w", i, err)
		}
		for _, d := range s.DependsOn {
			if d < 0 || d >= i {
				return nil, fmt.Errorf("executor: compiling step %d: it depends on step %d, which does not come before it", i, d)
			}
			p.steps[d].dependents = append(p.steps[d].dependents, i)
		}
	}
	c.likenesses(p)
	p.typenames = make([][]byte, len(sg.Objects))
	for i, o := range sg.Objects {
		p.typenames[i] = []byte(`{"__typename":"` + o.Name + `"`)
	}
	if root := rootType(sg, op.Kind); root != nil {
		p.rootTag, p.rootName = c.tags[root.Name], root.Name
	}
	p.answer = c.set(op.Root, c.root, false)
	p.rootSlots = len(c.root.class().keys)
	p.form = p.verbatim()
	p.splice = p.splices()
	return p, nil
}

func rootType(sg *schema.Supergraph, kind ast.Operation) *ast.Definition {
	switch kind {
	case ast.Mutation:
		return sg.API.Mutation
	case ast.Subscription:
		return sg.API.Subscription
	}
	return sg.API.Query
}

// layout finds every position of the merged tree and unites those that one part
// fills, before anything asks for slots.
func (c *compiler) layout() error {
	for _, s := range c.plan.Steps {
		for _, part := range s.Parts {
			if part.Entity == nil {
				if s.Graph == planner.Local {
					continue
				}
				if len(part.Output.Fields) != 1 || cmp.Or(part.Output.Fields[0].Alias, part.Output.Fields[0].Key) != part.Key {
					return fmt.Errorf("step %d: the root field %q must be the one field of its part's output", s.ID, part.Key)
				}
				if part.Paths == nil {
					c.root.output(part.Output, s.Graph, part, false)
					continue
				}
			} else if len(part.Entity.Paths) == 0 {
				return fmt.Errorf("step %d: the part %q has no path to its entities", s.ID, part.Key)
			}
			if err := c.layoutAt(part, s.Graph); err != nil {
				return fmt.Errorf("step %d: %w", s.ID, err)
			}
		}
	}
	c.root.selections(c.plan.Operation.Root)
	return nil
}

// layoutAt adds what a part selects at the ends of its paths, which are one class.
func (c *compiler) layoutAt(part *planner.Part, graph int) error {
	var first *position
	for _, path := range pathsOf(part) {
		p, err := c.root.follow(path)
		if err != nil {
			return err
		}
		if first == nil {
			first = p
		}
		unite(first, p)
		p.output(part.Output, graph, part, true)
	}
	return nil
}

// pathsOf lead to the objects that a part gives something; nil is the root.
func pathsOf(part *planner.Part) []planner.Path {
	if part.Entity != nil {
		return part.Entity.Paths
	}
	return part.Paths
}

func (c *compiler) step(sp *stepProgram, s *planner.Step, apart map[*position]bool) error {
	sp.step = s
	if s.Graph != planner.Local {
		if s.Graph < 0 || s.Graph >= len(c.sg.Graphs) {
			return fmt.Errorf("the supergraph has no subgraph %d", s.Graph)
		}
		sp.name, sp.url = c.sg.Graphs[s.Graph].Name, c.sg.Graphs[s.Graph].URL
	}
	data := &tape.Shape{Slots: len(s.Parts)}
	sp.parts = make([]partProgram, len(s.Parts))
	for i, part := range s.Parts {
		pp := &sp.parts[i]
		c.parts++
		pp.part, pp.mark, pp.selection = part, c.parts, cachedSelection(part)
		var err error
		switch {
		case s.Graph == planner.Local:
			err = c.localPart(pp)
		case part.Entity != nil:
			err = c.entityPart(pp, apart)
		default:
			at := c.followed(pp)
			pp.slot, _, _ = at.find(part.Output.Fields[0].Key)
			pp.shape = c.shape(part.Output, at, strict(part))
			pp.value, pp.apart = pp.shape.Fields[0].Child, apart[at.class()]
		}
		if err != nil {
			return err
		}
		data.Fields = append(data.Fields, tape.Field{Key: part.Key, Slot: i, Child: pp.value})
	}
	data.Ready()
	sp.shape = &tape.Shape{Slots: answerSlots, Fields: []tape.Field{
		{Key: "data", Slot: dataSlot, Child: data},
		{Key: "errors", Slot: errorsSlot},
	}}
	sp.shape.Ready()
	var err error
	sp.text, err = newRequestText(c.plan.Operation, s)
	return err
}

func cachedSelection(p *planner.Part) string {
	if p.Entity != nil {
		if i := strings.IndexByte(p.Text, '{'); i >= 0 {
			return p.Text[i:]
		}
	}
	return strings.TrimSpace(strings.TrimPrefix(p.Text, p.Key+":"))
}

// strict reports whether every key that a part selects must be in its answer:
// not where the text itself leaves fields out.
func strict(p *planner.Part) bool {
	return !strings.Contains(p.Text, "@include(") && !strings.Contains(p.Text, "@skip(")
}

// localPart compiles a root field that the gateway answers itself.
func (c *compiler) localPart(pp *partProgram) error {
	f := fieldOf(c.plan.Operation.Root, pp.part.Key)
	if f == nil || f.Name != "__schema" && f.Name != "__type" {
		return fmt.Errorf("the gateway cannot answer the root field %q itself: only __schema and __type", pp.part.Key)
	}
	slot, below, _ := c.root.find(pp.part.Key)
	pp.slot, pp.local = slot, f
	pp.value = c.localShape(f.Selections, below)
	pp.shape = &tape.Shape{Slots: len(c.root.class().keys), Fields: []tape.Field{{Key: f.Key, Slot: slot, Child: pp.value}}}
	pp.shape.Ready()
	return nil
}

// followed compiles the paths of a part and gives the position at their ends.
func (c *compiler) followed(pp *partProgram) *position {
	at := c.root
	for _, path := range pathsOf(pp.part) {
		p := c.root
		set := c.plan.Operation.Root
		var prog pathProgram
		for _, el := range path {
			slot, below, _ := p.find(el.Key)
			c.marks++
			prog.elements = append(prog.elements, pathElement{slot: slot, types: el.Types, mark: c.marks})
			if f := fieldOf(set, el.Key); f != nil {
				prog.client = append(prog.client, f.ResponseKey)
				set = f.Selections
			} else {
				set = nil
			}
			p = below
		}
		pp.paths = append(pp.paths, prog)
		at = p
	}
	return at
}

func (c *compiler) entityPart(pp *partProgram, apart map[*position]bool) error {
	e := pp.part.Entity
	at := c.followed(pp)
	pp.once = len(e.Paths) == 1 && !c.joins(e.Paths[0])
	pp.shape = c.shape(pp.part.Output, at, strict(pp.part))
	pp.value, pp.into = compact(pp.shape)
	pp.apart = apart[at.class()]
	if err := c.contexts(pp); err != nil {
		return err
	}
	for _, in := range e.Inputs {
		ip := inputProgram{on: in.On, untyped: in.Untyped}
		if in.Typename != "" {
			ip.prefix = []byte(`{"__typename":"` + in.Typename + `"`)
		}
		var err error
		if ip.fields, err = requires(in.Fields, at); err != nil {
			return fmt.Errorf("the representation at %s: %w", pathText(e.Paths[0]), err)
		}
		ip.plain = len(e.Inputs) == 1 && pp.contexts == nil && !slices.ContainsFunc(ip.fields, func(f requireProgram) bool {
			return f.fields != nil || f.on != nil || f.or != nil
		})
		pp.inputs = append(pp.inputs, ip)
	}
	return nil
}

// joins reports whether something on a path comes from an entity's part.
func (c *compiler) joins(path planner.Path) bool {
	p := c.root
	for _, el := range path {
		_, p, _ = p.find(el.Key)
		if p.class().joined {
			return true
		}
	}
	return false
}

// compact gives a shape that has slots for its own fields alone, with the slots
// that they had.
func compact(s *tape.Shape) (own *tape.Shape, into []int) {
	own = &tape.Shape{Fields: slices.Clone(s.Fields), Tag: s.Tag, Tags: s.Tags, Strict: s.Strict}
	for i := range own.Fields {
		slot := own.Fields[i].Slot
		k := slices.Index(into, slot)
		if k < 0 {
			k = len(into)
			into = append(into, slot)
		}
		own.Fields[i].Slot = k
	}
	own.Slots = len(into)
	own.Ready()
	return own, into
}

func requires(rs []*planner.Require, p *position) ([]requireProgram, error) {
	var out []requireProgram
	for _, r := range rs {
		slot, below, ok := p.find(r.Key)
		if !ok {
			return nil, fmt.Errorf("nothing fetches the required field %q (key %q)", r.Name, r.Key)
		}
		rp := requireProgram{name: []byte(`"` + r.Name + `":`), slot: slot, on: r.On, nonNull: r.NonNull}
		if r.Fields != nil {
			var err error
			if rp.fields, err = requires(r.Fields, below); err != nil {
				return nil, err
			}
		}
		if i := slices.IndexFunc(out, func(o requireProgram) bool { return string(o.name) == string(rp.name) && sameTypes(o.on, rp.on) }); i >= 0 {
			out[i].or = append(out[i].or, rp)
			continue
		}
		out = append(out, rp)
	}
	return out, nil
}

func sameTypes(a, b schema.TypeSet) bool {
	return (a == nil) == (b == nil) && a.Equal(b)
}

// fieldOf finds the client's field with a key; nil where it selected none.
func fieldOf(s *operation.SelectionSet, key string) *operation.Field {
	if s == nil {
		return nil
	}
	for _, f := range s.Fields {
		if f.Key == key {
			return f
		}
	}
	return nil
}
