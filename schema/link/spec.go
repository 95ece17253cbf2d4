package link

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// Argument is an argument that a specification gives to a directive.
type Argument struct {
	Name string
	// Type in SDL, with the specification's own type names ("FieldSet!").
	Type string
	// Default in SDL, or empty.
	Default string
	since   Version
}

// Directive is a directive as a specification defines it.
type Directive struct {
	// Name is canonical and has no @.
	Name       string
	Arguments  []Argument
	Locations  []ast.DirectiveLocation
	Repeatable bool
}

// Argument gives the argument of that name, or nil.
func (d *Directive) Argument(name string) *Argument {
	for i := range d.Arguments {
		if d.Arguments[i].Name == name {
			return &d.Arguments[i]
		}
	}
	return nil
}

// LatestFederation is the newest version of the federation specification that
// Weft knows.
func LatestFederation() Version { return Version{2, 14} }

// definition is a directive with the versions of the federation specification
// that change it, and the specification of its own, if it has one.
type definition struct {
	Directive
	since           Version
	repeatableSince Version
	// newLocations are those that came later than the directive.
	newLocations map[ast.DirectiveLocation]Version
	identity     string
	own          Version
}

// Locations are written as in SDL to keep the table readable.
const (
	outputs      = "FIELD_DEFINITION OBJECT INTERFACE UNION"
	inputs       = " ARGUMENT_DEFINITION SCALAR ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION"
	guardable    = "FIELD_DEFINITION OBJECT INTERFACE SCALAR ENUM"
	costLocation = "ARGUMENT_DEFINITION ENUM FIELD_DEFINITION INPUT_FIELD_DEFINITION OBJECT SCALAR"
)

// definitions is built once and only read.
var definitions = sync.OnceValue(func() []definition {
	fields := []Argument{{Name: "fields", Type: "FieldSet!"}}
	return []definition{
		define("key", Version{2, 0}, "OBJECT INTERFACE", append(slices.Clone(fields), Argument{Name: "resolvable", Type: "Boolean", Default: "true"})).repeats(Version{}),
		define("requires", Version{2, 0}, "FIELD_DEFINITION", fields),
		define("provides", Version{2, 0}, "FIELD_DEFINITION", fields),
		define("external", Version{2, 0}, "OBJECT FIELD_DEFINITION", []Argument{{Name: "reason", Type: "String"}}),
		define("extends", Version{2, 0}, "OBJECT INTERFACE", nil),
		define("shareable", Version{2, 0}, "OBJECT FIELD_DEFINITION", nil).repeats(Version{2, 2}),
		define("override", Version{2, 0}, "FIELD_DEFINITION", []Argument{{Name: "from", Type: "String!"}, {Name: "label", Type: "String", since: Version{2, 7}}}),
		define("tag", Version{2, 0}, outputs+inputs+" SCHEMA", []Argument{{Name: "name", Type: "String!"}}).repeats(Version{}).
			ownSpec(IdentityTag, Version{0, 3}).widened(inputs, Version{2, 0}).widened("SCHEMA", Version{2, 3}),
		define("inaccessible", Version{2, 0}, outputs+inputs, nil).
			ownSpec(IdentityInaccessible, Version{0, 2}).widened(inputs, Version{2, 0}),
		define("composeDirective", Version{2, 1}, "SCHEMA", []Argument{{Name: "name", Type: "String"}}).repeats(Version{}),
		define("interfaceObject", Version{2, 3}, "OBJECT", nil),
		define("authenticated", Version{2, 5}, guardable, nil).ownSpec(IdentityAuthenticated, Version{0, 1}),
		define("requiresScopes", Version{2, 5}, guardable, []Argument{{Name: "scopes", Type: "[[Scope!]!]!"}}).ownSpec(IdentityRequiresScopes, Version{0, 1}),
		define("policy", Version{2, 6}, guardable, []Argument{{Name: "policies", Type: "[[Policy!]!]!"}}).ownSpec(IdentityPolicy, Version{0, 1}),
		define("context", Version{2, 8}, "INTERFACE OBJECT UNION", []Argument{{Name: "name", Type: "String!"}}).repeats(Version{}).ownSpec(IdentityContext, Version{0, 1}),
		define("fromContext", Version{2, 8}, "ARGUMENT_DEFINITION", []Argument{{Name: "field", Type: "ContextFieldValue"}}).ownSpec(IdentityContext, Version{0, 1}),
		define("cost", Version{2, 9}, costLocation, []Argument{{Name: "weight", Type: "Int!"}}).ownSpec(IdentityCost, Version{0, 1}),
		define("listSize", Version{2, 9}, "FIELD_DEFINITION", []Argument{
			{Name: "assumedSize", Type: "Int"},
			{Name: "slicingArguments", Type: "[String!]"},
			{Name: "sizedFields", Type: "[String!]"},
			{Name: "requireOneSlicingArgument", Type: "Boolean", Default: "true"},
		}).ownSpec(IdentityCost, Version{0, 1}),
		define("cacheTag", Version{2, 12}, "OBJECT FIELD_DEFINITION", []Argument{{Name: "format", Type: "String!"}}).repeats(Version{}).ownSpec(IdentityCacheTag, Version{0, 1}),
	}
})

