// Package serve is what the example subgraphs share as servers: the HTTP handler
// around a generated schema, and a main that listens until it is told to stop.
package serve

import (
	"context"
	"fmt"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The limits of every example subgraph.
const (
	maxBodyBytes    = 8 << 20
	maxCachedParsed = 1000
)

// Subgraph is one example service, not yet listening.
type Subgraph struct {
	// Name is the subgraph's name in the supergraph.
	Name string
	// SDL is the schema as its author wrote it, for composition.
	SDL string
	// Handler answers POST with JSON at any path, and GET /health.
	Handler http.Handler
}

// Options says how a subgraph answers.
type Options struct {
	// CacheControl is the Cache-Control header of a query's answer that has no
	// errors. Mutations and answers with errors always say no-store, as do
	// queries when this is empty.
	CacheControl string
	// Attach puts what one operation needs, such as its loaders, into its
	// context. nil attaches nothing.
	Attach func(context.Context) context.Context
}

type headerKey struct{}

// Handler makes a generated schema answer over HTTP.
func Handler(schema graphql.ExecutableSchema, o Options) http.Handler {
	srv := handler.New(schema)
	srv.AddTransport(transport.POST{})
	srv.SetQueryCache(lru.New[*ast.QueryDocument](maxCachedParsed))
	// gqlgen answers _service only where introspection is on.
	srv.Use(extension.Introspection{})
	if o.Attach != nil {
		srv.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
			return next(o.Attach(ctx))
		})
	}
	srv.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		response := next(ctx)
		header, ok := ctx.Value(headerKey{}).(http.Header)
		if ok && cacheable(ctx, o, response) {
			header.Set("Cache-Control", o.CacheControl)
		}
		return response
	})

	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		srv.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), headerKey{}, w.Header())))
	})
	return http.MaxBytesHandler(mux, maxBodyBytes)
}

func cacheable(ctx context.Context, o Options, response *graphql.Response) bool {
	return o.CacheControl != "" && response != nil && len(response.Errors) == 0 &&
		graphql.GetOperationContext(ctx).Operation.Operation == ast.Query
}

// Errorf makes an error with a code that programs can tell apart: it becomes
// extensions.code in the answer.
func Errorf(code, format string, args ...any) error {
	err := gqlerror.Errorf(format, args...)
	err.Extensions = map[string]any{"code": code}
	return err
}
