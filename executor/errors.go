package executor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/weft-graphql/weft/executor/tape"
	"github.com/weft-graphql/weft/planner/operation"
)

// answerError is one error of the client's answer.
type answerError struct {
	// step orders errors: those of the answer's own walk come after all steps'.
	step     int
	message  string
	code     string
	subgraph string
	// extensions are a subgraph's own, as JSON.
	extensions json.RawMessage
	path       []pathItem
	// field is set where the field is known exactly; its position is the location.
	field  *operation.Field
	masked bool
}

// pathItem is a response key or an index.
type pathItem struct {
	key   string
	index int // counts where key is empty
}

// report keeps an error, up to the limit; mu is held while steps run.
func (x *execution) report(e answerError) {
	if len(x.errors) >= x.e.limits.Errors {
		x.dropped++
		return
	}
	x.errors = append(x.errors, e)
}

func (x *execution) policy(i int) ErrorPolicy {
	if x.e.options.Errors == nil {
		return ErrorPolicy{}
	}
	return x.e.options.Errors(x.p.steps[i].name)
}

// subgraphError is what the executor reads of a subgraph's error.
type subgraphError struct {
	Message    json.RawMessage `json:"message"`
	Path       json.RawMessage `json:"path"`
	Extensions json.RawMessage `json:"extensions"`
}

// answerErrors passes a subgraph's errors on, with the client's paths, and
// marks the nulls that they account for. It reports whether there are any.
func (x *execution) answerErrors(i int, data, list tape.Value) bool {
	if list.Kind != tape.List || list.Len == 0 {
		return false
	}
	for _, item := range x.docs.Slots(list) {
		var se subgraphError
		// Only an object has members to read; of anything else there is nothing to
		// pass on but that it was an error.
		if item.Kind != tape.Raw || json.Unmarshal(x.docs.Bytes(item), &se) != nil {
			se = subgraphError{}
		}
		x.answerError(i, data, &se)
	}
	return true
}

func (x *execution) answerError(i int, data tape.Value, se *subgraphError) {
	sp, st := &x.p.steps[i], &x.steps[i]
	e := answerError{step: i, code: codeDownstream, subgraph: sp.name, extensions: se.Extensions, masked: x.policy(i).Mask}
	if message, ok := tape.Unquote(se.Message); ok {
		e.message = message
	} else {
		e.message = fmt.Sprintf("subgraph %q answered with an error that has no message", sp.name)
	}
	path := readPath(se.Path)
	j := x.partOf(i, path)
	if j < 0 {
		x.docs[answerDoc(i)].Explained = true
		e.path = x.fetchPath(i)
		x.report(e)
		return
	}
	pp, ps := &sp.parts[j], &st.parts[j]
	if data.Kind == tape.Object && !x.explainPath(x.docs.Slot(data, j), pp.value, path[1:]) {
		x.docs[answerDoc(i)].Explained = true
	}
	ps.failed = append(ps.failed[:0], make([]bool, len(ps.items))...)
	if pp.part.Entity == nil {
		ps.failed[0] = true
		e.path = x.clientPath(nil, x.p.plan.Operation.Root, path)
		x.report(e)
		return
	}
	if len(path) < 2 || path[1].key != "" || path[1].index < 0 || path[1].index >= len(ps.misses) {
		for u := range ps.failed {
			ps.failed[u] = true
		}
		x.docs[answerDoc(i)].Explained = true
		for _, key := range pp.paths[0].client {
			e.path = append(e.path, pathItem{key: key})
		}
		x.report(e)
		return
	}
	u := ps.misses[path[1].index]
	ps.failed[u] = true
	x.everyPlace(pp, ps, u, func(place []pathItem, set *operation.SelectionSet) {
		e.path = x.clientPath(slices.Clone(place), set, path[2:])
		x.report(e)
	})
}

// partOf finds the part that an error's path begins with, -1 where there is
// none. Subgraphs that do not heed the alias of their one _entities field are
// understood, too.
func (x *execution) partOf(i int, path []pathItem) int {
	if len(path) == 0 || path[0].key == "" {
		return -1
	}
	sp, st := &x.p.steps[i], &x.steps[i]
	entities, found := 0, -1
	for j := range sp.parts {
		switch {
		case !st.parts[j].asked:
		case sp.parts[j].part.Key == path[0].key:
			return j
		case sp.parts[j].part.Entity != nil:
			entities++
			found = j
		}
	}
	if path[0].key == "_entities" && entities == 1 {
		return found
	}
	return -1
}

