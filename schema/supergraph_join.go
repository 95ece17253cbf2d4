package schema

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// readType reads what the join directives on a type say.
func (l *loader) readType(t *Type, d *ast.Definition) error {
	for _, a := range d.Directives {
		what := l.features.join(a)
		if what != "type" && what != "owner" {
			continue
		}
		g, err := l.graphArgument(a, d.Name)
		if err != nil {
			return err
		}
		j := t.join(g)
		if what == "type" {
			if err := l.readJoinType(j, a, d); err != nil {
				return err
			}
		}
	}
	if len(t.Joins) == 0 && !l.features.joinV01() && !slices.Contains(builtInScalars(), d.Name) {
		return invalid(d.Position, "type %s has no @join__type, so no subgraph has it", d.Name)
	}
	if err := l.readMembership(t, d); err != nil {
		return err
	}
	if err := l.readContexts(t, d); err != nil {
		return err
	}
	var err error
	t.Directives, err = l.graphDirectives(d.Directives)
	return err
}

// join gives the type's presence in a subgraph, made where there is none yet.
func (t *Type) join(graph int) *Join {
	i, found := slices.BinarySearchFunc(t.Joins, graph, func(j Join, graph int) int { return j.Graph - graph })
	if !found {
		t.Joins = slices.Insert(t.Joins, i, Join{Graph: graph})
	}
	return &t.Joins[i]
}

func builtInScalars() []string { return []string{"Int", "Float", "String", "Boolean", "ID"} }

func (l *loader) readJoinType(j *Join, a *ast.Directive, d *ast.Definition) error {
	isObject, err := l.boolArgument(a, "isInterfaceObject", false)
	if err != nil {
		return err
	}
	if isObject && d.Kind != ast.Interface {
		return invalid(a.Position, "%s is an interface object in subgraph %s, but no interface in the supergraph", d.Name, l.out.Graphs[j.Graph].Name)
	}
	j.InterfaceObject = j.InterfaceObject || isObject
	key, err := l.fieldSet(a, "key")
	if err != nil || key == nil {
		return err
	}
	resolvable, err := l.boolArgument(a, "resolvable", true)
	if err != nil {
		return err
	}
	j.Keys = append(j.Keys, Key{Fields: withoutBraces(stringArgument(a, "key")), Selections: key, Resolvable: resolvable})
	return nil
}

// readMembership reads join__implements, join__unionMember and join__enumValue.
// A document that has none of them on an element (they came with join v0.2 and
// v0.3) is completed later.
func (l *loader) readMembership(t *Type, d *ast.Definition) error {
	t.Interfaces, t.Members, t.Values = map[int][]string{}, map[int][]string{}, map[int][]string{}
	for _, a := range d.Directives {
		switch l.features.join(a) {
		case "implements":
			if err := l.member(t.Interfaces, a, "interface", d.Name, d.Interfaces); err != nil {
				return err
			}
		case "unionMember":
			if err := l.member(t.Members, a, "member", d.Name, d.Types); err != nil {
				return err
			}
		}
	}
	for _, v := range d.EnumValues {
		for _, a := range v.Directives {
			if l.features.join(a) != "enumValue" {
				continue
			}
			g, err := l.graphArgument(a, d.Name+"."+v.Name)
			if err != nil {
				return err
			}
			t.Values[g] = append(t.Values[g], v.Name)
		}
	}
	return nil
}

func (l *loader) member(into map[int][]string, a *ast.Directive, argument, coordinate string, allowed []string) error {
	g, err := l.graphArgument(a, coordinate)
	if err != nil {
		return err
	}
	name := stringArgument(a, argument)
	if !slices.Contains(allowed, name) {
		return invalid(a.Position, "@%s on %s names %q, which the type definition does not", a.Name, coordinate, name)
	}
	if !slices.Contains(into[g], name) {
		into[g] = append(into[g], name)
	}
	return nil
}

