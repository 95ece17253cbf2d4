package executor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

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
	field *operation.Field
	// policy is that of the subgraph, of which the error tells.
	policy ErrorPolicy
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

// policy is that of a step's subgraph; the gateway's own steps have none.
func (x *execution) policy(i int) ErrorPolicy {
	name := x.p.steps[i].name
	if x.e.options.Errors == nil || name == "" {
		return ErrorPolicy{}
	}
	return x.e.options.Errors(name)
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
	if list.Kind > tape.Null && list.Kind != tape.List {
		// It is not said which nulls are meant: they are all accounted for.
		x.docs[answerDoc(i)].Explained = true
		x.reportStep(i, codeMalformed, fmt.Sprintf("subgraph %q answered with %s in place of the list of errors", x.p.steps[i].name, list.Kind))
		return true
	}
	if list.Kind != tape.List || list.Len == 0 {
		return false
	}
	first := len(x.errors)
	var placed []placedError
	for _, item := range x.docs.Slots(list) {
		var se subgraphError
		// Only an object has members to read; of anything else there is nothing to
		// pass on but that it was an error.
		if item.Kind != tape.Raw || json.Unmarshal(x.docs.Bytes(item), &se) != nil {
			se = subgraphError{}
		}
		if pe := x.answerError(i, data, &se); pe.part != nil {
			placed = append(placed, pe)
		}
	}
	x.reportPlaced(i, placed)
	x.logMasked(i, first)
	return true
}

// answerError reports one error, unless it is an entity's.
func (x *execution) answerError(i int, data tape.Value, se *subgraphError) (pe placedError) {
	sp, st := &x.p.steps[i], &x.steps[i]
	e := answerError{step: i, code: codeDownstream, subgraph: sp.name, extensions: se.Extensions, policy: x.policy(i)}
	if message, ok := tape.Unquote(se.Message); ok {
		e.message = message
	} else {
		e.message = fmt.Sprintf("subgraph %q answered with an error that has no message", sp.name)
	}
	path := readPath(se.Path)
	j, set := x.partOf(i, path)
	if j < 0 {
		x.docs[answerDoc(i)].Explained = true
		e.path = x.fetchPath(i)
		x.report(e)
		return pe
	}
	pp, ps := &sp.parts[j], &st.parts[j]
	if data.Kind == tape.Object && !x.explainPath(x.docs.Slot(data, set.slot), pp.value, path[1:]) {
		x.docs[answerDoc(i)].Explained = true
	}
	ps.failed = append(ps.failed[:0], make([]bool, len(ps.items))...)
	if pp.part.Entity == nil && len(pp.paths) > 0 {
		ps.failed[0] = true
		return placedError{answerError: e, part: pp, state: ps, rest: path}
	}
	if pp.part.Entity == nil {
		ps.failed[0] = true
		e.path = x.clientPath(nil, x.p.plan.Operation.Root, path)
		x.report(e)
		return pe
	}
	if len(path) < 2 || path[1].key != "" || path[1].index < 0 || path[1].index >= set.to-set.from {
		for u := range ps.failed {
			ps.failed[u] = true
		}
		x.docs[answerDoc(i)].Explained = true
		for _, key := range pp.paths[0].client {
			e.path = append(e.path, pathItem{key: key})
		}
		x.report(e)
		return pe
	}
	u := ps.misses[set.from+path[1].index]
	ps.failed[u] = true
	return placedError{answerError: e, part: pp, state: ps, unique: u, rest: path[2:]}
}

// partOf finds the part that an error's path begins with, and which of its
// fields; -1 where there is none. Subgraphs that do not heed the alias of their
// one _entities field are understood, too.
func (x *execution) partOf(i int, path []pathItem) (part int, set representationSet) {
	if len(path) == 0 || path[0].key == "" {
		return -1, set
	}
	sp, st := &x.p.steps[i], &x.steps[i]
	entities, found := 0, -1
	for j := range sp.parts {
		ps := &st.parts[j]
		if !ps.asked {
			continue
		}
		for k, s := range ps.sets {
			if setKeyOf(sp.parts[j].part.Key, int32(k)) == path[0].key {
				return j, s
			}
			if sp.parts[j].part.Entity != nil {
				entities++
				found, set = j, s
			}
		}
	}
	if path[0].key == "_entities" && entities == 1 {
		return found, set
	}
	return -1, set
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
		} else if n, err := strconv.ParseUint(string(item), 10, 31); err == nil {
			path = append(path, pathItem{index: int(n)})
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
				f = fieldOf(set, x.p.aliases[item.key])
			}
			if f == nil {
				return to
			}
			item, set = pathItem{key: f.ResponseKey}, f.Selections
		}
		to = append(to, item)
	}
	return to
}
