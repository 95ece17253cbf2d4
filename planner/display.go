package planner

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// Text gives the plan as a tree that a person can read: each step with what it
// waits for, each of its parts with the entities it is for. Where something is
// deferred the steps stand below the payloads that need them.
func (p *Plan) Text(sg *schema.Supergraph) string {
	var b strings.Builder
	b.WriteString(p.summary())
	if p.Degraded {
		b.WriteString(", greedy (the planner's budget ran out)")
	}
	b.WriteByte('\n')
	block := -1
	for _, s := range p.Steps {
		for ; block < s.Block; block++ {
			p.writeBlock(&b, sg, block+1)
		}
		p.writeStep(&b, sg, s)
	}
	for block++; block < len(p.Blocks); block++ {
		p.writeBlock(&b, sg, block)
	}
	return b.String()
}

// summary counts the requests and rounds.
func (p *Plan) summary() string {
	rounds, requests, primary := 0, 0, 0
	for _, s := range p.Steps {
		if s.Graph == Local {
			continue
		}
		requests++
		rounds = max(rounds, s.Depth+1)
		if s.Block == 0 {
			primary = max(primary, s.Depth+1)
		}
	}
	text := count(requests, "request") + ", " + count(rounds, "round")
	switch {
	case p.Trigger() != nil && requests == 1:
		text = "1 subscription, no more for each event"
	case p.Trigger() != nil:
		text = "1 subscription; for each event " + count(requests-1, "request") + ", " + count(rounds-1, "round")
	case len(p.Blocks) > 1:
		text += fmt.Sprintf(", %s to the primary payload", count(primary, "round"))
	}
	return text
}

// writeBlock tells what a payload brings; nothing where it is the only one.
func (p *Plan) writeBlock(b *strings.Builder, sg *schema.Supergraph, block int) {
	if len(p.Blocks) < 2 {
		return
	}
	of := p.Blocks[block]
	if block == 0 {
		b.WriteString("primary payload\n")
	} else {
		fmt.Fprintf(b, "deferred payload %d", block)
		if of.Label != "" {
			fmt.Fprintf(b, " %q", of.Label)
		}
		at := "the root"
		if len(of.Path) > 0 {
			at = strings.Join(of.Path, ".")
		}
		b.WriteString(" at " + at)
		if of.Parent > 0 {
			fmt.Fprintf(b, " inside payload %d", of.Parent)
		}
		if len(of.DependsOn) > 0 {
			b.WriteString(" with data of " + stepNumbers(of.DependsOn))
		}
		b.WriteByte('\n')
	}
	b.WriteString("  brings " + cmp.Or(p.subselection(sg, block), "nothing") + "\n")
}

// stepNumbers writes "step 1" or "steps 1, 2".
func stepNumbers(ids []int) string {
	text := "step "
	if len(ids) > 1 {
		text = "steps "
	}
	for i, id := range ids {
		if i > 0 {
			text += ", "
		}
		text += strconv.Itoa(id)
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (p *Plan) writeStep(b *strings.Builder, sg *schema.Supergraph, s *Step) {
	fmt.Fprintf(b, "step %d: %s to %s", s.ID, s.Kind, graphName(sg, s.Graph))
	if len(s.DependsOn) > 0 {
		b.WriteString(" after ")
		for i, d := range s.DependsOn {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(b, "%d", d)
		}
	}
	b.WriteString(p.guardText(s.Guards))
	b.WriteByte('\n')
	for _, part := range s.Parts {
		fmt.Fprintf(b, "  %s%s\n", part.Key, p.guardText(part.Guards))
		for _, path := range part.Paths {
			fmt.Fprintf(b, "    for %s\n", path.text(sg))
		}
		if e := part.Entity; e != nil {
			for _, path := range e.Paths {
				fmt.Fprintf(b, "    at %s\n", path.text(sg))
			}
			for _, in := range e.Inputs {
				fmt.Fprintf(b, "    by %s%s %s\n", typeNames(sg, in.On), as(in.Typename), requiresText(sg, in.Fields))
			}
			for _, c := range e.Contexts {
				for i, path := range e.Paths {
					fmt.Fprintf(b, "    %s\n", c.text(sg, path, c.Sources[i]))
				}
			}
		}
		for line := range strings.Lines(indentField(part.Text)) {
			b.WriteString("    " + line)
		}
	}
}

func as(typename string) string {
	if typename == "" {
		return ""
	}
	return " as " + typename
}

func graphName(sg *schema.Supergraph, g int) string {
	if g == Local {
		return "the gateway itself"
	}
	return sg.Graphs[g].Name
}

// guardText says when something is needed, in words.
func (p *Plan) guardText(guards operation.Guards) string {
	if guards == nil {
		return ""
	}
	var alternatives []string
	for _, g := range guards {
		var all []string
		for i, c := range p.Operation.Conditions {
			if g.Require&(1<<i) != 0 {
				all = append(all, "$"+c.Name)
			}
			if g.Forbid&(1<<i) != 0 {
				all = append(all, "not $"+c.Name)
			}
		}
		alternatives = append(alternatives, strings.Join(all, " and "))
	}
	return " if " + strings.Join(alternatives, ", or if ")
}

// text gives a path as Apollo writes it: "users.@.reviews.@|[Book].author".
func (p Path) text(sg *schema.Supergraph) string { return strings.Join(p.elements(sg), ".") }

func (p Path) elements(sg *schema.Supergraph) []string {
	var out []string
	for _, e := range p {
		out = append(out, e.Key)
		for range e.Lists {
			out = append(out, "@")
		}
		if e.Types != nil {
			out[len(out)-1] += "|[" + typeNames(sg, e.Types) + "]"
		}
	}
	return out
}

func typeNames(sg *schema.Supergraph, s schema.TypeSet) string {
	var names []string
	for o := range s.All() {
		names = append(names, sg.Objects[o].Name)
	}
	return strings.Join(names, ",")
}

func requiresText(sg *schema.Supergraph, rs []*Require) string {
	var b strings.Builder
	b.WriteString("{")
	for _, r := range rs {
		b.WriteByte(' ')
		if r.On != nil {
			b.WriteString("|[" + typeNames(sg, r.On) + "]")
		}
		b.WriteString(r.Name)
		if r.Key != r.Name {
			b.WriteString(" from " + r.Key)
		}
		if r.Fields != nil {
			b.WriteString(" " + requiresText(sg, r.Fields))
		}
	}
	b.WriteString(" }")
	return b.String()
}

// indentField lays a part's text out in lines; text that does not parse stays
// as it is.
func indentField(text string) string {
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + text + "}"})
	if err != nil {
		return text + "\n"
	}
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatQueryDocument(doc)
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) < 3 {
		return text + "\n"
	}
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines[1:len(lines)-1], "\n") + "\n"
}
