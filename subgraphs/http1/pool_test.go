package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestAConnectionIsUsedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		answer      string
		connections int64
	}{
		"length":              {fine, 1},
		"chunks":              {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 1},
		"asked to close":      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", 3},
		"HTTP/1.0":            {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 3},
		"more than asked for": {fine + "HTTP/1.1 200 OK\r\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRaw(t, saying(c.answer, c.answer, c.answer))
			target := newTarget(t, s.url, Options{})
			for range 3 {
				mustDo(t, target, Request{Body: []byte("{}")})
			}
			if n := s.connections.Load(); n != c.connections {
				t.Errorf("%d connections, want %d", n, c.connections)
			}
		})
	}
}

// TestAnIdleConnectionThatEnded has a server that closes each connection after
// one answer without saying so, as one does that restarts.
func TestAnIdleConnectionThatEnded(t *testing.T) {
	for _, once := range []bool{false, true} {
		closed := make(chan struct{}, 9)
		s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
			saying(fine)(s, c, nth)
			c.Close()
			closed <- struct{}{}
		})
		target := newTarget(t, s.url, Options{})
		for range 3 {
			mustDo(t, target, Request{Once: once, Body: []byte("{}")})
			<-closed
		}
		if n := s.requests.Load(); n != 3 {
			t.Errorf("once %v: %d requests were read", once, n)
		}
	}
}

// TestAMutationIsNotSentTwice has a server that reads a second request and closes
// the connection without an answer: what it has done with it nobody knows.
func TestAMutationIsNotSentTwice(t *testing.T) {
	for once, want := range map[bool]int64{true: 2, false: 3} {
		s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
			r := bufio.NewReader(c)
			if s.request(r) {
				_, _ = io.WriteString(c, fine)
			}
			s.request(r)
		})
		target := newTarget(t, s.url, Options{})
		mustDo(t, target, Request{})
		got := read(target.Do(t.Context(), Request{Once: once}))
		if got.Failed != once || s.requests.Load() != want {
			t.Errorf("once %v: %+v after %d requests, want %d", once, got, s.requests.Load(), want)
		}
	}
}

// TestAnAnswerThatHasBegunIsNotAskedForAgain: the server is well enough to answer.
func TestAnAnswerThatHasBegunIsNotAskedForAgain(t *testing.T) {
	s := newRaw(t, saying(fine, "HTTP/1.1 2"))
	target := newTarget(t, s.url, Options{})
	mustDo(t, target, Request{})
	if got := read(target.Do(t.Context(), Request{})); !got.Failed || s.requests.Load() != 2 {
		t.Errorf("%+v after %d requests", got, s.requests.Load())
	}
}

// TestWhatWasSentUnaskedIsNoAnswer has a server that says on an idle connection
// that it has waited for too long, as some do.
func TestWhatWasSentUnaskedIsNoAnswer(t *testing.T) {
	said := make(chan struct{}, 9)
	s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		saying(fine)(s, c, nth)
		_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\n\r\nno")
		said <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	})
	for _, r := range []Request{{}, {Once: true}} {
		target := newTarget(t, s.url, Options{})
		for range 2 {
			mustDo(t, target, r)
			<-said
		}
	}
}

// TestWhatComesAfterALargeAnswerIsNoOther: it is read past the buffer, which would
// show that there is more.
func TestWhatComesAfterALargeAnswerIsNoOther(t *testing.T) {
	body := strings.Repeat(" ", 20<<10) + "{}"
	s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		r := bufio.NewReader(c)
		s.request(r)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 20482\r\n\r\n"+body+"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")
		s.request(r)
	})
	target := newTarget(t, s.url, Options{})
	for range 3 {
		res, err := target.Do(t.Context(), Request{})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(body)+1) // as who knows the length reads it
		n, _ := io.ReadFull(res.Body, got)
		res.Body.Close()
		if string(got[:n]) != body {
			t.Errorf("the answer is %d bytes: %.20q", n, got[:n])
		}
	}
}

func TestABodyThatIsClosedEarlyTakesItsConnectionWithIt(t *testing.T) {
	s := newRaw(t, saying("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{"))
	target := newTarget(t, s.url, Options{MaxConnections: 1})
	for range 3 {
		res, err := target.Do(t.Context(), Request{})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		res.Body.Close() // does no harm
		if _, err := res.Body.Read(make([]byte, 1)); err == nil {
			t.Error("a closed body can be read")
		}
	}
	if n := s.connections.Load(); n != 3 {
		t.Errorf("%d connections for 3 requests", n)
	}
}

