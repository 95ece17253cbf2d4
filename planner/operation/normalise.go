package operation

import (
	"crypto/sha256"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weft-graphql/weft/schema"
)

// normalise brings a validated operation into normal form. The error is a
// *gqlerror.Error.
func (p *Parser) normalise(def *ast.OperationDefinition) (*Operation, error) {
	n := &normaliser{
		types:      p.types,
		costs:      p.costs,
		conditions: conditionTable{bits: map[Condition]Conditions{}},
		limits:     p.limits,
		fields:     p.limits.Fields,
		work:       normaliseWork * max(p.limits.Fields, 1),
		operation:  def,
	}
	kind := def.Operation
	root := rootType(p.sg.API, kind)
	possible := p.types.possible[root.Name]
	set, err := n.selectionSet(root.Name, possible, []source{{set: def.SelectionSet, on: possible}}, surroundings{})
	if err != nil {
		return nil, err
	}
	if kind == ast.Subscription {
		if err := checkTrigger(def, set); err != nil {
			return nil, err
		}
	}
	o := &Operation{
		Kind:       kind,
		Name:       def.Name,
		Root:       set,
		types:      p.types,
		Conditions: renumber(set, n.blocks.all, n.conditions.all),
		Blocks:     n.blocks.all,
	}
	if err := p.labels.addTo(o, def.Position); err != nil {
		return nil, err
	}
	assignKeys(set, responseKeys(set))
	for _, v := range def.VariableDefinitions {
		o.Variables = append(o.Variables, Variable{Name: v.Variable, Definition: v, Text: variableText(v)})
	}
	o.Text = o.print(false)
	o.Hash = sha256.Sum256([]byte(o.Text))
	o.Cost = p.costs.compile(o)
	o.Planned = o
	if !p.keepLiterals {
		o.Planned, o.Literals = p.lift(o)
	}
	return o, nil
}

// normaliseWork is how many comparisons normalising may make for each field that
// the limits allow.
const normaliseWork = 64

type normaliser struct {
	types      *typeTable
	costs      *costTable
	conditions conditionTable
	blocks     blockTable
	limits     Limits
	operation  *ast.OperationDefinition
	// fields and work are what remains of the budgets: the fields that are met, with
	// those that are made of one beyond the first, and the comparisons between
	// fields of one response key.
	fields, work int
}

// spend takes from the budgets.
func (n *normaliser) spend(fields, work int) *gqlerror.Error {
	n.fields -= fields
	n.work -= work
	if n.fields < 0 || n.work < 0 {
		return limitError(n.operation.Position, "fields",
			"The operation has more than the %d fields that are allowed once its fragments are spread for each object type.", n.limits.Fields)
	}
	return nil
}

// source is a part of the client's document that contributes to one selection set.
type source struct {
	set   ast.SelectionSet
	on    schema.TypeSet
	guard Guard
	block int
}

// occurrence is one field of the client's document, as it contributes to one
// selection set.
type occurrence struct {
	field *ast.Field
	on    schema.TypeSet
	guard Guard
	block int
}

// flattened is a selection set without fragments: the occurrences in order, and
// for each response key which they are.
type flattened struct {
	all   []occurrence
	byKey map[string][]int
	// spread is what was already taken of each fragment.
	spread map[string][]source
}

// selectionSet merges the sources into the selection set of a value of static
// type typ.
func (n *normaliser) selectionSet(typ string, possible schema.TypeSet, sources []source, in surroundings) (*SelectionSet, error) {
	flat := &flattened{byKey: map[string][]int{}, spread: map[string][]source{}}
	for _, s := range sources {
		if err := n.flatten(flat, s, in); err != nil {
			return nil, err
		}
	}
	set := &SelectionSet{Type: typ, Possible: possible}
	out := newFieldList(set)
	for i := range flat.all {
		fields, err := n.merge(flat, i, in)
		if err != nil {
			return nil, err
		}
		for _, f := range fields {
			out.add(f)
		}
	}
	return set, nil
}

