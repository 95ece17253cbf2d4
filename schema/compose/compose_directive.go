package compose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema/link"
)

// customDirective is one subgraph's wish, by @composeDirective, that a directive
// of its own travel to the supergraph.
type customDirective struct {
	element            // the @composeDirective
	local     string   // with @
	canonical string   // in the specification, with @
	url       link.URL // of the specification, as that subgraph links it
	def       *ast.DirectiveDefinition
	shape     *directiveShape
}

func (d *customDirective) identity() string { return d.url.Identity }

// collectCustomDirectives finds the directives to compose and makes their
// applications known under their names to what merges directives.
func (c *composer) collectCustomDirectives() {
	before := len(c.errs)
	var wishes []*customDirective
	for _, s := range c.subgraphs {
		for _, a := range s.applied {
			if a.name == "composeDirective" {
				if d := c.customDirective(s, a); d != nil {
					wishes = append(wishes, d)
				}
			}
		}
	}
	c.checkCustomNames(wishes)
	c.checkCustomVersions(wishes)
	if len(c.errs) > before {
		return
	}
	newest := map[string]*customDirective{} // by identity
	for _, d := range wishes {
		if n := newest[d.identity()]; n == nil || d.url.Version.AtLeast(n.url.Version) {
			newest[d.identity()] = d
		}
	}
	for _, d := range wishes {
		if c.custom[d.local] != nil {
			continue
		}
		if own := c.newestDefinition(d, newest[d.identity()]); own != nil {
			c.custom[d.local] = own
		}
	}
	if len(c.errs) > before {
		return
	}
	for _, s := range c.subgraphs {
		wished := map[string]bool{}
		for _, d := range wishes {
			wished[d.local] = wished[d.local] || d.sub == s
		}
		s.eachElement(func(e *element, _ ast.DirectiveLocation) {
			for _, a := range e.directives {
				if d := c.custom["@"+a.local]; a.name == "" && d != nil {
					a.name, a.unasked = a.local, !wished[d.local]
					c.validateCustom(s, e, a, d)
				}
			}
		})
	}
}

// newestDefinition gives a composed directive as the newest version of its
// specification defines it: newest is of a subgraph that links that version, but
// others may link it too. Where several define the directive, the last one counts.
func (c *composer) newestDefinition(d, newest *customDirective) *customDirective {
	var linking []*customDirective
	for _, s := range slices.Backward(c.subgraphs) {
		f := s.links.Feature(d.identity())
		if f == nil || f.URL != newest.url {
			continue
		}
		own := &customDirective{local: d.local, canonical: d.canonical, url: f.URL, element: element{sub: s, name: d.local, coordinate: d.local, pos: f.Position}}
		if i := slices.IndexFunc(s.directives, func(def *ast.DirectiveDefinition) bool { return "@"+def.Name == f.Local(d.canonical) }); i >= 0 {
			def := *s.directives[i]
			def.Name = d.local[1:]
			own.def = &def
			own.shape = definedShape(own.def)
			return own
		}
		linking = append(linking, own)
	}
	c.fail(problem{
		code: codeDirectiveComposition, coordinate: d.local, at: append(placesOf(linking), d.at()),
		fix: fmt.Sprintf("Define it there, or link %s there.", d.url),
	}, "The directive %q of subgraph %q is not defined in %s, with the newest version of its specification, %s.", d.local, d.sub.Name, inSubgraphs(namesOf(linking)), newest.url)
	return nil
}

