package corpus_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// facts takes a supergraph apart into one line for each thing that it says, so
// that two are equal whatever their order: "type T", "T.f: Int", "T.f
// @join__field(graph: A)". What specifications define, and the versions in
// which they are linked, is not part of it: Apollo writes the oldest version of
// the join specification that does, Weft always the newest.
func facts(sdl string) ([]string, error) {
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		return nil, err
	}
	var f factList
	for _, def := range doc.Schema {
		for _, op := range def.OperationTypes {
			f.add("schema %s: %s", op.Operation, op.Type)
		}
		f.directives("schema", def.Directives)
	}
	for _, d := range doc.Directives {
		if machinery("@" + d.Name) {
			continue
		}
		f.described("@"+d.Name, d.Description)
		f.add("@%s repeatable %t", d.Name, d.IsRepeatable)
		for _, l := range d.Locations {
			f.add("@%s on %s", d.Name, l)
		}
		f.arguments("@"+d.Name, d.Arguments)
	}
	for _, def := range doc.Definitions {
		if !machinery(def.Name) {
			f.definition(def)
		}
	}
	slices.Sort(f)
	return f, nil
}

// machinery reports whether a specification defines the name; directives begin
// with @.
func machinery(name string) bool {
	switch name {
	case "@link", "@tag", "@inaccessible", "@authenticated", "@requiresScopes", "@policy", "@cost", "@listSize", "@context", "join__Graph":
		return name != "join__Graph"
	}
	return strings.Contains(name, "__")
}

type factList []string

func (f *factList) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

func (f *factList) described(name, description string) {
	if description != "" {
		f.add("%s is described %q", name, description)
	}
}

func (f *factList) definition(def *ast.Definition) {
	f.add("%s %s", strings.ToLower(string(def.Kind)), def.Name)
	f.described(def.Name, def.Description)
	f.directives(def.Name, def.Directives)
	for _, i := range def.Interfaces {
		f.add("%s implements %s", def.Name, i)
	}
	for _, m := range def.Types {
		f.add("%s = %s", def.Name, m)
	}
	for _, v := range def.EnumValues {
		f.add("%s.%s", def.Name, v.Name)
		f.described(def.Name+"."+v.Name, v.Description)
		f.directives(def.Name+"."+v.Name, v.Directives)
	}
	for _, field := range def.Fields {
		name := def.Name + "." + field.Name
		f.add("%s: %s = %s", name, field.Type, text(field.DefaultValue))
		f.described(name, field.Description)
		f.directives(name, field.Directives)
		f.arguments(name, field.Arguments)
	}
}

func (f *factList) arguments(of string, all ast.ArgumentDefinitionList) {
	for _, a := range all {
		name := of + "(" + a.Name + ")"
		f.add("%s: %s = %s", name, a.Type, text(a.DefaultValue))
		f.described(name, a.Description)
		f.directives(name, a.Directives)
	}
}

func (f *factList) directives(on string, all ast.DirectiveList) {
	for _, d := range all {
		args := make([]string, 0, len(d.Arguments))
		for _, a := range d.Arguments {
			switch {
			case d.Name == "link" && a.Name == "url" && strings.HasPrefix(a.Value.Raw, "https://specs.apollo.dev/"):
				args = append(args, "url: "+a.Value.Raw[:strings.LastIndexByte(a.Value.Raw, '/')])
			case a.Name == "key" || a.Name == "requires" || a.Name == "provides":
				args = append(args, a.Name+": "+fieldSet(a.Value.Raw))
			case d.Name == "link" && a.Name == "import":
				imports := make([]string, len(a.Value.Children))
				for i, child := range a.Value.Children {
					imports[i] = text(child.Value)
				}
				slices.Sort(imports)
				args = append(args, "import: "+strings.Join(imports, ", "))
			case a.Name == "scopes" || a.Name == "policies": // alternatives, in any order
				all := make([]string, len(a.Value.Children))
				for i, child := range a.Value.Children {
					all[i] = text(child.Value)
				}
				slices.Sort(all)
				args = append(args, a.Name+": "+strings.Join(all, " or "))
			default:
				args = append(args, a.Name+": "+text(a.Value))
			}
		}
		slices.Sort(args)
		f.add("%s @%s(%s)", on, d.Name, strings.Join(args, ", "))
	}
}

var (
	blank       = regexp.MustCompile(`[\s,]+`)
	punctuation = regexp.MustCompile(` ?([{}():]) ?`)
)

// fieldSet writes a field set with the least space.
func fieldSet(s string) string {
	return strings.TrimSpace(punctuation.ReplaceAllString(blank.ReplaceAllString(s, " "), "$1"))
}

// text writes a value so that equal ones give equal text.
func text(v *ast.Value) string {
	if v == nil {
		return "nothing"
	}
	var parts []string
	switch v.Kind {
	case ast.ListValue:
		for _, child := range v.Children {
			parts = append(parts, text(child.Value))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case ast.ObjectValue:
		for _, child := range v.Children {
			value := text(child.Value)
			if child.Name == "selection" {
				value = fieldSet(child.Value.Raw)
			}
			parts = append(parts, child.Name+": "+value)
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case ast.StringValue, ast.BlockValue:
		return fmt.Sprintf("%q", v.Raw)
	case ast.FloatValue:
		if n, err := strconv.ParseFloat(v.Raw, 64); err == nil {
			return strconv.FormatFloat(n, 'f', -1, 64) // Apollo writes 1.5e3 as 1500
		}
	}
	return v.Raw
}

// missing gives the facts of all that are not in some; both are sorted.
func missing(all, some []string) []string {
	var out []string
	for _, one := range all {
		i, found := slices.BinarySearch(some, one)
		if !found {
			out = append(out, one)
			continue
		}
		some = some[i+1:] // each counts once
	}
	return out
}
