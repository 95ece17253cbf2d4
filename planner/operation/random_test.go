package operation

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/weft-graphql/weft/schema"
)

var cases = flag.Int("cases", 3000, "how many random operations each property is tried on")

// generator writes random operations of a schema. They are valid but for fields
// that may not merge.
type generator struct {
	*rand.Rand
	api       *ast.Schema
	fragments []string
}

func (g *generator) operation() string {
	g.fragments = nil
	body := g.set(g.api.Query, 3)
	text := "query ($a: Boolean!, $b: Boolean!, $c: Boolean! = true, $n: Int) { " + body + " _a: now @skip(if: $a) _b: now @skip(if: $b) _c: now @skip(if: $c) _n: me { friends(first: $n) { id } } }"
	return text + " " + strings.Join(g.fragments, " ")
}

func (g *generator) set(on *ast.Definition, depth int) string {
	var parts []string
	for range 1 + g.IntN(4) {
		parts = append(parts, g.selection(on, depth))
	}
	return strings.Join(parts, " ")
}

func (g *generator) selection(on *ast.Definition, depth int) string {
	switch n := g.IntN(10); {
	case n < 3 && depth > 0:
		types := g.overlapping(on)
		inner := types[g.IntN(len(types))]
		if g.IntN(3) == 0 {
			name := fmt.Sprintf("F%d", len(g.fragments))
			g.fragments = append(g.fragments, "")
			g.fragments[len(g.fragments)-1] = "fragment " + name + " on " + inner.Name + " { " + g.set(inner, depth-1) + " }"
			spread := "..." + name + g.directives()
			if g.IntN(2) == 0 {
				spread += " ..." + name
			}
			return spread
		}
		return "... on " + inner.Name + g.directives() + " { " + g.set(inner, depth-1) + " }"
	case n == 3 || len(on.Fields) == 0:
		return "__typename" + g.directives()
	}
	var fields []*ast.FieldDefinition
	for _, f := range on.Fields {
		if !strings.HasPrefix(f.Name, "__") && (depth > 0 || g.api.Types[f.Type.Name()].IsLeafType()) {
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 {
		return "__typename"
	}
	f := fields[g.IntN(len(fields))]
	text := f.Name
	if g.IntN(3) == 0 {
		text = []string{"x", "y", "x_1"}[g.IntN(3)] + ": " + text
	}
	text += g.arguments(f) + g.directives()
	if def := g.api.Types[f.Type.Name()]; def.IsCompositeType() {
		text += " { " + g.set(def, depth-1) + " }"
	}
	return text
}

func (g *generator) arguments(f *ast.FieldDefinition) string {
	switch {
	case f.Name == "node":
		return `(id: "1")`
	case f.Name == "friends":
		return []string{"", "(first: 1)", "(first: $n)", `(first: 1, after: "x")`, `(after: "x", first: 1)`}[g.IntN(5)]
	}
	return ""
}

func (g *generator) directives() string {
	switch g.IntN(12) {
	case 0, 1:
		return " @include(if: $" + string("abc"[g.IntN(3)]) + ")"
	case 2, 3:
		return " @skip(if: $" + string("abc"[g.IntN(3)]) + ")"
	case 4:
		return " @skip(if: $a) @include(if: $b)"
	case 5:
		return " @include(if: " + []string{"true", "false"}[g.IntN(2)] + ")"
	}
	return ""
}

// overlapping are the composite types that share an object type with on.
func (g *generator) overlapping(on *ast.Definition) []*ast.Definition {
	var out []*ast.Definition
	for _, name := range slices.Sorted(maps.Keys(g.api.Types)) {
		def := g.api.Types[name]
		if !def.IsCompositeType() || strings.HasPrefix(name, "__") {
			continue
		}
		if slices.ContainsFunc(possible(g.api, def), func(o *ast.Definition) bool { return slices.Contains(possible(g.api, on), o) }) {
			out = append(out, def)
		}
	}
	return out
}

func possible(api *ast.Schema, def *ast.Definition) []*ast.Definition {
	if def.Kind == ast.Object {
		return []*ast.Definition{def}
	}
	return api.GetPossibleTypes(def)
}

// eachOperation runs a property on random operations.
func eachOperation(t *testing.T, sdl string, property func(p *Parser, g *generator, text string)) {
	sg := loadSDL(t, sdl)
	p := NewParser(sg, Options{Limits: Limits{Aliases: 10_000}})
	for seed := range *cases {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 7)), api: sg.API}
		property(p, g, g.operation())
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// The linear rule gives the verdict that gqlparser's pairwise rule gives.
func TestOverlapAgreesWithThePairwiseRule(t *testing.T) {
	refused := 0
	eachOperation(t, testSchema, func(p *Parser, g *generator, text string) {
		want := verdict(t, p.sg.API, text, rules.OverlappingFieldsCanBeMergedRule.RuleFunc)
		got := verdict(t, p.sg.API, text, overlapRule(p.limits))
		if want {
			refused++
		}
		if got != want {
			t.Errorf("got conflict %v, want %v in\n%s", got, want, text)
		}
	})
	if refused < *cases/10 || refused > *cases*9/10 {
		t.Errorf("%d of %d operations have conflicts: the generator shows little", refused, *cases)
	}
}

func verdict(t *testing.T, api *ast.Schema, text string, rule core.RuleFunc) (conflict bool) {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	events := &core.Events{}
	rule(events, func(...core.ErrorOption) { conflict = true })
	core.Walk(api, doc, events)
	return conflict
}

// Normalising the normal form changes nothing, and gives the same numbers to conditions.
func TestNormalFormIsAFixedPoint(t *testing.T) {
	tried := 0
	eachOperation(t, invariantSchema(), func(p *Parser, _ *generator, text string) {
		doc, errs := p.Parse(text)
		if len(errs) > 0 {
			return
		}
		o, err := doc.Operation("")
		if err != nil {
			t.Fatal(err)
		}
		again := reparse(t, p, o)
		tried++
		if o.Text != again.Text {
			t.Errorf("%s\nis\n%s\nbut then\n%s", text, o, again)
		}
		if !slices.Equal(o.Conditions, again.Conditions) {
			t.Errorf("conditions are %v and then %v in\n%s", o.Conditions, again.Conditions, text)
		}
	})
	if tried < *cases/10 {
		t.Errorf("only %d of %d operations were tried", tried, *cases)
	}
}

// invariantSchema is testSchema with an interface for every set of object types,
// so that each normal form can be written as GraphQL, and with fields of one
// type on all of them, so that it can be written in one way.
func invariantSchema() string {
	sdl := strings.NewReplacer("owner: User", "owner: Node", "owner: Team", "owner: Node", "name: String!", "name: String",
		"type User implements ", "type User implements Bot_User & Team_User & ",
		"type Team implements ", "type Team implements Bot_Team & Team_User & ",
		"type Bot implements ", "type Bot implements Bot_Team & Bot_User & ").Replace(testSchema)
	for _, name := range []string{"Bot_Team", "Bot_User", "Team_User"} {
		sdl += "interface " + name + " { id: ID! owner: Node name: String }\n"
	}
	return sdl
}

// reparse normalises a normal form.
func reparse(t *testing.T, p *Parser, o *Operation) *Operation {
	t.Helper()
	return mustParse(t, p, strings.ReplaceAll(o.Text, "|", "_"), "")
}

// For every object type and all conditions the normal form selects what the
// specification's CollectFields collects, in its order.
func TestNormalFormSelectsWhatCollectFieldsCollects(t *testing.T) {
	tried := 0
	eachOperation(t, testSchema, func(p *Parser, g *generator, text string) {
		doc, errs := p.Parse(text)
		if len(errs) > 0 {
			return
		}
		tried++
		o, err := doc.Operation("")
		if err != nil {
			t.Fatal(err)
		}
		op := doc.operations[0].definition
		checkKeys(t, o.Root, text)
		for bits := range 8 {
			variables := map[string]bool{"a": bits&1 != 0, "b": bits&2 != 0, "c": bits&4 != 0}
			var conditions Conditions
			for i, c := range o.Conditions {
				if variables[c.Name] {
					conditions |= 1 << i
				}
			}
			pick := g.Uint64()
			spec := &collector{api: p.sg.API, variables: variables, pick: rand.New(rand.NewPCG(pick, 0))}
			form := &projector{types: p.types, conditions: conditions, pick: rand.New(rand.NewPCG(pick, 0))}
			want := spec.value(p.sg.API.Query, []ast.SelectionSet{op.SelectionSet})
			got := form.value(p.sg, p.sg.Types["Query"].Object, []*SelectionSet{o.Root})
			if got != want {
				t.Errorf("with %v\n%s\nis\n%s\ngot  %s\nwant %s", variables, text, o, got, want)
				return
			}
		}
	})
	if tried < *cases/10 {
		t.Errorf("only %d of %d operations are valid", tried, *cases)
	}
}

// collector answers as the specification's algorithms say; every composite
// value has an object type that pick chooses.
type collector struct {
	api       *ast.Schema
	variables map[string]bool
	pick      *rand.Rand
}

type collected struct {
	key    string
	fields []*ast.Field
}

func (c *collector) value(object *ast.Definition, sets []ast.SelectionSet) string {
	var order []*collected
	visited := map[string]bool{}
	for _, set := range sets {
		c.collect(object, set, visited, &order)
	}
	var b strings.Builder
	b.WriteString("{")
	for _, f := range order {
		first := f.fields[0]
		b.WriteString(f.key + ":" + first.Name)
		if def := object.Fields.ForName(first.Name); def != nil {
			b.WriteString("(" + canonical(first.Arguments) + ")" + def.Type.String())
			if inner := c.api.Types[def.Type.Name()]; inner.IsCompositeType() {
				types := possible(c.api, inner)
				var below []ast.SelectionSet
				for _, same := range f.fields {
					below = append(below, same.SelectionSet)
				}
				b.WriteString(c.value(byName(types)[c.pick.IntN(len(types))], below))
			}
		}
		b.WriteString(" ")
	}
	return b.String() + "}"
}

func byName(types []*ast.Definition) []*ast.Definition {
	return slices.SortedFunc(slices.Values(types), func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
}

func canonical(arguments ast.ArgumentList) string {
	var parts []string
	for _, a := range arguments {
		parts = append(parts, a.Name+":"+a.Value.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func (c *collector) collect(object *ast.Definition, set ast.SelectionSet, visited map[string]bool, order *[]*collected) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if c.skips(s.Directives) {
				continue
			}
			i := slices.IndexFunc(*order, func(f *collected) bool { return f.key == s.Alias })
			if i < 0 {
				i = len(*order)
				*order = append(*order, &collected{key: s.Alias})
			}
			(*order)[i].fields = append((*order)[i].fields, s)
		case *ast.InlineFragment:
			if !c.skips(s.Directives) && c.applies(object, s.TypeCondition) {
				c.collect(object, s.SelectionSet, visited, order)
			}
		case *ast.FragmentSpread:
			if c.skips(s.Directives) || visited[s.Name] {
				continue
			}
			visited[s.Name] = true
			if c.applies(object, s.Definition.TypeCondition) {
				c.collect(object, s.Definition.SelectionSet, visited, order)
			}
		}
	}
}

func (c *collector) applies(object *ast.Definition, condition string) bool {
	return condition == "" || slices.Contains(possible(c.api, c.api.Types[condition]), object)
}

func (c *collector) skips(directives ast.DirectiveList) bool {
	for _, d := range directives {
		v := d.Arguments.ForName("if").Value
		holds := v.Raw == "true"
		if v.Kind == ast.Variable {
			holds = c.variables[v.Raw]
		}
		if holds == (d.Name == "skip") {
			return true
		}
	}
	return false
}

// projector answers from the normal form.
type projector struct {
	types      *typeTable
	conditions Conditions
	pick       *rand.Rand
}

func (p *projector) value(sg *schema.Supergraph, object int, sets []*SelectionSet) string {
	var b strings.Builder
	b.WriteString("{")
	for _, set := range sets {
		for _, f := range set.Fields {
			if !f.On.Has(object) || !f.Guards.Hold(p.conditions) || len(f.Unless) > 0 && f.Unless.Hold(p.conditions) {
				continue
			}
			b.WriteString(f.ResponseKey + ":" + f.Name)
			if f.Name != "__typename" {
				def := p.types.field(object, f.Name)
				b.WriteString("(" + canonical(f.Arguments) + ")" + rewrapped(f.TypeOn(object), def.Type.Name()))
				if f.Selections != nil {
					var inner []int
					for o := range p.types.possible[def.Type.Name()].All() {
						inner = append(inner, o)
					}
					b.WriteString(p.value(sg, inner[p.pick.IntN(len(inner))], []*SelectionSet{f.Selections}))
				}
			}
			b.WriteString(" ")
		}
	}
	return b.String() + "}"
}

// rewrapped writes a type's lists and non-nulls around another name.
func rewrapped(typ *ast.Type, name string) string {
	return strings.Replace(typ.String(), typ.Name(), name, 1)
}

// checkKeys checks that a Key says which field is meant for every object type.
func checkKeys(t *testing.T, s *SelectionSet, text string) {
	t.Helper()
	for i, f := range s.Fields {
		if !f.On.SubsetOf(s.Possible) || f.On.Empty() {
			t.Errorf("%s is on types that are not possible in\n%s", f.ResponseKey, text)
		}
		for _, other := range s.Fields[:i] {
			overlap := !f.On.And(other.On).Empty()
			switch {
			case f.ResponseKey == other.ResponseKey && overlap && f.Key != other.Key:
				t.Errorf("%s has keys %s and %s on one object type in\n%s", f.ResponseKey, f.Key, other.Key, text)
			case f.ResponseKey != other.ResponseKey && f.Key == other.Key:
				t.Errorf("%s and %s share key %s in\n%s", f.ResponseKey, other.ResponseKey, f.Key, text)
			case f.Key != f.ResponseKey && other.ResponseKey == f.Key:
				t.Errorf("the made-up key %s is a response key in\n%s", f.Key, text)
			}
		}
		if f.Selections != nil {
			checkKeys(t, f.Selections, text)
		}
	}
}