// customDirective checks one @composeDirective; nil means that there is nothing
// to compose.
func (c *composer) customDirective(s *subgraph, a *applied) *customDirective {
	name := a.text("name")
	p := problem{code: codeDirectiveComposition, coordinate: "@composeDirective", at: at(s, a.pos)}
	if len(name) < 2 || name[0] != '@' {
		p.fix = `Write name: "@theDirective".`
		c.fail(p, "In subgraph %q, @%s names %q, which is no directive's name with its @.", s.Name, a.local, name)
		return nil
	}
	e, linked := s.links.Resolve(name)
	if linked && e.Feature.Spec != nil || specified(name[1:]) {
		if canonical := strings.TrimPrefix(e.Name, "@"); !linked || composed(canonical) {
			c.hint(hintCompositionInfo, name, p.at, "The directive %q of subgraph %q is composed in any case: the @%s can be removed.", name, s.Name, a.local)
			return nil
		}
		p.fix = "Remove it: the composition carries out federation's directives itself."
		c.fail(p, "In subgraph %q, @%s names %q, which is federation's own.", s.Name, a.local, name)
		return nil
	}
	i := slices.IndexFunc(s.directives, func(d *ast.DirectiveDefinition) bool { return d.Name == name[1:] })
	switch {
	case i < 0:
		p.fix = "Define it, or correct the name."
		c.fail(p, "In subgraph %q, @%s names %q, which the subgraph does not define.", s.Name, a.local, name)
		return nil
	case !linked:
		p.fix = fmt.Sprintf(`Link a specification of your own that has it: @link(url: "https://example.com/spec/v1.0", import: [%q]).`, name)
		c.fail(p, "In subgraph %q, @%s names %q, which belongs to no linked specification.", s.Name, a.local, name)
		return nil
	}
	d := &customDirective{local: name, canonical: e.Name, url: e.Feature.URL, def: s.directives[i]}
	d.element = element{sub: s, name: name, coordinate: name, pos: a.pos}
	for _, arg := range d.def.Arguments {
		if hidden := find(s.onArguments[arg], "inaccessible"); hidden != nil {
			c.fail(problem{code: codeDisallowedInaccessible, coordinate: fmt.Sprintf("%s(%s:)", name, arg.Name), at: at(s, hidden.pos), fix: "Remove it."},
				"In subgraph %q, the argument %q of %s is marked @%s, but schemas use the directive.", s.Name, arg.Name, name, hidden.local)
		}
	}
	d.shape = definedShape(d.def)
	return d
}

// checkCustomNames refuses one name for several directives, several names for
// one, and names that the supergraph needs itself.
func (c *composer) checkCustomNames(wishes []*customDirective) {
	byLocal, byElement := map[string][]*customDirective{}, map[string][]*customDirective{}
	for _, d := range wishes {
		byLocal[d.local] = append(byLocal[d.local], d)
		element := d.identity() + "#" + d.canonical
		byElement[element] = append(byElement[element], d)
		if composed(d.local[1:]) || d.local == "@link" || strings.HasPrefix(d.local, "@join__") {
			c.fail(problem{code: codeDirectiveComposition, coordinate: d.local, at: placesOf([]*customDirective{d}), fix: "Import it under another name by as:."},
				"Subgraph %q composes a directive %q, a name that the supergraph uses for another one.", d.sub.Name, d.local)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byLocal)) {
		all := byLocal[name]
		element := func(d *customDirective) string { return d.canonical + " of " + d.identity() }
		if slices.ContainsFunc(all, func(d *customDirective) bool { return element(d) != element(all[0]) }) {
			c.fail(problem{code: codeDirectiveComposition, coordinate: name, at: placesOf(all), fix: "Import one of them under another name by as:."},
				"The name %q stands for different directives: it is %s.", name, groups(all, element))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byElement)) {
		all := byElement[key]
		if slices.ContainsFunc(all, func(d *customDirective) bool { return d.local != all[0].local }) {
			c.fail(problem{code: codeDirectiveComposition, coordinate: all[0].canonical, at: placesOf(all), fix: "Import it under one name everywhere."},
				"The directive %q of %s is composed under several names: %s.", all[0].canonical, all[0].identity(),
				groups(all, func(d *customDirective) string { return d.local }))
		}
	}
}

// checkCustomVersions refuses specifications of several major versions.
func (c *composer) checkCustomVersions(wishes []*customDirective) {
	c.hintCustomDefinitions(wishes)
	byIdentity := map[string][]*customDirective{}
	for _, d := range wishes {
		byIdentity[d.identity()] = append(byIdentity[d.identity()], d)
	}
	for _, identity := range slices.Sorted(maps.Keys(byIdentity)) {
		all := byIdentity[identity]
		version := func(d *customDirective) string { return d.url.Version.String() }
		if slices.ContainsFunc(all, func(d *customDirective) bool { return d.url.Version.Major != all[0].url.Version.Major }) {
			c.fail(problem{code: codeDirectiveComposition, coordinate: "@link", at: placesOf(all), fix: "Link one major version everywhere."},
				"Directives of %s are composed at different major versions: %s.", identity, groups(all, version))
			continue
		}
		for _, s := range c.subgraphs {
			c.hintCustom(s, identity, all)
		}
	}
}

