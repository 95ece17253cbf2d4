package planner

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// apolloNode is a node of Apollo's query plan format. Which fields are set
// depends on Kind.
type apolloNode struct {
	Kind string `json:"kind"`

	Primary  *apolloPrimary   `json:"primary,omitempty"`  // Defer
	Deferred []apolloDeferred `json:"deferred,omitempty"` // Defer

	Nodes []*apolloNode `json:"nodes,omitempty"` // Sequence, Parallel
	Node  *apolloNode   `json:"node,omitempty"`  // Flatten
	Path  []string      `json:"path,omitempty"`  // Flatten

	Condition  string      `json:"condition,omitempty"`
	IfClause   *apolloNode `json:"ifClause,omitempty"`
	ElseClause *apolloNode `json:"elseClause,omitempty"`

	ServiceName    string          `json:"serviceName,omitempty"` // Fetch
	ID             string          `json:"id,omitempty"`
	Requires       []apolloRequire `json:"requires,omitempty"`
	VariableUsages []string        `json:"variableUsages,omitempty"`
	Operation      string          `json:"operation,omitempty"`
	OperationKind  string          `json:"operationKind,omitempty"`
	InputRewrites  []apolloRewrite `json:"inputRewrites,omitempty"`

	ContextRewrites []apolloRewrite `json:"contextRewrites,omitempty"`
}

type apolloRequire struct {
	Kind          string          `json:"kind"`
	Name          string          `json:"name,omitempty"`
	Alias         string          `json:"alias,omitempty"`
	TypeCondition string          `json:"typeCondition,omitempty"`
	Selections    []apolloRequire `json:"selections,omitempty"`
}

type apolloRewrite struct {
	Kind string   `json:"kind"`
	Path []string `json:"path"`
	// SetValueTo is a ValueSetter's, RenameKeyTo a KeyRenamer's.
	SetValueTo  string `json:"setValueTo,omitempty"`
	RenameKeyTo string `json:"renameKeyTo,omitempty"`
}

// JSON gives the plan in Apollo's query plan format, for display and tools. The
// format knows no steps that wait for some steps only: what has the same depth
// is shown in one Parallel. What the gateway answers itself is not shown.
func (p *Plan) JSON(sg *schema.Supergraph) ([]byte, error) { return apolloJSON(p.apolloRoot(sg)) }

func apolloJSON(root any) ([]byte, error) {
	out, err := json.Marshal(struct {
		Kind string `json:"kind"`
		Node any    `json:"node,omitempty"`
	}{"QueryPlan", root})
	if err != nil {
		return nil, fmt.Errorf("planner: writing the plan as JSON: %w", err)
	}
	return out, nil
}

// apolloRoot is the node that shows all of the plan; nil where that is nothing.
func (p *Plan) apolloRoot(sg *schema.Supergraph) any {
	if trigger := p.Trigger(); trigger != nil {
		rest := p.apolloSteps(sg, slices.DeleteFunc(slices.Clone(p.Steps), func(s *Step) bool { return s == trigger }))
		return apolloSubscription{"Subscription", p.apolloStep(sg, trigger)[0], rest}
	}
	if n := p.apolloBlock(sg, 0); n != nil {
		return n
	}
	return nil
}

// apolloSteps shows steps, those of equal depth in one Parallel.
func (p *Plan) apolloSteps(sg *schema.Supergraph, steps []*Step) *apolloNode {
	var rounds [][]*apolloNode
	for _, s := range steps {
		if s.Graph == Local {
			continue
		}
		for len(rounds) <= s.Depth {
			rounds = append(rounds, nil)
		}
		rounds[s.Depth] = append(rounds[s.Depth], p.apolloStep(sg, s)...)
	}
	var sequence []*apolloNode
	for _, nodes := range rounds {
		if n := group("Parallel", nodes); n != nil {
			sequence = append(sequence, n)
		}
	}
	return group("Sequence", sequence)
}

func group(kind string, nodes []*apolloNode) *apolloNode {
	switch len(nodes) {
	case 0:
		return nil
	case 1:
		return nodes[0]
	}
	return &apolloNode{Kind: kind, Nodes: nodes}
}

