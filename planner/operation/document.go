package operation

import (
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/weft-graphql/weft/schema"
)

// Options say how documents are read. The zero value is usable.
type Options struct {
	Limits Limits
	// Introspection lets clients ask for __schema and __type, and lets errors
	// suggest names of the schema. __typename is always allowed.
	Introspection bool
	// DefaultListSize is how many items the cost formula takes a list to have
	// about which @listSize says nothing; 0 means 10.
	DefaultListSize int
	// Defer lets operations use @defer; whoever carries out the plans must then be
	// able to send several payloads.
	Defer bool
	// KeepLiterals plans every operation with its literals as they are, so that
	// only equal ones share a plan.
	KeepLiterals bool
}

// Parser turns documents into operations of one supergraph. It is immutable
// and safe for concurrent use.
type Parser struct {
	sg     *schema.Supergraph
	types  *typeTable
	costs  *costTable
	labels *labelTable
	limits Limits
	rules  []core.Rule
	// keep are the fields whose arguments stay text; keepLiterals keeps all of them.
	keep         map[string]bool
	keepLiterals bool
}

// NewParser prepares a parser for a supergraph.
func NewParser(sg *schema.Supergraph, o Options) *Parser {
	limits := o.Limits.withDefaults()
	return &Parser{
		sg:     sg,
		types:  newTypeTable(sg),
		costs:  newCostTable(sg, o.DefaultListSize),
		labels: newLabelTable(sg),
		limits: limits,
		rules:  newRules(o, limits),
		keep:   keptArguments(sg), keepLiterals: o.KeepLiterals,
	}
}

// Document is a valid document. It is immutable but for its operations, each
// of which is normalised when it is first asked for; it is safe for concurrent use.
type Document struct {
	parser     *Parser
	operations []*lazyOperation
	size       int
}

type lazyOperation struct {
	definition *ast.OperationDefinition
	normalised func() (*Operation, error)
}

// Parse reads a document, checks it against the limits and then validates it
// against the API schema. The errors are ready for the client, with locations
// and extensions.code.
func (p *Parser) Parse(text string) (*Document, gqlerror.List) {
	// Validation links the tree to the schema, in place: from here to the end of
	// Parse nobody else sees it, afterwards nobody writes to it.
	tree, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, p.limits.Tokens)
	if err != nil {
		return nil, gqlerror.List{p.parseError(err)}
	}
	if len(tree.Operations) == 0 {
		return nil, gqlerror.List{positioned(nil, CodeParseFailed, "The document has no operation.")}
	}
	doc := &Document{parser: p}
	measurer := newMeasurer(tree)
	for _, op := range tree.Operations {
		size := measurer.selections(op.SelectionSet)
		if errs := p.limits.check(op, size); len(errs) > 0 {
			return nil, errs
		}
		doc.size += size.fields
	}
	if ceiling := walkBudget * max(p.limits.Fields, 1); walks(tree, ceiling) > ceiling {
		return nil, gqlerror.List{limitError(tree.Operations[0].Position, "fields",
			"The document's fragments spread each other too often: validating them takes more than %d steps.", ceiling)}
	}
	if errs := p.validate(tree, measurer.cyclic); len(errs) > 0 {
		return nil, errs
	}
	for _, op := range tree.Operations {
		doc.operations = append(doc.operations, &lazyOperation{
			definition: op,
			normalised: sync.OnceValues(func() (*Operation, error) { return p.normalise(op) }),
		})
	}
	return doc, nil
}

// parseError gives a syntax error its code, or says which limit the document is over.
func (p *Parser) parseError(err error) *gqlerror.Error {
	var at *ast.Position
	message := err.Error()
	if e, ok := err.(*gqlerror.Error); ok {
		message = e.Message
		if len(e.Locations) > 0 {
			at = &ast.Position{Line: e.Locations[0].Line, Column: e.Locations[0].Column}
		}
	}
	if strings.HasPrefix(message, "exceeded token limit") {
		return limitError(at, "tokens", "The document has more than the %d tokens that are allowed.", p.limits.Tokens)
	}
	return positioned(at, CodeParseFailed, "%s", message)
}

// validate applies the rules. gqlparser's own entry points sort the rules for
// every document, so the walk is started here. Fields cannot be compared where
// fragments form a cycle, which is then the error.
func (p *Parser) validate(doc *ast.QueryDocument, cyclic bool) gqlerror.List {
	var errs gqlerror.List
	events := &core.Events{}
	for _, rule := range p.rules {
		if cyclic && rule.Name == rules.OverlappingFieldsCanBeMergedRule.Name {
			continue
		}
		rule.RuleFunc(events, func(options ...core.ErrorOption) {
			if len(errs) >= maxErrors {
				return
			}
			err := &gqlerror.Error{Rule: rule.Name}
			for _, option := range options {
				option(err)
			}
			if err.Extensions == nil {
				err.Extensions = map[string]any{}
			}
			if _, ok := err.Extensions["code"]; !ok {
				err.Extensions["code"] = CodeValidationFailed
			}
			errs = append(errs, err)
		})
	}
	core.Walk(p.sg.API, doc, events)
	return errs
}

// maxErrors is how many errors one document, or one request's variables, are told.
const maxErrors = 100

// Operation gives the operation that a request means, in normal form: the one
// of that name, or the only one where name is empty (specification §6.1
// GetOperation). The error is a *gqlerror.Error.
func (d *Document) Operation(name string) (*Operation, error) {
	if name == "" {
		if len(d.operations) != 1 {
			return nil, positioned(nil, CodeNotFound,
				"The document has %d operations: operationName must say which one to run.", len(d.operations))
		}
		return d.operations[0].normalised()
	}
	for _, op := range d.operations {
		if op.definition.Name == name {
			return op.normalised()
		}
	}
	return nil, positioned(nil, CodeNotFound, "The document has no operation named %q.", name)
}

// Size is how many fields the document's operations have once their fragments
// are spread.
func (d *Document) Size() int { return d.size }
