package transport

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/weft-graphql/weft/executor/tape"
)

// readBody reads a POST's body within limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *Refusal) {
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var b bytes.Buffer
	if r.ContentLength > 0 {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge(limit)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, codeBadRequest, "The request's body could not be read to its end.")
	}
	return b.Bytes(), nil
}

func tooLarge(limit int64) *Refusal {
	return refuse(http.StatusRequestEntityTooLarge, codeTooLarge,
		fmt.Sprintf("The request's body is larger than %d bytes (limits.body).", limit))
}

// decoder reads JSON bodies.
type decoder struct {
	shape *tape.Shape
	tapes sync.Pool // of *tape.Tape
}

// The keys that a request's body may have, as slots of its object.
const (
	slotQuery = iota
	slotOperationName
	slotVariables
	slotExtensions
	slots
)

// maxNesting is how deep objects and lists may nest in a body: as deep as
// encoding/json reads them, which reads the variables once more.
const maxNesting = 10_000

// maxValues is how many values a body's tape may take, far more than the slots do:
// what is in variables and extensions takes none. Only a list in place of a
// parameter takes more, of which each item would cost a multiple of its bytes.
const maxValues = 1 << 10

func newDecoder() *decoder {
	shape := &tape.Shape{Slots: slots, Fields: []tape.Field{
		{Key: "query", Slot: slotQuery}, {Key: "operationName", Slot: slotOperationName},
		{Key: "variables", Slot: slotVariables}, {Key: "extensions", Slot: slotExtensions},
	}}
	shape.Ready()
	return &decoder{shape: shape, tapes: sync.Pool{New: func() any { return new(tape.Tape) }}}
}

// decode reads the parameters of a GraphQL request from a JSON body, whose bytes
// they keep. Keys are told apart by case, and keys that GraphQL over HTTP reserves
// for later are left alone.
func (d *decoder) decode(body []byte) (*Params, *Refusal) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return nil, badBody("The request has no body; send a JSON object with the key \"query\".")
	case trimmed[0] == '[':
		return nil, refuse(http.StatusBadRequest, codeBatch,
			"A list of operations in one request is not supported; send them one by one.")
	}
	t, _ := d.tapes.Get().(*tape.Tape)
	defer func() {
		t.Reset(maxValues, false)
		t.Data = nil
		d.tapes.Put(t)
	}()
	root, err := t.Parse(body, d.shape, tape.Limits{Depth: maxNesting, Values: maxValues})
	over, limited := errors.AsType[*tape.LimitError](err)
	switch {
	case limited && over.Limit == "values":
		return nil, badBody("One of the request's parameters is a list: %q and %q must be strings, %q and %q JSON objects.",
			"query", "operationName", "variables", "extensions")
	case err != nil:
		return nil, badBody("The request's body is not a JSON object: %s.", describe(body, err))
	case root.Kind != tape.Object:
		return nil, badBody("The request's body is not a JSON object: it is a %s.", root.Kind)
	}
	docs := tape.Docs{t}
	values := docs.Slots(root)
	p := &Params{}
	var ok bool
	if p.Query, ok = text(docs, values[slotQuery]); !ok {
		return nil, badBody("The request's %q must be a string.", "query")
	}
	if p.OperationName, ok = text(docs, values[slotOperationName]); !ok {
		return nil, badBody("The request's %q must be a string.", "operationName")
	}
	var refusal *Refusal
	if p.Variables, refusal = object("variables", docs.Bytes(values[slotVariables])); refusal != nil {
		return nil, refusal
	}
	if p.Extensions, refusal = object("extensions", docs.Bytes(values[slotExtensions])); refusal != nil {
		return nil, refusal
	}
	if refusal := p.check(); refusal != nil {
		return nil, refusal
	}
	return p, nil
}

func badBody(format string, args ...any) *Refusal {
	return refuse(http.StatusBadRequest, codeBadRequest, fmt.Sprintf(format, args...))
}

// text gives a parameter that must be a string, or null, which is as if it were
// absent.
func text(docs tape.Docs, v tape.Value) (s string, ok bool) {
	if v.Kind <= tape.Null {
		return "", true
	}
	return tape.Unquote(docs.Bytes(v))
}

// describe says where JSON went wrong, with line and column.
func describe(body []byte, err error) string {
	syntax, ok := errors.AsType[*tape.SyntaxError](err)
	if !ok {
		return err.Error()
	}
	before := body[:min(syntax.Offset, len(body))]
	line, column := bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("%s (line %d, column %d)", syntax.Problem, line, column)
}
