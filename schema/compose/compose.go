// Package compose merges the schemas of subgraphs into one supergraph by the
// rules of Apollo Federation.
//
// The work goes through stages ([Compose] lists them): parse, resolve links,
// validate each subgraph, upgrade those of federation 1 and validate what came of
// it, merge, validate the result, filter it by a contract, and prove that every
// query can be answered (package satisfy) while it is printed. A stage reports
// everything that it finds wrong; the next
// one runs only when there was nothing. Whatever the composer does not carry
// out it refuses by name, with UNSUPPORTED_FEATURE.
//
// The package does no I/O.
package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// Options bounds what Compose reads. The zero value means the defaults.
type Options struct {
	// MaxSDLBytes is the size that one subgraph's SDL may have. Default 16 MiB.
	MaxSDLBytes int
	// MaxTokens is how many lexical tokens one subgraph's SDL may have.
	// Default 4,000,000.
	MaxTokens int
	// MaxDepth is how deep field sets, types and values may nest. Default 100.
	MaxDepth int
	// MaxErrors is how many errors a stage reports before it says only how many
	// more there are. Default 1,000.
	MaxErrors int
	// MaxPaths is how many steps the proof that every query can be answered may
	// take. Default 5,000,000.
	MaxPaths int
	// SkipSatisfiability leaves that proof out.
	SkipSatisfiability bool
	// Contract filters the supergraph by @tag.
	Contract Contract
}

func (o Options) withDefaults() Options {
	o.MaxSDLBytes = cmp.Or(o.MaxSDLBytes, 16<<20)
	o.MaxTokens = cmp.Or(o.MaxTokens, 4_000_000)
	o.MaxDepth = cmp.Or(o.MaxDepth, 100)
	o.MaxErrors = cmp.Or(o.MaxErrors, 1000)
	return o
}

// Result is a composed supergraph.
type Result struct {
	// SDL is the supergraph schema, written with version 0.5 of the join
	// specification.
	SDL string
	// Hints are what the authors of the subgraphs may want to know, in the
	// order of the supergraph's elements.
	Hints []schema.Hint
}

// Compose merges subgraphs into a supergraph. The order of subgraphs does not
// matter: they are taken by name. The error, if any, is a [schema.Errors] with
// everything that one stage found.
func Compose(subgraphs []schema.Subgraph, o Options) (*Result, error) {
	c := &composer{options: o.withDefaults(), custom: map[string]*customDirective{}}
	var doc *ast.SchemaDocument
	var sdl string
	stages := []func(){
		func() { c.open(subgraphs) },
		c.parse,
		func() { c.eachSubgraph((*composer).validateSubgraph) },
		c.upgrade,
		func() { c.eachSubgraph((*composer).validateUpgraded) },
		c.merge,
		c.validateMerged,
		c.filter,
		func() { doc = c.document() },
		func() { sdl = c.prove(doc) },
	}
	for _, stage := range stages {
		stage()
		if len(c.errs) > 0 {
			return nil, c.failure()
		}
	}
	return &Result{SDL: sdl, Hints: c.hints}, nil
}

// expectedSize is about how many bytes the supergraph takes: what the subgraphs
// take, and the join directives.
func (c *composer) expectedSize() int {
	size := 0
	for _, s := range c.subgraphs {
		size += len(s.SDL)
	}
	return 3 * size
}

// composer is the state of one composition.
type composer struct {
	options   Options
	subgraphs []*subgraph // by name
	merged    *supergraph
	// custom holds the directives to compose by @composeDirective, by local name.
	custom map[string]*customDirective
	errs   schema.Errors
	hints  []schema.Hint
}

// failure gives the errors of the stage that just ran, in order, and not more
// than MaxErrors of them.
func (c *composer) failure() schema.Errors {
	c.errs.Sort()
	errs := slices.CompactFunc(c.errs, func(a, b *schema.Error) bool {
		return a.Code == b.Code && a.Message == b.Message && a.Coordinate == b.Coordinate && slices.Equal(a.Locations, b.Locations)
	})
	if rest := len(errs) - c.options.MaxErrors; rest > 0 {
		errs = append(errs[:c.options.MaxErrors], &schema.Error{
			Code:    codeTooManyErrors,
			Message: fmt.Sprintf("There are %d more errors, which are not shown.", rest),
		})
	}
	return errs
}

// problem is what is wrong about an element, and where.
type problem struct {
	code       schema.Code
	coordinate string
	at         []schema.Location
	fix        string
}

func (c *composer) fail(p problem, format string, args ...any) {
	c.errs = append(c.errs, &schema.Error{
		Code: p.code, Message: fmt.Sprintf(format, args...), Coordinate: p.coordinate, Locations: p.at, Fix: p.fix,
	})
}

func (c *composer) hint(code schema.Code, coordinate string, at []schema.Location, format string, args ...any) {
	c.hints = append(c.hints, schema.Hint{
		Code: code, Message: fmt.Sprintf(format, args...), Coordinate: coordinate, Locations: at,
	})
}

// open takes the subgraphs in, by name, and checks what they are called.
func (c *composer) open(subgraphs []schema.Subgraph) {
	if len(subgraphs) == 0 {
		c.fail(problem{code: codeNoSubgraphs, fix: "Name at least one subgraph."}, "There are no subgraphs to compose.")
		return
	}
	sorted := slices.Clone(subgraphs)
	slices.SortStableFunc(sorted, func(a, b schema.Subgraph) int { return strings.Compare(a.Name, b.Name) })
	seen := map[string]bool{}
	for _, s := range sorted {
		at := []schema.Location{{Subgraph: s.Name, File: s.File}}
		switch {
		case strings.TrimSpace(s.Name) == "":
			c.fail(problem{code: codeInvalidSubgraphName, at: at, fix: "Give it a name."}, "A subgraph has no name.")
		case s.Name == "_":
			c.fail(problem{code: codeInvalidSubgraphName, at: at, fix: "Give it another name."}, `A subgraph cannot be called "_".`)
		case strings.ContainsAny(s.Name, "\"\\\n\r\t\x00"):
			c.fail(problem{code: codeInvalidSubgraphName, at: at, fix: "Use letters, digits, dashes and underscores."},
				"The subgraph name %q holds a character that names cannot have.", s.Name)
		case seen[s.Name]:
			c.fail(problem{code: codeInvalidSubgraphName, at: at, fix: "Give each subgraph its own name."}, "There are two subgraphs called %q.", s.Name)
		}
		seen[s.Name] = true
		c.subgraphs = append(c.subgraphs, &subgraph{Subgraph: s, types: map[string]*typeDef{}, onArguments: map[*ast.ArgumentDefinition][]*applied{}})
	}
	nameGraphs(c.subgraphs)
}

// location gives the place of a position in the subgraph's SDL.
func (s *subgraph) location(pos *ast.Position) schema.Location {
	l := schema.Location{Subgraph: s.Name, File: s.File}
	if pos != nil {
		l.Line, l.Column = pos.Line, pos.Column
	}
	return l
}
