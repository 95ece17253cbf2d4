package satisfy_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
	"github.com/weft-graphql/weft/schema/satisfy"
)

// TestPlannerAgrees plans an operation for every field of every accepted case,
// under every value of the labels, and the witness of every refusal.
func TestPlannerAgrees(t *testing.T) {
	forEachCase(t, func(t *testing.T, _ string, archive *txtar.Archive) {
		t.Helper()
		sg, g, hints, errs := check(t, subgraphs(archive))
		agree(t, sg, g, hints, errs)
	})
}

// TestPlannerAgreesOnRandomGraphs does the same for random subgraphs.
func TestPlannerAgreesOnRandomGraphs(t *testing.T) {
	composed, refused := 0, 0
	for seed := range uint64(*graphs) {
		sources := randomSubgraphs(seed, *nested)
		sg, g, err := compileSources(sources)
		if err != nil {
			continue
		}
		composed++
		hints, errs := satisfy.Check(sg, g, satisfy.Options{})
		if len(errs) > 0 {
			refused++
		}
		if ok := t.Run(fmt.Sprint(seed), func(t *testing.T) { agree(t, sg, g, hints, errs) }); !ok {
			for _, s := range sources {
				t.Logf("-- %s --\n%s", s.File, s.SDL)
			}
		}
	}
	t.Logf("%d of %d sets compose, of which %d are refused", composed, *graphs, refused)
	if composed-refused < *graphs/20 || refused < *graphs/20 {
		t.Errorf("of %d random sets %d compose and %d of them are refused: that shows too little", *graphs, composed, refused)
	}
}

var (
	graphs = flag.Int("graphs", 300, "how many random sets of subgraphs to check")
	nested = flag.Bool("nested", false, "let random keys select below other fields")
)

func agree(t *testing.T, sg *schema.Supergraph, g *graph.Graph, hints []schema.Hint, errs schema.Errors) {
	t.Helper()
	p := newPlans(sg, g)
	if len(errs) == 0 {
		for _, text := range operations(sg, 4, 2000) {
			for _, on := range labelings(g) {
				if err := p.plan(t, text, on); err != nil {
					t.Errorf("the check accepts, but the planner cannot answer %s with the labels %v: %v", text, on, err)
				}
			}
		}
		return
	}
	if len(hints) > 0 || errors.Is(errs, &schema.Error{Code: "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"}) {
		// The planner may take the subgraph that cannot bring the type in question.
		return
	}
	for _, e := range errs {
		if strings.Count(e.Message, "`") != 2 {
			continue // it takes several operations to show it, or none
		}
		text := strings.Split(e.Message, "`")[1]
		if strings.HasPrefix(text, "subscription") {
			continue // the planner does not plan them yet
		}
		on := map[string]bool{}
		for _, m := range labelState.FindAllStringSubmatch(e.Message, -1) {
			on[m[1]] = m[2] == "on"
		}
		if err := p.plan(t, text, on); err == nil {
			t.Errorf("the check refuses, but the planner answers %s with the labels %v:\n%v", text, on, e)
		}
	}
}

var labelState = regexp.MustCompile(`the label "([^"]*)" is (on|off)`)

type plans struct {
	g       *graph.Graph
	parser  *operation.Parser
	planner *planner.Planner
}

func newPlans(sg *schema.Supergraph, g *graph.Graph) *plans {
	return &plans{g, operation.NewParser(sg, operation.Options{}), planner.New(g, planner.Options{})}
}

func (p *plans) plan(t *testing.T, text string, on map[string]bool) error {
	t.Helper()
	doc, list := p.parser.Parse(text)
	if len(list) > 0 {
		t.Fatalf("%s is not valid: %v", text, list)
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var c operation.Conditions
	decided := *op
	for _, label := range p.g.Labels {
		if on[label] {
			c |= 1 << len(decided.Conditions)
		}
		decided.Conditions = append(slices.Clip(decided.Conditions), operation.Condition{Kind: operation.LabelCondition, Name: label})
	}
	_, err = p.planner.Plan(t.Context(), &decided, c)
	return err
}

// labelings gives every way to decide the labels.
func labelings(g *graph.Graph) []map[string]bool {
	all := []map[string]bool{{}}
	for _, label := range g.Labels {
		for _, m := range slices.Clone(all) {
			with := map[string]bool{label: true}
			maps.Copy(with, m)
			all = append(all, with)
		}
	}
	return all
}

// operations gives one operation for each path of fields, down to a depth and
// up to a number of operations.
func operations(sg *schema.Supergraph, depth, limit int) []string {
	w := &operationWriter{sg: sg, limit: limit}
	for _, root := range []struct {
		d      *ast.Definition
		prefix string
	}{{sg.API.Query, ""}, {sg.API.Mutation, "mutation "}} {
		if root.d != nil {
			w.fields(root.d, depth, func(inner string) string { return root.prefix + "{ " + inner + " }" })
		}
	}
	return w.all
}

type operationWriter struct {
	sg    *schema.Supergraph
	limit int
	all   []string
}

func (w *operationWriter) fields(d *ast.Definition, depth int, wrap func(string) string) {
	for _, f := range d.Fields {
		if strings.HasPrefix(f.Name, "__") || len(w.all) >= w.limit {
			continue
		}
		text := f.Name + w.arguments(f)
		to := w.sg.API.Types[f.Type.Name()]
		if !to.IsCompositeType() {
			w.all = append(w.all, wrap(text))
			continue
		}
		under := func(inner string) string { return wrap(text + " { " + inner + " }") }
		w.all = append(w.all, under("__typename"))
		if depth == 1 {
			continue
		}
		w.fields(to, depth-1, under)
		for _, o := range w.sg.API.GetPossibleTypes(to) {
			if o.Name != to.Name {
				w.fields(o, depth-1, func(inner string) string { return under("... on " + o.Name + " { " + inner + " }") })
			}
		}
	}
}

func (w *operationWriter) arguments(f *ast.FieldDefinition) string {
	var parts []string
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			parts = append(parts, fmt.Sprintf("%s: %s", a.Name, w.value(a.Type)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func (w *operationWriter) value(t *ast.Type) string {
	if t.Elem != nil {
		return "[" + w.value(t.Elem) + "]"
	}
	d := w.sg.API.Types[t.NamedType]
	switch {
	case d.Kind == ast.Enum:
		return d.EnumValues[0].Name
	case d.Kind == ast.InputObject:
		var parts []string
		for _, f := range d.Fields {
			if f.Type.NonNull && f.DefaultValue == nil {
				parts = append(parts, f.Name+": "+w.value(f.Type))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case d.Name == "Boolean":
		return "true"
	}
	return "1"
}
