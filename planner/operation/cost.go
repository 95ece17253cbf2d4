package operation

import (
	"fmt"
	"math"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Cost is the formula of an operation's cost by the IBM cost directives
// (@cost, @listSize), evaluated with a request's variables.
//
// An object costs 1 and a leaf 0 unless @cost on the field or on its type says
// otherwise; a list costs its size times what its item costs with everything
// selected on it. To that come the weights of the arguments that are given: 1
// for each input object and what @cost says. Where the object type is not known
// beforehand the most expensive counts. A mutation costs 10 on top.
// Introspection, which the gateway answers itself, costs nothing.
type Cost struct {
	table     *costTable
	base      float64
	root      *costSet
	variables map[string]*ast.VariableDefinition
	rootType  string
}

// mutationCost is what a mutation costs on top of what it selects.
const mutationCost = 10

// maxCost is where cost stops growing, so that sums stay exact integers and
// nothing becomes infinite.
const maxCost = 1 << 53

// clamp keeps a cost between nothing and maxCost.
func clamp(cost float64) float64 {
	if !(cost > 0) {
		return 0
	}
	return min(cost, maxCost)
}

// costSet is the formula of a selection set: the largest of the sums of its groups.
type costSet struct {
	terms []costTerm
	// groups are the terms that can apply to one object, each for some of the
	// possible object types.
	groups [][]int
}

// costTerm is the formula of a field for the object types whose schemas say the
// same of its cost.
type costTerm struct {
	field *Field
	rule  *costRule
	// typeName is one of those object types.
	typeName string
	// sub is nil for a leaf.
	sub *costSet
}

// compile makes the formula of a normalised operation.
func (t *costTable) compile(o *Operation) *Cost {
	c := &Cost{table: t, root: t.set(o.Root), rootType: o.Root.Type, variables: make(map[string]*ast.VariableDefinition, len(o.Variables))}
	for _, v := range o.Variables {
		c.variables[v.Name] = v.Definition
	}
	if o.Kind == ast.Mutation {
		c.base = mutationCost
	}
	return c
}

func (t *costTable) set(s *SelectionSet) *costSet {
	out := &costSet{}
	// For each object type, the terms that apply to it; uniform as long as that is
	// every term for every type.
	byObject, uniform := map[int][]int{}, true
	for _, f := range s.Fields {
		if strings.HasPrefix(f.Name, "__") || f.Denied {
			continue
		}
		var sub *costSet
		if f.Selections != nil {
			sub = t.set(f.Selections)
		}
		terms := map[*costRule]int{}
		for object := range f.On.All() {
			rule := t.rule(object, f.Name)
			term, ok := terms[rule]
			if !ok {
				term = len(out.terms)
				terms[rule] = term
				out.terms = append(out.terms, costTerm{field: f, rule: rule, typeName: t.objects[object].Name, sub: sub})
			}
			byObject[object] = append(byObject[object], term)
		}
		uniform = uniform && len(terms) == 1 && f.On.Equal(s.Possible)
	}
	if uniform {
		for object := range s.Possible.All() {
			out.groups = [][]int{byObject[object]}
			break
		}
		return out
	}
	seen := map[string]bool{}
	for object := range s.Possible.All() {
		group := byObject[object]
		if key := fmt.Sprint(group); len(group) > 0 && !seen[key] {
			seen[key] = true
			out.groups = append(out.groups, group)
		}
	}
	return out
}

// actual gives the weights that the actual cost of a field counts: once for each
// time it is answered, and for each item in it. What is in variables is not
// looked into.
func (t *costTable) actual(f *Field) (field, item float64) {
	if strings.HasPrefix(f.Name, "__") {
		return 0, 0
	}
	e := &evaluation{cost: &Cost{table: t}}
	for object := range f.On.All() {
		rule := t.rule(object, f.Name)
		once, each := e.arguments(f, rule), rule.weight
		if rule.leaf && rule.lists == 0 {
			once, each = once+each, 0
		}
		field, item = max(field, once), max(item, each)
	}
	return field, item
}

// Evaluate gives the cost of the operation with a request's variables, in
// points. The error is a *gqlerror.Error with the code
// COST_INVALID_SLICING_ARGUMENTS.
func (c *Cost) Evaluate(v *Values) (float64, error) {
	if v == nil {
		v = &Values{}
	}
	e := &evaluation{cost: c, values: v}
	total := clamp(c.base + e.set(c.root, nil))
	if e.err != nil {
		return 0, e.err
	}
	return total, nil
}

// CostLine is one line of an operation's cost, told field by field.
type CostLine struct {
	// Depth is 0 for the operation, 1 for its root fields.
	Depth int `json:"depth"`
	// Coordinate is the field's schema coordinate on the most expensive object
	// type, "Query.products", or the root type's name for the operation.
	Coordinate string `json:"coordinate"`
	// ResponseKey is the field's key in the answer.
	ResponseKey string `json:"responseKey,omitempty"`
	// Size is how many items the field is taken to have; 1 where it is no list.
	Size float64 `json:"size"`
	// Weight is what one item costs without what is selected on it.
	Weight float64 `json:"weight"`
	// Arguments is what the field's arguments cost.
	Arguments float64 `json:"arguments"`
	// Total is what the field costs with everything below it, once.
	Total float64 `json:"total"`
}

// String gives "  Query.products ×10 weight 1 = 20", indented by depth.
func (l CostLine) String() string {
	var b strings.Builder
	b.WriteString(strings.Repeat("  ", l.Depth) + l.Coordinate)
	if l.Size != 1 {
		fmt.Fprintf(&b, " ×%g", l.Size)
	}
	if l.Weight != 0 {
		fmt.Fprintf(&b, " weight %g", l.Weight)
	}
	if l.Arguments != 0 {
		fmt.Fprintf(&b, " arguments %g", l.Arguments)
	}
	fmt.Fprintf(&b, " = %g", l.Total)
	return b.String()
}

// Explain tells the cost that Evaluate gives, field by field in the order of the
// operation. Fields that cost nothing are left out.
func (c *Cost) Explain(v *Values) ([]CostLine, error) {
	if v == nil {
		v = &Values{}
	}
	total, err := c.Evaluate(v)
	if err != nil {
		return nil, err
	}
	e := &evaluation{cost: c, values: v}
	lines := []CostLine{{Coordinate: c.rootType, Size: 1, Weight: c.base, Total: total}}
	return e.explain(lines, c.root, nil, 1), nil
}

func (e *evaluation) explain(lines []CostLine, s *costSet, outer *sizing, depth int) []CostLine {
	var best []int
	most := math.Inf(-1)
	for _, group := range s.groups {
		if sum := e.group(s, group, outer); sum > most {
			best, most = group, sum
		}
	}
	for _, i := range best {
		term := &s.terms[i]
		total := e.term(term, outer)
		if total == 0 {
			continue
		}
		size, below := e.size(term, outer)
		lines = append(lines, CostLine{
			Depth:       depth,
			Coordinate:  term.typeName + "." + term.field.Name,
			ResponseKey: term.field.ResponseKey,
			Size:        size,
			Weight:      term.rule.weight,
			Arguments:   e.arguments(term.field, term.rule),
			Total:       total,
		})
		if term.sub != nil {
			lines = e.explain(lines, term.sub, below, depth+1)
		}
	}
	return lines
}
