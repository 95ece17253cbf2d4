package schema

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// LoadOptions are the limits of [LoadSupergraph] and what it needs for errors.
type LoadOptions struct {
	// MaxBytes limits the document; 0 means 64 MiB.
	MaxBytes int
	// File names the document in errors; empty means "supergraph".
	File string
	// DenyUnenforced loads a supergraph that guards elements with @authenticated,
	// @requiresScopes or @policy, which it is refused for otherwise: nobody may
	// have what they guard ([Field.Denied]), because nothing enforces them.
	DenyUnenforced bool
}

// DefaultMaxSupergraphBytes is the limit of a supergraph document where
// LoadOptions sets none.
const DefaultMaxSupergraphBytes = 64 << 20

// LoadSupergraph reads supergraph SDL of the join specification v0.1 to v0.5.
//
// It refuses by name what Weft would have to obey and does not (code
// UNSUPPORTED_LINKED_FEATURE), and a document that is no supergraph or is
// broken (INVALID_FEDERATION_SUPERGRAPH). Errors are an *[Error] with the place
// in the document.
func LoadSupergraph(sdl string, o LoadOptions) (*Supergraph, error) {
	limit := o.MaxBytes
	if limit == 0 {
		limit = DefaultMaxSupergraphBytes
	}
	if len(sdl) > limit {
		return nil, invalid(nil, "the supergraph document has %d bytes, more than the limit of %d", len(sdl), limit)
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: o.File, Input: sdl})
	if err != nil {
		return nil, fromParser(err, o.File)
	}
	sg, err := LoadDocument(doc, o)
	if err != nil {
		return nil, err
	}
	sg.SDL = sdl
	return sg, nil
}

// LoadDocument reads a supergraph document that is parsed already, as
// [LoadSupergraph] does but without its limit; the supergraph has no SDL. The
// supergraph shares the document's elements, which must not change afterwards.
func LoadDocument(doc *ast.SchemaDocument, o LoadOptions) (*Supergraph, error) {
	fs, err := readFeatures(doc)
	if err != nil {
		return nil, err
	}
	if err := fs.check(o.DenyUnenforced); err != nil {
		return nil, err
	}
	if err := mergeExtensions(doc); err != nil {
		return nil, err
	}
	l := &loader{doc: doc, features: fs, graphs: map[string]int{}, definitions: map[string]*ast.Definition{}, setters: map[string][]*Type{}, fieldSets: map[string]ast.SelectionSet{}, out: &Supergraph{Types: map[string]*Type{}}}
	for _, d := range doc.Definitions {
		l.definitions[d.Name] = d
	}
	if err := l.load(); err != nil {
		return nil, err
	}
	return l.out, nil
}

// loader holds what is known while a supergraph document is read.
type loader struct {
	doc      *ast.SchemaDocument
	features features
	// graphs finds a subgraph by its value of join__Graph.
	graphs map[string]int
	// definitions are the document's types by name.
	definitions map[string]*ast.Definition
	// fieldSets are those read so far by their text: many subgraphs have one key.
	fieldSets map[string]ast.SelectionSet
	// setters are the types that set each context.
	setters map[string][]*Type
	out     *Supergraph
}

func (l *loader) load() error {
	if err := l.readGraphs(); err != nil {
		return err
	}
	if err := l.refuseConnectors(); err != nil {
		return err
	}
	var err error
	if l.out.Schema, err = l.buildSchema(false); err != nil {
		return fmt.Errorf("the supergraph's schema is invalid: %w", err)
	}
	if !l.features.narrow() {
		l.out.API = l.out.Schema
	} else if l.out.API, err = l.buildSchema(true); err != nil {
		return fmt.Errorf("the supergraph's API schema (without what is @inaccessible) is invalid: %w", err)
	}
	l.makeTypes()
	for _, d := range l.doc.Definitions {
		if l.isMachinery(d) {
			continue
		}
		if err := l.readType(l.out.Types[d.Name], d); err != nil {
			return err
		}
	}
	if l.features.joinV01() {
		l.placeV01()
	}
	l.completeMembers()
	l.completeValues()
	for _, d := range l.doc.Definitions {
		if l.isMachinery(d) {
			continue
		}
		if err := l.readFields(l.out.Types[d.Name], d); err != nil {
			return err
		}
	}
	if l.features.joinV01() {
		l.placeFieldsV01()
	}
	l.deny()
	return l.checkFieldSets()
}

