package transport

import (
	"context"
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// graphExecutor lets gqlgen's transports use the pipeline.
type graphExecutor struct{ pipeline Pipeline }

var _ graphql.GraphExecutor = (*graphExecutor)(nil)

// preparedExtension is where an operation waits in gqlgen's context between
// CreateOperationContext and DispatchOperation.
const preparedExtension = "weft.operation"

// CreateOperationContext prepares the operation.
func (e *graphExecutor) CreateOperationContext(ctx context.Context, raw *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	out := &graphql.OperationContext{
		RawQuery: raw.Query, Variables: raw.Variables, OperationName: raw.OperationName,
		Extensions: raw.Extensions, Headers: raw.Headers,
		RecoverFunc:            graphql.DefaultRecover,
		ResolverMiddleware:     func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return next(ctx) },
	}
	params := &Params{Query: raw.Query, OperationName: raw.OperationName, Header: raw.Headers}
	params.RemoteAddr, _ = ctx.Value(remoteAddr{}).(string)
	var err error
	if raw.Variables != nil {
		if params.Variables, err = json.Marshal(raw.Variables); err != nil {
			return out, gqlErrors(codeBadRequest, "The request's \"variables\" are not valid JSON.")
		}
	}
	if raw.Extensions != nil {
		if params.Extensions, err = json.Marshal(raw.Extensions); err != nil {
			return out, gqlErrors(codeBadRequest, "The request's \"extensions\" are not valid JSON.")
		}
	}
	if refusal := params.check(); refusal != nil {
		return out, refusal.Errors
	}
	operation, refusal := e.pipeline.Prepare(ctx, params)
	if refusal != nil {
		return out, refusal.Errors
	}
	out.Operation = operation.Definition()
	out.Stats.SetExtension(preparedExtension, operation)
	return out, nil
}

// remoteAddr is the context key of the client's address.
type remoteAddr struct{}

// DispatchOperation runs the operation. Its payloads are made as the transport
// asks for them.
func (e *graphExecutor) DispatchOperation(ctx context.Context, oc *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	operation := oc.Stats.GetExtension(preparedExtension).(Operation)
	var payloads []*graphql.Response
	started := false
	return func(ctx context.Context) *graphql.Response {
		if !started {
			started = true
			if err := operation.Run(ctx, func(res Response) error {
				payload := &graphql.Response{}
				if err := json.Unmarshal(res.Body, payload); err != nil {
					return err
				}
				payloads = append(payloads, payload)
				return nil
			}); err != nil {
				payloads = append(payloads, e.DispatchError(ctx, gqlErrors(codeInternal, "The operation could not be finished.")))
			}
		}
		if len(payloads) == 0 {
			return nil
		}
		next := payloads[0]
		payloads = payloads[1:]
		return next
	}, ctx
}

// DispatchError makes the answer to a request that is not executed.
func (e *graphExecutor) DispatchError(_ context.Context, list gqlerror.List) *graphql.Response {
	return &graphql.Response{Errors: list}
}
