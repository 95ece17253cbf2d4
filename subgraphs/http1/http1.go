// Package http1 sends requests over HTTP/1.1 without TLS (RFC 9112) from the
// goroutine that asks, and reads the answer there.
//
// net/http's Transport has two goroutines for each connection and hands every
// request and answer from one to another, which was a third of what a small
// operation cost the gateway (docs/performance.md). Here only the connections
// are managed and requests written; answers are parsed by net/http.
package http1

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Options configure a Transport. What is 0 has no limit.
type Options struct {
	// ConnectTimeout bounds opening a connection.
	ConnectTimeout time.Duration
	// FirstByteTimeout bounds the time from the last byte that was sent to the end
	// of the answer's header.
	FirstByteTimeout time.Duration
	// MaxConnections is how many may be open to one address at once. A request that
	// finds none free waits for as long as its context lasts.
	MaxConnections int
	// MaxIdle is how many of them are kept while they are not in use, and
	// IdleTimeout for how long.
	MaxIdle     int
	IdleTimeout time.Duration
	// MaxHeader is how many bytes an answer's header may have: [ErrHeaderTooLarge].
	MaxHeader int64
}

// ErrHeaderTooLarge says that an answer's header has more than MaxHeader bytes.
var ErrHeaderTooLarge = errors.New("the answer's header is larger than it may be")

// Transport sends requests to http URLs, without a proxy.
type Transport struct {
	options Options
	dialer  net.Dialer

	mu    sync.Mutex
	pools map[string]*pool // by address

	// Buffers are taken only while something is read or written: most connections
	// are idle.
	readers, writers sync.Pool
}

// New makes a Transport.
func New(o Options) *Transport {
	return &Transport{
		options: o,
		dialer:  net.Dialer{Timeout: o.ConnectTimeout, KeepAlive: 30 * time.Second},
		pools:   map[string]*pool{},
		readers: sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufferSize) }},
		writers: sync.Pool{New: func() any { return bufio.NewWriterSize(nil, bufferSize) }},
	}
}

const bufferSize = 8 << 10

// Do sends a request and reads the header of its answer. The answer's body must
// be read to its end or closed, by one goroutine. Where ctx has ended, the error
// is the context's.
func (t *Target) Do(ctx context.Context, r Request) (*http.Response, error) {
	for name, values := range r.Header {
		for _, value := range values {
			if err := check(name, value); err != nil {
				return nil, err
			}
		}
	}
	p := t.pool
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	res, err := p.do(ctx, t, &r)
	if err != nil {
		p.leave()
		if ctx.Err() != nil { // the connection's error is only what came of it
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	return res, nil
}

// do sends a request that has been let in.
func (p *pool) do(ctx context.Context, t *Target, r *Request) (*http.Response, error) {
	if c := p.take(); c != nil {
		res, err := c.exchange(ctx, t, r)
		// One that was open and gave no answer in time is not asked twice.
		if err == nil || r.Once || c.answered || ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return res, err
		}
	}
	c, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	return c.exchange(ctx, t, r)
}

// CloseIdleConnections closes the connections that are not in use, and those that
// are when they no longer will be, unless there is another request before that.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pools {
		p.closeIdle()
	}
}

// pool gives the connections to an address.
func (t *Transport) pool(address string) *pool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pools[address]
	if p == nil {
		p = newPool(t, address)
		t.pools[address] = p
	}
	return p
}
