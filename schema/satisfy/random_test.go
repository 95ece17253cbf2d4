package satisfy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/schema"
)

// randomSubgraphs writes a set of small subgraphs that share entities, value
// types, an interface and a union, with keys, @requires, @provides and @override
// at random. Most sets compose; not all of those can answer every query.
// nested also writes keys with a field below another one.
func randomSubgraphs(seed uint64, nested bool) []schema.Subgraph {
	r := &randomGraph{Rand: rand.New(rand.NewPCG(seed, 7)), nested: nested}
	r.types = []string{"A", "B", "C", "D"}[:2+r.IntN(3)]
	for s := range 2 + r.IntN(3) {
		r.subgraphs = append(r.subgraphs, &randomSubgraph{name: fmt.Sprintf("s%d", s), types: map[string]*randomType{}})
	}
	r.spreadFields()
	r.addKeys()
	r.addConditions()
	r.addRoots()
	var out []schema.Subgraph
	for _, s := range r.subgraphs {
		out = append(out, schema.Subgraph{Name: s.name, URL: "http://" + s.name, File: s.name + ".graphql", SDL: r.print(s)})
	}
	return out
}

type randomGraph struct {
	*rand.Rand
	types     []string
	subgraphs []*randomSubgraph
	labels    int
	nested    bool
}

type randomSubgraph struct {
	name  string
	types map[string]*randomType
	roots []string
}

type randomType struct {
	fields []randomField
	keys   []string
	member bool // of the interface and the union
}

type randomField struct{ name, typ, directives string }

func (t *randomType) field(name string) *randomField {
	for i := range t.fields {
		if t.fields[i].name == name {
			return &t.fields[i]
		}
	}
	return nil
}

func (r *randomGraph) chance(percent int) bool { return r.IntN(100) < percent }

func (s *randomSubgraph) typ(name string) *randomType {
	if s.types[name] == nil {
		s.types[name] = &randomType{}
	}
	return s.types[name]
}

// need makes sure that the subgraph has the type with some field.
func (s *randomSubgraph) need(name string) {
	if t := s.typ(name); len(t.fields) == 0 {
		t.fields = append(t.fields, randomField{name: "id", typ: "ID"})
	}
}

// spreadFields gives each field of each type to some of the subgraphs.
func (r *randomGraph) spreadFields() {
	for _, t := range r.types {
		for _, f := range []string{"id", "sku", "x", "y", "to", "any"} {
			typ := map[string]string{"id": "ID", "sku": "ID", "x": "Int", "y": "Int", "any": []string{"I", "U"}[r.IntN(2)]}[f]
			if f == "to" {
				typ = r.types[r.IntN(len(r.types))]
			}
			if f == "any" && r.chance(60) {
				continue
			}
			for range 1 + r.IntN(2) {
				s := r.subgraphs[r.IntN(len(r.subgraphs))]
				if s.typ(t).field(f) == nil {
					s.typ(t).fields = append(s.typ(t).fields, randomField{name: f, typ: typ})
				}
			}
		}
	}
	for _, s := range r.subgraphs {
		for _, name := range r.types {
			if t := s.types[name]; t != nil {
				t.member = t.field("id") != nil && r.chance(60)
				if f := t.field("to"); f != nil {
					s.need(f.typ)
				}
			}
		}
	}
}

func (r *randomGraph) addKeys() {
	for _, s := range r.subgraphs {
		for _, name := range r.types {
			t := s.types[name]
			if t == nil {
				continue
			}
			for _, key := range []string{"id", "sku", "id sku", "to { id }"} {
				if !r.chance(map[string]int{"id": 60, "sku": 40, "id sku": 15, "to { id }": 15}[key]) {
					continue
				}
				if strings.HasPrefix(key, "to") {
					f := t.field("to")
					if !r.nested || f == nil || s.typ(f.typ).field("id") == nil {
						continue
					}
				} else {
					for f := range strings.FieldsSeq(key) {
						if t.field(f) == nil {
							t.fields = append(t.fields, randomField{name: f, typ: "ID"})
						}
					}
				}
				resolvable := ""
				if r.chance(20) {
					resolvable = ", resolvable: false"
				}
				t.keys = append(t.keys, fmt.Sprintf("@key(fields: %q%s)", key, resolvable))
			}
		}
	}
}

