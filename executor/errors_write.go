package executor

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner/operation"
)

// writeErrors appends the list of errors.
func (x *execution) writeErrors(b []byte) []byte {
	slices.SortStableFunc(x.errors, func(a, b answerError) int { return a.step - b.step })
	b = append(b, '[')
	for i := range x.errors {
		if i > 0 {
			b = append(b, ',')
		}
		b = x.writeError(b, &x.errors[i])
	}
	if x.dropped > 0 {
		b = append(b, ',')
		b = x.writeError(b, &answerError{message: fmt.Sprintf("%d more errors are left out (limits.errors)", x.dropped), code: codeTooManyErrors})
	}
	return append(b, ']')
}

func (x *execution) writeError(b []byte, e *answerError) []byte {
	message := e.message
	if e.policy.Mask {
		message = x.maskedMessage(e.code)
	}
	b = quoteJSON(append(b, `{"message":`...), message)
	if p := x.location(e); p != nil {
		b = append(b, `,"locations":[{"line":`...)
		b = strconv.AppendInt(b, int64(p.line), 10)
		b = append(b, `,"column":`...)
		b = strconv.AppendInt(b, int64(p.column), 10)
		b = append(b, `}]`...)
	}
	if len(e.path) > 0 {
		b = append(b, `,"path":[`...)
		for i, item := range e.path {
			if i > 0 {
				b = append(b, ',')
			}
			if item.key != "" {
				b = quoteJSON(b, item.key)
			} else {
				b = strconv.AppendInt(b, int64(item.index), 10)
			}
		}
		b = append(b, ']')
	}
	return append(x.writeExtensions(append(b, `,"extensions":`...), e), '}')
}

// writeExtensions appends what the policy lets pass of a subgraph's extensions,
// with what is added to them.
func (x *execution) writeExtensions(b []byte, e *answerError) []byte {
	own := map[string]json.RawMessage{}
	// What is not an object is no map of extensions and is left out.
	if len(e.extensions) == 0 || json.Unmarshal(e.extensions, &own) != nil {
		own = map[string]json.RawMessage{}
	}
	if allowed := e.policy.Extensions; allowed != nil {
		maps.DeleteFunc(own, func(key string, _ json.RawMessage) bool { return !slices.Contains(allowed, key) })
	}
	code, ok := tape.Unquote(own["code"])
	if !ok || code == "" {
		code = e.code
	}
	delete(own, "code")
	b = quoteJSON(append(b, `{"code":`...), code)
	if e.policy.ServiceName {
		b = quoteJSON(append(b, `,"serviceName":`...), e.subgraph)
		delete(own, "serviceName")
	}
	if e.policy.Mask {
		b = quoteJSON(append(b, `,"requestId":`...), x.requestID())
		delete(own, "requestId")
	}
	for _, k := range slices.Sorted(maps.Keys(own)) {
		b = append(append(quoteJSON(append(b, ','), k), ':'), own[k]...)
	}
	return append(b, '}')
}

type location struct{ line, column int }

// location finds where the client's own document has the field of an error.
func (x *execution) location(e *answerError) *location {
	op := x.r.Operation
	if op == nil {
		return nil
	}
	field := e.field
	if field == nil {
		set := op.Root
		for _, item := range e.path {
			if item.key == "" || set == nil {
				continue
			}
			i := slices.IndexFunc(set.Fields, func(f *operation.Field) bool { return f.ResponseKey == item.key })
			if i < 0 {
				break
			}
			field = set.Fields[i]
			set = field.Selections
		}
	}
	if field == nil || field.Position == nil || field.Position.Line == 0 {
		return nil
	}
	return &location{field.Position.Line, field.Position.Column}
}
