package executor

import (
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// Supergraph is what the program was compiled on.
func (p *Program) Supergraph() *schema.Supergraph { return p.supergraph }

// Size estimates the bytes of memory that a program holds with its plan and that
// plan's operation, without the supergraph, which all programs share. It counts
// what a program is made of and multiplies by what each takes on average.
func (p *Program) Size() int {
	const (
		program  = 1500
		perStep  = 700
		perPart  = 500
		perInput = 250
		perField = 700 // of the operation: the client's field, its place and how it is written
		perOut   = 380 // selected in a request: the plan's output, its shape and slots
		perByte  = 4   // of a request's text: in the plan, escaped, in the body, and whole
	)
	size := program + perField*fieldsOf(p.plan.Operation.Root) + len(p.plan.Operation.Text)
	for _, s := range p.plan.Steps {
		size += perStep
		for _, part := range s.Parts {
			size += perPart + perByte*len(part.Text) + perOut*outputs(part.Output)
			if e := part.Entity; e != nil {
				size += perInput * (len(e.Inputs) + len(e.Paths))
			}
		}
	}
	return size + 48*len(p.supergraph.Objects) // the type names of representations
}

func fieldsOf(s *operation.SelectionSet) int {
	n := len(s.Fields)
	for _, f := range s.Fields {
		if f.Selections != nil {
			n += fieldsOf(f.Selections)
		}
	}
	return n
}

func outputs(s *planner.Selection) int {
	n := len(s.Fields)
	for _, o := range s.Fields {
		if o.Selection != nil {
			n += outputs(o.Selection)
		}
	}
	return n
}