// readGraphs fills Graphs from the enum join__Graph.
func (l *loader) readGraphs() error {
	for _, d := range l.doc.Definitions {
		f, own := l.features.resolve(d.Name)
		if f == nil || f.identity != apolloSpecs+"join" || own != "Graph" && own != "join__Graph" {
			continue
		}
		for _, v := range d.EnumValues {
			g := Graph{EnumValue: v.Name}
			for _, a := range v.Directives {
				if l.features.join(a) == "graph" {
					g.Name, g.URL = stringArgument(a, "name"), stringArgument(a, "url")
				}
			}
			if g.Name == "" {
				return invalid(v.Position, "subgraph %s of enum %s has no @join__graph(name:)", v.Name, d.Name)
			}
			if _, twice := l.graphs[v.Name]; twice {
				return invalid(v.Position, "subgraph %s stands twice in enum %s", v.Name, d.Name)
			}
			if _, twice := l.out.Graph(g.Name); twice {
				return invalid(v.Position, "two values of enum %s are named %q", d.Name, g.Name)
			}
			l.graphs[v.Name] = len(l.out.Graphs)
			l.out.Graphs = append(l.out.Graphs, g)
		}
	}
	if len(l.out.Graphs) == 0 {
		return invalid(nil, "the supergraph has no subgraphs: enum join__Graph is missing or empty")
	}
	return nil
}

// refuseConnectors looks for connectors in the schema's @join__directive.
func (l *loader) refuseConnectors() error {
	for _, d := range slices.Concat(l.doc.Schema, l.doc.SchemaExtension) {
		if _, err := l.graphDirectives(d.Directives); err != nil {
			return err
		}
	}
	return nil
}

// makeTypes creates every Type with its possible object types.
func (l *loader) makeTypes() {
	out := l.out
	for name, def := range out.Schema.Types {
		t := &Type{Name: name, Kind: def.Kind, Object: -1, Definition: def}
		if def.Kind == ast.Object {
			out.Objects = append(out.Objects, t)
		}
		out.Types[name] = t
	}
	slices.SortFunc(out.Objects, func(a, b *Type) int { return compareNames(a.Name, b.Name) })
	for i, t := range out.Objects {
		t.Object = i
		t.Possible = NewTypeSet(i)
	}
	for _, t := range out.Types {
		if t.Kind != ast.Interface && t.Kind != ast.Union {
			continue
		}
		var members []int
		for _, p := range out.Schema.GetPossibleTypes(t.Definition) {
			if p != nil && p.Kind == ast.Object {
				members = append(members, out.Types[p.Name].Object)
			}
		}
		t.Possible = NewTypeSet(members...)
	}
	for _, t := range out.Types {
		switch t.Kind {
		case ast.Object, ast.Interface, ast.InputObject:
			t.Fields = make(map[string]*Field, len(t.Definition.Fields))
			for _, f := range t.Definition.Fields {
				t.Fields[f.Name] = &Field{Name: f.Name, Definition: f}
			}
		}
	}
}

func compareNames(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// isMachinery reports whether the type belongs to a linked specification.
func (l *loader) isMachinery(d *ast.Definition) bool {
	f, _ := l.features.resolve(d.Name)
	return f != nil
}

// mergeExtensions folds type extensions into their definitions, so that the
// rest reads one list.
func mergeExtensions(doc *ast.SchemaDocument) error {
	byName := map[string]*ast.Definition{}
	for _, d := range doc.Definitions {
		if byName[d.Name] != nil {
			return invalid(d.Position, "type %s is defined twice", d.Name)
		}
		byName[d.Name] = d
	}
	for _, e := range doc.Extensions {
		d := byName[e.Name]
		switch {
		case d == nil:
			byName[e.Name] = e
			doc.Definitions = append(doc.Definitions, e)
			continue
		case d.Kind != e.Kind:
			return invalid(e.Position, "type %s is %s and is extended as %s", e.Name, d.Kind, e.Kind)
		}
		d.Directives = append(d.Directives, e.Directives...)
		d.Interfaces = append(d.Interfaces, e.Interfaces...)
		d.Fields = append(d.Fields, e.Fields...)
		d.Types = append(d.Types, e.Types...)
		d.EnumValues = append(d.EnumValues, e.EnumValues...)
	}
	doc.Extensions = nil
	for _, d := range doc.Definitions {
		seen := map[string]bool{}
		for _, f := range d.Fields {
			if seen[f.Name] {
				return invalid(f.Position, "field %s.%s is defined twice", d.Name, f.Name)
			}
			seen[f.Name] = true
		}
	}
	return nil
}

// fromParser turns gqlparser's error into one of this package.
func fromParser(err error, file string) error {
	var g *gqlerror.Error
	if !errors.As(err, &g) {
		return fmt.Errorf("the supergraph cannot be read: %w", err)
	}
	e := invalid(nil, "%s", g.Message)
	for _, at := range g.Locations {
		e.Locations = append(e.Locations, Location{File: file, Line: at.Line, Column: at.Column})
	}
	return e
}
