package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weft-graphql/weft/gateway"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/planner"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
)

// operationFlags name an operation on a supergraph.
type operationFlags struct {
	configFlags
	Operation string `arg:"" help:"A file with the operation."`
	Name      string `placeholder:"NAME" help:"The operation's name, where the file has several."`
	Variables string `placeholder:"FILE" help:"A JSON file with the operation's variables."`
	formatFlag
}

// loadedOperation is an operation that is ready to be planned or priced.
type loadedOperation struct {
	config     *config.Config
	supergraph *schema.Supergraph
	operation  *operation.Operation
	values     *operation.Values // nil where nothing needs them
}

func (f *operationFlags) load(p *process, needVariables bool) (*loadedOperation, error) {
	cfg, err := f.configFlags.load(p, "no supergraph", func(*config.Config) {})
	if err != nil {
		return nil, err
	}
	src, err := gateway.Source(cfg)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(f.Operation)
	if err != nil {
		return nil, fmt.Errorf("the operation cannot be read: %w", err)
	}
	out := &loadedOperation{config: cfg}
	if out.supergraph, err = loadSupergraph(p, src, gateway.LoadOptions(cfg)); err != nil {
		return nil, err
	}
	options := gateway.OperationOptions(cfg)
	options.Introspection = true // whoever has the supergraph may see what is in it
	options.Defer = true         // what the gateway does not serve yet can be planned
	doc, errs := operation.NewParser(out.supergraph, options).Parse(string(text))
	if errs != nil {
		return nil, f.located(errs, "the operation is not valid", string(text))
	}
	if out.operation, err = doc.Operation(f.Name); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Operation, err)
	}
	if !needVariables && f.Variables == "" {
		return out, nil
	}
	var variables json.RawMessage
	summary := "the operation needs variables: give them with --variables FILE"
	if f.Variables != "" {
		summary = f.Variables + " does not fit the operation"
		if variables, err = os.ReadFile(f.Variables); err != nil {
			return nil, fmt.Errorf("the variables cannot be read: %w", err)
		}
	}
	if out.values, errs = out.operation.Coerce(variables); errs != nil {
		return nil, f.located(errs, summary, string(text))
	}
	return out, nil
}

// located makes errors in the operation's file fit to be shown as those in
// schemas are.
func (f *operationFlags) located(errs gqlerror.List, summary, text string) error {
	out := make(schema.Errors, len(errs))
	for i, e := range errs {
		code, _ := e.Extensions["code"].(string)
		out[i] = &schema.Error{Code: schema.Code(code), Message: e.Message}
		for _, l := range e.Locations {
			out[i].Locations = append(out[i].Locations, schema.Location{File: f.Operation, Line: l.Line, Column: l.Column})
		}
	}
	return inDocuments(out, summary, schema.Subgraph{SDL: text})
}

type planCommand struct {
	operationFlags
	Label []string `sep:"none" placeholder:"LABEL" help:"A label of @override that is on; the others are off. Can be given again."`
	Why   bool     `help:"Tell for each request why it exists, and which other ways were not taken."`
}

// Run prints the plan that the gateway would carry out.
func (c *planCommand) Run(p *process) error {
	in, err := c.load(p, false)
	if err != nil {
		return err
	}
	queries, err := graph.New(in.supergraph)
	if err != nil {
		return err
	}
	var conditions operation.Conditions
	if in.values != nil {
		conditions = in.values.Conditions
	}
	plans, op := planner.New(queries, gateway.PlannerOptions(in.config)), in.operation.Planned
	for _, label := range c.Label {
		if !slices.Contains(queries.Labels, label) {
			return usageError{fmt.Errorf("no @override of the supergraph has the label %q; it has %q", label, queries.Labels)}
		}
	}
	conditions |= op.Labels(func(label string) bool { return slices.Contains(c.Label, label) })
	shown, err := c.plan(p, plans, op, conditions, in.values != nil)
	if err != nil {
		return err
	}
	if p.json {
		return writePlan(p, in.supergraph, shown, c.Why)
	}
	var notes strings.Builder
	for _, condition := range op.Conditions {
		if condition.Kind == operation.LabelCondition {
			is := map[bool]string{true: "on", false: "off; see --label"}[slices.Contains(c.Label, condition.Name)]
			fmt.Fprintf(&notes, "the label %s of @override is %s\n", condition.Name, is)
		}
	}
	for _, v := range op.Variables {
		if value, ok := in.operation.Literals[v.Name]; ok {
			fmt.Fprintf(&notes, "$%s stands for %s\n", v.Name, value)
		}
	}
	_, err = fmt.Fprint(p.stdout, shown.Text(in.supergraph, notes.String()))
	return err
}

// plan gives the plan for the variables that were given, or without them the
// plans for all values of those that decide about @defer.
func (c *planCommand) plan(p *process, plans *planner.Planner, op *operation.Operation, conditions operation.Conditions, decided bool) (*planner.Variants, error) {
	if !decided {
		return plans.Variants(p.ctx, op, conditions, c.Why)
	}
	var err error
	shown := &planner.Variants{}
	if c.Why {
		shown.Plan, shown.Why, err = plans.Explain(p.ctx, op, conditions)
	} else {
		shown.Plan, err = plans.Plan(p.ctx, op, conditions)
	}
	return shown, err
}

// writePlan writes Apollo's query plan, and beside it why it is so where that is
// asked.
func writePlan(p *process, sg *schema.Supergraph, shown *planner.Variants, why bool) error {
	data, err := shown.JSON(sg)
	if err != nil {
		return err
	}
	if !why {
		return writeJSON(p, json.RawMessage(data))
	}
	return writeJSON(p, map[string]any{"queryPlan": json.RawMessage(data), "why": shown.Reasons()})
}

type costCommand struct{ operationFlags }

// Run prints what the operation costs of a client's budget before it runs.
func (c *costCommand) Run(p *process) error {
	in, err := c.load(p, true)
	if err != nil {
		return err
	}
	cost, err := in.operation.Cost.Evaluate(in.values)
	if err != nil {
		return err
	}
	lines, err := in.operation.Cost.Explain(in.values)
	if err != nil {
		return err
	}
	if p.json {
		return writeJSON(p, map[string]any{"cost": cost, "fields": lines})
	}
	for _, l := range lines {
		fmt.Fprintln(p.stdout, l)
	}
	_, err = fmt.Fprintf(p.stdout, "cost: %g points\n", cost)
	return err
}
