package apidiff

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// executable gives the places of an operation where the directive may stand.
func executable(d *ast.DirectiveDefinition) []string {
	var out []string
	for _, l := range d.Locations {
		switch l {
		case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField,
			ast.LocationFragmentDefinition, ast.LocationFragmentSpread, ast.LocationInlineFragment,
			ast.LocationVariableDefinition:
			out = append(out, string(l))
		}
	}
	slices.Sort(out)
	return out
}

func (d *differ) directiveRemoved(v *ast.DirectiveDefinition) {
	d.add(Breaking, DirectiveRemoved, "@"+v.Name, "The directive @%s was removed.", v.Name)
}

func (d *differ) directiveAdded(v *ast.DirectiveDefinition) {
	d.add(Safe, DirectiveAdded, "@"+v.Name, "The directive @%s was added.", v.Name)
}

func (d *differ) directiveBoth(before, after *ast.DirectiveDefinition) {
	at := "@" + after.Name
	d.description(at, before.Description, after.Description)
	d.arguments(at, before.Arguments, after.Arguments)
	for _, l := range missing(executable(before), executable(after)) {
		d.add(Breaking, DirectiveLocationRemoved, at, "The directive %s may no longer stand at %s.", at, l)
	}
	for _, l := range missing(executable(after), executable(before)) {
		d.add(Safe, DirectiveLocationAdded, at, "The directive %s may now stand at %s.", at, l)
	}
	switch {
	case before.IsRepeatable && !after.IsRepeatable:
		d.add(Breaking, DirectiveRepeatable, at, "The directive %s may no longer stand twice at one place.", at)
	case !before.IsRepeatable && after.IsRepeatable:
		d.add(Safe, DirectiveRepeatable, at, "The directive %s may now stand twice at one place.", at)
	}
}
