package http1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// raw is a server that answers each request on a connection with the next of some
// texts, as they are, and closes it when it has no more.
type raw struct {
	url         *url.URL
	connections atomic.Int64
	requests    atomic.Int64
}

func newRaw(t testing.TB, serve func(s *raw, c net.Conn, nth int64)) *raw {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &raw{url: &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/graphql"}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n := s.connections.Add(1)
			go func() {
				defer c.Close()
				serve(s, c, n)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return s
}

// request reads a request, and reports whether there was one.
func (s *raw) request(r *bufio.Reader) bool {
	req, err := http.ReadRequest(r)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, req.Body)
	s.requests.Add(1)
	return err == nil
}

// saying answers each request of every connection with the next of some texts.
func saying(texts ...string) func(*raw, net.Conn, int64) {
	return func(s *raw, c net.Conn, _ int64) {
		r := bufio.NewReader(c)
		for _, text := range texts {
			if !s.request(r) {
				return
			}
			_, _ = io.WriteString(c, text)
		}
	}
}

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

func newTarget(t testing.TB, u *url.URL, o Options) *Target {
	t.Helper()
	tr := New(o)
	t.Cleanup(tr.CloseIdleConnections)
	target, err := tr.Target(u, http.Header{"Content-Type": {"application/json"}, "User-Agent": {"weft"}})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// answer is what there is to see of one.
type answer struct {
	Status int
	Header http.Header
	Body   string
	Failed bool
}

func read(res *http.Response, err error) answer {
	if err != nil {
		return answer{Failed: true}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body), err != nil}
}

// mustDo sends a request whose answer has to be the one of fine.
func mustDo(t testing.TB, target *Target, r Request) {
	t.Helper()
	got := read(target.Do(t.Context(), r))
	if got.Failed || got.Status != 200 || got.Body != "{}" {
		t.Fatalf("the answer is %+v", got)
	}
}

// TestAnswersAreThoseOfNetHTTP has the same bytes read by both.
func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
	for name, text := range map[string]string{
		"length":                     fine,
		"no body":                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"204":                        "HTTP/1.1 204 No Content\r\n\r\n",
		"304":                        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
		"chunks":                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\n\r\n",
		"chunks with a trailer":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n",
		"to the end":                 "HTTP/1.1 200 OK\r\n\r\n{\"data\":null}",
		"HTTP/1.0":                   "HTTP/1.0 200 OK\r\n\r\n{}",
		"HTTP/1.0 with length":       "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}",
		"close":                      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
		"status":                     "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<a/>",
		"header of several":          "HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\ncontent-length: 2\r\n\r\n{}",
		"early hints":                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + fine,
		"continue":                   "HTTP/1.1 100 Continue\r\n\r\n" + fine,
		"many interim":               strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 9) + fine,
		"line feeds":                 "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
		"more than its length":       fine + "{}",
		"less than its length":       "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
		"chunks that break off":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
		"chunk of no size":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n",
		"chunks without an end":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
		"chunks and length":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"two lengths":                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
		"equal lengths":              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		"negative length":            "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
		"unknown transfer encoding":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}",
		"nothing":                    "",
		"half a header":              "HTTP/1.1 200 OK\r\nContent-",
		"no protocol":                "{\"data\":null}\r\n\r\n",
		"another protocol":           "HTTP/2.0 200 OK\r\n\r\n{}",
		"a status of no class":       "HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\n{}",
		"no status":                  "HTTP/1.1 OK\r\n\r\n{}",
		"a header name with a space": "HTTP/1.1 200 OK\r\nContent Length: 2\r\n\r\n{}",
		"a header without a colon":   "HTTP/1.1 200 OK\r\nContent\r\n\r\n{}",
		"a large header":             "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5<<10) + "\r\nContent-Length: 2\r\n\r\n{}",
		"a header as large as can be": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: " +
			strings.Repeat("x", 4<<10-len("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: \r\n\r\n")) + "\r\n\r\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			s := newRaw(t, saying(text))
			got := read(newTarget(t, s.url, Options{MaxHeader: 4 << 10}).Do(t.Context(), Request{Body: []byte("{}")}))
			theirs := &http.Transport{DisableCompression: true, MaxResponseHeaderBytes: 4 << 10}
			defer theirs.CloseIdleConnections()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url.String(), strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(read(theirs.RoundTrip(req)), got); diff != "" {
				t.Error("net/http reads it otherwise (-), here (+): ", diff)
			}
		})
	}
}

