package operation

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// overlapBudget is how many fields the rule below looks at for each field that
// the limits allow, before it gives up.
const overlapBudget = 16

// overlapRule is the specification's "Field Selection Merging" (§5.3.2) in time
// linear in the operation with its fragments spread. Where the specification
// compares pairs, this puts the fields of one place into one bucket for each
// response key and compares each with the first of its bucket:
//
//   - SameResponseShape is an equivalence, so one comparison each is enough;
//   - FieldsInSetCanMerge wants the same name and arguments of fields that can
//     meet in one object: of those on one object type, and of any field with one
//     on an abstract type.
//
// A bucket's sub-selections are one set again, and are looked at once. The
// fragments of the document must not form cycles.
func overlapRule(limits Limits) core.RuleFunc {
	return func(events *core.Events, addError core.AddErrFunc) {
		events.OnOperation(func(w *core.Walker, op *ast.OperationDefinition) {
			o := &overlap{schema: w.Schema, addError: addError, left: overlapBudget * max(limits.Fields, 1)}
			top := []ast.SelectionSet{op.SelectionSet}
			root := rootType(w.Schema, op.Operation)
			o.shapes(o.collect(root, top), nil)
			if !o.failed {
				o.merges(o.collect(root, top), nil)
			}
			if o.left < 0 {
				addError(core.Message("The operation's fields overlap in too many ways to be checked. The setting is limits.fields."),
					core.At(op.Position), withCode(CodeLimitExceeded))
			}
		})
	}
}

func rootType(s *ast.Schema, kind ast.Operation) *ast.Definition {
	switch kind {
	case ast.Mutation:
		return s.Mutation
	case ast.Subscription:
		return s.Subscription
	}
	return s.Query
}

type overlap struct {
	schema   *ast.Schema
	addError core.AddErrFunc
	// left is what remains of the budget.
	left   int
	failed bool
}

// overlapBucket holds the fields of one place that share a response key.
type overlapBucket struct {
	key    string
	fields []overlapField
}

type overlapField struct {
	*ast.Field
	parent *ast.Definition
}

// collect puts the fields of selection sets on the type parent into buckets, in
// order. A fragment is entered once: its fields would be the same again.
func (o *overlap) collect(parent *ast.Definition, sets []ast.SelectionSet) []*overlapBucket {
	c := overlapCollector{overlap: o, buckets: map[string]*overlapBucket{}, spread: map[string]bool{}}
	for _, set := range sets {
		c.walk(parent, set)
	}
	return c.order
}

// collectBelow collects the sub-selections of fields.
func (o *overlap) collectBelow(fields []overlapField) []*overlapBucket {
	c := overlapCollector{overlap: o, buckets: map[string]*overlapBucket{}, spread: map[string]bool{}}
	for _, f := range fields {
		if len(f.SelectionSet) > 0 && f.Definition != nil {
			c.walk(o.schema.Types[f.Definition.Type.Name()], f.SelectionSet)
		}
	}
	return c.order
}

type overlapCollector struct {
	*overlap
	buckets map[string]*overlapBucket
	order   []*overlapBucket
	spread  map[string]bool
}

func (c *overlapCollector) walk(parent *ast.Definition, set ast.SelectionSet) {
	for _, s := range set {
		if c.left--; c.left < 0 {
			c.failed = true
			return
		}
		switch s := s.(type) {
		case *ast.Field:
			c.add(overlapField{Field: s, parent: parent})
		case *ast.InlineFragment:
			below := parent
			if s.TypeCondition != "" {
				below = c.schema.Types[s.TypeCondition]
			}
			c.walk(below, s.SelectionSet)
		case *ast.FragmentSpread:
			if s.Definition != nil && !c.spread[s.Name] {
				c.spread[s.Name] = true
				c.walk(c.schema.Types[s.Definition.TypeCondition], s.Definition.SelectionSet)
			}
		}
	}
}

func (c *overlapCollector) add(f overlapField) {
	if f.Definition == nil || f.parent == nil {
		return // another rule's error
	}
	b := c.buckets[f.Alias]
	if b == nil {
		b = &overlapBucket{key: f.Alias}
		c.buckets[f.Alias] = b
		c.order = append(c.order, b)
	}
	// Equal leaves in a row need no second look.
	if n := len(b.fields); n > 0 && f.SelectionSet == nil {
		last := b.fields[n-1]
		if last.parent == f.parent && last.Name == f.Name && last.SelectionSet == nil &&
			len(last.Arguments) == 0 && len(f.Arguments) == 0 {
			return
		}
	}
	b.fields = append(b.fields, f)
}

