package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/weft-graphql/weft/gateway/admin"
	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/gateway/playground"
	"github.com/weft-graphql/weft/gateway/transport"
	"github.com/weft-graphql/weft/subgraphs/registry"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// ServeOptions say how to serve.
type ServeOptions struct {
	Options
	// Started is called once both listeners are open and a supergraph is in use.
	Started func(Addresses)
}

// Addresses are where a gateway listens.
type Addresses struct {
	// Clients is where clients connect, Admin where operators do; Admin is empty
	// where that listener is off.
	Clients, Admin string
}

// Serve runs a gateway until ctx ends: it loads the supergraph, opens both
// listeners, takes the supergraph into use, follows its source, and at the end
// lets requests in flight finish within limits.shutdown_grace. Errors of composition are
// schema.Errors; the supergraph that was read comes with them.
func Serve(ctx context.Context, o ServeOptions) (*source.Supergraph, error) {
	src, err := Source(o.Config)
	if err != nil {
		return nil, err
	}
	loaded, err := src.Load(ctx)
	if err != nil {
		return loaded, err
	}
	g, err := New(ctx, o.Options)
	if err != nil {
		return loaded, err
	}
	err = g.serve(ctx, o, src, loaded)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return loaded, errors.Join(err, g.Close(grace))
}

// serve takes the supergraph into use and runs the listeners and the watch until
// ctx ends or one of them fails.
func (g *Gateway) serve(ctx context.Context, o ServeOptions, src source.Source, loaded *source.Supergraph) error {
	servers, where, err := g.listen(ctx, src)
	if err == nil {
		err = g.Swap(ctx, loaded)
	}
	if err != nil {
		for _, s := range servers {
			err = errors.Join(err, s.listener.Close())
		}
		return err
	}

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	running.Go(func() {
		watched := &watchedSource{Source: src, gateway: g, files: loaded.Files}
		if err := source.Watch(ctx, watched, loaded, source.WatchOptions{Logger: g.logger}, g.Swap); err != nil {
			g.logger.ErrorContext(ctx, "the supergraph's source is not watched: changes to it need a restart", "error", err)
		}
	})
	if g.config.Planner.Warmup.File != "" {
		running.Go(func() { g.keepOperations(ctx) })
	}
	for _, s := range servers {
		running.Go(func() {
			if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				stop(fmt.Errorf("serving on %s ended: %w", s.listener.Addr(), err))
			}
		})
	}
	if o.Started != nil {
		o.Started(where)
	}
	<-ctx.Done()
	err = g.shutdown(servers)
	running.Wait()
	// No connection is accepted any more; those that were cut off end by
	// themselves, before what they use is closed.
	for _, s := range servers {
		s.connections.Wait()
	}
	g.saveOperations()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// shutdown stops accepting and waits for the requests in flight, as long as the
// grace allows; those left are cut off.
func (g *Gateway) shutdown(servers []*server) error {
	grace := time.Duration(g.config.Limits.ShutdownGrace)
	g.logger.Info("stopping: requests in flight may finish", "grace", grace)
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	var wg sync.WaitGroup
	failed := make([]error, len(servers))
	for i, s := range servers {
		wg.Go(func() {
			if err := s.http.Shutdown(ctx); err != nil {
				// Closed first: a request that ends without an answer must not look as if
				// it had an empty one.
				failed[i] = errors.Join(fmt.Errorf("requests on %s did not finish within %s and were cut off", s.listener.Addr(), grace), s.http.Close())
				s.cut()
			}
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

// server is one listener with what serves on it.
type server struct {
	listener net.Listener
	http     *http.Server
	// cut ends the contexts of the requests in flight.
	cut context.CancelFunc
	// connections are those whose goroutines have not ended.
	connections sync.WaitGroup
}

func (g *Gateway) server(l net.Listener, h http.Handler) *server {
	requests, cut := context.WithCancel(context.Background())
	limits := g.config.Limits
	s := &server{listener: l, cut: cut}
	s.http = &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: time.Duration(limits.ReadTimeout),
		ReadTimeout:       time.Duration(limits.ReadTimeout),
		// A client that does not read its answer must not hold it for ever.
		WriteTimeout:   time.Duration(limits.ReadTimeout + 2*limits.Timeout),
		IdleTimeout:    time.Duration(limits.IdleTimeout),
		MaxHeaderBytes: int(limits.RequestHeaders),
		ErrorLog:       slog.NewLogLogger(g.logger.Handler(), slog.LevelWarn),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				s.connections.Done()
			case http.StateActive, http.StateIdle:
			}
		},
	}
	return s
}

// listen opens the listeners. Those that were opened before one fails come with
// the error.
func (g *Gateway) listen(ctx context.Context, src source.Source) ([]*server, Addresses, error) {
	clients, err := listen(ctx, g.config.Listen, "listen")
	if err != nil {
		return nil, Addresses{}, err
	}
	servers := []*server{g.server(clients, g.Handler())}
	where := Addresses{Clients: clients.Addr().String()}
	if g.config.Admin.Listen == config.Off {
		return servers, where, nil
	}
	operators, err := listen(ctx, g.config.Admin.Listen, "admin.listen")
	if err != nil {
		return servers, where, err
	}
	catalog := registry.Catalog(registry.Static(g.Subgraphs))
	if c, ok := src.(registry.Catalog); ok {
		catalog = c
	}
	where.Admin = operators.Addr().String()
	return append(servers, g.server(operators, g.AdminHandler(catalog))), where, nil
}

func listen(ctx context.Context, address, key string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: the address %s is in use by another program; choose another", key, address)
	case err != nil:
		return nil, fmt.Errorf("%s: cannot listen on %s: %w", key, address, err)
	}
	return l, nil
}