func TestNoOtherProtocolIsSwitchedTo(t *testing.T) {
	s := newRaw(t, saying("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"+fine))
	if got := read(newTarget(t, s.url, Options{}).Do(t.Context(), Request{})); !got.Failed {
		t.Errorf("the answer is %+v", got)
	}
}

func TestALargeHeaderIsNamed(t *testing.T) {
	s := newRaw(t, saying("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 100<<10)+"\r\n\r\n"))
	_, err := newTarget(t, s.url, Options{MaxHeader: 64 << 10}).Do(t.Context(), Request{}) //nolint:bodyclose // there is none
	if !errors.Is(err, ErrHeaderTooLarge) {
		t.Errorf("the error is %v", err)
	}
}

func TestARequestIsWhatTheServerReads(t *testing.T) {
	var got *http.Request
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer s.Close()
	u, err := url.Parse(s.URL + "/graph%20ql?a=b&c")
	if err != nil {
		t.Fatal(err)
	}
	target := newTarget(t, u, Options{})
	for _, length := range []int{0, 7, bufferSize, largeBody, largeBody + 1, 4 << 20} {
		want := bytes.Repeat([]byte("x"), length)
		res, err := target.Do(t.Context(), Request{Body: want, Header: http.Header{
			"User-Agent": {"other"}, "Authorization": {"Bearer a"}, "X-Two": {"1", "2"}, "X-Empty": {""},
			// These are not a caller's to decide.
			"Content-Length": {"5"}, "Transfer-Encoding": {"chunked"}, "Connection": {"close"}, "Host": {"elsewhere"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if !bytes.Equal(body, want) || got.ContentLength != int64(length) {
			t.Errorf("a body of %d bytes arrives with %d and length %d", length, len(body), got.ContentLength)
		}
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"other"}, "Authorization": {"Bearer a"}, "X-Two": {"1", "2"}, "X-Empty": {""},
		"Content-Length": {fmt.Sprint(4 << 20)}}
	if diff := cmp.Diff(header, got.Header); diff != "" {
		t.Error("the header: ", diff)
	}
	if got.Method != http.MethodPost || got.Host != u.Host || got.RequestURI != "/graph%20ql?a=b&c" || len(got.TransferEncoding) > 0 || got.Close {
		t.Errorf("the request is %s %s of %s, %v, %v", got.Method, got.RequestURI, got.Host, got.TransferEncoding, got.Close)
	}
}

func TestNoHeaderFieldEndsBeforeItsEnd(t *testing.T) {
	s := newRaw(t, saying(fine, fine))
	target := newTarget(t, s.url, Options{})
	for name, header := range map[string]http.Header{
		"value": {"X-A": {"1\r\nX-B: 2"}}, "name": {"X-A: 1\r\nX-B": {"2"}}, "NUL": {"X-A": {"\x00"}}, "no name": {"": {"1"}},
	} {
		if res, err := target.Do(t.Context(), Request{Header: header}); err == nil {
			res.Body.Close()
			t.Errorf("%s: %q was sent", name, header)
		} else if strings.Contains(err.Error(), "X-B: 2") {
			t.Errorf("%s: the error tells the value: %v", name, err)
		}
		if _, err := New(Options{}).Target(s.url, header); err == nil {
			t.Errorf("%s: %q is every request's", name, header)
		}
	}
	mustDo(t, target, Request{})
	if n := s.requests.Load(); n != 1 {
		t.Errorf("%d requests arrived", n)
	}
	for _, bad := range []string{"https://a", "http:///path", "http://a b/", "http:a", "/path", "http://[fe80::1%25eth0]/"} {
		u, err := url.Parse(bad)
		if err != nil {
			u = &url.URL{Scheme: "http", Host: "a b"}
		}
		if _, err := New(Options{}).Target(u, nil); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

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

// TestARequestEndsWithItsContext in every state that it can wait in.
func TestARequestEndsWithItsContext(t *testing.T) {
	gone := errors.New("nobody waits for it")
	for name, o := range map[string]Options{
		"nothing set": {}, "with a limit on the first byte": {FirstByteTimeout: time.Hour},
	} {
		for state, text := range map[string]string{
			"before the answer": "", "in the header": "HTTP/1.1 200 OK\r\n",
			"in the body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "in a chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{",
		} {
			t.Run(name+", "+state, func(t *testing.T) {
				closed := make(chan struct{})
				ctx, cancel := context.WithCancelCause(t.Context())
				s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
					saying(text)(s, c, nth)
					cancel(gone)
					_, _ = io.Copy(io.Discard, c)
					close(closed)
				})
				res, err := newTarget(t, s.url, o).Do(ctx, Request{Body: []byte("{}")})
				if err == nil {
					_, err = io.ReadAll(res.Body)
					res.Body.Close()
				}
				if !errors.Is(err, gone) {
					t.Errorf("the error is %v", err)
				}
				<-closed // the server learns of it
			})
		}
	}
}

func TestTheFirstByteIsWaitedForSoLong(t *testing.T) {
	s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		saying("")(s, c, nth)
		_, _ = io.Copy(io.Discard, c)
	})
	_, err := newTarget(t, s.url, Options{FirstByteTimeout: time.Millisecond}).Do(t.Context(), Request{}) //nolint:bodyclose // there is none
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
	// A connection that was used before is no reason to ask twice.
	late := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		saying(fine, "")(s, c, nth)
		_, _ = io.Copy(io.Discard, c)
	})
	target := newTarget(t, late.url, Options{FirstByteTimeout: 100 * time.Millisecond})
	mustDo(t, target, Request{})
	if _, err := target.Do(t.Context(), Request{}); !errors.Is(err, os.ErrDeadlineExceeded) || late.requests.Load() != 2 { //nolint:bodyclose // there is none
		t.Errorf("%d requests, and the error is %v", late.requests.Load(), err)
	}
	// The body may take longer.
	slow := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{")(s, c, nth)
		time.Sleep(120 * time.Millisecond)
		_, _ = io.WriteString(c, "}")
	})
	mustDo(t, newTarget(t, slow.url, Options{FirstByteTimeout: 100 * time.Millisecond}), Request{})
}

// TestTheFirstByteIsWaitedForFromTheLastOne that is sent, also where sending takes longer.
func TestTheFirstByteIsWaitedForFromTheLastOne(t *testing.T) {
	s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		time.Sleep(400 * time.Millisecond)
		saying(fine)(s, c, nth)
	})
	mustDo(t, newTarget(t, s.url, Options{FirstByteTimeout: 300 * time.Millisecond}), Request{Body: make([]byte, 16<<20)})
	silent := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		saying("")(s, c, nth)
		_, _ = io.Copy(io.Discard, c)
	})
	if got := read(newTarget(t, silent.url, Options{FirstByteTimeout: time.Millisecond}).Do(t.Context(), Request{Body: make([]byte, 1<<20)})); !got.Failed {
		t.Errorf("the answer is %+v", got)
	}
}

