package executor

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor/tape"
)

// The codes of the executor's own errors (extensions.code).
const (
	codeHTTP              = "SUBREQUEST_HTTP_ERROR"
	codeMalformed         = "SUBREQUEST_MALFORMED_RESPONSE"
	codeTooLarge          = "SUBREQUEST_TOO_LARGE"
	codeSubrequestTimeout = "SUBREQUEST_TIMEOUT"
	codeAnswerTooLarge    = "ANSWER_TOO_LARGE"
	codeTimeout           = "OPERATION_TIMEOUT"
	codeTooManyEntities   = "TOO_MANY_ENTITIES"
	codeTooManyRequests   = "TOO_MANY_SUBREQUESTS"
	codeDenied            = "UNAUTHORIZED_FIELD_OR_TYPE"
	codeNull              = "NON_NULL_VIOLATION"
	codeInvalid           = "INVALID_VALUE"
	codeDownstream        = "DOWNSTREAM_SERVICE_ERROR"
	codeTooManyErrors     = "TOO_MANY_ERRORS"
	codeInternal          = "INTERNAL_SERVER_ERROR"
)

// fetch makes a step's request and links the answer in.
func (x *execution) fetch(i int, all bool) {
	sp, st := &x.p.steps[i], &x.steps[i]
	st.trace.Skipped = false
	f, err := x.request(i, all)
	if err == nil {
		err = x.ctx.Err()
	}
	if err == nil {
		var answer *Answer
		if answer, err = x.e.options.Fetcher.Fetch(x.ctx, f); err == nil {
			st.answer = answer
			st.trace.Status, st.trace.Bytes = answer.Status, len(answer.Body)
			x.answered(i)
			return
		}
	}
	var fe *FetchError
	switch {
	// A subgraph's own limit may end at the same moment: the operation's, which
	// explains every subgraph's missing answer, is the one that is told.
	case x.ctx.Err() != nil || !time.Now().Before(x.deadline):
		err = &FetchError{Subgraph: sp.name, Code: codeTimeout, Err: err,
			Message: fmt.Sprintf("the operation's time of %v ended before subgraph %q had answered (limits.timeout)", x.e.limits.Duration, sp.name)}
	case !errors.As(err, &fe):
		err = &FetchError{Subgraph: sp.name, Code: codeHTTP, Err: err, Message: fmt.Sprintf("the request to subgraph %q failed", sp.name)}
	}
	errors.As(err, &fe)
	x.e.options.Logger.LogAttrs(x.ctx, slog.LevelDebug, "a subgraph request failed",
		slog.String("subgraph", sp.name), slog.String("code", fe.Code), slog.Any("error", err))
	if x.cut.on {
		st.failure = fe
		x.cut.broken.Store(true)
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.link(i) // what the cache had
	x.failed(i, fe.Code, fe.Message)
}

// request puts a step's request together. It is new memory, because a Fetcher
// may keep it; one without variables is the program's own.
func (x *execution) request(i int, all bool) (*Fetch, error) {
	sp, st := &x.p.steps[i], &x.steps[i]
	asked, size, entities, extra := 0, 0, 0, len(sp.parts)
	st.sets = st.sets[:0]
	for j := range sp.parts {
		ps := &st.parts[j]
		st.sets = append(st.sets, 0)
		if ps.asked {
			ps.divide(j, sp.parts[j].contexts != nil, &extra)
			st.sets[j] = int32(len(ps.sets))
			asked += len(ps.sets)
			entities += len(ps.misses)
			size += len(ps.text) + len(ps.misses) + 2
		}
	}
	pieces := max(1, (entities+x.e.limits.Entities-1)/x.e.limits.Entities)
	if n := x.requests.Add(int64(pieces)); n > int64(x.e.limits.Requests) {
		return nil, &FetchError{Subgraph: sp.name, Code: codeTooManyRequests, Message: x.tooManyRequests()}
	}
	if extra > len(sp.parts) && asked > x.e.limits.Contexts {
		return nil, &FetchError{Subgraph: sp.name, Code: codeTooManyContexts,
			Message: fmt.Sprintf("a request to subgraph %q needs %d sets of values from contexts, more than the %d that are allowed (limits.contexts)", sp.name, asked, x.e.limits.Contexts)}
	}
	f := &Fetch{
		Subgraph: sp.name, URL: sp.url, Header: x.header(i),
		Mutation: sp.step.Kind == ast.Mutation, Entities: entities,
	}
	f.Lists = f.one[:0]
	f.Body = sp.text.request(all, st.sets, &requestFilling{sp, st, f}, size, x.r.Variables)
	if len(f.Lists) < asked {
		f.Lists = nil
		if pieces > 1 { // what has root fields, too, cannot be split
			return nil, &FetchError{Subgraph: sp.name, Code: codeTooManyEntities, Message: fmt.Sprintf(
				"a request to subgraph %q needs %d entities, more than the %d that are allowed (limits.entities)", sp.name, entities, x.e.limits.Entities)}
		}
	}
	return f, nil
}

// requestFilling puts representations and values from contexts into a request.
type requestFilling struct {
	sp *stepProgram
	st *stepState
	f  *Fetch
}

func (r *requestFilling) representations(b []byte, part int, set int32) []byte {
	start := len(b)
	b = r.st.parts[part].list(b, set)
	r.f.Lists = append(r.f.Lists, RepresentationList{Key: setKeyOf(r.sp.parts[part].part.Key, set), Start: start, End: len(b)})
	return b
}

func (r *requestFilling) context(part int, set int32, context int) []byte {
	return r.st.parts[part].contextValue(set, context)
}

// header is what a step's subgraph sees of the client's header.
func (x *execution) header(i int) http.Header {
	st := &x.steps[i]
	if !st.hasHeader && x.r.Headers != nil {
		st.header = x.r.Headers(x.p.steps[i].name)
	}
	st.hasHeader = true
	return st.header
}

// answered parses a step's answer and links it in.
func (x *execution) answered(i int) {
	sp, st := &x.p.steps[i], &x.steps[i]
	switch {
	case x.usual:
	case x.cut.on:
		x.splicedIn(i)
		return
	case x.passes(i), i == 0 && x.spliceRoot():
		x.freshen(st, st.answer.freshness())
		return
	}
	doc := x.docs[answerDoc(i)]
	doc.Grow(min(int(sp.values.Load()), x.e.limits.Pooled/valueSize))
	top, err := doc.Parse(st.answer.Body, x.answerShape(i), x.tapeLimits())
	sp.values.Store(int64(doc.Size()))
	x.mu.Lock()
	defer x.mu.Unlock()
	code, problem := x.unusable(i, top, err)
	if problem != "" {
		x.link(i)
		x.failed(i, code, problem)
		return
	}
	st.storable = st.answer.freshness()
	x.freshen(st, st.storable)
	data := *x.docs.Slot(top, dataSlot)
	found := x.answerErrors(i, data, *x.docs.Slot(top, errorsSlot))
	problem = ""
	for j := range sp.parts {
		if ps := &st.parts[j]; ps.asked {
			if p := x.partAnswered(i, j, data); p != "" && problem == "" {
				problem = p
			}
		}
	}
	x.keepFetched(i)
	x.link(i)
	if data.Kind != tape.Object {
		x.explainMissing(i)
	}
	if problem == "" && doc.Absent > 0 {
		problem = fmt.Sprintf("subgraph %q left out the field %q that it was asked for", sp.name, doc.FirstAbsent)
	}
	if problem != "" && !found {
		x.failed(i, codeMalformed, problem)
	} else if problem != "" {
		x.explainMissing(i)
	}
}

// unusable says why an answer as a whole is none; the problem is empty where it is one.
func (x *execution) unusable(i int, top tape.Value, err error) (code, problem string) {
	sp, st := &x.p.steps[i], &x.steps[i]
	switch limit, over := errors.AsType[*tape.LimitError](err); {
	case over:
		return codeTooLarge, fmt.Sprintf("the answer of subgraph %q exceeds the limit on its %s: %d (limits.answer_%[2]s)", sp.name, limit.Limit, limit.Max)
	case err == nil && top.Kind == tape.Object &&
		(x.docs.Slot(top, dataSlot).Kind == tape.Object || hasErrors(x.docs, top)):
		return "", ""
	case st.answer.Status != 0 && (st.answer.Status < 200 || st.answer.Status > 299):
		return codeHTTP, fmt.Sprintf("subgraph %q answered with HTTP status %d", sp.name, st.answer.Status)
	case err != nil:
		x.e.options.Logger.LogAttrs(x.ctx, slog.LevelDebug, "a subgraph's answer is not JSON", slog.String("subgraph", sp.name), slog.Any("error", err))
		return codeMalformed, fmt.Sprintf("the answer of subgraph %q is not valid JSON", sp.name)
	case top.Kind != tape.Object:
		return codeMalformed, fmt.Sprintf("the answer of subgraph %q is %s instead of an object", sp.name, top.Kind)
	}
	return codeMalformed, fmt.Sprintf("the answer of subgraph %q has neither data nor errors", sp.name)
}

func hasErrors(d tape.Docs, top tape.Value) bool {
	e := *d.Slot(top, errorsSlot)
	return e.Kind == tape.List && e.Len > 0
}

// partAnswered finds the items of one part in the answer's data. It gives the
// problem where they are not what was asked for.
func (x *execution) partAnswered(i, j int, data tape.Value) (problem string) {
	sp, ps := &x.p.steps[i], &x.steps[i].parts[j]
	if data.Kind != tape.Object {
		return "" // null, with errors that say why
	}
	if sp.parts[j].part.Entity == nil {
		v := *x.docs.Slot(data, j)
		if v.Kind == tape.Missing {
			return fmt.Sprintf("subgraph %q left out the field %q that it was asked for", sp.name, sp.parts[j].part.Key)
		}
		ps.items[0] = v
		return ""
	}
	for _, set := range ps.sets {
		if p := x.setAnswered(sp.name, ps, set, *x.docs.Slot(data, set.slot)); p != "" && problem == "" {
			problem = p
		}
	}
	return problem
}

// setAnswered finds the entities of one _entities field.
func (x *execution) setAnswered(subgraph string, ps *partState, set representationSet, v tape.Value) (problem string) {
	misses := ps.misses[set.from:set.to]
	switch {
	case v.Kind == tape.List && int(v.Len) == len(misses):
		for k, item := range x.docs.Slots(v) {
			if item.Kind != tape.Object && item.Kind != tape.Null {
				problem = fmt.Sprintf("subgraph %q answered with %s in place of an entity", subgraph, item.Kind)
				continue
			}
			ps.items[misses[k]] = item
		}
		return problem
	case v.Kind == tape.List:
		return fmt.Sprintf("subgraph %q answered with %d entities where %d were asked for", subgraph, v.Len, len(misses))
	case v.Kind <= tape.Null:
		return fmt.Sprintf("subgraph %q answered without the list of entities", subgraph)
	}
	return fmt.Sprintf("subgraph %q answered with %s in place of the list of entities", subgraph, v.Kind)
}

// failed accounts for everything that a step was asked for and did not give, by
// one error.
func (x *execution) failed(i int, code, message string) {
	x.explainMissing(i)
	x.reportStep(i, code, message)
}

// reportStep reports an error of a step as a whole; mu is held.
func (x *execution) reportStep(i int, code, message string) {
	first := len(x.errors)
	x.report(answerError{step: i, message: message, code: code, subgraph: x.p.steps[i].name,
		path: x.fetchPath(i), policy: x.policy(i)})
	x.logMasked(i, first)
}

// explainMissing makes everything that a step was asked for and did not give an
// explained null.
func (x *execution) explainMissing(i int) {
	sp, st := &x.p.steps[i], &x.steps[i]
	for j := range sp.parts {
		pp, ps := &sp.parts[j], &st.parts[j]
		if !ps.asked {
			continue
		}
		if len(pp.paths) == 0 {
			if ps.items[0].Kind == tape.Missing {
				x.explain(x.root, pp.shape)
			}
			continue
		}
		for _, t := range ps.targets {
			if t.unique >= 0 && ps.items[t.unique].Kind == tape.Missing {
				x.explain(t.object, pp.shape)
			}
		}
	}
}

// fetchPath is the client's path to what a step was asked for, without indexes:
// what its parts have in common.
func (x *execution) fetchPath(i int) []pathItem {
	sp, st := &x.p.steps[i], &x.steps[i]
	var common []pathItem
	first := true
	for j := range sp.parts {
		if !st.parts[j].asked {
			continue
		}
		pp := &sp.parts[j]
		var path []pathItem
		if len(pp.paths) == 0 {
			if f := fieldOf(x.p.plan.Operation.Root, pp.part.Key); f != nil {
				path = []pathItem{{key: f.ResponseKey}}
			}
		} else {
			for _, key := range pp.paths[0].client {
				path = append(path, pathItem{key: key})
			}
		}
		if first {
			common, first = path, false
			continue
		}
		n := 0
		for n < min(len(common), len(path)) && common[n] == path[n] {
			n++
		}
		common = slices.Clip(common[:n])
	}
	return common
}
