package gateway

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/gateway/limits"
	"github.com/weft-graphql/weft/gateway/transport"
	"github.com/weft-graphql/weft/planner/operation"
)

// The codes of refusals that the pipeline makes.
const (
	codeNotReady      = "NOT_READY"
	codeMutationByGET = "METHOD_NOT_ALLOWED"
	codeSubscriptions = "SUBSCRIPTIONS_NOT_SUPPORTED"
	codePlanning      = "QUERY_PLANNING_FAILED"
	codeTimeout       = "REQUEST_TIMEOUT"
	codeInternal      = "INTERNAL_SERVER_ERROR"
)

// Prepare finds the operation, checks its variables, charges the client's
// budget and finds the plan.
func (g *Gateway) Prepare(ctx context.Context, p *transport.Params) (transport.Operation, *transport.Refusal) {
	note := noteOf(ctx)
	// Execution ends at the same time, but still answers with what it has.
	deadline := note.started.Add(time.Duration(g.config.Limits.Timeout))
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	prepared, refusal := g.prepare(ctx, p, note)
	if refusal != nil {
		g.metrics.Refused(len(refusal.Errors))
		return nil, refusal
	}
	prepared.deadline = deadline
	return prepared, nil
}

func (g *Gateway) prepare(ctx context.Context, p *transport.Params, note *requestNote) (*prepared, *transport.Refusal) {
	rt := g.runtime.Load()
	if rt == nil {
		return nil, refusal(http.StatusServiceUnavailable, codeNotReady, "No supergraph is loaded yet.")
	}
	debug, refused := g.debugOf(p.Header)
	if refused != nil {
		return nil, refused
	}
	op, errs := rt.operation(ctx, p.Query, p.OperationName)
	if errs != nil {
		return nil, requestError(errs)
	}
	note.kind = op.Kind
	switch {
	case op.Kind == ast.Mutation && p.ReadOnly:
		out := refusal(http.StatusMethodNotAllowed, codeMutationByGET, "A mutation cannot be sent by GET; use POST.")
		out.Header = http.Header{"Allow": {"POST"}}
		return nil, out
	case op.Kind == ast.Subscription:
		return nil, requestError(gqlerror.List{transport.Error(codeSubscriptions, "Subscriptions are not supported yet.")})
	}
	values, errs := op.Coerce(p.Variables)
	if errs != nil {
		return nil, requestError(errs)
	}
	labels, refused := overrideLabels{g.config.Planner.OverrideLabels}.decide(op, p.Header)
	if refused != nil {
		return nil, refused
	}
	values.Conditions |= labels
	out := &prepared{gateway: g, operation: op, values: values, header: p.Header, debug: debug}
	if !debug.dryRun {
		if refusal := out.admit(ctx, p); refusal != nil {
			return nil, refusal
		}
	}
	// Only now: the cost is that of what the client wrote.
	maps.Copy(values.Raw, op.Literals)
	var err error
	if out.program, err = rt.programs.get(ctx, op, p.Query, values.Conditions); err != nil {
		out.admission.Settle(0)
		return nil, g.planningFailed(ctx, err)
	}
	return out, nil
}

func (g *Gateway) planningFailed(ctx context.Context, err error) *transport.Refusal {
	if ctx.Err() != nil {
		return timedOut("it was planned")
	}
	g.logger.ErrorContext(ctx, "an operation could not be planned", "error", err)
	return refusal(http.StatusInternalServerError, codePlanning, "The operation could not be planned: "+err.Error())
}

// limitError is an error of package limits: it says itself how it is answered.
type limitError interface {
	error
	Status() int
	Extensions() map[string]any
	WriteHeader(header http.Header)
}

// overLimit is the answer to an error of package limits; nil for any other.
func overLimit(err error) *transport.Refusal {
	over, ok := errors.AsType[limitError](err)
	if !ok {
		return nil
	}
	out := &transport.Refusal{Status: over.Status(), Header: http.Header{},
		Errors: gqlerror.List{{Message: over.Error(), Extensions: over.Extensions()}}}
	over.WriteHeader(out.Header)
	return out
}

func timedOut(before string) *transport.Refusal {
	return refusal(http.StatusServiceUnavailable, codeTimeout, "The request ran out of time before "+before+" (limits.timeout).")
}

func refusal(status int, code, message string) *transport.Refusal {
	return &transport.Refusal{Status: status, Errors: gqlerror.List{transport.Error(code, message)}}
}

func requestError(errs gqlerror.List) *transport.Refusal {
	return &transport.Refusal{Status: http.StatusBadRequest, RequestError: true, Errors: errs}
}