func define(name string, since Version, locations string, arguments []Argument) definition {
	d := definition{since: since, repeatableSince: Version{Major: 1 << 30}}
	d.Name, d.Arguments = name, arguments
	for l := range strings.FieldsSeq(locations) {
		d.Locations = append(d.Locations, ast.DirectiveLocation(l))
	}
	return d
}

// repeats makes the directive repeatable from that version of federation on.
func (d definition) repeats(since Version) definition {
	d.repeatableSince = since
	return d
}

// ownSpec says that the directive is also to be had from a specification of
// its own, and at which version Weft writes that one.
func (d definition) ownSpec(identity string, version Version) definition {
	d.identity, d.own = identity, version
	return d
}

// widened says that the directive may stand on those locations only from that
// version of federation on.
func (d definition) widened(locations string, since Version) definition {
	later := maps.Clone(d.newLocations)
	if later == nil {
		later = map[ast.DirectiveLocation]Version{}
	}
	for l := range strings.FieldsSeq(locations) {
		later[ast.DirectiveLocation(l)] = since
	}
	d.newLocations = later
	return d
}

// companionVersions gives the versions of a companion specification that Weft
// knows, each with the version of federation that took it in. The first ones are
// older than federation 2.
func companionVersions(identity string) map[Version]Version {
	before := Version{1, 0}
	switch identity {
	case IdentityTag:
		return map[Version]Version{{0, 1}: before, {0, 2}: {2, 0}, {0, 3}: {2, 3}}
	case IdentityInaccessible:
		return map[Version]Version{{0, 1}: before, {0, 2}: {2, 0}}
	case IdentityCost, IdentityContext, IdentityAuthenticated, IdentityRequiresScopes, IdentityPolicy, IdentityCacheTag:
		return map[Version]Version{{0, 1}: LatestFederation()}
	case IdentityWeft:
		return map[Version]Version{weftVersion(): LatestFederation()}
	}
	return nil
}

func (d definition) at(v Version) Directive {
	out := d.Directive
	out.Locations = slices.DeleteFunc(slices.Clone(d.Locations), func(l ast.DirectiveLocation) bool { return !v.AtLeast(d.newLocations[l]) })
	out.Repeatable = v.AtLeast(d.repeatableSince)
	out.Arguments = nil
	for _, a := range d.Arguments {
		if v.AtLeast(a.since) {
			out.Arguments = append(out.Arguments, a)
		}
	}
	return out
}

// typesSince holds the types that the federation specification defines.
func typesSince() map[string]Version {
	return map[string]Version{
		"FieldSet": {2, 0}, "Scope": {2, 5}, "Policy": {2, 6}, "ContextFieldValue": {2, 8},
	}
}

func weftVersion() Version { return Version{0, 1} }

// weftDirectives are Weft's own: @event has events of a broker feed a
// subscription field (topic may have {args.NAME} in it; broker is the name that
// the gateway's configuration gives it, which may be left out if there is one),
// @invalidates makes cached answers stale when a mutation field was answered.
func weftDirectives() []definition {
	return []definition{
		define("event", Version{}, "FIELD_DEFINITION", []Argument{{Name: "topic", Type: "String!"}, {Name: "broker", Type: "String"}}),
		define("invalidates", Version{}, "FIELD_DEFINITION", []Argument{{Name: "tags", Type: "[String!]"}, {Name: "types", Type: "[String!]"}}).repeats(Version{}),
	}
}

// Spec is what one version of a specification defines.
type Spec struct {
	directives map[string]Directive
	types      map[string]bool
}

