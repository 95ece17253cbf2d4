package registry

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weft-graphql/weft/subgraphs/registry/graph"
)

//go:generate go run github.com/99designs/gqlgen generate

// HandlerOptions are the API's limits. The zero value works.
type HandlerOptions struct {
	// MaxBodyBytes is how large a request's body, or its query string, may be.
	// 0 means 64 KiB.
	MaxBodyBytes int64
	// MaxTokens is how many lexical tokens a document may have. 0 means 2,000.
	MaxTokens int
	// MaxComplexity is how many values an operation may ask for, where a list of
	// subgraphs counts as ten and a history as `first`. 0 means 5,000.
	MaxComplexity int
	Logger        *slog.Logger
}

// NewHandler serves a catalog as GraphQL, by POST and GET: schema.graphql has the
// schema. It only reads. Nobody is asked who they are, so it belongs on the
// operators' listener.
func NewHandler(catalog Catalog, o HandlerOptions) http.Handler {
	o.MaxBodyBytes = cmp.Or(o.MaxBodyBytes, 64<<10)
	o.MaxTokens = cmp.Or(o.MaxTokens, 2000)
	o.MaxComplexity = cmp.Or(o.MaxComplexity, 5000)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	config := graph.Config{Resolvers: resolverRoot{catalog}}
	config.Complexity.Query.Subgraphs = func(child int) int { return times(10, child) }
	config.Complexity.Subgraph.History = func(child, first int, _ *int) int { return times(max(first, 1), child) }

	srv := handler.New(graph.NewExecutableSchema(config))
	srv.AddTransport(transport.GET{})
	srv.AddTransport(transport.POST{})
	srv.SetParserTokenLimit(o.MaxTokens)
	srv.Use(extension.Introspection{})
	srv.Use(extension.FixedComplexityLimit(o.MaxComplexity))
	srv.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		return next(context.WithValue(ctx, graphKey{}, sync.OnceValues(func() (*Graph, error) { return catalog.Graph(ctx) })))
	})
	srv.SetErrorPresenter(present(o.Logger))

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// gqlgen would answer with status 200 that it could not read the body.
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, o.MaxBodyBytes))
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge || int64(len(r.URL.RawQuery)) > o.MaxBodyBytes {
			http.Error(w, fmt.Sprintf("The request is larger than %d bytes.", o.MaxBodyBytes), http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, "The request's body could not be read.", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.Header().Set("Cache-Control", "no-store")
		srv.ServeHTTP(w, r)
	})
}

// times multiplies complexities, which documents choose, without overflow.
func times(n, child int) int {
	if child >= math.MaxInt32 || n > math.MaxInt32/(child+1) {
		return math.MaxInt32
	}
	return n * (child + 1)
}

// present logs what went wrong inside and shows operators the reason: they are
// the ones who can help.
func present(logger *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		if _, ok := errors.AsType[*gqlerror.Error](err); !ok {
			logger.WarnContext(ctx, "the registry's API cannot answer", "error", err)
		}
		return graphql.DefaultErrorPresenter(ctx, err)
	}
}

// graphKey is where an operation's graph is in its context: all of an answer is
// of one revision.
type graphKey struct{}

func graphOf(ctx context.Context) (*Graph, error) {
	return ctx.Value(graphKey{}).(func() (*Graph, error))()
}