// shapes checks SameResponseShape for all fields of each bucket, whatever their parents.
func (o *overlap) shapes(buckets []*overlapBucket, path []string) {
	for _, b := range buckets {
		first := b.fields[0]
		for _, f := range b.fields[1:] {
			if !o.sameShape(first.Definition.Type, f.Definition.Type) {
				o.conflict(path, b.key, first, f, fmt.Sprintf("they return conflicting types %q and %q",
					first.Definition.Type, f.Definition.Type))
				return
			}
		}
		if len(b.fields) > 1 || first.SelectionSet != nil {
			o.shapes(o.collectBelow(b.fields), append(path, b.key))
		}
		if o.failed {
			return
		}
	}
}

func (o *overlap) sameShape(a, b *ast.Type) bool {
	if !sameWrapping(a, b) {
		return false
	}
	x, y := o.schema.Types[a.Name()], o.schema.Types[b.Name()]
	if x == nil || y == nil {
		return true // another rule's error
	}
	if x.IsLeafType() || y.IsLeafType() {
		return x == y
	}
	return true
}

// merges checks FieldsInSetCanMerge.
func (o *overlap) merges(buckets []*overlapBucket, path []string) {
	for _, b := range buckets {
		for _, group := range meeting(b.fields) {
			first := group[0]
			for _, f := range group[1:] {
				if reason := differ(first.Field, f.Field); reason != "" {
					o.conflict(path, b.key, first, f, reason)
					return
				}
			}
			if len(group) > 1 || first.SelectionSet != nil {
				o.merges(o.collectBelow(group), append(path, b.key))
			}
			if o.failed {
				return
			}
		}
	}
}

// meeting groups a bucket's fields by the object type in which they can meet.
// Fields on abstract types belong to every group.
func meeting(fields []overlapField) [][]overlapField {
	var objects []*ast.Definition
	abstract := false
	seen := map[*ast.Definition]bool{}
	for _, f := range fields {
		if f.parent.Kind != ast.Object {
			abstract = true
		} else if !seen[f.parent] {
			seen[f.parent] = true
			objects = append(objects, f.parent)
		}
	}
	if len(objects) <= 1 {
		return [][]overlapField{fields}
	}
	groups := make([][]overlapField, 0, len(objects))
	if !abstract {
		byParent := make(map[*ast.Definition][]overlapField, len(objects))
		for _, f := range fields {
			byParent[f.parent] = append(byParent[f.parent], f)
		}
		for _, object := range objects {
			groups = append(groups, byParent[object])
		}
		return groups
	}
	for _, object := range objects {
		var group []overlapField
		for _, f := range fields {
			if f.parent.Kind != ast.Object || f.parent == object {
				group = append(group, f)
			}
		}
		groups = append(groups, group)
	}
	return groups
}

// differ says why two fields cannot be one, or "".
func differ(a, b *ast.Field) string {
	if a.Name != b.Name {
		return fmt.Sprintf("%q and %q are different fields", a.Name, b.Name)
	}
	if !sameArguments(a.Arguments, b.Arguments) {
		return "they have differing arguments"
	}
	return ""
}

// sameArguments compares arguments by name: their order means nothing.
func sameArguments(a, b ast.ArgumentList) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		y := b.ForName(x.Name)
		if y == nil || !sameValue(x.Value, y.Value) {
			return false
		}
	}
	return true
}

// sameValue compares literals; the order of an input object's fields means nothing.
func sameValue(a, b *ast.Value) bool {
	if a == b {
		return true
	}
	if literalKind(a) != literalKind(b) || a.Raw != b.Raw || len(a.Children) != len(b.Children) {
		return false
	}
	for i, x := range a.Children {
		y := b.Children[i].Value
		if a.Kind == ast.ObjectValue {
			y = b.Children.ForName(x.Name)
		}
		if y == nil || !sameValue(x.Value, y) {
			return false
		}
	}
	return true
}

// literalKind makes no difference between the two ways to write a string.
func literalKind(v *ast.Value) ast.ValueKind {
	if v.Kind == ast.BlockValue {
		return ast.StringValue
	}
	return v.Kind
}

func (o *overlap) conflict(path []string, key string, a, b overlapField, reason string) {
	o.failed = true
	where := strings.Join(append(path, key), ".")
	o.addError(core.Message(`Fields %q conflict because %s. Use different aliases on the fields to fetch both if this was intentional.`, where, reason),
		core.At(a.Position), core.At(b.Position))
}