// readPath reads an error's path; it is empty where there is none to read.
func readPath(raw json.RawMessage) []pathItem {
	var items []json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	var path []pathItem
	for _, item := range items {
		if key, ok := tape.Unquote(item); ok {
			path = append(path, pathItem{key: key})
		} else if n, err := strconv.Atoi(string(item)); err == nil {
			path = append(path, pathItem{index: n})
		} else {
			return nil
		}
	}
	return path
}

// explainPath marks the null that a path of a subgraph's answer leads to, or
// that it had become further up. It reports whether the path can be followed.
func (x *execution) explainPath(v *tape.Value, shape *tape.Shape, path []pathItem) bool {
	for {
		switch {
		case v.Kind == tape.Null:
			v.Flags |= tape.Explained
			return true
		case len(path) == 0:
			return true
		case path[0].key != "" && v.Kind == tape.Object && shape != nil:
			k := slices.IndexFunc(shape.Fields, func(f tape.Field) bool { return f.Key == path[0].key })
			if k < 0 {
				return false
			}
			v, shape = x.docs.Slot(*v, shape.Fields[k].Slot), shape.Fields[k].Child
		case path[0].key == "" && v.Kind == tape.List && path[0].index >= 0 && path[0].index < int(v.Len):
			v = x.docs.Slot(*v, path[0].index)
		default:
			return false
		}
		path = path[1:]
	}
}

// clientPath appends a path below a client's selection set, with response keys
// for Keys, as far as the client selected it.
func (x *execution) clientPath(to []pathItem, set *operation.SelectionSet, path []pathItem) []pathItem {
	for _, item := range path {
		if item.key != "" {
			f := fieldOf(set, item.key)
			if f == nil {
				return to
			}
			item, set = pathItem{key: f.ResponseKey}, f.Selections
		}
		to = append(to, item)
	}
	return to
}

// everyPlace calls visit with the client's path of each object that a distinct
// representation stands for, and with the client's selection there. It walks
// the part's paths again, which only errors need.
func (x *execution) everyPlace(pp *partProgram, ps *partState, u int32, visit func([]pathItem, *operation.SelectionSet)) {
	type object struct {
		doc uint16
		off uint32
	}
	wanted := map[object]bool{}
	for _, t := range ps.targets {
		if t.unique == u {
			wanted[object{t.object.Doc, t.object.Off}] = true
		}
	}
	left := x.e.limits.Errors // places beyond it could not be reported
	var walk func(place []pathItem, set *operation.SelectionSet, elements []pathElement, keys []string, v tape.Value)
	walk = func(place []pathItem, set *operation.SelectionSet, elements []pathElement, keys []string, v tape.Value) {
		switch {
		case left == 0:
		case v.Kind == tape.List:
			for n, item := range x.docs.Slots(v) {
				walk(append(place, pathItem{index: n}), set, elements, keys, item)
			}
		case v.Kind != tape.Object:
		case len(elements) > 0:
			if f := fieldOf(set, keys[0]); f != nil {
				walk(append(place, pathItem{key: f.ResponseKey}), f.Selections, elements[1:], keys[1:], *x.docs.Slot(v, elements[0].slot))
			}
		case wanted[object{v.Doc, v.Off}]:
			left--
			visit(place, set)
		}
	}
	for k := range pp.paths {
		var keys []string
		for _, el := range pp.part.Entity.Paths[k] {
			keys = append(keys, el.Key)
		}
		walk(nil, x.p.plan.Operation.Root, pp.paths[k].elements, keys, x.root)
	}
}

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
		b = x.writeError(b, &answerError{message: fmt.Sprintf("%d more errors are left out", x.dropped), code: codeTooManyErrors})
	}
	return append(b, ']')
}

func (x *execution) writeError(b []byte, e *answerError) []byte {
	message := e.message
	if e.masked {
		message = "the subgraph request failed"
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

// writeExtensions appends a subgraph's extensions with what is added to them.
func (x *execution) writeExtensions(b []byte, e *answerError) []byte {
	own := map[string]json.RawMessage{}
	// What is not an object is no map of extensions and is left out.
	if len(e.extensions) == 0 || json.Unmarshal(e.extensions, &own) != nil {
		own = map[string]json.RawMessage{}
	}
	code := own["code"]
	if code == nil || bytes.Equal(code, []byte("null")) {
		code = quoteJSON(nil, e.code)
	}
	b = append(append(b, `{"code":`...), code...)
	if e.subgraph != "" && x.e.options.Errors != nil && x.e.options.Errors(e.subgraph).ServiceName {
		b = quoteJSON(append(b, `,"serviceName":`...), e.subgraph)
		delete(own, "serviceName")
	}
	delete(own, "code")
	if !e.masked {
		keys := make([]string, 0, len(own))
		for k := range own {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, strings.Compare)
		for _, k := range keys {
			b = append(append(quoteJSON(append(b, ','), k), ':'), own[k]...)
		}
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
