package compose

import (
	"cmp"
	"maps"
	"regexp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// Contract filters a supergraph by @tag, as Apollo's contracts do. What is
// filtered out becomes @inaccessible: clients do not see it, and the gateway
// still uses it, as a key for example. The zero value filters nothing.
//
// A tag on an object or interface type counts as one on each of its fields.
type Contract struct {
	// Include, if not empty, hides the unions and the fields of objects and
	// interfaces that have none of these tags.
	Include []string
	// Exclude hides the elements of any kind that have one of these tags,
	// included ones too.
	Exclude []string
	// HideUnreachable hides the types that no operation can reach then.
	HideUnreachable bool
}

func (o Contract) empty() bool {
	return len(o.Include) == 0 && len(o.Exclude) == 0 && !o.HideUnreachable
}

// Codes of errors and hints about contracts, Weft's own.
const (
	codeInvalidContract schema.Code = "INVALID_CONTRACT"
	hintUnusedTag       schema.Code = "CONTRACT_TAG_UNUSED"
)

var tagName = regexp.MustCompile(`^[_A-Za-z0-9/-]{1,128}$`)

// filter hides what the contract does not let through, and what that leaves
// empty. The result must be a schema.
func (c *composer) filter() {
	o := c.options.Contract
	if o.empty() {
		return
	}
	for _, tag := range slices.Concat(o.Include, o.Exclude) {
		if !tagName.MatchString(tag) {
			c.fail(problem{code: codeInvalidContract, fix: "Use up to 128 letters, digits, dashes, slashes and underscores."}, "The contract names the tag %q, which no @tag can have.", tag)
		}
	}
	for _, tag := range o.Include {
		if slices.Contains(o.Exclude, tag) {
			c.fail(problem{code: codeInvalidContract, fix: "Remove one of the two."}, "The contract both includes and excludes the tag %q.", tag)
		}
	}
	if len(c.errs) > 0 {
		return
	}
	f := &contractFilter{composer: c, contract: o, emptied: map[string]bool{}, used: map[string]bool{}}
	for _, name := range c.merged.names() {
		f.match(c.merged.types[name])
	}
	for f.changed = true; f.changed; {
		f.changed = false
		for _, name := range c.merged.names() {
			f.tidy(c.merged.types[name])
		}
	}
	if o.HideUnreachable {
		f.hideUnreachable()
	}
	for _, tag := range slices.Concat(o.Include, o.Exclude) {
		if !f.used[tag] {
			c.hint(hintUnusedTag, "", nil, "The contract names the tag %q, which no element of the supergraph has.", tag)
		}
	}
	f.validate()
}

// contractFilter is the state of filtering.
type contractFilter struct {
	*composer
	contract Contract
	// emptied are the types that were hidden because nothing of them is left.
	emptied map[string]bool
	// used are the tags of the contract that occur.
	used    map[string]bool
	changed bool
}

func (f *contractFilter) hide(to *ast.DirectiveList) {
	if hidden(*to) {
		return
	}
	*to = append(slices.Clip(*to), directive("inaccessible"))
	f.merged.specs["inaccessible"] = true
	f.changed = true
}

// match hides what the contract itself excludes or does not include.
func (f *contractFilter) match(def *ast.Definition) {
	onType := tags(def.Directives)
	byField := def.Kind == ast.Object || def.Kind == ast.Interface
	if f.excluded(onType) || def.Kind == ast.Union && !f.included(onType) {
		f.hide(&def.Directives)
	}
	for _, field := range def.Fields {
		all := tags(field.Directives)
		if byField {
			all = append(all, onType...)
		}
		if f.excluded(all) || byField && !f.included(all) {
			f.hide(&field.Directives)
		}
		for _, a := range field.Arguments {
			if f.excluded(tags(a.Directives)) {
				f.hide(&a.Directives)
			}
		}
	}
	for _, v := range def.EnumValues {
		if f.excluded(tags(v.Directives)) {
			f.hide(&v.Directives)
		}
	}
}

func tags(directives ast.DirectiveList) []string {
	var all []string
	for _, d := range directives {
		if d.Name == "tag" {
			if a := d.Arguments.ForName("name"); a != nil {
				all = append(all, a.Value.Raw)
			}
		}
	}
	return all
}

func (f *contractFilter) excluded(tags []string) bool { return f.among(tags, f.contract.Exclude) }

func (f *contractFilter) included(tags []string) bool {
	return f.among(tags, f.contract.Include) || len(f.contract.Include) == 0
}

func (f *contractFilter) among(tags, wanted []string) bool {
	found := false
	for _, tag := range tags {
		if slices.Contains(wanted, tag) {
			f.used[tag], found = true, true
		}
	}
	return found
}

// tidy hides what would stand empty or be promised by an interface alone.
func (f *contractFilter) tidy(def *ast.Definition) {
	if hidden(def.Directives) {
		return
	}
	if def.Kind == ast.Object || def.Kind == ast.Interface {
		for _, field := range def.Fields {
			if f.emptied[field.Type.Name()] {
				f.hide(&field.Directives)
			}
			if hidden(field.Directives) {
				f.hideFromInterfaces(def, field.Name)
			}
		}
	}
	if def.Name != "Query" && f.nothingLeft(def) {
		f.hide(&def.Directives)
		f.emptied[def.Name] = def.Kind == ast.Object || def.Kind == ast.Interface
	}
}

// hideFromInterfaces hides a field of the interfaces of a type that hides it.
func (f *contractFilter) hideFromInterfaces(def *ast.Definition, field string) {
	for _, name := range def.Interfaces {
		if i := f.merged.types[name]; i != nil {
			if own := i.Fields.ForName(field); own != nil {
				f.hide(&own.Directives)
			}
		}
	}
}

func (f *contractFilter) nothingLeft(def *ast.Definition) bool {
	switch def.Kind {
	case ast.Union:
		return !slices.ContainsFunc(def.Types, func(name string) bool { return !f.hiddenType(name) })
	case ast.Enum:
		return !slices.ContainsFunc(def.EnumValues, func(v *ast.EnumValueDefinition) bool { return !hidden(v.Directives) })
	case ast.Scalar:
		return false
	}
	return !slices.ContainsFunc(def.Fields, func(f *ast.FieldDefinition) bool { return !hidden(f.Directives) })
}

// hideUnreachable hides the types that cannot be reached from the root types or
// the arguments of executable directives.
func (f *contractFilter) hideUnreachable() {
	reached := map[string]bool{}
	var reach func(name string)
	reach = func(name string) {
		def := f.merged.types[name]
		if def == nil || reached[name] || hidden(def.Directives) {
			return
		}
		reached[name] = true
		for _, field := range def.Fields {
			if hidden(field.Directives) {
				continue
			}
			reach(field.Type.Name())
			for _, a := range field.Arguments {
				if !hidden(a.Directives) {
					reach(a.Type.Name())
				}
			}
		}
		for _, other := range slices.Concat(def.Interfaces, def.Types) {
			reach(other)
		}
		for _, own := range f.merged.implementations[name] {
			reach(own.Name)
		}
	}
	for _, root := range []string{"Query", "Mutation", "Subscription"} {
		reach(root)
	}
	for _, d := range f.merged.directives {
		for _, a := range d.Arguments {
			reach(a.Type.Name())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.merged.types)) {
		if !reached[name] {
			f.hide(&f.merged.types[name].Directives)
		}
	}
}

// validate checks that what clients see is a schema, and says that the contract
// is why where it is not: the rest was valid before.
func (f *contractFilter) validate() {
	if f.nothingLeft(f.merged.types["Query"]) {
		f.fail(problem{
			code: codeOnlyInaccessible, coordinate: "Query", at: placesOf(f.merged.sources["Query"]),
			fix: "Include a tag that a field of Query and what it returns have, or exclude less.",
		}, "The contract leaves no field of the type Query.")
		return
	}
	f.validateInaccessible()
	for _, e := range f.errs {
		e.Message = "The contract does not leave a valid schema (what it hides is @inaccessible). " + e.Message
		e.Fix = "Change the tags of " + cmp.Or(e.Coordinate, "the element") + " or of what it uses, or the tags that the contract includes and excludes."
	}
}
