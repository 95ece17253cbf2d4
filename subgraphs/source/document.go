package source

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/weft-graphql/weft/subgraphs/source/settings"
)

// document is a supergraph.yaml, its variables expanded.
type document struct {
	federationVersion string
	subgraphs         map[string]entry
}

// entry is one subgraph of a supergraph.yaml: exactly one of file, sdl and
// subgraphURL is set.
type entry struct {
	routingURL string
	file       string
	sdl        string
	// subgraphURL is asked for the schema, with the headers.
	subgraphURL string
	headers     map[string]string
}

// parseDocument reads the text of a supergraph.yaml. Its error has everything
// that is wrong, each with file, line and column.
func parseDocument(file string, text []byte, env func(string) (string, bool)) (*document, error) {
	d := &documentReader{file: file, env: env}
	doc := &document{subgraphs: map[string]entry{}}
	root, err := parseYAML(file, text)
	if err != nil {
		return nil, err
	}
	if root != nil {
		d.section(root, "the file", map[string]func(string, *yaml.Node){
			"federation_version": func(key string, n *yaml.Node) {
				doc.federationVersion = d.text(n, key)
				d.checkVersion(n, doc.federationVersion)
			},
			"subgraphs": func(_ string, n *yaml.Node) {
				d.each(n, "subgraphs", func(name string, n *yaml.Node) { doc.subgraphs[name] = d.subgraph(name, n) })
			},
		})
	}
	if len(d.errs) == 0 && len(doc.subgraphs) == 0 {
		return nil, fmt.Errorf("%s names no subgraphs: add them below `subgraphs:`, as NAME: {routing_url: URL, schema: {file: PATH}}", file)
	}
	return doc, errors.Join(d.errs...)
}

// parseYAML gives the root of the file's one YAML document; nil where it is empty.
func parseYAML(file string, text []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(strings.NewReader(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read as YAML: %w", file, err)
	}
	var document yaml.Node
	if err := loader.Load(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		if at, ok := errors.AsType[*yaml.LoadError](err); ok {
			return nil, fmt.Errorf("%s:%d:%d: the file is not YAML: %s", file, at.Mark.Line, max(1, at.Mark.Column), at.Message)
		}
		return nil, fmt.Errorf("%s: the file is not YAML: %w", file, err)
	}
	if err := loader.Load(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file must be one YAML document: remove what follows the first, and the --- before it", file)
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, nil
	}
	return document.Content[0], nil
}

// documentReader collects what is wrong while a document is read.
type documentReader struct {
	file string
	env  func(string) (string, bool)
	errs []error
}

func (d *documentReader) fail(n *yaml.Node, format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf("%s:%d:%d: %s", d.file, n.Line, n.Column, fmt.Sprintf(format, args...)))
}

// each goes through the keys of a section, none of which may stand twice.
func (d *documentReader) each(n *yaml.Node, what string, with func(key string, value *yaml.Node)) {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a section of keys and values", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			d.fail(key, "the key %s stands twice in %s", settings.Show(key.Value), what)
			continue
		}
		seen[key.Value] = true
		with(key.Value, n.Content[i+1])
	}
}

// section reads a section whose keys are known.
func (d *documentReader) section(n *yaml.Node, what string, keys map[string]func(key string, value *yaml.Node)) {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	position := func(key string) *yaml.Node {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i]
			}
		}
		return n
	}
	d.each(n, what, func(key string, value *yaml.Node) {
		if read := keys[key]; read != nil {
			read(key, value)
			return
		}
		known := slices.Sorted(maps.Keys(keys))
		hint := "known here: " + strings.Join(known, ", ")
		if near := settings.Nearest(key, known); near != "" {
			hint = "did you mean `" + near + "`?"
		}
		d.fail(position(key), "unknown key %s in %s; %s", settings.Show(key), what, hint)
	})
}

// text reads a value that is one text, and expands it.
func (d *documentReader) text(n *yaml.Node, what string) string {
	raw := d.plain(n, what)
	value, err := settings.Expand(raw, d.env)
	if err != nil {
		d.fail(n, "%s %v", what, err)
	}
	return value
}

// plain reads a value that is one text as it stands.
func (d *documentReader) plain(n *yaml.Node, what string) string {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		d.fail(n, "%s must be a text", what)
		return ""
	}
	return n.Value
}

func (d *documentReader) subgraph(name string, n *yaml.Node) entry {
	var e entry
	what, given := fmt.Sprintf("subgraph %q", name), 0
	schema := func(_ string, n *yaml.Node) {
		before := len(d.errs)
		source := func(to *string, read func(*yaml.Node, string) string) func(string, *yaml.Node) {
			return func(key string, n *yaml.Node) { *to, given = read(n, key+" of "+what), given+1 }
		}
		d.section(n, "the schema of "+what, map[string]func(string, *yaml.Node){
			"file":         source(&e.file, d.text),
			"sdl":          source(&e.sdl, d.plain),
			"subgraph_url": source(&e.subgraphURL, d.text),
			"introspection_headers": func(key string, n *yaml.Node) {
				e.headers = map[string]string{}
				d.each(n, key, func(header string, n *yaml.Node) { e.headers[header] = d.text(n, "the header "+settings.Show(header)) })
			},
			"graphref": func(key string, n *yaml.Node) { d.notHere(n, key) },
			"subgraph": func(key string, n *yaml.Node) { d.notHere(n, key) },
		})
		switch {
		case len(d.errs) > before:
		case given != 1 || e.file+e.sdl+e.subgraphURL == "":
			d.fail(n, "%s: its schema must be given once, as `file`, `sdl` or `subgraph_url`", what)
		case e.headers != nil && e.subgraphURL == "":
			d.fail(n, "%s: introspection_headers go with subgraph_url, which is not given", what)
		}
	}
	before, asked := len(d.errs), false
	d.section(n, what, map[string]func(string, *yaml.Node){
		"routing_url": func(key string, n *yaml.Node) { e.routingURL = d.text(n, key+" of "+what) },
		"schema":      func(key string, n *yaml.Node) { asked = true; schema(key, n) },
	})
	if !asked && len(d.errs) == before {
		d.fail(n, "%s: its schema must be given once, as `file`, `sdl` or `subgraph_url`", what)
	}
	return e
}

func (d *documentReader) notHere(n *yaml.Node, key string) {
	d.fail(n, "`%s` is not carried out: Weft reads nothing from Apollo's registry; give the schema as `file`, `sdl` or `subgraph_url`", key)
}

// newestFederation is the latest minor version of federation 2 that is composed.
const newestFederation = 14

var federationVersion = regexp.MustCompile(`^(?:latest-|[=v]*)2(?:\.([0-9]{1,6})(?:\.[0-9]{1,6})?)?(?:-[0-9A-Za-z.-]+)?$`)

// checkVersion refuses the version of a composer that would read the subgraphs
// otherwise than Weft.
func (d *documentReader) checkVersion(n *yaml.Node, version string) {
	m := federationVersion.FindStringSubmatch(version)
	if m == nil {
		d.fail(n, "federation_version %s is not carried out: Weft composes federation 2, up to 2.%d; write 2 or remove it", settings.Show(version), newestFederation)
		return
	}
	// The pattern keeps the number within six digits, so Atoi succeeds.
	if minor, _ := strconv.Atoi(m[1]); minor > newestFederation {
		d.fail(n, "federation_version %s is newer than what Weft composes, which is up to 2.%d", settings.Show(version), newestFederation)
	}
}