// hintCustomDefinitions tells about directives that subgraphs define differently:
// the supergraph has one of the definitions.
func (c *composer) hintCustomDefinitions(wishes []*customDirective) {
	byLocal := map[string][]*customDirective{}
	for _, d := range wishes {
		byLocal[d.local] = append(byLocal[d.local], d)
	}
	repeatable := func(d *customDirective) string {
		if d.def.IsRepeatable {
			return "repeatable"
		}
		return "not repeatable"
	}
	locations := func(d *customDirective) string {
		all := make([]string, len(d.def.Locations))
		for i, l := range d.def.Locations {
			all[i] = string(l)
		}
		slices.Sort(all)
		return strings.Join(all, " | ")
	}
	for _, local := range slices.Sorted(maps.Keys(byLocal)) {
		all := byLocal[local]
		differs := func(variant func(*customDirective) string) bool {
			return slices.ContainsFunc(all, func(d *customDirective) bool { return variant(d) != variant(all[0]) })
		}
		if differs(repeatable) {
			c.hint(hintTypeSystemRepeatable, local, placesOf(all), "The directive %q is repeatable in some subgraphs only: it is %s. The supergraph has the definition of the newest version.", local, groups(all, repeatable))
		}
		if differs(locations) {
			c.hint(hintTypeSystemLocations, local, placesOf(all), "The locations of the directive %q differ between subgraphs: it stands on %s. The supergraph has the definition of the newest version.", local, groups(all, locations))
		}
	}
}

// hintCustom tells about a subgraph that links the specification without
// composing all of its directives, and could not.
func (c *composer) hintCustom(s *subgraph, identity string, all []*customDirective) {
	f := s.links.Feature(identity)
	if f == nil {
		return
	}
	composes := func(d *customDirective) bool { return d.sub == s }
	if !slices.ContainsFunc(all, composes) && f.URL.Version.Major != all[0].url.Version.Major {
		c.hint(hintCompositionInfo, "@link", at(s, f.Position), "Subgraph %q links %s, of another major version than %s, which composes it.",
			s.Name, f.URL, inSubgraphs(namesOf(all)))
	}
	for _, d := range all {
		if local := f.Local(d.canonical); f.Imports(d.canonical) && local != d.local {
			c.hint(hintCompositionWarn, d.local, at(s, f.Position), "Subgraph %q calls %q of %s %q, and so could not compose it: elsewhere it is %q.",
				s.Name, d.canonical, identity, local, d.local)
		}
	}
}

// validateCustom checks an application against the definition that the
// supergraph will have.
func (c *composer) validateCustom(s *subgraph, e *element, a *applied, d *customDirective) {
	for _, arg := range a.args {
		if !slices.ContainsFunc(d.shape.args, func(own directiveArg) bool { return own.name == arg.Name }) {
			c.fail(problem{code: codeDirectiveComposition, coordinate: e.coordinate, at: append(at(s, a.pos), d.at()), fix: "Use the same definition everywhere."},
				"In subgraph %q, %s on %s has the argument %q, which it does not have as subgraph %q defines it.",
				s.Name, d.local, quoteCoordinate(e.coordinate), arg.Name, d.sub.Name)
		}
	}
}

// customLinks gives the links of the specifications whose directives are
// composed, by identity.
func (c *composer) customLinks() ast.DirectiveList {
	type spec struct {
		url     link.URL
		imports []*customDirective
	}
	specs := map[string]*spec{}
	for _, local := range slices.Sorted(maps.Keys(c.custom)) {
		d := c.custom[local]
		s := specs[d.identity()]
		if s == nil {
			s = &spec{url: d.url}
			specs[d.identity()] = s
		}
		if d.url.Version.AtLeast(s.url.Version) {
			s.url = d.url
		}
		s.imports = append(s.imports, d)
	}
	var all ast.DirectiveList
	for _, identity := range slices.Sorted(maps.Keys(specs)) {
		s := specs[identity]
		slices.SortFunc(s.imports, func(a, b *customDirective) int { return cmp.Compare(a.local, b.local) })
		imports := &ast.Value{Kind: ast.ListValue}
		for _, d := range s.imports {
			item := text(d.local)
			if d.local != d.canonical {
				item = &ast.Value{Kind: ast.ObjectValue, Children: ast.ChildValueList{
					{Name: "name", Value: text(d.canonical)}, {Name: "as", Value: text(d.local)},
				}}
			}
			imports.Children = append(imports.Children, &ast.ChildValue{Value: item})
		}
		all = append(all, directive("link", argument{"url", text(s.url.String())}, argument{"import", imports}))
	}
	return all
}

// customDefinitions gives the definitions of composed directives.
func (c *composer) customDefinitions() ast.DirectiveDefinitionList {
	var all ast.DirectiveDefinitionList
	for _, local := range slices.Sorted(maps.Keys(c.custom)) {
		d := c.custom[local]
		def := *d.def
		own := &definedDirective{d.element, d.def}
		def.Arguments = c.mergeArguments(local, []*fieldDef{own.asField()})
		all = append(all, &def)
	}
	return all
}
