package planner_test

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/schema"
)

// world answers operations as the services of a supergraph would that all have
// the same data: an object is its type and a number, and its fields follow from
// these, so that every subgraph can resolve every key.
type world struct {
	t       testing.TB
	sg      *schema.Supergraph
	seed    uint64
	schemas map[int]*ast.Schema
	// nullKeys lets key fields that may be null be so for some objects.
	nullKeys bool
	// things is how many objects there are of a type.
	things uint64
	// payloads is how many deferred ones were delivered last.
	payloads int

	mutex sync.Mutex
	// changes are the mutation fields that subgraphs carried out.
	changes []string
}

func newWorld(t testing.TB, f *fixture) *world {
	t.Helper()
	w := &world{t: t, sg: f.sg, schemas: f.schemas, things: 6}
	for g := range f.sg.Graphs {
		f.subgraph(t, g)
	}
	return w
}

// thing is one object of the world; given is what a representation said of it, or
// for a root the response keys that it has answered.
type thing struct {
	typ   string
	id    uint64
	given map[string]any
	// above is the object with the field that leads here.
	above *thing
}

// answer executes an operation in one subgraph, or with Local in the whole.
func (w *world) answer(graph int, text string, variables map[string]any) map[string]any {
	s := w.schemas[graph]
	doc, errs := gqlparser.LoadQueryWithRules(s, text, nil)
	if len(errs) > 0 {
		w.t.Errorf("subgraph %d refuses a request: %v\n%s", graph, errs, text)
		return map[string]any{}
	}
	op := doc.Operations[0]
	root := s.Query
	switch op.Operation {
	case ast.Mutation:
		root = s.Mutation
	case ast.Subscription: // an event is answered as a query would be
		root = s.Subscription
	}
	return w.object(graph, thing{typ: root.Name, given: map[string]any{}}, op.SelectionSet, variables, nil)
}

// object resolves a selection set; provided is what @provides on the way adds.
func (w *world) object(graph int, o thing, set ast.SelectionSet, variables map[string]any, provided ast.SelectionSet) map[string]any {
	out := map[string]any{}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			if included(s.Directives, variables) && (s.TypeCondition == "" || w.is(graph, o.typ, s.TypeCondition)) {
				mergeObjects(out, w.object(graph, o, s.SelectionSet, variables, provided))
			}
		case *ast.FragmentSpread:
			if included(s.Directives, variables) && w.is(graph, o.typ, s.Definition.TypeCondition) {
				mergeObjects(out, w.object(graph, o, s.Definition.SelectionSet, variables, provided))
			}
		case *ast.Field:
			if included(s.Directives, variables) {
				alias := s.Alias
				if alias == "" {
					alias = s.Name
				}
				mergeObjects(out, map[string]any{alias: w.field(graph, o, s, variables, provided)})
			}
		}
	}
	return out
}

func included(ds ast.DirectiveList, variables map[string]any) bool {
	for _, d := range ds {
		if d.Name == "defer" {
			continue
		}
		v, _ := d.Arguments.ForName("if").Value.Value(variables)
		if v.(bool) != (d.Name == "include") {
			return false
		}
	}
	return true
}

// is reports whether objects of a type fit a type condition.
func (w *world) is(graph int, object, condition string) bool {
	if object == condition {
		return true
	}
	if graph != planner.Local {
		if j := w.sg.Types[condition].Join(graph); j != nil && j.InterfaceObject {
			return w.sg.Types[condition].Possible.Has(w.sg.Types[object].Object)
		}
	}
	s := w.schemas[graph]
	return slices.ContainsFunc(s.GetPossibleTypes(s.Types[condition]), func(d *ast.Definition) bool { return d.Name == object })
}

func (w *world) field(graph int, o thing, f *ast.Field, variables map[string]any, provided ast.SelectionSet) any {
	switch f.Name {
	case "__typename":
		if i := w.standsFor(graph, o.typ); i != nil {
			return i.Name
		}
		return o.typ
	case "__type":
		return w.object(graph, thing{typ: "__Type", given: map[string]any{"name": f.Arguments[0].Value.Raw}}, f.SelectionSet, variables, nil)
	case "name":
		if o.typ == "__Type" {
			return o.given["name"]
		}
	case "_entities":
		list := []any{}
		for _, r := range variables[f.Arguments[0].Value.Raw].([]any) {
			list = append(list, w.object(graph, w.represented(graph, r.(map[string]any)), f.SelectionSet, variables, nil))
		}
		return list
	}
	var below ast.SelectionSet
	if graph != planner.Local {
		below = w.resolver(graph, o, f.Name, provided)
	}
	def := w.sg.Schema.Types[o.typ].Fields.ForName(f.Name)
	args := w.arguments(f, def, variables) + w.contextText(graph, o, f, variables)
	if root := w.sg.Schema.Mutation; graph != planner.Local && root != nil && o.typ == root.Name && o.given[f.Alias] == nil {
		o.given[f.Alias] = true // selected again it is not carried out again
		w.mutex.Lock()
		w.changes = append(w.changes, f.Name+args)
		w.mutex.Unlock()
	}
	id := w.hash(o.typ, o.id, f.Name+args)
	return w.value(graph, o, f, def.Type, id, variables, below)
}