// Handler serves clients: GraphQL with the playground, and health.
func (g *Gateway) Handler() http.Handler {
	o := transport.Options{
		Pipeline: g, MaxBody: int64(g.config.Limits.Body), PreflightHeaders: g.config.CSRF.Headers,
	}
	mux := http.NewServeMux()
	if g.config.Playground.Enabled {
		page := playground.New(playground.Options{DefaultQuery: g.options.DefaultQuery})
		o.Page = page
		mux.Handle(playground.DefaultAssetsPath, page.Assets())
		mux.Handle("GET /{$}", http.RedirectHandler("/graphql", http.StatusFound))
	}
	mux.Handle("/graphql", g.measured(g.recovered(g.bounded(transport.New(o)))))
	mux.HandleFunc("GET /health/live", func(w http.ResponseWriter, _ *http.Request) { health(w, true) })
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, _ *http.Request) { health(w, g.Ready()) })
	return mux
}

// AdminHandler serves operators.
func (g *Gateway) AdminHandler(catalog registry.Catalog) http.Handler {
	return admin.New(g.options.Version,
		admin.Endpoint{Path: "/metrics", Summary: "metrics in Prometheus' format", Handler: g.metrics.Handler()},
		admin.Endpoint{Path: "/registry", Summary: "the registry's GraphQL API", Handler: registry.NewHandler(catalog, registry.HandlerOptions{Logger: g.logger})},
	)
}

func health(w http.ResponseWriter, ok bool) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	status, body := http.StatusOK, `{"status":"up"}`
	if !ok {
		status, body = http.StatusServiceUnavailable, `{"status":"down"}`
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body + "\n")) // whoever asked may be gone
}

// statusClientGone is what requests without an answer are counted under: nobody
// was left to read it.
const statusClientGone = 499

// measured counts requests and the time they take.
func (g *Gateway) measured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		out := &statusWriter{ResponseWriter: w, status: statusClientGone}
		note := &requestNote{started: start}
		defer func() { g.metrics.Answered(string(note.kind), out.status, time.Since(start)) }()
		next.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), noteKey{}, note)))
	})
}

// recovered answers a request that met a mistake in the program, logs where it
// happened, and lets the others go on.
func (g *Gateway) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			switch {
			case cause == nil:
				return
			case cause == http.ErrAbortHandler: //nolint:errorlint // net/http compares it like this, too
				panic(cause)
			}
			g.logger.ErrorContext(r.Context(), "a request met a mistake in the program", "panic", cause, "stack", string(debug.Stack()))
			g.metrics.Refused(1)
			if out, ok := w.(*statusWriter); ok && out.begun {
				panic(http.ErrAbortHandler) // an answer that breaks off must not look whole
			}
			transport.Refuse(w, r, refusal(http.StatusInternalServerError, codeInternal, "The gateway made a mistake; its log says more."))
		}()
		next.ServeHTTP(w, r)
	})
}

// bounded refuses requests beyond limits.concurrent_requests.
func (g *Gateway) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.gate.Enter(); err != nil {
			g.metrics.Refused(1)
			transport.Refuse(w, r, overLimit(err))
			return
		}
		defer g.gate.Leave()
		next.ServeHTTP(w, r)
	})
}

// statusWriter remembers an answer's status, and whether the answer has begun.
type statusWriter struct {
	http.ResponseWriter
	status int
	begun  bool
}

func (w *statusWriter) WriteHeader(status int) {
	w.status, w.begun = status, true
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Flush lets streams through.
func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap lets http.ResponseController find the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
