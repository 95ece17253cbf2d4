package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

const (
	codeInvalidSupergraph  Code = "INVALID_FEDERATION_SUPERGRAPH"
	codeUnsupportedFeature Code = "UNSUPPORTED_LINKED_FEATURE"
)

const apolloSpecs = "https://specs.apollo.dev/"

// feature is one specification that a supergraph document links.
type feature struct {
	// identity is the url without the version, name its last element.
	identity, name string
	major, minor   int
	// as is the prefix of the specification's elements in this document.
	as string
	// imports maps local names of elements to their own; directives have their @.
	imports map[string]string
	purpose string
	url     string
	at      *ast.Position
}

// features resolves the names that a supergraph document uses for the elements
// of the specifications that it links.
type features []*feature

var featureURL = regexp.MustCompile(`^(.*/([A-Za-z][A-Za-z0-9_]*))/v([0-9]{1,6})\.([0-9]{1,6})$`)

// readFeatures finds the @link (or federation 1's @core) directives of a
// document, and what they are called there.
func readFeatures(doc *ast.SchemaDocument) (features, error) {
	var applied ast.DirectiveList
	for _, d := range slices.Concat(doc.Schema, doc.SchemaExtension) {
		applied = append(applied, d.Directives...)
	}
	bootstrap := ""
	for _, d := range applied {
		if f := parseFeature(d); f != nil && (f.identity == apolloSpecs+"link" || f.identity == apolloSpecs+"core") && f.as == d.Name {
			bootstrap = d.Name
			break
		}
	}
	if bootstrap == "" {
		return nil, invalid(nil, "the document has no @link to %slink or @core to %score on its schema definition, so it is no supergraph", apolloSpecs, apolloSpecs)
	}
	var fs features
	for _, d := range applied {
		if d.Name != bootstrap {
			continue
		}
		f := parseFeature(d)
		if f == nil {
			f = unversioned(d)
		}
		if f == nil {
			return nil, invalid(d.Position, "@%s has no url", d.Name)
		}
		fs = append(fs, f)
	}
	return fs, nil
}

// parseFeature reads one @link or @core; nil if it names no versioned url.
func parseFeature(d *ast.Directive) *feature {
	url := stringArgument(d, "url")
	if url == "" {
		url = stringArgument(d, "feature")
	}
	m := featureURL.FindStringSubmatch(strings.TrimRight(url, "/"))
	if m == nil {
		return nil
	}
	f := &feature{identity: m[1], name: m[2], as: m[2], url: url, at: d.Position, imports: map[string]string{}}
	// The pattern keeps both numbers within six digits, so Atoi succeeds.
	f.major, _ = strconv.Atoi(m[3])
	f.minor, _ = strconv.Atoi(m[4])
	f.readArguments(d)
	return f
}

// unversioned reads a @link whose url ends in no version, as those of an
// organisation's own directives may; nil where it has no url. Such a feature has
// no name that elements could go by but those that it imports or is given.
func unversioned(d *ast.Directive) *feature {
	url := stringArgument(d, "url")
	if url == "" {
		return nil
	}
	f := &feature{identity: url, url: url, at: d.Position, imports: map[string]string{}}
	f.readArguments(d)
	return f
}

// readArguments reads what a @link says besides its url.
func (f *feature) readArguments(d *ast.Directive) {
	if as := stringArgument(d, "as"); as != "" {
		f.as = as
	}
	if a := d.Arguments.ForName("for"); a != nil && a.Value != nil {
		f.purpose = a.Value.Raw
	}
	if a := d.Arguments.ForName("import"); a != nil && a.Value != nil {
		for _, c := range a.Value.Children {
			f.addImport(c.Value)
		}
	}
}

func (f *feature) addImport(v *ast.Value) {
	if v.Kind != ast.ObjectValue {
		f.imports[v.Raw] = v.Raw
		return
	}
	name, as := v.Children.ForName("name"), v.Children.ForName("as")
	switch {
	case name == nil:
	case as == nil:
		f.imports[name.Raw] = name.Raw
	default:
		f.imports[as.Raw] = name.Raw
	}
}

