package planner_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// checkPlan makes sure that a plan can be carried out: every request is valid
// on its subgraph, and every key that a step reads is selected by a step that it
// waits for.
func checkPlan(t testing.TB, f *fixture, p *planner.Plan) {
	t.Helper()
	checkComplete(t, p)
	for i, s := range p.Steps {
		if s.ID != i {
			t.Errorf("step %d has the ID %d", i, s.ID)
		}
		depth := 0
		for _, d := range s.DependsOn {
			if d >= i {
				t.Fatalf("step %d depends on step %d, which does not come before it", i, d)
			}
			depth = max(depth, p.Steps[d].Depth+1)
		}
		if s.Graph != planner.Local && depth != s.Depth {
			t.Errorf("step %d has depth %d, but its dependencies give %d", i, s.Depth, depth)
		}
		checkReads(t, p, s)
		if s.Graph == planner.Local {
			continue
		}
		text := requestText(p, s)
		if _, errs := gqlparser.LoadQueryWithRules(f.subgraph(t, s.Graph), text, nil); len(errs) > 0 {
			t.Errorf("step %d is invalid on %s: %v\n%s", i, f.sg.Graphs[s.Graph].Name, errs, text)
		}
	}
}

// checkComplete makes sure that all that the client selects is fetched.
func checkComplete(t testing.TB, p *planner.Plan) {
	t.Helper()
	all := newTree()
	for _, s := range p.Steps {
		for _, part := range s.Parts {
			for _, path := range pathsOf(part) {
				if at := all.follow(path); at != nil {
					at.add(part.Output)
				}
			}
		}
	}
	var check func(*tree, *operation.SelectionSet, string)
	check = func(at *tree, set *operation.SelectionSet, path string) {
		for _, f := range set.Fields {
			below := at.below[f.Key]
			switch {
			case f.Name == "__typename" || !set.Possible.SubsetOf(f.On):
				// Not every type that is possible can come from these subgraphs.
			case below == nil && at.below["__typename"] != nil && len(at.below) == 1:
				// None can: the value is null, or what it would be is another test's matter.
			case below == nil:
				t.Errorf("nothing fetches %s.%s", path, f.Key)
			case f.Selections != nil:
				check(below, f.Selections, path+"."+f.Key)
			}
		}
	}
	check(all, p.Operation.Root, "")
}

// requestText is a step's request as the executor would send it with all parts.
func requestText(p *planner.Plan, s *planner.Step) string {
	used := map[string]bool{}
	var parts, variables []string
	for _, part := range s.Parts {
		for _, v := range part.Variables {
			used[v] = true
		}
		if part.Entity != nil {
			variables = append(variables, "$"+part.Entity.Variable+":[_Any!]!")
			for _, c := range part.Entity.Contexts {
				if v := "$" + c.Variable + ":" + c.Type; !slices.Contains(variables, v) {
					variables = append(variables, v)
				}
			}
		}
		parts = append(parts, part.Text)
	}
	for _, v := range p.Operation.Variables {
		if used[v.Name] {
			variables = append(variables, v.Text)
		}
	}
	head := string(s.Kind)
	if len(variables) > 0 {
		head += "(" + strings.Join(variables, ",") + ")"
	}
	return head + "{" + strings.Join(parts, " ") + "}"
}

// checkReads follows the step's paths and representations through what the
// steps before it select.
func checkReads(t testing.TB, p *planner.Plan, s *planner.Step) {
	t.Helper()
	before := map[int]bool{}
	var wait func(int)
	wait = func(id int) {
		for _, d := range p.Steps[id].DependsOn {
			before[d] = true
			wait(d)
		}
	}
	wait(s.ID)
	tree := newTree()
	for _, id := range slices.Sorted(maps.Keys(before)) {
		for _, part := range p.Steps[id].Parts {
			for _, path := range pathsOf(part) {
				if at := tree.follow(path); at != nil {
					at.add(part.Output)
				}
			}
		}
	}
	for _, part := range s.Parts {
		for _, path := range pathsOf(part) {
			at := tree.follow(path)
			if at == nil {
				t.Errorf("step %d reads a path that nothing before it fetches: %v", s.ID, path)
				continue
			}
			if part.Entity == nil {
				continue
			}
			for _, in := range part.Entity.Inputs {
				checkRequires(t, s.ID, at, in.Fields)
			}
		}
	}
}

// pathsOf lead to what a part gives something; the empty path is the root.
func pathsOf(part *planner.Part) []planner.Path {
	switch {
	case part.Entity != nil:
		return part.Entity.Paths
	case part.Paths != nil:
		return part.Paths
	}
	return []planner.Path{nil}
}

func checkRequires(t testing.TB, step int, at *tree, rs []*planner.Require) {
	t.Helper()
	for _, r := range rs {
		if r.Name == "__typename" {
			continue // the runtime type, which may be the only one possible
		}
		below := at.below[r.Key]
		if below == nil {
			t.Errorf("step %d reads the key %q, which nothing before it fetches", step, r.Key)
			continue
		}
		checkRequires(t, step, below, r.Fields)
	}
}

