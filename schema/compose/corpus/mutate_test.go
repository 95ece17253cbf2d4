package corpus_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/schema/graph"
)

// FuzzMutatedSets composes sets of the corpus after changing some of their lines,
// which gives schemas that are nearly right, where random bytes give none. There
// is no panic; what composes loads, can be planned on, and is the same whatever
// the order of the subgraphs.
func FuzzMutatedSets(f *testing.F) {
	sets := readSets(f)
	small := slices.DeleteFunc(sets, func(s set) bool { return len(s.subgraphs) == 0 || strings.HasPrefix(s.name, "large_") })
	for i := range small {
		f.Add(uint64(i), uint16(i))
	}
	f.Fuzz(func(t *testing.T, seed uint64, which uint16) {
		m := mutator{Rand: rand.New(rand.NewPCG(seed, uint64(which))), pool: small}
		subgraphs := slices.Clone(small[int(which)%len(small)].subgraphs)
		for range 1 + m.IntN(5) {
			subgraphs = m.mutate(subgraphs)
		}
		result, err := compose.Compose(subgraphs, compose.Options{})
		slices.Reverse(subgraphs)
		again, errAgain := compose.Compose(subgraphs, compose.Options{})
		if fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("the order of the subgraphs changes the errors:\n%v\n%v", err, errAgain)
		}
		if err != nil {
			if errors.Is(err, &schema.Error{Code: "INTERNAL_ERROR"}) {
				t.Fatal(err)
			}
			return
		}
		if again.SDL != result.SDL {
			t.Fatal("the order of the subgraphs changes the supergraph")
		}
		sg, err := schema.LoadSupergraph(result.SDL, schema.LoadOptions{DenyUnenforced: true})
		if errors.Is(err, &schema.Error{Code: "UNSUPPORTED_LINKED_FEATURE"}) {
			return
		}
		if err != nil {
			t.Fatalf("the supergraph does not load: %v\n%s", err, result.SDL)
		}
		if _, err := graph.New(sg); err != nil {
			t.Fatalf("the supergraph cannot be planned on: %v\n%s", err, result.SDL)
		}
	})
}

var (
	applicationText = regexp.MustCompile(` @\w+(\([^)]*\))?`)
	fieldText       = regexp.MustCompile(`(\w+)(\([^)]*\))?: ([\[\]!\w]+)`)
	fieldLine       = regexp.MustCompile(`^\s+\w+(\([^)]*\))?: `)
	typeLine        = regexp.MustCompile(`^(?:extend )?(?:type|interface|union|enum|input|scalar) (\w+)`)
	versionText     = regexp.MustCompile(`federation/v2\.\d+`)
	federationLink  = regexp.MustCompile(`(?s)extend schema\s+@link\(url: "https://specs\.apollo\.dev/federation[^)]*\)`)
)

// mutator changes subgraphs at random, equally for equal seeds.
type mutator struct {
	*rand.Rand
	pool []set
}

func pick[T any](m mutator, all []T) T { return all[m.IntN(len(all))] }

// mutate changes one subgraph of several, or adds some.
func (m mutator) mutate(all []schema.Subgraph) []schema.Subgraph {
	own := &all[m.IntN(len(all))]
	lines := strings.Split(own.SDL, "\n")
	switch m.IntN(12) {
	case 0:
		m.line(lines, applicationText, func(line string) string {
			return strings.Replace(line, pick(m, applicationText.FindAllString(line, -1)), "", 1)
		})
	case 1, 2, 3:
		m.line(lines, fieldLine, func(line string) string { return strings.TrimRight(line, " ") + " " + m.directive(all, lines) })
	case 4:
		m.line(lines, typeLine, func(line string) string {
			return strings.Replace(line, "{", m.directive(all, lines)+" {", 1)
		})
	case 5:
		m.line(lines, fieldLine, func(line string) string { return m.changeType(all, line) })
	case 6:
		m.line(lines, versionText, func(line string) string {
			return versionText.ReplaceAllString(line, fmt.Sprintf("federation/v2.%d", m.IntN(16)))
		})
	case 7:
		m.line(lines, fieldLine, func(string) string { return "" })
	case 8:
		m.line(lines, fieldLine, func(line string) string {
			return strings.Replace(line, ":", pick(m, []string{"(x: Int):", "(x: Int!):", "(x: Int = 1):", "(x: " + m.typeName(all) + "):"}), 1)
		})
	case 9:
		m.line(lines, typeLine, func(line string) string { return m.changeDeclaration(all, line) })
	case 10:
		lines = append(lines, pick(m, strings.Split(pick(m, all).SDL, "\n")))
	default:
		return m.more(all, own)
	}
	own.SDL = strings.Join(lines, "\n")
	return all
}

