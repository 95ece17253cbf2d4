package link

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// Feature is one specification that a schema links.
type Feature struct {
	URL URL
	// As is the local name: the prefix of elements that are not imported
	// ("federation" in @federation__key). It is the specification's own name
	// unless the @link says otherwise; empty when there is neither.
	As string
	// Purpose is the for argument: SECURITY, EXECUTION or empty.
	Purpose string
	// Spec is what the specification defines; nil for one that Weft does not know.
	Spec *Spec
	// Position is that of the @link; nil for a feature that is implied.
	Position *ast.Position

	imports map[string]string // canonical → local, directives with @
}

// Local gives the schema's name for an element of the feature. Canonical and
// local names of directives begin with @.
func (f *Feature) Local(canonical string) string {
	if name, ok := f.imports[canonical]; ok {
		return name
	}
	if directive, ok := strings.CutPrefix(canonical, "@"); ok {
		if directive == f.URL.Name {
			return "@" + f.As
		}
		return "@" + f.As + "__" + directive
	}
	return f.As + "__" + canonical
}

// Imports reports whether the schema imports that element by name.
func (f *Feature) Imports(canonical string) bool {
	_, ok := f.imports[canonical]
	return ok
}

// Element is something that a specification defines.
type Element struct {
	Feature *Feature
	// Name is canonical; a directive's begins with @.
	Name string
}

// Table tells, for one schema, which local name stands for which element of
// which specification.
type Table struct {
	features []*Feature
	byAs     map[string]*Feature
	imported map[string]Element
}

// Features gives the linked specifications in the order of their links.
func (t *Table) Features() []*Feature { return t.features }

// Feature gives the feature of that identity, or nil.
func (t *Table) Feature(identity string) *Feature {
	for _, f := range t.features {
		if f.URL.Identity == identity {
			return f
		}
	}
	return nil
}

// Federation gives the federation 2 feature, or nil for a federation 1 schema.
func (t *Table) Federation() *Feature { return t.Feature(IdentityFederation) }

// Resolve says what a local name stands for; a directive's begins with @. ok is
// false for what the schema itself defines.
func (t *Table) Resolve(local string) (e Element, ok bool) {
	if e, ok := t.imported[local]; ok {
		return e, true
	}
	name, isDirective := strings.CutPrefix(local, "@")
	sigil := ""
	if isDirective {
		sigil = "@"
		if f := t.byAs[name]; f != nil && f.Local("@"+f.URL.Name) == local {
			return Element{f, "@" + f.URL.Name}, true
		}
	}
	prefix, rest, found := strings.Cut(name, "__")
	if found && rest != "" {
		if f := t.byAs[prefix]; f != nil && f.Local(sigil+rest) == local {
			return Element{f, sigil + rest}, true
		}
	}
	return Element{}, false
}

// reader collects what is wrong with the links while it reads them.
type reader struct {
	table *Table
	at    func(*ast.Position) schema.Location
	errs  schema.Errors
}

// Read finds the links of a schema document. at turns positions of the document
// into locations for errors. The table is usable only without errors.
func Read(doc *ast.SchemaDocument, at func(*ast.Position) schema.Location) (*Table, schema.Errors) {
	r := &reader{at: at, table: &Table{byAs: map[string]*Feature{}, imported: map[string]Element{}}}
	var all []*ast.Directive
	for _, defs := range []ast.SchemaDefinitionList{doc.Schema, doc.SchemaExtension} {
		for _, s := range defs {
			all = append(all, s.Directives...)
		}
	}
	own, explicit := bootstrap(all)
	if own == "" {
		return r.table, nil
	}
	for _, d := range all {
		if d.Name == own {
			r.read(d)
		}
	}
	if !explicit && len(r.errs) == 0 && r.table.Feature(IdentityLink) == nil {
		u := URL{Identity: IdentityLink, Name: "link", Version: Version{1, 0}}
		r.add(&Feature{URL: u, As: own, Spec: SpecOf(u), imports: map[string]string{}})
	}
	return r.table, r.errs
}

// bootstrap finds the local name of @link itself: the directive whose url names
// the link specification, else the one that is called @link and has a url.
func bootstrap(all []*ast.Directive) (name string, explicit bool) {
	for _, d := range all {
		raw, ok := urlArgument(d)
		if !ok {
			continue
		}
		u, err := ParseURL(raw)
		if err != nil || u.Identity != IdentityLink && u.Identity != IdentityCore {
			continue
		}
		as := u.Name
		if a := d.Arguments.ForName("as"); a != nil && a.Value != nil {
			as = a.Value.Raw
		}
		if d.Name == as {
			return as, true
		}
	}
	for _, d := range all {
		if _, ok := urlArgument(d); ok && d.Name == "link" {
			return "link", false
		}
	}
	return "", false
}

