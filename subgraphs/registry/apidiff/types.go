package apidiff

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

func (d *differ) typeRemoved(t *ast.Definition) {
	if !t.BuiltIn { // gqlparser lists GraphQL's own scalars, used or not
		d.add(Breaking, TypeRemoved, t.Name, "The %s %s was removed.", kindName(t.Kind), t.Name)
	}
}

func (d *differ) typeAdded(t *ast.Definition) {
	if !t.BuiltIn {
		d.add(Safe, TypeAdded, t.Name, "The %s %s was added.", kindName(t.Kind), t.Name)
	}
}

func (d *differ) typeBoth(before, after *ast.Definition) {
	if before.Kind != after.Kind {
		d.add(Breaking, TypeKindChanged, after.Name, "%s changed from %s %s to %s %s.", after.Name,
			article(before.Kind), kindName(before.Kind), article(after.Kind), kindName(after.Kind))
		return
	}
	d.description(after.Name, before.Description, after.Description)
	switch after.Kind {
	case ast.Scalar:
		d.specifiedBy(before, after)
	case ast.Enum:
		d.enumValues(before, after)
	case ast.Union:
		d.members(before, after)
	case ast.InputObject:
		d.inputFields(before, after)
	case ast.Object, ast.Interface:
		d.interfaces(before, after)
		d.fields(before, after)
	}
}

func (d *differ) specifiedBy(before, after *ast.Definition) {
	was, is := directiveArgument(before.Directives, "specifiedBy", "url"), directiveArgument(after.Directives, "specifiedBy", "url")
	if was != is {
		d.add(Dangerous, SpecifiedBy, after.Name, "The specification of the scalar %s changed from %q to %q.", after.Name, was, is)
	}
}

func (d *differ) enumValues(before, after *ast.Definition) {
	name := func(v *ast.EnumValueDefinition) string { return v.Name }
	each(byName(before.EnumValues, name), byName(after.EnumValues, name),
		func(v *ast.EnumValueDefinition) {
			d.add(Breaking, EnumValueRemoved, after.Name+"."+v.Name, "The value %s of the enum %s was removed.", v.Name, after.Name)
		},
		func(v *ast.EnumValueDefinition) {
			d.add(Dangerous, EnumValueAdded, after.Name+"."+v.Name, "The value %s of the enum %s was added: a client may not expect it in an answer.", v.Name, after.Name)
		},
		func(was, is *ast.EnumValueDefinition) {
			at := after.Name + "." + is.Name
			d.description(at, was.Description, is.Description)
			d.deprecation(at, was.Directives, is.Directives)
		})
}

func (d *differ) members(before, after *ast.Definition) {
	for _, m := range missing(before.Types, after.Types) {
		d.add(Breaking, MemberRemoved, after.Name, "%s is no longer a member of the union %s.", m, after.Name)
	}
	for _, m := range missing(after.Types, before.Types) {
		d.add(Dangerous, MemberAdded, after.Name, "%s became a member of the union %s: a client may not expect it in an answer.", m, after.Name)
	}
}

func (d *differ) interfaces(before, after *ast.Definition) {
	for _, i := range missing(before.Interfaces, after.Interfaces) {
		d.add(Breaking, InterfaceRemoved, after.Name, "%s no longer implements %s.", after.Name, i)
	}
	for _, i := range missing(after.Interfaces, before.Interfaces) {
		d.add(Dangerous, InterfaceAdded, after.Name, "%s now implements %s: a client may not expect it in an answer.", after.Name, i)
	}
}

// missing gives what list has and other has not, in order.
func missing(list, other []string) []string {
	out := slices.Clone(list)
	out = slices.DeleteFunc(out, func(v string) bool { return slices.Contains(other, v) })
	slices.Sort(out)
	return out
}

func (d *differ) description(coordinate, before, after string) {
	if strings.TrimSpace(before) != strings.TrimSpace(after) {
		d.add(Safe, DescriptionChanged, coordinate, "The description of %s changed.", coordinate)
	}
}

func (d *differ) deprecation(coordinate string, before, after ast.DirectiveList) {
	was, is := before.ForName("deprecated") != nil, after.ForName("deprecated") != nil
	reasonWas, reasonIs := directiveArgument(before, "deprecated", "reason"), directiveArgument(after, "deprecated", "reason")
	switch {
	case !was && is:
		d.add(Safe, DeprecationAdded, coordinate, "%s is now deprecated.", coordinate)
	case was && !is:
		d.add(Safe, DeprecationRemoved, coordinate, "%s is no longer deprecated.", coordinate)
	case reasonWas != reasonIs:
		d.add(Safe, DeprecationChanged, coordinate, "The reason why %s is deprecated changed.", coordinate)
	}
}

// directiveArgument gives a string argument of a directive, or "" where there is none.
func directiveArgument(list ast.DirectiveList, directive, argument string) string {
	if d := list.ForName(directive); d != nil {
		if a := d.Arguments.ForName(argument); a != nil && a.Value != nil {
			return a.Value.Raw
		}
	}
	return ""
}

func kindName(k ast.DefinitionKind) string {
	switch k {
	case ast.Object:
		return "object type"
	case ast.InputObject:
		return "input type"
	}
	return strings.ToLower(string(k))
}

func article(k ast.DefinitionKind) string {
	if strings.ContainsRune("aeio", rune(kindName(k)[0])) {
		return "an"
	}
	return "a"
}