// line changes one of the lines that match.
func (m mutator) line(lines []string, matching *regexp.Regexp, change func(string) string) {
	var at []int
	for i, l := range lines {
		if matching.MatchString(l) {
			at = append(at, i)
		}
	}
	if len(at) > 0 {
		i := pick(m, at)
		lines[i] = change(lines[i])
	}
}

// more adds a copy of a subgraph or those of another set, or takes the link from
// one.
func (m mutator) more(all []schema.Subgraph, own *schema.Subgraph) []schema.Subgraph {
	if len(all) > 8 {
		return all
	}
	switch m.IntN(3) {
	case 0:
		copied := *own
		copied.Name += "2"
		return append(all, copied)
	case 1:
		for _, s := range pick(m, m.pool).subgraphs {
			s.Name = "other" + s.Name
			all = append(all, s)
		}
	default:
		own.SDL = federationLink.ReplaceAllString(own.SDL, "")
	}
	return all
}

// directive gives a directive to be applied, and imports it in lines.
func (m mutator) directive(all []schema.Subgraph, lines []string) string {
	fields := m.fieldName(all)
	if m.IntN(3) == 0 {
		fields += " { " + m.fieldName(all) + " }"
	}
	d := pick(m, []string{
		"@shareable", "@external", "@inaccessible", `@tag(name: "x")`, "@deprecated", "@authenticated", "@extends", "@interfaceObject",
		fmt.Sprintf("@override(from: %q)", pick(m, all).Name), fmt.Sprintf(`@override(from: %q, label: "percent(5)")`, pick(m, all).Name),
		fmt.Sprintf("@requires(fields: %q)", fields), fmt.Sprintf("@provides(fields: %q)", fields),
		fmt.Sprintf("@key(fields: %q)", fields), fmt.Sprintf("@key(fields: %q, resolvable: false)", fields),
		`@requiresScopes(scopes: [["a"]])`, `@policy(policies: [["p"]])`, "@cost(weight: 3)", "@listSize(assumedSize: 5)",
		`@cacheTag(format: "x")`, `@context(name: "c")`, `@fromContext(field: "$c { x }")`,
	})
	name, _, _ := strings.Cut(d, "(")
	for i, l := range lines {
		if versionText.MatchString(l) && !strings.Contains(l, `"`+name+`"`) {
			lines[i] = strings.Replace(l, "import: [", `import: ["`+name+`", `, 1)
		}
	}
	return d
}

func (m mutator) changeType(all []schema.Subgraph, line string) string {
	found := fieldText.FindStringSubmatch(line)
	if found == nil {
		return line
	}
	typ := found[3]
	to := pick(m, []string{typ + "!", strings.Trim(typ, "!"), "[" + typ + "]", strings.Trim(typ, "[]!"), m.typeName(all)})
	return strings.Replace(line, ": "+typ, ": "+to, 1)
}

func (m mutator) changeDeclaration(all []schema.Subgraph, line string) string {
	switch m.IntN(4) {
	case 0:
		return strings.Replace(line, "type", "interface", 1)
	case 1:
		return strings.TrimPrefix(line, "extend ")
	case 2:
		return "extend " + line
	}
	declared := typeLine.FindString(line)
	return strings.Replace(line, declared, declared+" implements "+m.typeName(all), 1)
}

func (m mutator) fieldName(all []schema.Subgraph) string {
	names := []string{"id"}
	for _, s := range all {
		for _, found := range fieldText.FindAllStringSubmatch(s.SDL, -1) {
			names = append(names, found[1])
		}
	}
	return pick(m, names)
}

func (m mutator) typeName(all []schema.Subgraph) string {
	names := []string{"Int", "String", "ID"}
	for _, s := range all {
		for line := range strings.Lines(s.SDL) {
			if found := typeLine.FindStringSubmatch(line); found != nil {
				names = append(names, found[1])
			}
		}
	}
	return pick(m, names)
}