// urlArgument gives the url of a @link, or the feature of a @core.
func urlArgument(d *ast.Directive) (string, bool) {
	for _, name := range []string{"url", "feature"} {
		if a := d.Arguments.ForName(name); a != nil && a.Value != nil && isString(a.Value) {
			return a.Value.Raw, true
		}
	}
	return "", false
}

func isString(v *ast.Value) bool {
	return v != nil && (v.Kind == ast.StringValue || v.Kind == ast.BlockValue)
}

// fail notes an error; format has the rest of the sentence after the subgraph.
func (r *reader) fail(pos *ast.Position, code schema.Code, fix, format string, args ...any) {
	at := r.at(pos)
	r.errs = append(r.errs, &schema.Error{
		Code: code, Coordinate: "@link", Fix: fix,
		Message:   fmt.Sprintf("In subgraph %q, %s.", at.Subgraph, fmt.Sprintf(format, args...)),
		Locations: []schema.Location{at},
	})
}

const (
	invalidUsage      schema.Code = "INVALID_LINK_DIRECTIVE_USAGE"
	invalidIdentifier schema.Code = "INVALID_LINK_IDENTIFIER"
	unknownLink       schema.Code = "UNKNOWN_LINK_VERSION"
	unknownFederation schema.Code = "UNKNOWN_FEDERATION_LINK_VERSION"
	unsupportedLinked schema.Code = "UNSUPPORTED_LINKED_FEATURE"
)

func (r *reader) read(d *ast.Directive) {
	raw, ok := urlArgument(d)
	if !ok {
		r.fail(d.Position, invalidUsage, `Write url: "https://…/name/v1.0".`, "@%s has no url that is a string", d.Name)
		return
	}
	u, err := ParseURL(raw)
	if err != nil {
		r.fail(d.Position, invalidIdentifier, "Give the specification's full URL.", "the url of @%s cannot be used: %v", d.Name, err)
		return
	}
	if u.Version == (Version{}) {
		r.fail(d.Position, invalidIdentifier, "End it in a version, such as /v1.0.", "the url of @%s, %s, names no version", d.Name, raw)
		return
	}
	f := &Feature{URL: u, As: u.Name, Spec: SpecOf(u), Position: d.Position, imports: map[string]string{}}
	before := len(r.errs)
	r.readName(f, d)
	r.readPurpose(f, d)
	r.checkVersion(f)
	if len(r.errs) > before {
		return
	}
	r.add(f)
	r.readImports(f, d)
}

func (r *reader) readName(f *Feature, d *ast.Directive) {
	a := d.Arguments.ForName("as")
	if a == nil || a.Value == nil || a.Value.Kind == ast.NullValue {
		return
	}
	if !isString(a.Value) || !namePattern.MatchString(a.Value.Raw) {
		r.fail(a.Position, invalidUsage, "Use letters, digits and single underscores.", "%s is no name to link %s as", a.Value, f.URL)
		return
	}
	f.As = a.Value.Raw
}

func (r *reader) readPurpose(f *Feature, d *ast.Directive) {
	a := d.Arguments.ForName("for")
	if a == nil || a.Value == nil || a.Value.Kind == ast.NullValue {
		return
	}
	switch {
	case a.Value.Kind == ast.EnumValue && (a.Value.Raw == "SECURITY" || a.Value.Raw == "EXECUTION"):
		f.Purpose = a.Value.Raw
	default:
		r.fail(a.Position, invalidUsage, "Use SECURITY or EXECUTION, or leave it out.", "%s is no purpose to link %s for", a.Value, f.URL)
	}
}

