package planner_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/schema"
)

// randomSubgraphs writes subgraphs that share out a random model: entities with
// simple, compound and nested keys, value types, an interface and a union whose
// members differ, an interface object, enums, input objects, arguments, lists of
// lists, mutations, fields that give the query's root type again, and fields with
// @requires, @provides, @override (with labels, too) and @inaccessible. Not every set composes or can answer every query.
func randomSubgraphs(seed uint64) []schema.Subgraph {
	r := &randomModel{Rand: rand.New(rand.NewPCG(seed, 11)), fields: map[string][]modelField{}, keys: map[string][]string{}, used: map[string][]string{}}
	r.writeModel()
	for i := range 2 + r.IntN(4) {
		r.subgraphs = append(r.subgraphs, &modelSubgraph{name: fmt.Sprintf("s%d", i), types: map[string]*modelType{}})
	}
	r.shareOut()
	r.addRoots()
	r.addMembers()
	r.addConditions()
	r.addInterfaceObject()
	var out []schema.Subgraph
	for _, s := range r.subgraphs {
		out = append(out, schema.Subgraph{Name: s.name, URL: "http://" + s.name, File: s.name + ".graphql", SDL: r.print(s)})
	}
	return out
}

// randomModel is all types with all their fields, before subgraphs share them out.
type randomModel struct {
	*rand.Rand
	entities, values []string
	fields           map[string][]modelField
	keys, used       map[string][]string // of each entity: all, and those that link its homes
	subgraphs        []*modelSubgraph
	roots            int
}

type modelField struct {
	name, typ, arguments string
	named                string // the type without lists and non-nulls
}

type modelSubgraph struct {
	name             string
	types            map[string]*modelType
	order            []string
	queries, changes []string
	// interfaceKey is set where the interface has a key; extra is SDL to append.
	interfaceKey bool
	extra        string
}

type modelType struct {
	keys   []string // directives
	fields []*sharedField
	member bool // of the interface and the union
}

type sharedField struct {
	modelField
	directives string
	external   bool
}

func (r *randomModel) chance(percent int) bool { return r.IntN(100) < percent }

// pick takes one of several.
func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (r *randomModel) writeModel() {
	r.entities = []string{"E0", "E1", "E2", "E3"}[:2+r.IntN(3)]
	r.values = []string{"V0", "V1"}[:1+r.IntN(2)]
	add := func(typ, name, of, named, arguments string) {
		r.fields[typ] = append(r.fields[typ], modelField{name, of, arguments, named})
	}
	for _, e := range r.entities {
		add(e, "id", "ID!", "ID", "")
		add(e, "a", "ID!", "ID", "")
		add(e, "b", pick(r.Rand, []string{"ID", "ID!"}), "ID", "")
		add(e, "ref", "K!", "K", "")
		twin := pick(r.Rand, r.entities)
		add(e, "twin", twin+"!", twin, "")
		r.keys[e] = []string{"id", "a", "b", "a b", "ref { c }", "ref { c d } a", "twin { id }"}
		add(e, "name", "String", "String", "")
		add(e, "rank", "Int", "Int", "")
		kin := pick(r.Rand, append([]string{"I"}, r.entities...))
		add(e, "kin", kin, kin, "")
		if r.chance(15) {
			back := pick(r.Rand, []string{"Query", "Query!", "[Query]"})
			add(e, "back", back, "Query", "")
		}
	}
	add("K", "c", "ID!", "ID", "")
	add("K", "d", "ID!", "ID", "")
	for _, t := range slices.Concat(r.entities, r.values) {
		for i := range 2 + r.IntN(2) {
			named := pick(r.Rand, []string{"Int", "String", "Float", "Boolean", "Color"})
			add(t, fmt.Sprintf("s%d", i), fmt.Sprintf(pick(r.Rand, []string{"%s", "%s", "%s", "%s!", "[%s]", "[[%s!]]!"}), named), named, r.arguments())
		}
		for i := range 1 + r.IntN(2) {
			named := pick(r.Rand, slices.Concat(r.entities, r.values, []string{"I", "U"}))
			add(t, fmt.Sprintf("t%d", i), r.wrap(named), named, r.arguments())
		}
	}
}

