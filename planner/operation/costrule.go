package operation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// defaultListSize is how many items a list has of which nothing is known.
const defaultListSize = 10

// costTable is what the schema says of cost, compiled once for a supergraph.
type costTable struct {
	schema   *ast.Schema
	objects  []*schema.Type
	listSize float64
	// rules are the fields of each object type by name.
	rules []map[string]*costRule
	// weights are the weights of input types, which include enums and scalars.
	weights map[string]float64
}

// costRule is what the schema says of a field's cost.
type costRule struct {
	// weight is what one item costs.
	weight float64
	// lists is how many lists the type nests; leaf is set for scalars and enums.
	lists int
	leaf  bool
	// arguments are the field's arguments that can cost something, by name.
	arguments map[string]*ast.ArgumentDefinition
	size      *listSize
	// definition has the arguments' defaults, for the size.
	definition *ast.FieldDefinition
}

// listSize is a @listSize directive.
type listSize struct {
	// assumed is -1 where the directive does not say.
	assumed float64
	// slicing are the paths of the slicing arguments.
	slicing [][]string
	// sized are the fields of the value that are the lists; without any it is the
	// field itself.
	sized      []string
	requireOne bool
}

func newCostTable(sg *schema.Supergraph, listSize int) *costTable {
	t := &costTable{
		schema:   sg.Schema,
		objects:  sg.Objects,
		listSize: float64(max(cmp.Or(listSize, defaultListSize), 0)),
		rules:    make([]map[string]*costRule, len(sg.Objects)),
		weights:  map[string]float64{},
	}
	for name, def := range sg.Schema.Types {
		switch weight, ok := costWeight(def.Directives); {
		case ok:
			t.weights[name] = weight
		case def.IsLeafType():
			t.weights[name] = 0
		default:
			t.weights[name] = 1
		}
	}
	known := map[string]*costRule{}
	for i, object := range sg.Objects {
		t.rules[i] = make(map[string]*costRule, len(object.Definition.Fields))
		for _, f := range object.Definition.Fields {
			t.rules[i][f.Name] = t.intern(known, t.newRule(object.Definition, f))
		}
	}
	return t
}

// rule gives an object type's field.
func (t *costTable) rule(object int, field string) *costRule { return t.rules[object][field] }

// newRule reads a field. Directives on an interface's field hold for those of
// its object types that do not have their own.
func (t *costTable) newRule(object *ast.Definition, f *ast.FieldDefinition) *costRule {
	r := &costRule{definition: f}
	if !strings.HasPrefix(object.Name, "__") { // introspection costs nothing
		r.weight = t.weights[f.Type.Name()]
	}
	for typ := f.Type; typ.Elem != nil; typ = typ.Elem {
		r.lists++
	}
	if def := t.schema.Types[f.Type.Name()]; def != nil {
		r.leaf = def.IsLeafType()
	}
	sources := []*ast.FieldDefinition{f}
	for _, name := range slices.Sorted(slices.Values(object.Interfaces)) {
		if def := t.schema.Types[name]; def != nil {
			if inherited := def.Fields.ForName(f.Name); inherited != nil {
				sources = append(sources, inherited)
			}
		}
	}
	weighed := false
	for _, source := range sources {
		if weight, ok := costWeight(source.Directives); ok && !weighed {
			r.weight, weighed = weight, true
		}
		if r.size == nil {
			r.size = readListSize(source.Directives)
		}
	}
	for _, a := range f.Arguments {
		if t.canCost(a.Directives, a.Type) {
			if r.arguments == nil {
				r.arguments = map[string]*ast.ArgumentDefinition{}
			}
			r.arguments[a.Name] = a
		}
	}
	return r
}

// intern makes one rule of those that say the same, as most plain fields do, so
// that an interface of many object types is one term.
func (t *costTable) intern(known map[string]*costRule, r *costRule) *costRule {
	if r.arguments != nil || r.size != nil {
		return r
	}
	key := strconv.FormatFloat(r.weight, 'g', -1, 64) + "|" + strconv.Itoa(r.lists) + "|" + r.definition.Name + "|" + strconv.FormatBool(r.leaf)
	if known[key] == nil {
		known[key] = r
	}
	return known[key]
}

// canCost reports whether an input value can cost something.
func (t *costTable) canCost(directives ast.DirectiveList, typ *ast.Type) bool {
	_, ok := costWeight(directives)
	return ok || t.weights[typ.Name()] != 0
}

// costWeight reads @cost(weight:), which is an Int to federation and a String to
// the IBM specification.
func costWeight(directives ast.DirectiveList) (float64, bool) {
	d := directives.ForName("cost")
	if d == nil {
		return 0, false
	}
	arg := d.Arguments.ForName("weight")
	if arg == nil || arg.Value == nil {
		return 0, false
	}
	weight, err := strconv.ParseFloat(arg.Value.Raw, 64)
	if err != nil || weight != weight {
		return 0, false
	}
	return max(min(weight, maxCost), -maxCost), true
}

// readListSize reads @listSize.
func readListSize(directives ast.DirectiveList) *listSize {
	d := directives.ForName("listSize")
	if d == nil {
		return nil
	}
	s := &listSize{assumed: -1, requireOne: true}
	for _, a := range d.Arguments {
		switch {
		case a.Value == nil || a.Value.Kind == ast.NullValue:
		case a.Name == "assumedSize":
			if n, err := strconv.ParseFloat(a.Value.Raw, 64); err == nil {
				s.assumed = clamp(n)
			}
		case a.Name == "slicingArguments":
			for _, path := range stringsOf(a.Value) {
				s.slicing = append(s.slicing, strings.Split(path, "."))
			}
		case a.Name == "sizedFields":
			s.sized = stringsOf(a.Value)
		case a.Name == "requireOneSlicingArgument":
			s.requireOne = a.Value.Raw != "false"
		}
	}
	return s
}

// stringsOf reads a list of strings; one alone stands for a list of it.
func stringsOf(v *ast.Value) []string {
	if v.Kind != ast.ListValue {
		return []string{v.Raw}
	}
	var out []string
	for _, c := range v.Children {
		out = append(out, c.Value.Raw)
	}
	return out
}
