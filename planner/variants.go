package planner

import (
	"context"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// Variants are the plans of one operation by the variables of its @defer, for
// display: a plan, or the plans for both values of a variable.
type Variants struct {
	// Plan and Why are set where no variable is left to decide; Why only where it
	// was asked for.
	Plan *Plan
	Why  *Explanation

	// Condition is the variable's name.
	Condition string
	If, Else  *Variants
}

// maxVariants is how many plans of one operation are shown together.
const maxVariants = 16

// Variants plans the operation for every value of the variables of its @defer.
// Of the conditions only the others matter. why asks for explanations, too.
func (p *Planner) Variants(ctx context.Context, op *operation.Operation, c operation.Conditions, why bool) (*Variants, error) {
	var deciding []int
	for i, condition := range op.Conditions {
		if condition.Kind == operation.DeferCondition && op.Kind != ast.Subscription {
			deciding = append(deciding, i)
		}
	}
	if 1<<len(deciding) > maxVariants {
		return nil, fmt.Errorf("planner: %d variables decide about the operation's @defer, and with each the number of its plans doubles: give the variables' values to see one plan", len(deciding))
	}
	return p.variants(ctx, op, c, deciding, why)
}

func (p *Planner) variants(ctx context.Context, op *operation.Operation, c operation.Conditions, deciding []int, why bool) (*Variants, error) {
	if len(deciding) > 0 {
		v := &Variants{Condition: op.Conditions[deciding[0]].Name}
		bit := operation.Conditions(1) << deciding[0]
		var err error
		if v.If, err = p.variants(ctx, op, c|bit, deciding[1:], why); err != nil {
			return nil, err
		}
		v.Else, err = p.variants(ctx, op, c&^bit, deciding[1:], why)
		return v, err
	}
	if why {
		plan, reasons, err := p.Explain(ctx, op, c)
		return &Variants{Plan: plan, Why: reasons}, err
	}
	plan, err := p.Plan(ctx, op, c)
	return &Variants{Plan: plan}, err
}

// Text gives the plans, and why they are so, for people. notes are written below
// each plan.
func (v *Variants) Text(sg *schema.Supergraph, notes string) string {
	if v.Plan == nil {
		return fmt.Sprintf("if $%s is true\n%sif $%s is false\n%s",
			v.Condition, indent(v.If.Text(sg, notes)), v.Condition, indent(v.Else.Text(sg, notes)))
	}
	text := v.Plan.Text(sg) + notes
	if v.Why != nil {
		text += "\n" + v.Why.Text()
	}
	return text
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// JSON gives the plans in Apollo's query plan format, under Condition nodes where
// there are several.
func (v *Variants) JSON(sg *schema.Supergraph) ([]byte, error) { return apolloJSON(v.apolloRoot(sg)) }

func (v *Variants) apolloRoot(sg *schema.Supergraph) any {
	if v.Plan != nil {
		return v.Plan.apolloRoot(sg)
	}
	return apolloCondition{"Condition", v.Condition, v.If.apolloRoot(sg), v.Else.apolloRoot(sg)}
}

// Reasons is why the plans are so, for programs: an Explanation, or those for
// both values of a variable.
func (v *Variants) Reasons() any {
	if v.Plan != nil {
		return v.Why
	}
	return struct {
		Condition string `json:"condition"`
		If        any    `json:"if"`
		Else      any    `json:"else"`
	}{v.Condition, v.If.Reasons(), v.Else.Reasons()}
}