// check refuses specifications that Weft would have to obey and does not.
func (fs features) check(denyUnenforced bool) error {
	joined := false
	for _, f := range fs {
		known := false
		if name, ok := strings.CutPrefix(f.identity, apolloSpecs); ok {
			switch name {
			case "join":
				joined = true
				if f.major != 0 || f.minor < 1 || f.minor > 5 {
					return unsupported(f, "Weft reads the join specification from v0.1 to v0.5.")
				}
				known = true
			case "authenticated", "requiresScopes", "policy":
				if !denyUnenforced {
					return unsupported(f, "Weft does not enforce it; set `auth: {unenforced: deny}` in weft.yaml to answer what it guards with null, or remove @"+name+" from the subgraphs.")
				}
				known = true
			case "context":
				if f.major != 0 || f.minor != 1 {
					return unsupported(f, "Weft reads the context specification v0.1.")
				}
				known = true
			case "connect", "source":
				return unsupported(f, "Weft does not run connectors; remove the subgraphs that use them.")
			case "link", "core", "inaccessible", "tag", "cost", "federation", "cacheTag":
				known = true
			}
		}
		if !known && f.purpose != "" {
			return unsupported(f, "Weft does not know it, and the supergraph says that a gateway must.")
		}
	}
	if !joined {
		return invalid(nil, "the document does not link %sjoin, so it does not say which subgraph has what", apolloSpecs)
	}
	return nil
}

// resolve gives the specification and the own name of a directive ("@x") or
// type by its name in this document; nil where no specification has it.
func (fs features) resolve(local string) (*feature, string) {
	bare, isDirective := strings.CutPrefix(local, "@")
	return fs.find(bare, isDirective)
}

// directive resolves the name of a directive without its @.
func (fs features) directive(name string) (*feature, string) { return fs.find(name, true) }

func (fs features) find(bare string, isDirective bool) (*feature, string) {
	for _, f := range fs {
		if len(f.imports) == 0 {
			continue
		}
		local := bare
		if isDirective {
			local = "@" + bare
		}
		if own, ok := f.imports[local]; ok {
			return f, strings.TrimPrefix(own, "@")
		}
	}
	for _, f := range fs {
		if f.as == "" {
			continue
		}
		if isDirective && bare == f.as {
			return f, f.name
		}
		if own, ok := strings.CutPrefix(bare, f.as); ok {
			if own, ok = strings.CutPrefix(own, "__"); ok {
				return f, own
			}
		}
	}
	return nil, ""
}

// narrow reports whether some specification makes the API schema less than the
// whole: by hiding elements, or by directives that are the gateway's alone.
func (fs features) narrow() bool {
	return slices.ContainsFunc(fs, func(f *feature) bool {
		return f.identity == apolloSpecs+"inaccessible" || f.identity == apolloSpecs+"cost"
	})
}

// join gives the own name ("type", "field") of a directive of the join
// specification, or "".
func (fs features) join(d *ast.Directive) string {
	f, own := fs.directive(d.Name)
	if f == nil || f.identity != apolloSpecs+"join" {
		return ""
	}
	return strings.TrimPrefix(own, "join__")
}

// has reports whether the directive of an Apollo specification is among ds:
// has(ds, "inaccessible", "inaccessible").
func (fs features) has(ds ast.DirectiveList, spec, name string) bool {
	return slices.ContainsFunc(ds, func(d *ast.Directive) bool {
		f, own := fs.directive(d.Name)
		return f != nil && f.identity == apolloSpecs+spec && own == name
	})
}

// joinV01 reports whether the document is of federation 1: join v0.1.
func (fs features) joinV01() bool {
	return slices.ContainsFunc(fs, func(f *feature) bool { return f.identity == apolloSpecs+"join" && f.minor == 1 })
}

func stringArgument(d *ast.Directive, name string) string {
	a := d.Arguments.ForName(name)
	if a == nil || a.Value == nil || (a.Value.Kind != ast.StringValue && a.Value.Kind != ast.BlockValue) {
		return ""
	}
	return a.Value.Raw
}

func locate(p *ast.Position) []Location {
	if p == nil {
		return nil
	}
	l := Location{Line: p.Line, Column: p.Column}
	if p.Src != nil {
		l.File = p.Src.Name
	}
	return []Location{l}
}

func invalid(at *ast.Position, format string, args ...any) *Error {
	return &Error{Code: codeInvalidSupergraph, Message: fmt.Sprintf(format, args...), Locations: locate(at)}
}

func unsupported(f *feature, fix string) *Error {
	message := fmt.Sprintf("the supergraph links %s", f.url)
	if f.purpose != "" {
		message += " for " + f.purpose
	}
	return &Error{Code: codeUnsupportedFeature, Message: message + ", which Weft does not support", Locations: locate(f.at), Fix: fix}
}