// prepared is a request that may run.
type prepared struct {
	gateway   *Gateway
	operation *operation.Operation
	values    *operation.Values
	program   *executor.Program
	header    http.Header
	deadline  time.Time
	admission *limits.Admission // nil where there are no budgets
	debug     debugging
}

var _ transport.Operation = (*prepared)(nil)

// Definition is what the client asked for.
func (p *prepared) Definition() *ast.OperationDefinition {
	return &ast.OperationDefinition{Operation: p.operation.Kind, Name: p.operation.Name}
}

// admit charges the operation's estimated cost.
func (p *prepared) admit(ctx context.Context, params *transport.Params) *transport.Refusal {
	budgets := p.gateway.budgets
	if budgets == nil {
		return nil
	}
	cost, err := p.operation.Cost.Evaluate(p.values)
	if err != nil {
		return requestError(asList(err))
	}
	p.admission, err = budgets.Admit(ctx, budgets.Identify(params.Header, params.RemoteAddr), cost)
	if refusal := overLimit(err); refusal != nil {
		return refusal
	}
	if err != nil {
		return timedOut("its cost could be charged")
	}
	return nil
}

// Run executes the program and sends the answer.
func (p *prepared) Run(ctx context.Context, send func(transport.Response) error) error {
	if p.debug.dryRun {
		return p.show(send)
	}
	s := &sink{prepared: p, send: send}
	err := p.gateway.executor.Run(ctx, p.program, &executor.Request{
		Operation: p.operation, Variables: p.values.Raw, Conditions: p.values.Conditions,
		Headers: p.gateway.forward.From(p.header).To, Deadline: p.deadline,
	}, s)
	if err != nil && !s.begun && ctx.Err() == nil {
		p.gateway.logger.ErrorContext(ctx, "an operation could not be finished", "error", err)
		p.gateway.metrics.Refused(1)
	}
	return err
}

// show answers with the plan alone.
func (p *prepared) show(send func(transport.Response) error) error {
	extensions, err := planExtension(p.program)
	if err != nil {
		return err
	}
	return send(transport.Response{
		Header: http.Header{"Cache-Control": {"no-store"}}, Body: withExtensions([]byte(`{"data":null}`), extensions),
	})
}

// sink turns the executor's payloads into a transport's.
type sink struct {
	prepared *prepared
	send     func(transport.Response) error
	begun    bool
}

// Payload sends one payload.
func (s *sink) Payload(_ context.Context, payload executor.Payload) error {
	s.begun = true
	res := transport.Response{Header: make(http.Header, 2), Body: payload.Body, HasNext: payload.HasNext}
	admission := s.prepared.admission
	cost := admission.Estimated()
	if r := payload.Result; r != nil {
		cost = r.Cost
		s.prepared.gateway.metrics.Executed(r.Errors)
		maps.Copy(res.Header, r.Header)
		res.Header["Cache-Control"] = []string{cacheControl(s.prepared.operation.Kind, r)}
		if vary := s.prepared.gateway.vary; vary != nil && !r.Freshness.Public {
			// What subgraphs see of the header may have changed the answer: a browser
			// must not show one user's to the next.
			res.Header["Vary"] = slices.Clip(vary)
		}
	}
	if s.prepared.debug.plan && !payload.HasNext {
		extensions, err := planExtension(s.prepared.program)
		if err != nil {
			return err
		}
		res.Body = withExtensions(res.Body, extensions)
		res.Header["Cache-Control"] = []string{"no-store"} // not for those who did not ask
	}
	admission.WriteHeader(res.Header, cost)
	if payload.Result != nil {
		admission.Settle(cost)
	}
	return s.send(res)
}

// cacheControl tells caches between gateway and client how long the answer may
// be kept: only an answer without errors, and only when every subgraph said so.
func cacheControl(kind ast.Operation, r *executor.Result) string {
	f := r.Freshness
	if kind != ast.Query || r.Errors > 0 || !f.Known || f.NoStore || f.MaxAge < time.Second || r.Header["Set-Cookie"] != nil {
		return "no-store"
	}
	scope := "private"
	if f.Public {
		scope = "public"
	}
	return scope + ", max-age=" + strconv.FormatInt(int64(f.MaxAge/time.Second), 10)
}

// requestNote is what the pipeline and whoever measures a request tell each other.
type requestNote struct {
	// started is when the request's header had been read: limits.timeout counts
	// from it.
	started time.Time
	// kind is the kind of the operation that the request holds, for the metrics; ""
	// where it is not known.
	kind ast.Operation
}

// noteKey is the context key of a request's *requestNote.
type noteKey struct{}

// noteOf gives the request's note; a request without one begins now.
func noteOf(ctx context.Context) *requestNote {
	if note, ok := ctx.Value(noteKey{}).(*requestNote); ok {
		return note
	}
	return &requestNote{started: time.Now()}
}
