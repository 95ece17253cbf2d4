package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// conn is a connection. One request at a time has it.
type conn struct {
	net.Conn
	pool   *pool
	silent func() bool // whether it is open and nothing has come
	since  time.Time   // is when it was put among the idle ones

	// Of the request that has it: how much of the answer's header may still be
	// read, plus one, or 0 where there is no limit; and whether any of it has come.
	header   int64
	answered bool
	// headed is set when the header is read: nothing limits the time of the body.
	mu     sync.Mutex
	headed bool
}

func newConn(p *pool, c net.Conn) *conn { return &conn{Conn: c, pool: p, silent: silence(c)} }

// Read reads an answer, of whose header it counts the bytes.
func (c *conn) Read(p []byte) (int, error) {
	switch {
	case c.header == 1:
		return 0, ErrHeaderTooLarge
	case c.header > 0 && int64(len(p)) >= c.header:
		p = p[:c.header-1]
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.answered = true
		if c.header > 0 {
			c.header -= int64(n)
		}
	}
	return n, err
}

// largeBody is from where on a request is written while its answer is read: a
// server may answer and read no further before it has all of it.
const largeBody = 64 << 10

// exchange sends a request and reads the header of its answer. After an error the
// connection is closed.
func (c *conn) exchange(ctx context.Context, t *Target, r *Request) (*http.Response, error) {
	c.answered, c.headed = false, false
	b := &body{conn: c, ctx: ctx}
	b.stop = context.AfterFunc(ctx, c.interrupt)
	var unsent error // a server may answer before it has read all, and close
	if len(r.Body) > largeBody {
		b.written = make(chan error, 1)
		go func() { b.written <- c.write(ctx, t, r) }()
	} else {
		unsent = c.write(ctx, t, r)
	}
	b.buffer, _ = c.pool.transport.readers.Get().(*bufio.Reader)
	b.buffer.Reset(c)
	res, err := c.readHeader(ctx, b.buffer)
	if err != nil {
		b.finish(false)
		if unsent != nil && !c.answered {
			return nil, unsent
		}
		return nil, err
	}
	b.keep = !res.Close && unsent == nil
	if res.Body == http.NoBody {
		b.leave(true)
		return res, nil
	}
	b.content = res.Body
	res.Body = b
	return res, nil
}

// write sends a request. From then on its answer is waited for.
func (c *conn) write(ctx context.Context, t *Target, r *Request) error {
	writers := &c.pool.transport.writers
	w, _ := writers.Get().(*bufio.Writer)
	w.Reset(c.Conn)
	err := t.write(w, r)
	w.Reset(nil)
	writers.Put(w)
	if timeout := c.pool.transport.options.FirstByteTimeout; timeout > 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.headed {
			c.readUntil(ctx, time.Now().Add(timeout))
		}
	}
	return err
}

var errSwitched = errors.New("the server switched to another protocol, which nobody asked for")

// post is what answers are read as the answers to.
var post = &http.Request{Method: http.MethodPost}

func (c *conn) readHeader(ctx context.Context, r *bufio.Reader) (*http.Response, error) {
	o := &c.pool.transport.options
	if o.MaxHeader > 0 {
		c.header = o.MaxHeader + 1
	}
	for { // until there is no interim answer (RFC 9110, section 15.2)
		res, err := http.ReadResponse(r, post)
		switch {
		case err != nil:
			return nil, err
		case res.StatusCode == http.StatusSwitchingProtocols:
			return nil, errSwitched
		case res.StatusCode/100 != 1:
			c.header = 0
			if o.FirstByteTimeout > 0 {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.headed = true
				c.readUntil(ctx, time.Time{})
			}
			return res, nil
		}
	}
}

// interrupt ends what is being read and written, now and later.
func (c *conn) interrupt() { _ = c.SetDeadline(time.Unix(1, 0)) }

// readUntil sets until when the connection is read. The end of ctx is never
// undone by it.
func (c *conn) readUntil(ctx context.Context, deadline time.Time) {
	_ = c.SetReadDeadline(deadline)
	if ctx.Err() != nil {
		c.interrupt()
	}
}

// body is what is left to read of an answer. When it has ended, its connection
// is free for the next request.
type body struct {
	content io.Reader
	conn    *conn         // nil when it has ended
	buffer  *bufio.Reader // nil before the answer is read
	ctx     context.Context
	stop    func() bool // ends the watch over ctx
	written chan error  // tells when the request is sent, where it is not yet
	keep    bool        // whether the server will take another request
	err     error       // how it has ended
}

// Read reads the body.
func (b *body) Read(p []byte) (int, error) {
	if b.conn == nil {
		return 0, b.err
	}
	n, err := b.content.Read(p)
	if err != nil {
		if b.err = err; b.ctx.Err() != nil && err != io.EOF { //nolint:errorlint // a Reader returns io.EOF as it is
			b.err = context.Cause(b.ctx)
		}
		b.leave(err == io.EOF) //nolint:errorlint // likewise
		return n, b.err
	}
	return n, nil
}

var errClosed = errors.New("the answer's body is closed")

// Close gives up what is left of the body, and the connection with it.
func (b *body) Close() error {
	if b.conn != nil {
		b.err = errClosed
		b.leave(false)
	}
	return nil
}

// leave ends an answer that Do has returned.
func (b *body) leave(whole bool) {
	p := b.conn.pool
	b.finish(whole)
	p.leave()
}

// finish gives the connection back, or closes it unless the whole answer was read
// and nothing else.
func (b *body) finish(whole bool) {
	c := b.conn
	b.conn = nil
	keep := b.stop() && whole && b.keep && b.buffer.Buffered() == 0
	if b.written != nil {
		select {
		case err := <-b.written:
			keep = keep && err == nil
		default: // the answer came before the server had the whole request
			c.Close()
			<-b.written
			keep = false
		}
	}
	if b.buffer != nil {
		b.buffer.Reset(nil)
		c.pool.transport.readers.Put(b.buffer)
	}
	if keep {
		c.pool.put(c)
		return
	}
	c.Close()
}