// addConditions adds @requires, @provides and @override where they fit.
func (r *randomGraph) addConditions() {
	for _, s := range r.subgraphs {
		for _, name := range r.types {
			t := s.types[name]
			if t == nil {
				continue
			}
			if f := t.field("x"); f != nil && t.field("y") == nil && len(t.keys) > 0 && r.chance(40) {
				f.directives += ` @requires(fields: "y")`
				t.fields = append(t.fields, randomField{"y", "Int", " @external"})
			}
			if f := t.field("to"); f != nil && r.chance(30) {
				if to := s.types[f.typ]; to.field("y") == nil {
					f.directives += ` @provides(fields: "y")`
					to.fields = append(to.fields, randomField{"y", "Int", " @external"})
				}
			}
		}
	}
	for _, name := range r.types {
		if !r.chance(25) {
			continue
		}
		from, to := r.subgraphs[0], r.subgraphs[1]
		f := []string{"x", "y", "sku", "to"}[r.IntN(4)]
		if from.types[name] == nil || to.types[name] == nil {
			continue
		}
		a, b := from.types[name].field(f), to.types[name].field(f)
		if a != nil && b != nil && a.directives == "" && b.directives == "" {
			label := ""
			if r.labels < 2 && r.chance(70) {
				label = fmt.Sprintf(`, label: "percent(%d)"`, r.labels+1)
				r.labels++
			}
			b.directives = fmt.Sprintf(` @override(from: %q%s)`, from.name, label)
		}
	}
}

func (r *randomGraph) addRoots() {
	for i := range 2 + r.IntN(3) {
		name := r.types[r.IntN(len(r.types))]
		for range 1 + r.IntN(2) {
			s := r.subgraphs[r.IntN(len(r.subgraphs))]
			root := fmt.Sprintf("q%d: %s @shareable", i, name)
			if s.types[name] != nil && !slices.Contains(s.roots, root) {
				s.roots = append(s.roots, root)
			}
		}
	}
	for _, abstract := range []string{"I", "U"} {
		s := r.subgraphs[r.IntN(len(r.subgraphs))]
		if r.members(s) != nil && r.chance(50) {
			s.roots = append(s.roots, strings.ToLower(abstract)+": "+abstract)
		}
	}
}

func (r *randomGraph) members(s *randomSubgraph) []string {
	var all []string
	for _, name := range r.types {
		if t := s.types[name]; t != nil && t.member {
			all = append(all, name)
		}
	}
	return all
}

func (r *randomGraph) print(s *randomSubgraph) string {
	var b strings.Builder
	b.WriteString(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override"])` + "\n")
	fmt.Fprintf(&b, "type Query { %s }\n", strings.Join(append(s.roots, s.name+": Int"), " "))
	members := r.members(s)
	if members != nil {
		b.WriteString("interface I { id: ID }\nunion U = " + strings.Join(members, " | ") + "\n")
	}
	for _, name := range r.types {
		t := s.types[name]
		if t == nil {
			continue
		}
		fmt.Fprintf(&b, "type %s", name)
		if t.member {
			b.WriteString(" implements I")
		}
		fmt.Fprintf(&b, " %s @shareable {", strings.Join(t.keys, " "))
		for _, f := range t.fields {
			if (f.typ == "I" || f.typ == "U") && members == nil {
				f.typ = "Int"
			}
			fmt.Fprintf(&b, " %s: %s%s", f.name, f.typ, f.directives)
		}
		b.WriteString(" }\n")
	}
	return b.String()
}
