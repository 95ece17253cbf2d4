package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/registry"
	"github.com/weft-graphql/weft/subgraphs/registry/apidiff"
	"github.com/weft-graphql/weft/subgraphs/source"
)

type subgraphCommand struct {
	Publish publishCommand `cmd:"" help:"Put a subgraph's schema into the graph, if the graph still composes."`
	Check   checkCommand   `cmd:"" help:"Say what publishing a schema would do; fail where it would break clients."`
	List    listCommand    `cmd:"" help:"List the subgraphs in the graph."`
}

// registryFlag names the registry.
type registryFlag struct {
	Registry string `required:"" placeholder:"DIR" help:"The registry's folder; the first publish makes it."`
}

func (f registryFlag) open() (*registry.Folder, error) {
	return registry.Open(f.Registry, registry.Options{})
}

// schemaFlags name one schema, or several that are to change together.
type schemaFlags struct {
	registryFlag
	Name      string `arg:"" optional:"" help:"The subgraph's name."`
	Schema    string `placeholder:"FILE" xor:"schema" help:"A file with the subgraph's schema, in SDL."`
	URL       string `name:"url" placeholder:"URL" xor:"url" help:"Where the gateway reaches the subgraph. Without it the URL stays as it was."`
	Subgraphs string `placeholder:"FILE" xor:"schema,url" help:"A supergraph.yaml with several subgraphs that change together, in place of a name, a schema and a URL."`
	formatFlag
}

// read gives the schemas that the flags name.
func (f *schemaFlags) read(p *process) ([]schema.Subgraph, error) {
	switch {
	case f.Subgraphs != "" && f.Name != "":
		return nil, usageError{errors.New("--subgraphs stands in place of a subgraph's name: give one of the two")}
	case f.Subgraphs != "":
		defer p.patience("Reading the schemas that " + f.Subgraphs + " names")()
		return (&source.Subgraphs{Path: f.Subgraphs}).Read(p.ctx)
	case f.Name == "" || f.Schema == "":
		return nil, usageError{errors.New("give a subgraph's name and its --schema FILE, or --subgraphs FILE for several")}
	}
	sdl, err := os.ReadFile(f.Schema)
	if err != nil {
		return nil, fmt.Errorf("the schema cannot be read: %w", err)
	}
	return []schema.Subgraph{{Name: f.Name, URL: f.URL, SDL: string(sdl), File: f.Schema}}, nil
}

// refusal lets report show the source lines of a refused schema.
func refusal(err error) error {
	if refused, ok := errors.AsType[*registry.RefusedError](err); ok {
		return inDocuments(err, "the graph would not compose; the registry is as it was", refused.Subgraphs...)
	}
	return err
}

type publishCommand struct {
	schemaFlags
	Message string `short:"m" placeholder:"TEXT" help:"Why, to be kept with the version."`
}

func (c *publishCommand) Run(p *process) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	subgraphs, err := c.read(p)
	if err != nil {
		return err
	}
	got, err := folder.Publish(p.ctx, subgraphs, registry.PublishOptions{Message: c.Message})
	if err != nil {
		return refusal(err)
	}
	if p.json {
		return writeJSON(p, map[string]any{
			"changed": got.Changed, "revision": got.Revision, "versions": got.Versions,
			"changes": orEmpty(got.Changes), "hints": orEmpty(got.Hints),
		})
	}
	writeHintsAbout(p, got.Hints, subgraphs)
	for _, v := range got.Versions {
		if v.Revision < got.Revision || !got.Changed {
			fmt.Fprintf(p.stdout, "%s: version %d was in the graph already\n", v.Subgraph, v.Number)
		} else {
			fmt.Fprintf(p.stdout, "%s: published as version %d\n", v.Subgraph, v.Number)
		}
		if v.URL == "" {
			fmt.Fprintf(p.stderr, "weft: %[1]s has no URL: publish it with --url, or set subgraphs.%[1]s.url in weft.yaml\n", v.Subgraph)
		}
	}
	writeChanges(p, got.Changes)
	_, err = fmt.Fprintf(p.stdout, "The graph is at revision %d.\n", got.Revision)
	return err
}

type checkCommand struct{ schemaFlags }

func (c *checkCommand) Run(p *process) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	subgraphs, err := c.read(p)
	if err != nil {
		return err
	}
	got, err := folder.Check(p.ctx, subgraphs)
	if err != nil {
		return refusal(err)
	}
	if p.json {
		err = writeJSON(p, map[string]any{
			"revision": got.Revision, "breaking": got.Breaking, "changes": orEmpty(got.Changes), "hints": orEmpty(got.Hints),
		})
	} else {
		writeHintsAbout(p, got.Hints, subgraphs)
		if got.Revision == 0 {
			fmt.Fprintf(p.stdout, "The graph composes. Nothing is published in %s, so there is nothing to break.\n", folder)
		} else {
			fmt.Fprintf(p.stdout, "The graph composes; against revision %d its API has %s.\n", got.Revision, count(len(got.Changes), "change"))
		}
		writeChanges(p, got.Changes)
	}
	if err == nil && got.Breaking {
		return verdictError{errors.New("the check failed: publishing this would break clients")}
	}
	return err
}

type listCommand struct {
	registryFlag
	formatFlag
}

func (c *listCommand) Run(p *process) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	graph, err := folder.Graph(p.ctx)
	if err != nil {
		return err
	}
	if p.json {
		versions := make([]registry.Version, len(graph.Subgraphs))
		for i, s := range graph.Subgraphs {
			versions[i] = s.Version
		}
		return writeJSON(p, map[string]any{"revision": graph.Revision, "subgraphs": versions})
	}
	if graph.Revision == 0 {
		_, err = fmt.Fprintf(p.stdout, "Nothing is published in %s.\n", c.Registry)
		return err
	}
	fmt.Fprintf(p.stdout, "Revision %d\n", graph.Revision)
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tVERSION\tPUBLISHED\tURL")
	for _, s := range graph.Subgraphs {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", s.Name, s.Version.Number, s.Version.PublishedAt.Format(time.RFC3339), s.URL)
	}
	return table.Flush()
}

// writeHintsAbout shows the hints with a place in these subgraphs. Those on the
// rest of the graph were there before, and are not their authors' to mend.
func writeHintsAbout(p *process, hints []schema.Hint, subgraphs []schema.Subgraph) {
	var own []schema.Hint
	for _, h := range hints {
		if slices.ContainsFunc(h.Locations, func(l schema.Location) bool {
			return slices.ContainsFunc(subgraphs, func(s schema.Subgraph) bool { return s.Name == l.Subgraph })
		}) {
			own = append(own, h)
		}
	}
	p.writeHints(own, subgraphs)
	if others := len(hints) - len(own); others > 0 {
		fmt.Fprintf(p.stderr, "%s on other subgraphs; --format json shows all.\n", count(others, "hint"))
	}
}

func writeChanges(p *process, changes []apidiff.Change) {
	for _, c := range changes {
		fmt.Fprintf(p.stdout, "  %s\n", c)
	}
}
