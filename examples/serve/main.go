package serve

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The times that a listening subgraph allows.
const (
	headerTimeout   = 5 * time.Second
	shutdownTimeout = 5 * time.Second
)

// Main is a subgraph's whole main function: it listens where the -listen flag
// says, by default at address, until SIGINT or SIGTERM. It ends the process
// with status 1 when it cannot.
func Main(s Subgraph, address string) {
	listen := flag.String("listen", address, "the `address` to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := listenAndServe(ctx, s, *listen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func listenAndServe(ctx context.Context, s Subgraph, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("the %s subgraph cannot listen: %w", s.Name, err)
	}
	fmt.Fprintf(os.Stderr, "%s listens at http://%s/query\n", s.Name, listener.Addr())
	return Run(ctx, s, listener)
}

// Run serves a subgraph on a listener until ctx ends; then it finishes the
// requests in flight, for at most five seconds. It closes the listener.
func Run(ctx context.Context, s Subgraph, listener net.Listener) error {
	server := &http.Server{Handler: s.Handler, ReadHeaderTimeout: headerTimeout}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	select {
	case err := <-failed:
		return fmt.Errorf("the %s subgraph stopped serving: %w", s.Name, err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = fmt.Errorf("the %s subgraph did not finish its requests in %s: %w", s.Name, shutdownTimeout, errors.Join(err, server.Close()))
	}
	<-failed
	return err
}