// arguments says which values a field's arguments have.
func (w *world) arguments(f *ast.Field, def *ast.FieldDefinition, variables map[string]any) string {
	args := ""
	for _, d := range def.Arguments {
		given := f.Arguments.ForName(d.Name)
		if given != nil && given.Value.Kind == ast.Variable {
			if v, ok := variables[given.Value.Raw]; ok {
				args += fmt.Sprint(d.Name, v)
				continue
			}
			given = nil
		}
		value := d.DefaultValue
		if given != nil {
			value = given.Value
		}
		if value != nil {
			v, _ := value.Value(variables)
			args += fmt.Sprint(d.Name, v)
		}
	}
	return args
}

// resolver makes sure that the subgraph can resolve the field, and gives what it
// provides below.
func (w *world) resolver(graph int, o thing, field string, provided ast.SelectionSet) ast.SelectionSet {
	t := w.sg.Types[o.typ]
	if i := w.standsFor(graph, o.typ); i != nil {
		t = i
	}
	name := w.sg.Graphs[graph].Name
	j := t.Fields[field].Join(graph)
	if j == nil {
		w.t.Errorf("%s does not have %s.%s", name, t.Name, field)
		return nil
	}
	if j.OverrideLabel != "" && w.labelled(j.OverrideLabel) != (j.Override != "") {
		w.t.Errorf("%s is asked for %s.%s, and is not the one to ask while the label %s is %t", name, t.Name, field, j.OverrideLabel, w.labelled(j.OverrideLabel))
	}
	var below ast.SelectionSet
	isProvided := false
	for _, s := range flat(provided, func(typ string) bool { return w.is(planner.Local, o.typ, typ) }) {
		if s.Name == field {
			isProvided = true
			below = append(below, s.SelectionSet...)
		}
	}
	isKey := slices.ContainsFunc(t.Join(graph).Keys, func(k schema.Key) bool {
		return slices.ContainsFunc(k.Selections, func(s ast.Selection) bool { return s.(*ast.Field).Name == field })
	})
	if (j.External || j.UsedOverridden && j.OverrideLabel == "") && !isProvided && !isKey {
		w.t.Errorf("%s is asked for %s.%s, which is external there", name, t.Name, field)
	}
	if j.Requires != nil {
		want := w.object(planner.Local, thing{typ: o.typ, id: o.id}, j.Requires, nil, nil)
		if !w.nullKeys && !says(o.given, want) {
			w.t.Errorf("%s resolves %s.%s of %d with %v, and requires %v", name, t.Name, field, o.id, o.given, want)
		}
	}
	return append(below, j.Provides...)
}

// standsFor gives the interface as which a subgraph knows objects of a type that it
// does not have itself.
func (w *world) standsFor(graph int, object string) *schema.Type {
	t := w.sg.Types[object]
	if graph == planner.Local || t == nil || t.In(graph) {
		return nil
	}
	for _, i := range w.sg.Types {
		if j := i.Join(graph); j != nil && j.InterfaceObject && i.Possible.Has(t.Object) {
			return i
		}
	}
	return nil
}

// flat gives the fields of a field set for one object type.
func flat(set ast.SelectionSet, is func(string) bool) []*ast.Field {
	var out []*ast.Field
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			out = append(out, s)
		case *ast.InlineFragment:
			if s.TypeCondition == "" || is(s.TypeCondition) {
				out = append(out, flat(s.SelectionSet, is)...)
			}
		}
	}
	return out
}

// says reports whether a representation has all of what is required.
func says(given, want any) bool {
	switch want := want.(type) {
	case nil:
		return given == nil
	case map[string]any:
		g, ok := given.(map[string]any)
		for k, v := range want {
			ok = ok && says(g[k], v)
		}
		return ok
	case []any:
		g, ok := given.([]any)
		ok = ok && len(g) == len(want)
		for i := 0; ok && i < len(want); i++ {
			ok = says(g[i], want[i])
		}
		return ok
	}
	return reflect.DeepEqual(given, want)
}

func (w *world) hash(typ string, id uint64, field string) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, w.seed, typ, id, field)
	return h.Sum64() >> 3
}