func TestNoMoreConnectionsThanAllowed(t *testing.T) {
	s := newRaw(t, saying(fine, fine, fine))
	target := newTarget(t, s.url, Options{MaxConnections: 1})
	first, err := target.Do(t.Context(), Request{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := target.Do(ctx, Request{}); !errors.Is(err, context.DeadlineExceeded) { //nolint:bodyclose // there is none
		t.Errorf("a second request: %v", err)
	}
	second := make(chan answer)
	go func() { second <- read(target.Do(t.Context(), Request{})) }()
	if got := read(first, nil); got.Body != "{}" {
		t.Errorf("the first: %+v", got)
	}
	if got := <-second; got.Body != "{}" {
		t.Errorf("who waited: %+v", got)
	}
	if n := s.connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestFailuresFreeTheirPlaces would wait for ever where one does not.
func TestFailuresFreeTheirPlaces(t *testing.T) {
	s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		if nth%2 == 0 {
			saying(fine)(s, c, nth)
		}
	})
	target := newTarget(t, s.url, Options{MaxConnections: 1})
	for range 4 {
		if got := read(target.Do(t.Context(), Request{})); !got.Failed {
			t.Fatalf("an answer: %+v", got)
		}
		mustDo(t, target, Request{})
	}
	s.url.Host = "127.0.0.1:1"
	target = newTarget(t, s.url, Options{MaxConnections: 1, ConnectTimeout: time.Second})
	for range 3 {
		var op *net.OpError
		if _, err := target.Do(t.Context(), Request{}); !errors.As(err, &op) || op.Op != "dial" { //nolint:bodyclose // there is none
			t.Errorf("the error is %v", err)
		}
	}
}

// TestConnectionsInUseAreNotKeptOnceIdleOnesAreClosed: who closes them may never
// ask again.
func TestConnectionsInUseAreNotKeptOnceIdleOnesAreClosed(t *testing.T) {
	s := newRaw(t, saying(fine, fine))
	target := newTarget(t, s.url, Options{})
	res, err := target.Do(t.Context(), Request{})
	if err != nil {
		t.Fatal(err)
	}
	target.pool.transport.CloseIdleConnections()
	read(res, nil)
	if n := len(target.pool.idle); n > 0 {
		t.Errorf("%d connections are kept", n)
	}
	for range 2 {
		mustDo(t, target, Request{})
	}
	if n := s.connections.Load(); n != 2 {
		t.Errorf("%d connections, where 2 are enough for whoever asks again", n)
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	for name, c := range map[string]struct {
		options Options
		close   bool
		left    int
	}{
		"in time":     {options: Options{IdleTimeout: 5 * time.Millisecond}},
		"beyond many": {options: Options{MaxIdle: 1}, left: 1},
		"when asked":  {options: Options{IdleTimeout: time.Hour}, close: true},
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{}, 9)
			s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
				saying(fine, fine)(s, c, nth)
				ended <- struct{}{}
			})
			target := newTarget(t, s.url, c.options)
			var open []*http.Response
			for range 3 {
				res, err := target.Do(t.Context(), Request{})
				if err != nil {
					t.Fatal(err)
				}
				open = append(open, res)
			}
			for _, res := range open {
				read(res, nil)
			}
			if c.close {
				target.pool.transport.CloseIdleConnections()
			}
			for range 3 - c.left {
				<-ended
			}
			if n := s.connections.Load(); n != 3 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// TestConnectionsAreTakenWhileOthersExpire has the last idle connection taken
// between what closes the expired ones and what looks for the next to expire.
func TestConnectionsAreTakenWhileOthersExpire(t *testing.T) {
	p := newPool(New(Options{IdleTimeout: time.Hour}), "")
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	c := &conn{Conn: a, pool: p, silent: func() bool { return true }}
	var done atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !done.Load() {
			p.closeExpired()
		}
	}()
	for range 20_000 {
		p.put(c)
		if p.take() != c {
			t.Error("it was closed")
			break
		}
	}
	done.Store(true)
	<-ended
	p.closeIdle()
}
