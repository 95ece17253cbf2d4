package http1

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

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
