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
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

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
	t.Parallel()
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
	target := newTarget(t, late.url, Options{FirstByteTimeout: 500 * time.Millisecond})
	mustDo(t, target, Request{})
	if _, err := target.Do(t.Context(), Request{}); !errors.Is(err, os.ErrDeadlineExceeded) || late.requests.Load() != 2 { //nolint:bodyclose // there is none
		t.Errorf("%d requests, and the error is %v", late.requests.Load(), err)
	}
	// The body may take longer.
	slow := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{")(s, c, nth)
		time.Sleep(600 * time.Millisecond)
		_, _ = io.WriteString(c, "}")
	})
	mustDo(t, newTarget(t, slow.url, Options{FirstByteTimeout: 500 * time.Millisecond}), Request{})
}

// TestTheFirstByteIsWaitedForFromTheLastOne that is sent, also where sending takes longer.
func TestTheFirstByteIsWaitedForFromTheLastOne(t *testing.T) {
	t.Parallel()
	s := newRaw(t, func(s *raw, c net.Conn, nth int64) {
		time.Sleep(1200 * time.Millisecond)
		saying(fine)(s, c, nth)
	})
	mustDo(t, newTarget(t, s.url, Options{FirstByteTimeout: time.Second}), Request{Body: make([]byte, 16<<20)})
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
