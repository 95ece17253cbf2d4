package http1

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pool is the connections to one address.
type pool struct {
	transport *Transport
	address   string
	slots     chan struct{} // one for each request under way; nil where there is no limit

	mu       sync.Mutex
	idle     []*conn     // the one that was used last is last
	sweep    *time.Timer // closes what is idle for too long; nil while nothing is idle
	deserted bool        // whether idle ones were closed and nothing was asked since
}

func newPool(t *Transport, address string) *pool {
	p := &pool{transport: t, address: address}
	if n := t.options.MaxConnections; n > 0 {
		p.slots = make(chan struct{}, n)
	}
	return p
}

// enter waits until another request may be under way. Whoever is let in must leave.
func (p *pool) enter(ctx context.Context) error {
	if p.slots == nil {
		return nil
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *pool) leave() {
	if p.slots != nil {
		<-p.slots
	}
}

// open makes a new connection.
func (p *pool) open(ctx context.Context) (*conn, error) {
	c, err := p.transport.dialer.DialContext(ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	return newConn(p, c), nil
}

// take gives a connection that was used before, or nil. It is asked first whether
// it is open and silent: what a server sent unasked, if only as more than it said
// that the last answer has, must not become the answer to somebody else.
func (p *pool) take() *conn {
	for {
		p.mu.Lock()
		p.deserted = false
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return nil
		}
		c := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if c.silent() {
			return c
		}
		c.Close()
	}
}

// put keeps a connection for the next request.
func (p *pool) put(c *conn) {
	o := &p.transport.options
	c.since = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deserted || o.MaxIdle > 0 && len(p.idle) >= o.MaxIdle {
		c.Close()
		return
	}
	p.idle = append(p.idle, c)
	if o.IdleTimeout > 0 && p.sweep == nil {
		p.sweep = time.AfterFunc(o.IdleTimeout, p.closeExpired)
	}
}

// closeExpired closes what is idle for too long, and comes back for the rest.
func (p *pool) closeExpired() {
	timeout := p.transport.options.IdleTimeout
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeUntil(time.Now().Add(-timeout))
	if p.sweep != nil {
		p.sweep.Reset(time.Until(p.idle[0].since.Add(timeout)))
	}
}

// closeIdle closes what is idle.
func (p *pool) closeIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deserted = true
	p.closeUntil(time.Now())
}

// closeUntil closes what was used last at or before a moment, for who has the lock.
func (p *pool) closeUntil(before time.Time) {
	n := 0
	for n < len(p.idle) && !p.idle[n].since.After(before) {
		p.idle[n].Close()
		n++
	}
	p.idle = slices.Delete(p.idle, 0, n)
	if len(p.idle) == 0 && p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
}