// apolloStep shows a step's root fields as one Fetch, and each path of its
// entity parts as a Fetch in a Flatten.
func (p *Plan) apolloStep(sg *schema.Supergraph, s *Step) []*apolloNode {
	var nodes []*apolloNode
	var roots, variables []string
	for _, part := range s.Parts {
		for _, path := range part.Paths {
			fetch := p.apolloFetch(sg, s, []string{part.Text}, part.Variables, nil)
			nodes = append(nodes, p.apolloGuard(&apolloNode{Kind: "Flatten", Path: path.elements(sg), Node: fetch}, part.Guards))
		}
		if part.Paths != nil {
			continue
		}
		if part.Entity == nil {
			roots = append(roots, part.Text)
			variables = append(variables, part.Variables...)
			continue
		}
		for i, path := range part.Entity.Paths {
			fetch := p.apolloFetch(sg, s, []string{part.Text}, part.Variables, part.Entity)
			fetch.ContextRewrites = apolloContexts(sg, part.Entity, i)
			flatten := &apolloNode{Kind: "Flatten", Path: path.elements(sg), Node: fetch}
			nodes = append(nodes, p.apolloGuard(flatten, part.Guards))
		}
	}
	if len(roots) > 0 {
		nodes = append(nodes, p.apolloGuard(p.apolloFetch(sg, s, roots, variables, nil), s.Guards))
	}
	p.identify(s, nodes)
	return nodes
}

func (p *Plan) apolloFetch(sg *schema.Supergraph, s *Step, texts, variables []string, e *Entity) *apolloNode {
	n := &apolloNode{Kind: "Fetch", ServiceName: sg.Graphs[s.Graph].Name, OperationKind: string(s.Kind), VariableUsages: variables}
	var definitions []string
	if e != nil {
		definitions = append(definitions, "$"+e.Variable+":[_Any!]!")
		for _, in := range e.Inputs {
			for o := range in.On.All() {
				n.Requires = append(n.Requires, apolloRequire{
					Kind: "InlineFragment", TypeCondition: sg.Objects[o].Name,
					Selections: append([]apolloRequire{{Kind: "Field", Name: "__typename"}}, apolloRequires(sg, in.Fields)...),
				})
				if in.Typename != "" {
					n.InputRewrites = append(n.InputRewrites, apolloRewrite{Kind: "ValueSetter", Path: []string{"... on " + sg.Objects[o].Name, "__typename"}, SetValueTo: in.Typename})
				}
			}
		}
	}
	if e != nil {
		for _, c := range e.Contexts {
			n.VariableUsages = append(slices.Clip(n.VariableUsages), c.Variable)
			definitions = append(definitions, "$"+c.Variable+":"+c.Type)
		}
	}
	for _, v := range p.Operation.Variables {
		if slices.Contains(variables, v.Name) {
			definitions = append(definitions, v.Text)
		}
	}
	n.Operation = string(s.Kind)
	if len(definitions) > 0 {
		n.Operation += "(" + strings.Join(definitions, ",") + ")"
	}
	n.Operation += "{" + strings.Join(texts, " ") + "}"
	return n
}

func apolloRequires(sg *schema.Supergraph, rs []*Require) []apolloRequire {
	var out []apolloRequire
	for _, r := range rs {
		a := apolloRequire{Kind: "Field", Name: r.Name, Selections: apolloRequires(sg, r.Fields)}
		if r.Key != r.Name {
			a.Name, a.Alias = r.Key, r.Name
		}
		if r.On == nil {
			out = append(out, a)
			continue
		}
		for o := range r.On.All() {
			out = append(out, apolloRequire{Kind: "InlineFragment", TypeCondition: sg.Objects[o].Name, Selections: []apolloRequire{a}})
		}
	}
	return out
}

// apolloGuard puts a node under the conditions of a single guard. Alternatives
// cannot be shown; they stand in the operations.
func (p *Plan) apolloGuard(n *apolloNode, guards operation.Guards) *apolloNode {
	if len(guards) != 1 {
		return n
	}
	for i, c := range p.Operation.Conditions {
		switch {
		case guards[0].Require&(1<<i) != 0:
			n = &apolloNode{Kind: "Condition", Condition: c.Name, IfClause: n}
		case guards[0].Forbid&(1<<i) != 0:
			n = &apolloNode{Kind: "Condition", Condition: c.Name, ElseClause: n}
		}
	}
	return n
}