// tree is the keys of the merged tree.
type tree struct{ below map[string]*tree }

func newTree() *tree { return &tree{map[string]*tree{}} }

func (n *tree) add(s *planner.Selection) {
	for _, o := range s.Fields {
		if n.below[o.Key] == nil {
			n.below[o.Key] = newTree()
		}
		if o.Selection != nil {
			n.below[o.Key].add(o.Selection)
		}
	}
}

func (n *tree) follow(path planner.Path) *tree {
	for _, e := range path {
		if n = n.below[e.Key]; n == nil {
			return nil
		}
	}
	return n
}

// subgraphSchema makes the schema of one subgraph out of the supergraph.
func subgraphSchema(t testing.TB, sg *schema.Supergraph, g int) *ast.Schema {
	t.Helper()
	var b strings.Builder
	var entities []string
	rootNames := map[string]ast.Operation{}
	for op, def := range map[ast.Operation]*ast.Definition{ast.Query: sg.Schema.Query, ast.Mutation: sg.Schema.Mutation, ast.Subscription: sg.Schema.Subscription} {
		if def != nil {
			rootNames[def.Name] = op
		}
	}
	roots := map[ast.Operation]string{}
	for _, name := range slices.Sorted(maps.Keys(sg.Types)) {
		typ := sg.Types[name]
		j := typ.Join(g)
		if j == nil {
			continue
		}
		if (len(j.Keys) > 0 || j.InterfaceObject) && (typ.Kind == ast.Object || j.InterfaceObject) {
			entities = append(entities, name)
		}
		if op, ok := rootNames[name]; ok {
			roots[op] = name
		}
		writeType(&b, typ, j, g)
	}
	query := roots[ast.Query]
	if query == "" {
		query = "Query"
		b.WriteString("type Query { _none: Int }\n")
	}
	fmt.Fprintf(&b, "schema { query: %s", query)
	for _, op := range []ast.Operation{ast.Mutation, ast.Subscription} {
		if roots[op] != "" {
			fmt.Fprintf(&b, " %s: %s", op, roots[op])
		}
	}
	b.WriteString(" }\nscalar _Any\n")
	if len(entities) > 0 {
		fmt.Fprintf(&b, "union _Entity = %s\nextend type %s { _entities(representations: [_Any!]!): [_Entity]! }\n", strings.Join(entities, " | "), query)
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: sg.Graphs[g].Name, Input: b.String()})
	if err != nil {
		t.Fatalf("the schema of subgraph %s cannot be made again: %v\n%s", sg.Graphs[g].Name, err, b.String())
	}
	return s
}

func writeType(b *strings.Builder, typ *schema.Type, j *schema.Join, g int) {
	switch typ.Kind {
	case ast.Scalar:
		fmt.Fprintf(b, "scalar %s\n", typ.Name)
		return
	case ast.Union:
		fmt.Fprintf(b, "union %s = %s\n", typ.Name, strings.Join(typ.Members[g], " | "))
		return
	case ast.Enum:
		fmt.Fprintf(b, "enum %s { %s }\n", typ.Name, strings.Join(typ.Values[g], " "))
		return
	case ast.InputObject:
		fmt.Fprintf(b, "input %s {", typ.Name)
	case ast.Interface:
		if j.InterfaceObject {
			fmt.Fprintf(b, "type %s {", typ.Name)
		} else {
			fmt.Fprintf(b, "interface %s {", typ.Name)
		}
	default:
		fmt.Fprintf(b, "type %s ", typ.Name)
		if is := typ.Interfaces[g]; len(is) > 0 {
			b.WriteString("implements " + strings.Join(is, " & "))
		}
		b.WriteString(" {")
	}
	fields := 0
	for _, f := range typ.Definition.Fields {
		fj := typ.Fields[f.Name].Join(g)
		if fj == nil {
			continue
		}
		fields++
		t := f.Type
		if fj.Type != nil {
			t = fj.Type
		}
		b.WriteString(" " + f.Name)
		for i, a := range f.Arguments {
			b.WriteString(map[bool]string{true: "(", false: ","}[i == 0])
			fmt.Fprintf(b, "%s:%s", a.Name, a.Type)
			if a.DefaultValue != nil {
				b.WriteString("=" + a.DefaultValue.String())
			}
		}
		b.WriteString(writeContextArguments(f, fj))
		if len(f.Arguments)+len(fj.ContextArguments) > 0 {
			b.WriteString(")")
		}
		fmt.Fprintf(b, ":%s", t)
		if f.DefaultValue != nil {
			b.WriteString("=" + f.DefaultValue.String())
		}
	}
	if fields == 0 {
		b.WriteString(" _none: Int")
	}
	b.WriteString(" }\n")
}