// flatten spreads the fragments of a source and drops what cannot be selected.
func (n *normaliser) flatten(flat *flattened, s source, in surroundings) error {
	for _, selection := range s.set {
		if err := n.spend(0, 1); err != nil {
			return err
		}
		below := s
		var directives ast.DirectiveList
		switch selection := selection.(type) {
		case *ast.Field:
			directives, below.set = selection.Directives, nil
		case *ast.InlineFragment:
			directives, below.set = selection.Directives, selection.SelectionSet
			below.on = n.types.narrow(s.on, selection.TypeCondition)
		case *ast.FragmentSpread:
			directives, below.set = selection.Directives, selection.Definition.SelectionSet
			below.on = n.types.narrow(s.on, selection.Definition.TypeCondition)
		}
		guard, never, err := n.conditions.guard(s.guard, directives)
		if err != nil {
			return err
		}
		if never || in.excludes(guard) || below.on.Empty() {
			continue
		}
		below.guard = guard.given(in.known)
		if field, ok := selection.(*ast.Field); ok {
			if err := n.occur(flat, occurrence{field: field, on: below.on, guard: below.guard, block: below.block}); err != nil {
				return err
			}
			continue
		}
		if below.block, err = n.deferral(s.block, directives, in.at); err != nil {
			return err
		}
		if spread, ok := selection.(*ast.FragmentSpread); ok && n.taken(flat, spread.Name, below) {
			continue
		}
		if err := n.flatten(flat, below, in); err != nil {
			return err
		}
	}
	return nil
}

// taken reports whether a fragment's fields are all there already, and notes
// that they are from now on.
func (n *normaliser) taken(flat *flattened, fragment string, s source) bool {
	for _, before := range flat.spread[fragment] {
		if s.guard.implies(before.guard) && s.on.SubsetOf(before.on) && n.blocks.within(s.block, before.block) {
			return true
		}
	}
	flat.spread[fragment] = append(flat.spread[fragment], s)
	return false
}

// occur notes an occurrence unless an earlier one leaves it nothing to add.
func (n *normaliser) occur(flat *flattened, o occurrence) error {
	key := o.field.Alias
	for _, i := range flat.byKey[key] {
		if err := n.spend(0, 1); err != nil {
			return err
		}
		before := flat.all[i]
		if (o.field.SelectionSet == nil || before.field == o.field) && o.guard.implies(before.guard) && o.on.SubsetOf(before.on) && n.blocks.within(o.block, before.block) {
			return nil
		}
		if before.field == o.field && before.guard == o.guard && before.block == o.block {
			if widened, err := n.widen(flat, i, o.on); widened || err != nil {
				return err
			}
		}
	}
	if err := n.spend(1, 0); err != nil {
		return err
	}
	flat.byKey[key] = append(flat.byKey[key], len(flat.all))
	flat.all = append(flat.all, o)
	return nil
}

// widen lets occurrence i stand for more object types, where none of these has
// anything between i and the end: "... on A { ...F } ...F" is F once.
func (n *normaliser) widen(flat *flattened, i int, on schema.TypeSet) (bool, error) {
	if err := n.spend(0, len(flat.all)-i); err != nil {
		return false, err
	}
	more := on.AndNot(flat.all[i].on)
	for _, later := range flat.all[i+1:] {
		if !later.on.And(more).Empty() {
			return false, nil
		}
	}
	flat.all[i].on = flat.all[i].on.Or(more)
	return true, nil
}

// class is a set of object types for which an occurrence merges with the same
// other occurrences.
type class struct {
	on schema.TypeSet
	// merged are the occurrences whose sub-selections meet here, in order.
	merged []occurrence
	// unless are the guards of those that stand earlier.
	unless Guards
	// denied is set where nobody may have the field.
	denied bool
}

// apart splits classes by whether anybody may have the field.
func (n *normaliser) apart(field string, classes []class) []class {
	all := n.types.denied[field]
	if all.Empty() {
		return classes
	}
	var out []class
	for _, c := range classes {
		denied := c.on.And(all)
		if rest := c.on.AndNot(denied); !rest.Empty() {
			allowed := c
			allowed.on = rest
			out = append(out, allowed)
		}
		if !denied.Empty() {
			c.on, c.denied = denied, true
			out = append(out, c)
		}
	}
	return out
}

// merge gives the fields that stand at the position of occurrence i: those object
// types for which no earlier occurrence always takes its place, apart where
// different occurrences are merged into it.
func (n *normaliser) merge(flat *flattened, i int, in surroundings) ([]*Field, error) {
	o := flat.all[i]
	same := flat.byKey[o.field.Alias]
	if len(same) == 1 {
		return n.fieldsOf(o, []class{{on: o.on, merged: []occurrence{o}}}, in)
	}
	on := o.on
	for _, k := range same {
		if k == i || on.Empty() {
			break
		}
		if err := n.spend(0, 1); err != nil {
			return nil, err
		}
		if earlier := flat.all[k]; o.guard.implies(earlier.guard) {
			on = on.AndNot(earlier.on)
		}
	}
	if on.Empty() {
		return nil, nil
	}
	classes, err := n.classes(flat, i, on)
	if err != nil {
		return nil, err
	}
	return n.fieldsOf(o, classes, in)
}