func (r *reader) checkVersion(f *Feature) {
	u := f.URL
	switch u.Identity {
	case IdentityFederation:
		if latest := LatestFederation(); u.Version.Major != 2 || u.Version.Minor > latest.Minor {
			r.fail(f.Position, unknownFederation, fmt.Sprintf("Link a version from v2.0 to %s.", latest),
				"there is no version %s of the federation specification that Weft knows", u.Version)
		}
	case IdentityLink:
		if u.Version != (Version{1, 0}) {
			r.fail(f.Position, unknownLink, "Link v1.0.", "there is no version %s of the link specification that Weft knows", u.Version)
		}
	case IdentityCore:
		if u.Version != (Version{0, 1}) && u.Version != (Version{0, 2}) {
			r.fail(f.Position, unknownLink, "Link v0.2.", "there is no version %s of the core specification that Weft knows", u.Version)
		}
	default:
		known := slices.SortedFunc(maps.Keys(companionVersions(u.Identity)), compareVersions)
		switch {
		case f.Spec != nil:
		case len(known) > 0:
			r.fail(f.Position, unsupportedLinked, fmt.Sprintf("Link %s, or remove the @link.", known[len(known)-1]),
				"there is no version %s of the specification %s that Weft knows", u.Version, u.Identity)
		case f.Purpose != "":
			r.fail(f.Position, unsupportedLinked, "Remove the @link, or link it without a purpose if it may be ignored.",
				"%s is linked for %s, and Weft does not know that specification", u, f.Purpose)
		}
	}
}

func (r *reader) add(f *Feature) {
	if old := r.table.Feature(f.URL.Identity); old != nil {
		r.fail(f.Position, invalidUsage, "Keep one @link and merge the imports into it.", "%s is linked twice", f.URL.Identity)
		return
	}
	if f.As != "" {
		if old := r.table.byAs[f.As]; old != nil {
			r.fail(f.Position, invalidUsage, "Give one of them another name by as:.", "%s and %s are both linked as %q", old.URL, f.URL, f.As)
			return
		}
		r.table.byAs[f.As] = f
	}
	r.table.features = append(r.table.features, f)
}

func (r *reader) readImports(f *Feature, d *ast.Directive) {
	a := d.Arguments.ForName("import")
	if a == nil || a.Value == nil || a.Value.Kind == ast.NullValue {
		return
	}
	if a.Value.Kind != ast.ListValue {
		r.fail(a.Position, invalidUsage, `Write import: ["@name", "Name"].`, "the imports of %s are not a list", f.URL)
		return
	}
	for _, child := range a.Value.Children {
		name, local, ok := importNames(child.Value)
		if !ok {
			r.fail(a.Position, invalidUsage, `Write "@name" or {name: "@name", as: "@other"}.`, "%s is no import from %s", child.Value, f.URL)
			continue
		}
		r.importElement(f, a.Position, name, local)
	}
}

func importNames(v *ast.Value) (name, local string, ok bool) {
	if isString(v) {
		return v.Raw, v.Raw, v.Raw != ""
	}
	if v == nil || v.Kind != ast.ObjectValue {
		return "", "", false
	}
	for _, field := range v.Children {
		if !isString(field.Value) {
			return "", "", false
		}
		switch field.Name {
		case "name":
			name = field.Value.Raw
		case "as":
			local = field.Value.Raw
		default:
			return "", "", false
		}
	}
	if local == "" {
		local = name
	}
	return name, local, name != ""
}

func (r *reader) importElement(f *Feature, pos *ast.Position, name, local string) {
	directive := strings.HasPrefix(name, "@")
	if directive != strings.HasPrefix(local, "@") {
		r.fail(pos, invalidUsage, "Begin both with @ for a directive, or neither for a type.",
			"%q cannot be imported as %q: one is a directive's name and the other is not", name, local)
		return
	}
	if f.Spec != nil && !f.Spec.has(name) {
		fix := "Remove it from the imports."
		if since, ok := Since(strings.TrimPrefix(name, "@")); ok && f.URL.Identity == IdentityFederation && directive {
			fix = fmt.Sprintf("Link federation %s or later: %s exists since then.", since, name)
		} else if !directive && f.Spec.has("@"+name) {
			fix = fmt.Sprintf("Write %q: it is a directive.", "@"+name)
		}
		r.fail(pos, invalidUsage, fix, "%s has no element %q to import", f.URL, name)
		return
	}
	if old, taken := r.table.imported[local]; taken && old.Feature != f {
		r.fail(pos, invalidUsage, "Import one of them under another name by as:.", "%q is imported from both %s and %s", local, old.Feature.URL, f.URL)
		return
	}
	f.imports[name] = local
	r.table.imported[local] = Element{f, name}
}

func (s *Spec) has(element string) bool {
	if name, ok := strings.CutPrefix(element, "@"); ok {
		return s.Directive(name) != nil
	}
	return s.Type(element)
}