func (r *randomModel) wrap(named string) string {
	wraps := []string{"%s", "%s", "[%s]", "[%s]!", "[[%s]]"}
	if named[0] == 'E' || named[0] == 'V' {
		wraps = append(wraps, "%s!", "[%s!]!")
	}
	return fmt.Sprintf(pick(r.Rand, wraps), named)
}

func (r *randomModel) arguments() string {
	if !r.chance(20) {
		return ""
	}
	return pick(r.Rand, []string{"(id: ID!)", "(n: Int)", "(n: Int = 2)", "(mode: Mode = FAST)", "(by: Filter)", "(n: Int!, mode: Mode)", "(all: [Int!])"})
}

func (r *randomModel) field(typ, name string) modelField {
	i := slices.IndexFunc(r.fields[typ], func(f modelField) bool { return f.name == name })
	return r.fields[typ][i]
}

func (t *modelType) field(name string) *sharedField {
	for _, f := range t.fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

// typ gives a type in a subgraph; a new entity gets a key, a new value type fields.
func (r *randomModel) typ(s *modelSubgraph, name string) *modelType {
	t := s.types[name]
	if t != nil {
		return t
	}
	t = &modelType{}
	s.types[name] = t
	s.order = append(s.order, name)
	switch name[0] {
	case 'E':
		r.addKey(s, name, pick(r.Rand, r.used[name]), r.chance(30))
		t.member = r.chance(60)
	case 'K':
		r.add(s, name, pick(r.Rand, r.fields[name]).name)
	case 'V':
		for _, f := range r.fields[name] {
			if r.chance(93) || len(t.fields) == 0 {
				r.add(s, name, f.name)
			}
		}
	}
	return t
}

// add gives a subgraph a field with all that it needs there.
func (r *randomModel) add(s *modelSubgraph, typ, name string) *sharedField {
	t := r.typ(s, typ)
	f := t.field(name)
	if f == nil {
		f = &sharedField{modelField: r.field(typ, name)}
		t.fields = append(t.fields, f)
		switch f.named[0] {
		case 'E', 'V', 'K':
			if f.named != "Color" {
				r.typ(s, f.named)
			}
		}
	}
	return f
}

func (r *randomModel) addKey(s *modelSubgraph, typ, key string, stub bool) {
	r.addKeyFields(s, typ, key)
	text := fmt.Sprintf("@key(fields: %q)", key)
	if stub {
		text = fmt.Sprintf("@key(fields: %q, resolvable: false)", key)
	}
	t := s.types[typ]
	if !slices.ContainsFunc(t.keys, func(k string) bool { return strings.Contains(k, fmt.Sprintf("%q", key)) }) {
		t.keys = append(t.keys, text)
	}
}

func (r *randomModel) addKeyFields(s *modelSubgraph, typ, key string) {
	for part := range strings.SplitSeq(strings.ReplaceAll(key, "ref { c d }", "ref{c,d}"), " ") {
		switch {
		case part == "{" || part == "}":
		case part == "ref{c,d}":
			r.add(s, typ, "ref")
			r.add(s, "K", "c")
			r.add(s, "K", "d")
		case part == "c":
			r.add(s, "K", "c")
		case strings.HasPrefix(key, "twin") && part == "id":
			r.add(s, r.field(typ, "twin").named, "id")
		default:
			r.add(s, typ, part)
		}
	}
}

// shareOut gives every field of every entity to one subgraph or more. Any two
// homes of an entity are linked by keys, perhaps through others.
func (r *randomModel) shareOut() {
	homes := map[string][]*modelSubgraph{}
	for _, e := range r.entities {
		for _, i := range r.Perm(len(r.subgraphs))[:1+r.IntN(len(r.subgraphs))] {
			homes[e] = append(homes[e], r.subgraphs[i])
		}
		used := []string{pick(r.Rand, r.keys[e])}
		for range len(homes[e]) - 1 {
			used = append(used, pick(r.Rand, r.keys[e]))
		}
		r.used[e] = used
	}
	for _, e := range r.entities {
		for i, s := range homes[e] {
			if s.types[e] == nil {
				s.types[e] = &modelType{member: r.chance(60)}
				s.order = append(s.order, e)
			}
			if i == 0 {
				continue
			}
			for _, linked := range []*modelSubgraph{s, homes[e][r.IntN(i)]} {
				if r.chance(96) {
					r.addKey(linked, e, r.used[e][i], false)
				}
			}
			if r.chance(30) {
				r.addKey(s, e, pick(r.Rand, r.keys[e]), r.chance(20))
			}
		}
		for _, f := range r.fields[e] {
			copies := 1 + r.IntN(4)/2
			switch {
			case r.isKey(f.name) && r.chance(70):
				copies = 0
			case f.named == "I" || f.named == "U":
				copies = 1 + r.IntN(5)/4
			}
			for range copies {
				r.add(pick(r.Rand, homes[e]), e, f.name)
			}
		}
	}
}

func (r *randomModel) addRoots() {
	for _, s := range r.subgraphs {
		for range 1 + r.IntN(2) {
			r.addRoot(&s.queries, "q", s)
		}
		if r.chance(25) {
			r.addRoot(&s.changes, "m", s)
		}
	}
}

func (r *randomModel) addRoot(to *[]string, prefix string, s *modelSubgraph) {
	candidates := []string{"I", "U"}
	if prefix == "m" || r.chance(10) {
		candidates = append(candidates, "Query")
	}
	for _, name := range s.order {
		if name != "K" {
			candidates = append(candidates, name, name)
		}
	}
	named := pick(r.Rand, candidates)
	text := fmt.Sprintf("%s%d%s: %s", prefix, r.roots, r.arguments(), r.wrap(named))
	r.roots++
	if abstract := named == "I" || named == "U"; prefix == "q" && r.chance(25) && (!abstract || r.chance(20)) {
		other := pick(r.Rand, r.subgraphs)
		if other != s {
			if !abstract && named != "Query" {
				r.typ(other, named)
			}
			text += " @shareable"
			other.queries = append(other.queries, text)
		}
	}
	*to = append(*to, text)
}

// addMembers makes sure that a subgraph that uses the interface or the union has
// members for it.
func (r *randomModel) addMembers() {
	for _, s := range r.subgraphs {
		if r.usesAbstract(s) && len(r.members(s)) == 0 {
			r.typ(s, pick(r.Rand, r.entities)).member = true
		}
		for changed := true; changed; {
			known := len(s.order)
			for _, e := range r.members(s) {
				r.add(s, e, "id")
			}
			if changed = len(s.order) > known; changed && r.usesAbstract(s) && len(r.members(s)) == 0 {
				r.typ(s, pick(r.Rand, r.entities)).member = true
			}
		}
	}
}

func (r *randomModel) usesAbstract(s *modelSubgraph) bool {
	for _, root := range slices.Concat(s.queries, s.changes) {
		if strings.Contains(root, "I]") || strings.Contains(root, "U]") || strings.Contains(root, " I") && !strings.Contains(root, " In") || strings.Contains(root, " U") {
			return true
		}
	}
	for _, t := range s.types {
		for _, f := range t.fields {
			if f.named == "I" || f.named == "U" {
				return true
			}
		}
	}
	return false
}

func (r *randomModel) members(s *modelSubgraph) []string {
	var all []string
	for _, e := range r.entities {
		if t := s.types[e]; t != nil && t.member {
			all = append(all, e)
		}
	}
	return all
}

// addInterfaceObject adds subgraphs that know the interface as an object type.
func (r *randomModel) addInterfaceObject() {
	if !r.chance(25) {
		return
	}
	for _, s := range r.subgraphs {
		members := r.members(s)
		if len(members) == 0 {
			continue
		}
		s.interfaceKey = true
		for _, e := range members {
			r.add(s, e, "id")
			if t := s.types[e]; !slices.Contains(t.keys, `@key(fields: "id")`) {
				t.keys = append(t.keys, `@key(fields: "id")`)
			}
		}
		for _, o := range r.subgraphs {
			for e, t := range o.types {
				t.member = t.member && slices.Contains(members, e)
			}
		}
		r.subgraphs = append(r.subgraphs, r.interfaceObject("z", "extra"))
		if r.chance(40) {
			r.subgraphs = append(r.subgraphs, r.interfaceObject("y", "other"))
		}
		return
	}
}

// interfaceObject writes a subgraph that knows the interface as an object type, and
// perhaps gives values of it.
func (r *randomModel) interfaceObject(name, field string) *modelSubgraph {
	f := r.field("V0", "s0")
	extra := "type I @interfaceObject @key(fields: \"id\") { id: ID! " + field + "(n: Int): Int"
	if r.chance(50) {
		extra += " " + field + "More: [V0]"
	}
	if r.chance(40) {
		extra += " name: String @external " + field + "Label: String! @requires(fields: \"name\")"
	}
	if r.chance(40) {
		extra += " " + field + "Peer: " + pick(r.Rand, []string{"I", "[I]", "[[I!]]"})
	}
	if r.chance(20) {
		extra += " " + field + "Back: Query"
	}
	extra += " }\ntype V0 { s0" + f.arguments + ": " + f.typ + " @shareable }\n"
	s := &modelSubgraph{name: name, types: map[string]*modelType{"V0": {fields: []*sharedField{{modelField: f}}}}, extra: extra}
	if r.chance(50) {
		s.queries = append(s.queries, pick(r.Rand, []string{"things: [I]", "thing(id: ID!): I", "holder: H"}))
		if strings.Contains(s.queries[0], ": H") {
			s.extra += "type H { " + field + ": I! held: [I] }\n"
		}
		s.queries[0] = name + s.queries[0]
	}
	if r.chance(15) {
		s.changes = append(s.changes, name+"Make: I")
	}
	s.extra = strings.ReplaceAll(s.extra, "type H ", "type H"+name+" ")
	for i := range s.queries {
		s.queries[i] = strings.ReplaceAll(s.queries[i], ": H", ": H"+name)
	}
	return s
}

func (r *randomModel) print(s *modelSubgraph) string {
	var b strings.Builder
	b.WriteString(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject"])` + "\n")
	fmt.Fprintf(&b, "type Query { %s: Int %s }\n", s.name, strings.Join(s.queries, " "))
	if len(s.changes) > 0 {
		fmt.Fprintf(&b, "type Mutation { %s }\n", strings.Join(s.changes, " "))
	}
	r.printAbstract(&b, s)
	for _, name := range s.order {
		t := s.types[name]
		b.WriteString("type " + name)
		if t.member && s.extra == "" {
			b.WriteString(" implements I")
		}
		b.WriteString(" " + strings.Join(t.keys, " ") + " {")
		for _, f := range t.fields {
			fmt.Fprintf(&b, " %s%s: %s %s", f.name, f.arguments, f.typ, f.directives)
			switch {
			case f.external:
				b.WriteString(" @external")
			case !strings.Contains(f.directives, "@inaccessible") || r.homes(name, f.name) > 1:
				b.WriteString(" @shareable")
			}
		}
		b.WriteString(" }\n")
	}
	b.WriteString(s.extra)
	for _, def := range []string{
		"input Filter { min: Int mode: Mode deep: Filter tags: [String!] }", "enum Mode { FAST SLOW ODD }", "enum Color { RED GREEN BLUE }",
	} {
		name := strings.Fields(def)[1]
		if !strings.Contains(b.String(), ": "+name) && !strings.Contains(b.String(), "["+name) {
			continue
		}
		for _, word := range []string{" tags: [String!]", " ODD", " BLUE"} {
			if r.chance(30) {
				def = strings.Replace(def, word, "", 1)
			}
		}
		b.WriteString(def + "\n")
	}
	return b.String()
}

func (r *randomModel) printAbstract(b *strings.Builder, s *modelSubgraph) {
	members := r.members(s)
	if len(members) == 0 {
		return
	}
	fmt.Fprintf(b, "union U = %s\ninterface I", strings.Join(members, " | "))
	if s.interfaceKey {
		b.WriteString(` @key(fields: "id")`)
	}
	b.WriteString(" { id: ID!")
	for _, f := range []string{"name: String", "rank: Int", "kin: I"} {
		name, _, _ := strings.Cut(f, ":")
		all := true
		for _, e := range members {
			g := s.types[e].field(name)
			all = all && g != nil && (g.named[0] != 'E' || s.types[g.named].member)
		}
		if all && r.chance(70) {
			b.WriteString(" " + f)
		}
	}
	b.WriteString(" }\n")
}