// classes splits the object types on of occurrence i by the occurrences that
// take part for each.
func (n *normaliser) classes(flat *flattened, i int, on schema.TypeSet) ([]class, error) {
	o := flat.all[i]
	classes := []class{{on: on}}
	for _, k := range flat.byKey[o.field.Alias] {
		other := flat.all[k]
		if other.guard.and(o.guard).never() || (k > i && o.field.SelectionSet == nil && n.blocks.all == nil) {
			continue
		}
		if err := n.spend(0, len(classes)); err != nil {
			return nil, err
		}
		for c := range classes {
			both := classes[c].on.And(other.on)
			if both.Empty() {
				continue
			}
			if rest := classes[c].on.AndNot(other.on); !rest.Empty() {
				classes = append(classes, class{on: rest, merged: cloneOf(classes[c].merged), unless: cloneOf(classes[c].unless)})
			}
			classes[c].on = both
			if k < i {
				classes[c].unless = classes[c].unless.or(other.guard)
			} else {
				classes[c].merged = append(classes[c].merged, other)
			}
		}
	}
	return classes, nil
}

// cloneOf copies a slice so that two classes can append to it.
func cloneOf[S ~[]E, E any](s S) S { return append(S(nil), s...) }

// fieldsOf makes a field of each class of an occurrence.
func (n *normaliser) fieldsOf(o occurrence, classes []class, in surroundings) ([]*Field, error) {
	if in.at != nil && (o.field.Name == "__schema" || o.field.Name == "__type") {
		// The specification has them on the root of a query operation (section 4.2).
		return nil, positioned(o.field.Position, CodeValidationFailed,
			"%q is answered at the top of an operation only, not below another field.", o.field.Name)
	}
	var fields []*Field
	for k, c := range n.apart(o.field.Name, classes) {
		if k > 0 { // the first is the occurrence, which is counted
			if err := n.spend(1, 0); err != nil {
				return nil, err
			}
		}
		f := &Field{
			ResponseKey: o.field.Alias,
			Name:        o.field.Name,
			On:          c.on,
			Arguments:   o.field.Arguments,
			Unless:      cloneOf(c.unless),
			Deferred:    n.blocks.deferred(o, c),
			Denied:      c.denied,
			Position:    o.field.Position,
		}
		if !o.guard.always() {
			f.Guards = Guards{o.guard}
		}
		n.define(f, o.field.Definition)
		if f.Denied {
			fields = append(fields, f)
			continue
		}
		f.FieldCost, f.ItemCost = n.costs.actual(f)
		if o.field.SelectionSet != nil {
			if err := n.selections(f, o, c, in); err != nil {
				return nil, err
			}
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// selections merges the sub-selections that meet in a field.
func (n *normaliser) selections(f *Field, o occurrence, c class, in surroundings) (err error) {
	inside := surroundings{
		known: in.known.and(o.guard), unless: append(slices.Clip(in.unless), c.unless...),
		at: &location{above: in.at, key: f.ResponseKey},
	}
	possible := n.types.of(f.On, f.Name)
	merged := c.merged
	if len(merged) == 0 {
		merged = []occurrence{o}
	}
	sources := make([]source, len(merged))
	for i, m := range merged {
		sources[i] = source{set: m.field.SelectionSet, on: possible, guard: m.guard.given(inside.known), block: m.block}
	}
	f.Selections, err = n.selectionSet(f.Definition.Type.Name(), possible, sources, inside)
	return err
}

// define gives a field its definition. It is the object type's rule for null
// that holds, whatever the interface says on which the field was selected.
func (n *normaliser) define(f *Field, selected *ast.FieldDefinition) {
	f.Definition = selected
	if f.Name == n.types.typename.Name {
		f.Definition = n.types.typename
		return
	}
	one := f.On.Len() == 1
	for object := range f.On.All() {
		def := n.types.field(object, f.Name)
		switch {
		case def == nil: // validation lets nothing of this pass
		case one:
			f.Definition = def
		case !sameWrapping(def.Type, selected.Type):
			f.Stricter = addStricter(f.Stricter, object, def.Type)
		}
	}
}

func addStricter(list []StricterType, object int, typ *ast.Type) []StricterType {
	on := schema.NewTypeSet(object)
	for i, s := range list {
		if s.Type.String() == typ.String() {
			list[i].On = s.On.Or(on)
			return list
		}
	}
	return append(list, StricterType{On: on, Type: typ})
}
