package operation

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// evaluation is one evaluation of a Cost. Without values it knows of variables
// only that they are given.
type evaluation struct {
	cost   *Cost
	values *Values
	err    *gqlerror.Error
}

// sizing is a list size that a field passes down to those that it names.
type sizing struct {
	fields []string
	size   float64
}

// set gives the largest sum of a set's groups.
func (e *evaluation) set(s *costSet, outer *sizing) float64 {
	totals := make([]float64, len(s.terms))
	for i := range s.terms {
		totals[i] = e.term(&s.terms[i], outer)
	}
	most := 0.0
	for i, group := range s.groups {
		sum := 0.0
		for _, term := range group {
			sum += totals[term]
		}
		if i == 0 || sum > most {
			most = sum
		}
	}
	return most
}

// group gives the sum of one group.
func (e *evaluation) group(s *costSet, group []int, outer *sizing) float64 {
	sum := 0.0
	for _, term := range group {
		sum += e.term(&s.terms[term], outer)
	}
	return sum
}

// term gives what a field costs; nothing where its guards leave it out.
func (e *evaluation) term(t *costTerm, outer *sizing) float64 {
	if !t.field.Guards.Hold(e.values.Conditions) || len(t.field.Unless) > 0 && t.field.Unless.Hold(e.values.Conditions) {
		return 0
	}
	size, below := e.size(t, outer)
	item := t.rule.weight
	if t.sub != nil {
		item += e.set(t.sub, below)
	}
	return clamp(size*item + e.arguments(t.field, t.rule))
}

// size gives how many items a field has, and what it says of the fields below.
func (e *evaluation) size(t *costTerm, outer *sizing) (float64, *sizing) {
	own, known := 0.0, false
	var below *sizing
	if t.rule.size != nil {
		if own, known = e.listSize(t.field, t.rule); known && len(t.rule.size.sized) > 0 {
			below, known = &sizing{fields: t.rule.size.sized, size: own}, false
		}
	}
	if t.rule.lists == 0 {
		return 1, below
	}
	size := e.cost.table.listSize
	switch {
	case known:
		size = own
	case outer != nil && slices.Contains(outer.fields, t.field.Name):
		size = outer.size
	}
	for range t.rule.lists - 1 {
		size = clamp(size * e.cost.table.listSize)
	}
	return size, below
}

// listSize evaluates @listSize: the largest of the slicing arguments that are
// given, else the assumed size. An argument that the client leaves out counts
// with its default where no other is given.
func (e *evaluation) listSize(f *Field, rule *costRule) (float64, bool) {
	s := rule.size
	given, defaults := 0, 0
	largest, fallback := 0.0, 0.0
	for _, path := range s.slicing {
		if arg := f.Arguments.ForName(path[0]); arg != nil {
			if n, ok := e.input(arg.Value).at(path[1:]).number(); ok {
				given++
				largest = max(largest, n)
			}
			continue
		}
		if def := rule.definition.Arguments.ForName(path[0]); def != nil && def.DefaultValue != nil {
			if n, ok := e.input(def.DefaultValue).at(path[1:]).number(); ok {
				defaults++
				fallback = max(fallback, n)
			}
		}
	}
	if given == 0 {
		given, largest = defaults, fallback
	}
	if len(s.slicing) > 0 && s.requireOne && given != 1 && e.err == nil {
		e.err = positioned(f.Position, CodeSlicingArguments, "Field %q must be given exactly one of the arguments that say its size (%s); it is given %d.",
			f.Name, joinPaths(s.slicing), given)
	}
	switch {
	case given > 0:
		return clamp(largest), true
	case s.assumed >= 0:
		return s.assumed, true
	}
	return 0, false
}

func joinPaths(paths [][]string) string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = strings.Join(p, ".")
	}
	return strings.Join(names, ", ")
}

