package compose

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/graph"
	"github.com/weft-graphql/weft/schema/satisfy"
)

// codeNotRun is for a supergraph that Weft composes and cannot run: nothing is
// known to be such, and it must not come up when it is served.
const codeNotRun schema.Code = "UNSUPPORTED_FEATURE"

// prove proves that every query of the supergraph can be answered, and prints
// the supergraph meanwhile.
func (c *composer) prove(doc *ast.SchemaDocument) (sdl string) {
	var printer composer
	var printing sync.WaitGroup
	printing.Go(func() {
		defer printer.survive(nil, "the supergraph from being printed")
		sdl = print(doc, c.expectedSize())
	})
	if !c.options.SkipSatisfiability {
		c.satisfy(doc)
	}
	printing.Wait()
	c.errs = append(c.errs, printer.errs...)
	return sdl
}

// satisfy proves on the graph that the gateway will plan on.
func (c *composer) satisfy(doc *ast.SchemaDocument) {
	sg, err := schema.LoadDocument(doc, schema.LoadOptions{DenyUnenforced: true})
	var g *graph.Graph
	if err == nil {
		g, err = graph.New(sg)
	}
	if err != nil {
		c.errs = append(c.errs, &schema.Error{
			Code: codeNotRun, Message: fmt.Sprintf("Weft cannot run the supergraph that it composed: %v.", err),
			Fix: "This is a mistake of Weft's: please report it with the subgraphs.",
		})
		return
	}
	hints, errs := satisfy.Check(sg, g, satisfy.Options{MaxPaths: c.options.MaxPaths, Locate: c.locate})
	c.hints = append(c.hints, hints...)
	c.errs = append(c.errs, errs...)
}

// locate gives the place of a type or a field ("User", "User.name") in one
// subgraph; none where the subgraph does not name it.
func (c *composer) locate(subgraph, coordinate string) []schema.Location {
	name, field, isField := strings.Cut(coordinate, ".")
	for _, s := range c.subgraphs {
		t := s.types[name]
		switch {
		case s.Name != subgraph || t == nil:
		case !isField:
			return []schema.Location{t.at()}
		case t.byName[field] != nil:
			return []schema.Location{t.byName[field].at()}
		}
	}
	return nil
}