// Directive gives the definition of a directive by its canonical name without
// @, or nil when this version does not have it.
func (s *Spec) Directive(name string) *Directive {
	if d, ok := s.directives[name]; ok {
		return &d
	}
	return nil
}

// Type reports whether the specification defines a type of that canonical name.
func (s *Spec) Type(name string) bool { return s.types[name] }

// federationSpecs are the federation specification by version, each of which
// most subgraphs of a graph link.
var federationSpecs = sync.OnceValue(func() map[Version]*Spec {
	all := map[Version]*Spec{}
	for minor := range LatestFederation().Minor + 1 {
		v := Version{2, minor}
		all[v] = newFederationSpec(v)
	}
	return all
})

func federationSpec(v Version) *Spec {
	if known := federationSpecs()[v]; known != nil {
		return known
	}
	return newFederationSpec(v)
}

func newFederationSpec(v Version) *Spec {
	s := &Spec{directives: map[string]Directive{}, types: map[string]bool{}}
	for _, d := range definitions() {
		if v.AtLeast(d.since) {
			s.directives[d.Name] = d.at(v)
		}
	}
	for name, since := range typesSince() {
		s.types[name] = v.AtLeast(since)
	}
	return s
}

// SpecOf gives what the specification at u defines; nil for one that Weft does
// not know.
func SpecOf(u URL) *Spec {
	s := &Spec{directives: map[string]Directive{}, types: map[string]bool{}}
	switch u.Identity {
	case IdentityFederation:
		return federationSpec(u.Version)
	case IdentityLink, IdentityCore:
		s.directives[u.Name] = linkDirective(u.Name)
		s.types["Import"], s.types["Purpose"] = true, true
		return s
	}
	v, known := companionVersions(u.Identity)[u.Version]
	if !known {
		return nil
	}
	for _, d := range definitions() {
		// @cacheTag is federation's only: its own specification names it in supergraphs.
		if d.identity == u.Identity && d.Name != "cacheTag" {
			s.directives[d.Name] = d.at(v)
		}
	}
	switch u.Identity {
	case IdentityWeft:
		for _, d := range weftDirectives() {
			s.directives[d.Name] = d.at(v)
		}
	case IdentityRequiresScopes:
		s.types["Scope"] = true
	case IdentityPolicy:
		s.types["Policy"] = true
	case IdentityContext:
		s.types["ContextFieldValue"] = true
	}
	return s
}

// Federation1 is what a schema without a federation @link may use.
func Federation1() *Spec {
	s := &Spec{directives: map[string]Directive{}, types: map[string]bool{"_Any": true, "_FieldSet": true}}
	for _, d := range definitions() {
		switch d.Name {
		case "key", "requires", "provides", "external", "extends", "tag":
			s.directives[d.Name] = d.at(Version{2, 0})
		}
	}
	return s
}

// Companion gives the specification by which a supergraph links the directive
// of that canonical name: @tag from the tag specification and so on. ok is
// false for directives that have none.
func Companion(directive string) (u URL, ok bool) {
	for _, d := range definitions() {
		if d.Name == directive && d.identity != "" {
			return URL{Identity: d.identity, Name: d.identity[strings.LastIndexByte(d.identity, '/')+1:], Version: d.own}, true
		}
	}
	for _, d := range weftDirectives() {
		if d.Name == directive {
			return URL{Identity: IdentityWeft, Name: "spec", Version: weftVersion()}, true
		}
	}
	return URL{}, false
}

// Since gives the version of the federation specification that introduced the
// directive of that canonical name.
func Since(directive string) (Version, bool) {
	for _, d := range definitions() {
		if d.Name == directive {
			return d.since, true
		}
	}
	return Version{}, false
}

// FederationOf gives the version of the federation specification that the
// companion specification of that identity came with.
func FederationOf(identity string) (v Version, ok bool) {
	for _, d := range definitions() {
		if d.identity == identity && (!ok || v.AtLeast(d.since)) {
			v, ok = d.since, true
		}
	}
	return v, ok
}

func linkDirective(name string) Directive {
	d := define(name, Version{}, "SCHEMA", []Argument{
		{Name: "url", Type: "String"}, {Name: "feature", Type: "String"}, {Name: "as", Type: "String"},
		{Name: "for", Type: "Purpose"}, {Name: "import", Type: "[Import]"},
	}).Directive
	d.Repeatable = true
	return d
}