// arguments gives what the arguments of a field cost.
func (e *evaluation) arguments(f *Field, rule *costRule) float64 {
	sum := 0.0
	for _, a := range f.Arguments {
		if def := rule.arguments[a.Name]; def != nil {
			sum += e.given(e.input(a.Value), def.Directives, def.Type)
		}
	}
	return sum
}

// given gives what an input value costs: its weight, that of the fields in it,
// and all of that for each item of a list.
func (e *evaluation) given(v input, directives ast.DirectiveList, typ *ast.Type) float64 {
	if v.null() {
		return 0
	}
	if typ.Elem != nil {
		if list, ok := v.list(); ok {
			sum := 0.0
			for _, item := range list {
				sum = min(sum+e.given(item, directives, typ.Elem), maxCost)
			}
			return sum
		}
		return e.given(v, directives, typ.Elem)
	}
	weight, ok := costWeight(directives)
	if !ok {
		weight = e.cost.table.weights[typ.NamedType]
	}
	def := e.cost.table.schema.Types[typ.NamedType]
	if def == nil || def.Kind != ast.InputObject {
		return weight
	}
	for _, field := range v.fields() {
		if fieldDef := def.Fields.ForName(field.name); fieldDef != nil {
			weight = min(weight+e.given(field.value, fieldDef.Directives, fieldDef.Type), maxCost)
		}
	}
	return weight
}

// input is an input value: a literal, or a variable's JSON. Neither means that
// there is none; opaque, that there is one of which nothing is known.
type input struct {
	literal *ast.Value
	json    json.RawMessage
	opaque  bool
	from    *evaluation
}

type inputField struct {
	name  string
	value input
}

// input resolves variables.
func (e *evaluation) input(v *ast.Value) input {
	if v == nil || v.Kind != ast.Variable {
		return input{literal: v, from: e}
	}
	if e.values == nil {
		return input{opaque: true}
	}
	if raw, ok := e.values.Raw[v.Raw]; ok {
		return input{json: raw, from: e}
	}
	if def := e.cost.variables[v.Raw]; def != nil {
		return input{literal: def.DefaultValue, from: e}
	}
	return input{}
}

// null reports whether there is no value, or null.
func (v input) null() bool {
	switch {
	case v.opaque:
		return false
	case v.literal != nil:
		return v.literal.Kind == ast.NullValue
	}
	return v.json == nil || isNull(v.json)
}

func (v input) list() ([]input, bool) {
	var out []input
	switch {
	case v.literal != nil && v.literal.Kind == ast.ListValue:
		for _, c := range v.literal.Children {
			out = append(out, v.from.input(c.Value))
		}
		return out, true
	case len(v.json) > 0 && v.json[0] == '[':
		for _, item := range items(v.json) {
			out = append(out, input{json: item, from: v.from})
		}
		return out, true
	}
	return nil, false
}

func (v input) fields() []inputField {
	var out []inputField
	switch {
	case v.literal != nil && v.literal.Kind == ast.ObjectValue:
		for _, c := range v.literal.Children {
			out = append(out, inputField{name: c.Name, value: v.from.input(c.Value)})
		}
	case len(v.json) > 0 && v.json[0] == '{':
		for _, m := range members(v.json) {
			out = append(out, inputField{name: m.name, value: input{json: m.value, from: v.from}})
		}
	}
	return out
}

// at follows the fields of input objects.
func (v input) at(path []string) input {
	for _, name := range path {
		found := input{}
		for _, f := range v.fields() {
			if f.name == name {
				found = f.value
			}
		}
		v = found
	}
	return v
}

// number gives a size: a number, or the length of a list.
func (v input) number() (float64, bool) {
	if v.null() || v.opaque {
		return 0, false
	}
	if list, ok := v.list(); ok {
		return float64(len(list)), true
	}
	text := string(v.json)
	if v.literal != nil {
		text = v.literal.Raw
	}
	n, err := strconv.ParseFloat(text, 64)
	return clamp(n), err == nil
}