// readFields reads what the join directives on a type's fields say, and applies
// the rule of absence.
func (l *loader) readFields(t *Type, d *ast.Definition) error {
	for _, def := range d.Fields {
		f := t.Fields[def.Name]
		said := false
		for _, a := range def.Directives {
			if l.features.join(a) != "field" {
				continue
			}
			said = true
			if a.Arguments.ForName("graph") == nil || a.Arguments.ForName("graph").Value.Kind == ast.NullValue {
				continue // an interface object's field: in no graph of this type
			}
			j, err := l.readFieldJoin(t, f, a)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(f.Joins, func(o FieldJoin) bool { return o.Graph == j.Graph }) {
				return invalid(a.Position, "%s.%s has two @join__field for subgraph %s", t.Name, f.Name, l.out.Graphs[j.Graph].Name)
			}
			f.Joins = append(f.Joins, *j)
		}
		slices.SortFunc(f.Joins, func(a, b FieldJoin) int { return a.Graph - b.Graph })
		if !said {
			f.Joins = make([]FieldJoin, len(t.Joins))
			for i, j := range t.Joins {
				f.Joins[i].Graph = j.Graph
			}
		}
		var err error
		if f.Directives, err = l.graphDirectives(def.Directives); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) readFieldJoin(t *Type, f *Field, a *ast.Directive) (*FieldJoin, error) {
	coordinate := t.Name + "." + f.Name
	g, err := l.graphArgument(a, coordinate)
	if err != nil {
		return nil, err
	}
	if !t.In(g) && !l.features.joinV01() {
		return nil, invalid(a.Position, "%s is in subgraph %s, but %s has no @join__type for it", coordinate, l.out.Graphs[g].Name, t.Name)
	}
	j := &FieldJoin{Graph: g, Override: stringArgument(a, "override"), OverrideLabel: stringArgument(a, "overrideLabel")}
	if j.Requires, err = l.fieldSet(a, "requires"); err != nil {
		return nil, err
	}
	if j.Provides, err = l.fieldSet(a, "provides"); err != nil {
		return nil, err
	}
	if j.External, err = l.boolArgument(a, "external", false); err != nil {
		return nil, err
	}
	if j.UsedOverridden, err = l.boolArgument(a, "usedOverridden", false); err != nil {
		return nil, err
	}
	if text := stringArgument(a, "type"); text != "" {
		if j.Type, err = l.parseType(text, a.Position); err != nil {
			return nil, err
		}
	}
	if j.ContextArguments, err = l.readContextArguments(coordinate, a); err != nil {
		return nil, err
	}
	return j, nil
}

// graphDirectives reads @join__directive: subgraph directives that travel
// through composition. Connectors are refused.
func (l *loader) graphDirectives(ds ast.DirectiveList) ([]GraphDirective, error) {
	var out []GraphDirective
	for _, a := range ds {
		if l.features.join(a) != "directive" {
			continue
		}
		d := GraphDirective{Name: stringArgument(a, "name")}
		if v := a.Arguments.ForName("args"); v != nil && v.Value != nil {
			d.Arguments = v.Value.Children
		}
		url := ""
		if v := d.Arguments.ForName("url"); v != nil {
			url = v.Raw
		}
		if d.Name == "connect" || d.Name == "source" || strings.HasPrefix(url, apolloSpecs+"connect/") || strings.HasPrefix(url, apolloSpecs+"source/") {
			return nil, &Error{
				Code: codeUnsupportedFeature, Locations: locate(a.Position),
				Message: "a subgraph uses connectors (@join__directive named " + d.Name + "), which Weft does not run",
				Fix:     "Remove that subgraph from the supergraph.",
			}
		}
		if gs := a.Arguments.ForName("graphs"); gs != nil && gs.Value != nil {
			for _, c := range gs.Value.Children {
				g, ok := l.graphs[c.Value.Raw]
				if !ok {
					return nil, invalid(a.Position, "@%s names subgraph %s, which is no value of join__Graph", a.Name, c.Value.Raw)
				}
				d.Graphs = append(d.Graphs, g)
			}
		}
		out = append(out, d)
	}
	return out, nil
}

func (l *loader) graphArgument(a *ast.Directive, coordinate string) (int, error) {
	v := a.Arguments.ForName("graph")
	if v == nil || v.Value == nil {
		return 0, invalid(a.Position, "@%s on %s has no argument \"graph\"", a.Name, coordinate)
	}
	g, ok := l.graphs[v.Value.Raw]
	if !ok || v.Value.Kind != ast.EnumValue {
		return 0, invalid(a.Position, "@%s on %s names subgraph %s, which is no value of join__Graph", a.Name, coordinate, v.Value.String())
	}
	return g, nil
}

func (l *loader) boolArgument(a *ast.Directive, name string, absent bool) (bool, error) {
	v := a.Arguments.ForName(name)
	if v == nil || v.Value == nil || v.Value.Kind == ast.NullValue {
		return absent, nil
	}
	if v.Value.Kind != ast.BooleanValue {
		return false, invalid(a.Position, "argument %q of @%s must be true or false, not %s", name, a.Name, v.Value.String())
	}
	return v.Value.Raw == "true", nil
}

// fieldSet parses a field set argument; nil where it is absent.
func (l *loader) fieldSet(a *ast.Directive, name string) (ast.SelectionSet, error) {
	v := a.Arguments.ForName(name)
	if v == nil || v.Value == nil || v.Value.Kind == ast.NullValue {
		return nil, nil
	}
	if v.Value.Kind != ast.StringValue && v.Value.Kind != ast.BlockValue {
		return nil, invalid(a.Position, "argument %q of @%s must be a string of fields, not %s", name, a.Name, v.Value.String())
	}
	if set, known := l.fieldSets[v.Value.Raw]; known {
		return set, nil
	}
	set, err := parseFieldSet(v.Value.Raw)
	if err != nil {
		return nil, invalid(a.Position, "argument %q of @%s is no list of fields: %v", name, a.Name, err)
	}
	l.fieldSets[v.Value.Raw] = set
	return set, nil
}

// withoutBraces gives a field set as "id name": Apollo's composition lets
// subgraphs write it in braces, and passes these on.
func withoutBraces(fieldSet string) string {
	text := strings.Join(strings.Fields(fieldSet), " ")
	if inner, ok := strings.CutPrefix(text, "{"); ok {
		text = strings.TrimSpace(strings.TrimSuffix(inner, "}"))
	}
	return text
}

func parseFieldSet(text string) (ast.SelectionSet, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + withoutBraces(text) + "}"})
	if err != nil {
		return nil, err
	}
	if len(doc.Operations) != 1 || len(doc.Fragments) != 0 {
		return nil, errNoFieldSet
	}
	return doc.Operations[0].SelectionSet, nil
}

// parseType parses a type reference such as "[Product!]!".
func (l *loader) parseType(text string, at *ast.Position) (*ast.Type, error) {
	doc, err := parser.ParseSchema(&ast.Source{Input: "type T{f:" + text + "}"})
	if err != nil || len(doc.Definitions) != 1 || len(doc.Definitions[0].Fields) != 1 || len(doc.Definitions[0].Fields[0].Directives) != 0 {
		return nil, invalid(at, "%q is no type", text)
	}
	t := doc.Definitions[0].Fields[0].Type
	if l.out.Types[t.Name()] == nil {
		return nil, invalid(at, "type %q is not in the supergraph", t.Name())
	}
	return t, nil
}
