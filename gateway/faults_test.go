package gateway_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weft-graphql/weft/gateway/config"
)

// faults are the ways in which a subgraph goes wrong. Each answers in place of
// the subgraph; "dies" is none that it could answer with.
var faults = map[string]func(w http.ResponseWriter, r *http.Request) bool{
	"hangs":             func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true },
	"resets":            resets,
	"dribbles":          dribbles,
	"answers garbage":   answersGarbage,
	"answers gigabytes": answersGigabytes,
	"dies":              nil,
}

// resets ends the connection without a word.
func resets(w http.ResponseWriter, _ *http.Request) bool {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
	return true
}

// dribbles sends an answer byte by byte, without end.
func dribbles(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"data":`)
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, " "); err != nil {
			break
		}
		w.(http.Flusher).Flush()
		time.Sleep(10 * time.Millisecond)
	}
	return true
}

// answersGarbage is not JSON, not even HTTP, or JSON of another kind.
func answersGarbage(w http.ResponseWriter, r *http.Request) bool {
	switch rand.IntN(4) {
	case 0:
		w.Header().Set("Content-Type", "application/json")
		for range 100 {
			_, _ = w.Write([]byte{byte(rand.Uint32()), byte(rand.Uint32())})
		}
	case 1:
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_, _ = io.WriteString(conn, "\x00\xffEHLO\r\n\r\n")
			conn.Close()
		}
	case 2:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>It works!</h1>")
	default:
		_, _ = io.WriteString(w, `{"data":{"product":[[[{}]]]},"errors":7}`)
	}
	return true
}

// answersGigabytes sends JSON of 1 GiB, or what of it is read.
func answersGigabytes(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", "application/json")
	chunk := []byte(strings.Repeat("x", 64<<10))
	_, err := io.WriteString(w, `{"data":{"product":{"name":"`)
	for n := 0; n < 1<<30 && err == nil; n += len(chunk) {
		_, err = w.Write(chunk)
	}
	_, _ = io.WriteString(w, `"}}}`)
	return true
}

// fault breaks a subgraph until the function that it gives is called.
func (s *subgraph) fault(t testing.TB, name string) (mend func()) {
	t.Helper()
	f, known := faults[name]
	if !known {
		t.Fatalf("there is no fault %q", name)
	}
	if f != nil {
		s.intercept(f)
		return func() { s.intercept(func(http.ResponseWriter, *http.Request) bool { return false }) }
	}
	address := s.server.Listener.Addr().String()
	s.server.Listener.Close()
	s.server.CloseClientConnections()
	return func() {
		eventually(t, "the address is free again", func() bool {
			l, err := net.Listen("tcp", address)
			if err != nil {
				return false
			}
			s.server.Listener = l // so that Close ends it
			go func() { _ = s.server.Config.Serve(l) }()
			return true
		})
	}
}

// Whatever one subgraph does, requests that do not need it are answered, those
// that do are told why, and all is well again when it is.
func TestASubgraphThatFailsIsAloneInThat(t *testing.T) {
	for name := range faults {
		t.Run(name, func(t *testing.T) {
			s := settings()
			all := &s.Subgraphs.All
			all.Timeout, all.MaxAnswer = config.Duration(200*time.Millisecond), 1<<20
			all.Breaker.Open = config.Duration(20 * time.Millisecond)
			// What is well on a slow machine must not look broken.
			products := config.Subgraph{Traffic: *all}
			all.Timeout = config.Duration(patience)
			s.Subgraphs.Named = map[string]config.Subgraph{"products": products}
			g, c := newGraph(t), newClient(t)
			i := openWith(t, s, g)
			mend := g.products.fault(t, name)
			underFault(t, c, i)
			mend()
			eventually(t, "all is well again", func() bool {
				return c.query(t, i.clients, `{ product(upc: "1") { name } }`).body == `{"data":{"product":{"name":"Product 1"}}}`
			})
			eventually(t, "no request is left", func() bool {
				return c.metric(t, i.admin, "weft_subgraph_requests_in_flight") == 0
			})
			if held := c.metric(t, i.admin, "weft_subgraph_answers_held_bytes"); held != 0 {
				t.Errorf("%v bytes of answers are held", held)
			}
		})
	}
}

// underFault sends requests of both kinds at once.
func underFault(t *testing.T, c *client, i *instance) {
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			for n := range 25 {
				id := fmt.Sprintf("%d-%d", k, n)
				got, err := c.send(t.Context(), http.MethodPost, i.clients+"/graphql",
					body(`query($id: ID!) { user(id: $id) { name reviews { body } } }`, object{"id": id}))
				if want := fmt.Sprintf(`{"data":{"user":{"name":"User %s","reviews":[{"body":"Review 0"},{"body":"Review 1"}]}}}`, id); err != nil || got.body != want {
					t.Errorf("an unrelated request got %v %s", err, got.body)
				}
			}
		})
		wg.Go(func() {
			for n := range 5 {
				got, err := c.send(t.Context(), http.MethodPost, i.clients+"/graphql",
					body(`query($upc: ID!) { me { name } product(upc: $upc) { name } }`, object{"upc": fmt.Sprintf("%d-%d", k, n)}))
				if err != nil || got.status != http.StatusOK || !strings.Contains(got.body, `"data":{"me":{"name":"User 1"},"product":null}`) ||
					!strings.HasPrefix(got.code(), "SUBREQUEST_") {
					t.Errorf("a request that needs the subgraph got %v %d %s", err, got.status, got.body)
				}
			}
		})
	}
	wg.Wait()
}
