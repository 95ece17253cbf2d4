package operation

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// newRules gives the specification's validation rules, sorted by name, with
// this package's own in place of those that cost too much, and what the gateway
// refuses on top.
func newRules(o Options, limits Limits) []core.Rule {
	set := rules.NewDefaultRules()
	set.ReplaceRule(rules.OverlappingFieldsCanBeMergedRule.Name, overlapRule(limits))
	set.AddRule("DirectivesCarriedOut", refuseDirectives(o.Defer))
	if o.Defer {
		set.AddRule("DeferredFragments", deferRule)
	}
	set.AddRule("IntegersOf32Bits", refuseLongIntegers)
	if !o.Introspection {
		set.AddRule("Introspection", refuseIntrospection)
		// A suggestion tells names of the schema, which introspection is off to hide.
		for _, quiet := range []core.Rule{
			rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
			rules.KnownArgumentNamesRuleWithoutSuggestions,
			rules.KnownTypeNamesRuleWithoutSuggestions,
			rules.ScalarLeafsRuleWithoutSuggestions,
			rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
		} {
			set.RemoveRule(strings.TrimSuffix(quiet.Name, "WithoutSuggestions"))
			set.AddRule(quiet.Name, quiet.RuleFunc)
		}
	}
	var sorted []core.Rule
	for name, f := range set.GetInner() {
		sorted = append(sorted, core.Rule{Name: name, RuleFunc: f})
	}
	slices.SortFunc(sorted, func(a, b core.Rule) int { return strings.Compare(a.Name, b.Name) })
	return sorted
}

// withCode sets an error's extensions.code.
func withCode(code string) core.ErrorOption {
	return func(err *gqlerror.Error) { err.Extensions = map[string]any{"code": code} }
}

// refuseDirectives refuses by name every directive that the schema knows but
// that the gateway does not carry out in operations.
func refuseDirectives(deferred bool) core.RuleFunc {
	return func(events *core.Events, addError core.AddErrFunc) {
		events.OnDirective(func(_ *core.Walker, d *ast.Directive) {
			if d.Definition == nil || d.Name == "skip" || d.Name == "include" || d.Name == "defer" && deferred {
				return // an unknown one is another rule's
			}
			addError(core.Message("The gateway does not carry out the directive %q in operations.", "@"+d.Name), core.At(d.Position))
		})
	}
}

// refuseLongIntegers refuses literals of type Int that need more than 32 bits
// (specification §3.5.1), which gqlparser's rule lets pass up to 64.
func refuseLongIntegers(events *core.Events, addError core.AddErrFunc) {
	events.OnValue(func(_ *core.Walker, v *ast.Value) {
		if v.Kind != ast.IntValue || v.Definition == nil || v.Definition.Name != "Int" {
			return
		}
		if n, err := strconv.ParseInt(v.Raw, 10, 64); err == nil && n != int64(int32(n)) {
			addError(core.Message("Int cannot represent non 32-bit signed integer value: %s", v.Raw), core.At(v.Position))
		}
	})
}

// refuseIntrospection refuses the fields that tell of the schema.
func refuseIntrospection(events *core.Events, addError core.AddErrFunc) {
	events.OnField(func(_ *core.Walker, f *ast.Field) {
		if f.Name == "__schema" || f.Name == "__type" {
			addError(core.Message("Introspection is turned off: %q cannot be asked for.", f.Name),
				core.At(f.Position), withCode("INTROSPECTION_DISABLED"))
		}
	})
}
