package executor

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGoldenCases runs the archives of testdata. Each has
//
//	NAME.subgraph.graphql   the subgraphs (or supergraph.graphql, composed already)
//	data.json               what the subgraphs answer from; see naive
//	operation.graphql       the client's operation
//	variables.json          its variables, if any
//	faults.json             how subgraphs fail, if they do; see fault
//	traffic                 what the subgraphs were asked, and what they answered:
//	                        lines "NAME REQUEST", "status answer" and an empty one
//	answer.json             the client's answer
//
// With -update, traffic and answer are rewritten. Where nothing fails, the
// client's answer must also be what naive says.
func TestGoldenCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { goldenCase(t, file) })
	}
}

func goldenCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	var subgraphs []string
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
		if name, ok := strings.CutSuffix(f.Name, ".subgraph.graphql"); ok {
			subgraphs = append(subgraphs, name, string(f.Data))
		}
	}
	var sg *schema.Supergraph
	if sdl := sections["supergraph.graphql"]; sdl != "" {
		sg = loaded(t, sdl)
	} else {
		sg = composed(t, subgraphs...)
	}
	op := parsed(t, sg, sections["operation.graphql"])
	values, errs := op.Coerce(json.RawMessage(sections["variables.json"]))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	prog := planned(t, sg, op, values.Conditions)
	n := naive{sg: sg}
	if err := json.Unmarshal([]byte(sections["data.json"]), &n.data); err != nil {
		t.Fatalf("data.json: %v", err)
	}
	play := &play{t: t, n: n}
	if text := sections["faults.json"]; text != "" {
		if err := json.Unmarshal([]byte(text), &play.faults); err != nil {
			t.Fatalf("faults.json: %v", err)
		}
	}
	r := &Request{Operation: op, Variables: values.Raw, Conditions: values.Conditions}
	answer, _ := run(t, newExecutor(t, Options{Fetcher: &canned{answer: play.answer}}), prog, r)
	if play.faults == nil && !strings.Contains(sections["operation.graphql"], "__schema") {
		var vars map[string]any
		if err := json.Unmarshal([]byte(cmp.Or(sections["variables.json"], "{}")), &vars); err != nil {
			t.Fatal(err)
		}
		want, err := n.answer(sections["operation.graphql"], vars)
		if err != nil {
			t.Fatal(err)
		}
		if answer != want {
			t.Errorf("the answer is wrong:\n got %s\nwant %s", answer, want)
		}
	}
	settle(t, file, archive, map[string]string{"traffic": play.text(), "answer.json": indented(t, answer)})
}

// settle compares sections of an archive with what they are now, or rewrites them.
func settle(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(got)) {
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		if i < 0 {
			i = len(archive.Files)
			archive.Files = append(archive.Files, txtar.File{Name: name})
		}
		if want := string(archive.Files[i].Data); want != got[name] && !*update {
			t.Errorf("%s is another:\n got %s\nwant %s", name, got[name], want)
		}
		archive.Files[i].Data = []byte(got[name])
	}
	if !*update {
		return
	}
	slices.SortStableFunc(archive.Files, func(a, b txtar.File) int {
		order := []string{"traffic", "answer.json"}
		return slices.Index(order, a.Name) - slices.Index(order, b.Name)
	})
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// planned makes a program of the planner's plan.
func planned(t *testing.T, sg *schema.Supergraph, op *operation.Operation, c operation.Conditions) *Program {
	t.Helper()
	g, err := graph.New(sg)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := planner.New(g, planner.Options{}).Plan(t.Context(), op, c)
	if err != nil {
		t.Fatal(err)
	}
	prog, err := Compile(sg, plan)
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

func indented(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(body), "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n"
}

// fault is how the requests to one subgraph fail whose body contains Match.
type fault struct {
	Subgraph, Match string
	// Status is the answer's; 0 means 200.
	Status int
	// Body is the whole answer, unless it is empty.
	Body string
	// Null are places in the answer that become null; Errors are added to it.
	Null   [][]any
	Errors []json.RawMessage
}

// play plays the subgraphs.
type play struct {
	t      *testing.T
	n      naive
	faults []fault

	mu     sync.Mutex
	blocks []string
}

func (p *play) answer(f *Fetch) (int, string) {
	status, answer := 200, p.plain(f)
	for _, x := range p.faults {
		if x.Subgraph == f.Subgraph && bytes.Contains(f.Body, []byte(x.Match)) {
			status, answer = cmp.Or(x.Status, 200), x.apply(p.t, answer)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code, _ := json.Marshal(status)
	p.blocks = append(p.blocks, f.Subgraph+" "+string(f.Body)+"\n"+string(code)+" "+answer+"\n")
	return status, answer
}

// plain is the answer from data.
func (p *play) plain(f *Fetch) string {
	var r struct {
		Query     string
		Variables map[string]any
	}
	if err := json.Unmarshal(f.Body, &r); err != nil {
		p.t.Errorf("%s: %v", f.Body, err)
	}
	answer, err := p.n.answer(r.Query, r.Variables)
	if err != nil {
		p.t.Error(err)
	}
	return answer
}

func (x *fault) apply(t *testing.T, answer string) string {
	if x.Body != "" {
		return x.Body
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(answer), &body); err != nil {
		t.Error(err)
	}
	for _, path := range x.Null {
		var at any = body
		for i, key := range path {
			last := i == len(path)-1
			switch key := key.(type) {
			case string:
				object, ok := at.(map[string]any)
				if !ok {
					t.Errorf("faults.json: nothing at %v", path)
					return answer
				}
				if last {
					object[key] = nil
				}
				at = object[key]
			case float64:
				list, ok := at.([]any)
				if !ok || int(key) >= len(list) {
					t.Errorf("faults.json: nothing at %v", path)
					return answer
				}
				if last {
					list[int(key)] = nil
				}
				at = list[int(key)]
			}
		}
	}
	if x.Errors != nil {
		body["errors"] = x.Errors
	}
	raw, _ := json.Marshal(body)
	return string(raw)
}

func (p *play) text() string {
	slices.Sort(p.blocks)
	return strings.Join(p.blocks, "\n")
}