func TestAnAnswerBeforeTheWholeRequest(t *testing.T) {
	s := newRaw(t, func(s *raw, c net.Conn, _ int64) {
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
		_, _ = bufio.NewReader(c).ReadByte()
		s.requests.Add(1)
		time.Sleep(20 * time.Millisecond) // it reads no further
	})
	target := newTarget(t, s.url, Options{})
	res, err := target.Do(t.Context(), Request{Body: make([]byte, 32<<20)})
	if got := read(res, err); got.Status != http.StatusRequestEntityTooLarge || got.Body != "no" || got.Failed {
		t.Errorf("the answer is %+v (%v)", got, err)
	}
	if n := len(target.pool.idle); n > 0 {
		t.Errorf("%d connections are kept on which a request is still being sent", n)
	}
}

// TestAnAnswerToARequestThatNobodyReads has a server that answers and closes the
// connection while the request is being sent.
func TestAnAnswerToARequestThatNobodyReads(t *testing.T) {
	s := newRaw(t, func(_ *raw, c net.Conn, _ int64) {
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
	})
	target := newTarget(t, s.url, Options{})
	for range 50 {
		res, err := target.Do(t.Context(), Request{Body: make([]byte, largeBody)})
		if got := read(res, err); got.Body != "no" || got.Failed {
			t.Fatalf("the answer is %+v (%v)", got, err)
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