// value makes a field's value: every tenth that may be null is, and lists have
// up to two items.
func (w *world) value(graph int, o thing, f *ast.Field, t *ast.Type, id uint64, variables map[string]any, below ast.SelectionSet) any {
	if !t.NonNull && id%10 == 0 && (w.nullKeys || !w.inKey(f.Name)) {
		return nil
	}
	if t.Elem != nil {
		list := []any{}
		for i := range id % 3 {
			list = append(list, w.value(graph, o, f, t.Elem, w.hash("", id, fmt.Sprint(i)), variables, below))
		}
		return list
	}
	if len(f.SelectionSet) == 0 {
		return w.leaf(o, f.Name, t.NamedType, id)
	}
	types := w.runtimeTypes(o.typ, f.Name)
	if len(types) == 0 {
		return nil
	}
	id /= 3
	next := thing{typ: w.sg.Objects[types[id%uint64(len(types))]].Name, id: id / 16 % w.things, above: &o}
	if next.typ == w.sg.Schema.Query.Name {
		next.id = 0 // there is one
	}
	if w.inKey(f.Name) {
		next.id = o.id // so that a key of values of values names one object
	}
	return w.object(graph, next, f.SelectionSet, variables, below)
}

// leaf makes a scalar; text tells which object it is of.
func (w *world) leaf(o thing, field, typ string, id uint64) any {
	switch typ {
	case "Int":
		return float64(id % 1_000_000)
	case "Float":
		return float64(id%1_000_000) / 4
	case "Boolean":
		return id%2 == 0
	}
	if def := w.sg.API.Types[typ]; def != nil && def.Kind == ast.Enum {
		return def.EnumValues[id%uint64(len(def.EnumValues))].Name
	}
	return fmt.Sprintf("%s:%d:%s:%d", o.typ, o.id, field, id)
}

// inKey reports whether any key has a field of that name, which is then never null.
func (w *world) inKey(field string) bool {
	for _, t := range w.sg.Types {
		for _, j := range t.Joins {
			for _, k := range j.Keys {
				if strings.Contains(" "+k.Fields+" ", " "+field+" ") {
					return true
				}
			}
		}
	}
	return false
}

// runtimeTypes are the object types that every subgraph with the field knows.
func (w *world) runtimeTypes(typ, field string) []int {
	f := w.sg.Types[typ].Fields[field]
	all := w.sg.Types[f.Definition.Type.Name()].Possible
	for _, j := range f.Joins {
		t := w.sg.Types[f.Definition.Type.Name()]
		if j.Type != nil {
			t = w.sg.Types[j.Type.Name()]
		}
		var here []int
		for o := range t.Possible.All() {
			name := w.sg.Objects[o].Name
			tj := t.Join(j.Graph)
			if tj.InterfaceObject || t.Object == o || slices.Contains(t.Members[j.Graph], name) || slices.Contains(w.sg.Objects[o].Interfaces[j.Graph], t.Name) {
				here = append(here, o)
			}
		}
		all = all.And(schema.NewTypeSet(here...))
	}
	return slices.Collect(all.All())
}

// represented finds the object that a representation names by a key.
func (w *world) represented(graph int, r map[string]any) thing {
	typ := r["__typename"].(string)
	for _, k := range w.sg.Types[typ].Join(graph).Keys {
		if !k.Resolvable || !hasAll(r, k.Selections) {
			continue
		}
		text, nested := keyText(r, k.Selections)
		parts := strings.Split(text, ":")
		if id, err := strconv.ParseUint(parts[1], 10, 64); err == nil {
			if nested {
				return thing{typ: typ, id: id, given: r}
			}
			return thing{typ: parts[0], id: id, given: r}
		}
	}
	w.t.Errorf("subgraph %s resolves no key of %v", w.sg.Graphs[graph].Name, r)
	return thing{typ: typ}
}

// keyText gives a scalar of a key, which is "Product:7:upc:1234".
func keyText(r map[string]any, set ast.SelectionSet) (text string, nested bool) {
	for _, f := range flat(set, nil) {
		if text, ok := r[f.Name].(string); ok {
			return text, false
		}
	}
	for _, f := range flat(set, nil) {
		text, _ := keyText(r[f.Name].(map[string]any), f.SelectionSet)
		return text, true
	}
	return "", false
}

func hasAll(r map[string]any, set ast.SelectionSet) bool {
	for _, f := range flat(set, nil) {
		v, ok := r[f.Name]
		if m, is := v.(map[string]any); !ok || f.SelectionSet != nil && (!is || !hasAll(m, f.SelectionSet)) {
			return false
		}
	}
	return true
}

// mergeObjects merges what two selections say of one object.
func mergeObjects(into, from map[string]any) {
	for k, v := range from {
		into[k] = mergeValues(into[k], v)
	}
}

func mergeValues(a, b any) any {
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			mergeObjects(x, y)
		}
	case []any:
		if y, ok := b.([]any); ok {
			for i := range min(len(x), len(y)) {
				x[i] = mergeValues(x[i], y[i])
			}
		}
	case nil:
		return b
	}
	return a
}
