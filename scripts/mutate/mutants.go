package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// variable chooses the change that a test binary runs with.
const variable = "WEFT_MUTANT"

// Kinds of changes.
const (
	report     = "report"     // a call that reports an error or a hint is left out
	call       = "call"       // any other call for its effect is left out
	branch     = "branch"     // an if or a case of a switch without a value is never taken
	assignment = "assignment" // an assignment is left out
	operand    = "operand"    // an operand of && or || does not count
)

var allKinds = []string{report, call, branch, assignment, operand}

// mutant is one change.
type mutant struct {
	id    int
	kind  string
	place string // file:line
	code  string // the first line of what is taken away
}

func (m mutant) String() string { return fmt.Sprintf("%s: %s: %s", m.place, m.kind, m.code) }

// mutate writes changed copies of a folder's Go files to work, and notes in
// overlay what they stand for. The changes are numbered from first.
func mutate(folder, work string, o options, first int, overlay map[string]string) ([]mutant, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	name := ""
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		name = parsed.Name.Name
		r := rewriter{options: o, set: set, text: text, next: first + len(all)}
		ast.Inspect(parsed, r.visit)
		all = append(all, r.mutants...)
		if err := replace(file, work, r.rewritten(), overlay); err != nil {
			return nil, err
		}
	}
	support := fmt.Sprintf(`package %s

import (
	"bytes"
	"os"
	"strconv"
)

var weftMutant, _ = strconv.Atoi(os.Getenv(%q))

func mutated(id int) bool { return weftMutant == id }
`, name, variable)
	return all, replace(filepath.Join(folder, "mutated_by_scripts_mutate.go"), work, []byte(support), overlay)
}

func replace(file, work string, text []byte, overlay map[string]string) error {
	own := filepath.Join(work, fmt.Sprintf("%d.go", len(overlay)))
	overlay[file] = own
	return os.WriteFile(own, text, 0o600)
}

// insertion is text that comes into a file.
type insertion struct {
	at, order int
	closes    bool
	text      string
}

// rewriter finds the places of one file that can be changed.
type rewriter struct {
	options options
	set     *token.FileSet
	text    []byte
	next    int
	mutants []mutant
	inserts []insertion
}

func (r *rewriter) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BlockStmt:
		r.statements(n.List)
	case *ast.CaseClause:
		r.statements(n.Body)
	case *ast.IfStmt:
		r.never(branch, n.Cond)
	case *ast.SwitchStmt:
		if n.Tag == nil {
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					r.never(branch, e)
				}
			}
		}
	case *ast.BinaryExpr:
		switch n.Op {
		case token.LAND:
			r.always(n.X)
			r.always(n.Y)
		case token.LOR:
			r.never(operand, n.X)
			r.never(operand, n.Y)
		}
	}
	return true
}

func (r *rewriter) statements(all []ast.Stmt) {
	for _, s := range all {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if e, ok := s.X.(*ast.CallExpr); ok {
				kind := call
				switch name(e.Fun) {
				case "fail", "hint", "invalid", "refuse":
					if r.reportsMistake(s) {
						continue
					}
					kind = report
				case "panic":
					continue
				}
				r.wrap(kind, s, "if !mutated(%d) { ", " }")
			}
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				r.wrap(assignment, s, "if !mutated(%d) { ", " }")
			}
		}
	}
}

// reportsMistake tells whether a statement reports a mistake in Weft itself,
// which no test can bring about.
func (r *rewriter) reportsMistake(s ast.Stmt) bool {
	from, to := r.set.Position(s.Pos()).Offset, r.set.Position(s.End()).Offset
	return bytes.Contains(r.text[from:to], []byte("codeInternal"))
}

func name(fun ast.Expr) string {
	switch f := fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func (r *rewriter) never(kind string, e ast.Expr) { r.wrap(kind, e, "(!mutated(%d) && (", "))") }

func (r *rewriter) always(e ast.Expr) { r.wrap(operand, e, "(mutated(%d) || (", "))") }

// wrap notes a change of n, if it is asked for.
func (r *rewriter) wrap(kind string, n ast.Node, before, after string) {
	at := r.set.Position(n.Pos())
	place := fmt.Sprintf("%s:%d", filepath.Base(at.Filename), at.Line)
	if !slices.Contains(r.options.kinds, kind) || !r.options.only.MatchString(place) {
		return
	}
	start, end := at.Offset, r.set.Position(n.End()).Offset
	line, _, _ := strings.Cut(string(r.text[start:end]), "\n")
	r.mutants = append(r.mutants, mutant{id: r.next, kind: kind, place: place, code: line})
	order := len(r.inserts)
	r.inserts = append(r.inserts,
		insertion{at: start, order: order, text: fmt.Sprintf(before, r.next)},
		insertion{at: end, order: -order, closes: true, text: after})
	r.next++
}

// rewritten gives the file with all changes in it. Where several begin at one
// place the outer one comes first, where several end the inner one.
func (r *rewriter) rewritten() []byte {
	slices.SortStableFunc(r.inserts, func(a, b insertion) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		if a.closes != b.closes {
			if a.closes {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.order, b.order)
	})
	var out []byte
	from := 0
	for _, i := range r.inserts {
		out = append(append(out, r.text[from:i.at]...), i.text...)
		from = i.at
	}
	return append(out, r.text[from:]...)
}
