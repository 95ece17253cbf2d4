package subgraphs_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newClient(t testing.TB, o subgraphs.Options) *subgraphs.Client {
	t.Helper()
	c, err := subgraphs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func fetch(t *testing.T, o subgraphs.Options, f *executor.Fetch) (string, int, error) {
	t.Helper()
	c := newClient(t, o)
	f.Subgraph = "reviews"
	answer, err := c.Fetch(t.Context(), f)
	if err != nil {
		return "", 0, err
	}
	body := string(answer.Body)
	answer.Release()
	return body, answer.Status, nil
}

func TestFetchSendsTheRequestAndReadsTheAnswer(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		io.WriteString(w, `{"data":{}}`)
	}))
	defer server.Close()
	answer, status, err := fetch(t, subgraphs.Options{UserAgent: "weft/test"}, &executor.Fetch{
		URL: server.URL, Body: []byte(`{"query":"{a}"}`), Header: http.Header{"Authorization": {"Bearer x"}},
	})
	if err != nil || answer != `{"data":{}}` || status != 200 {
		t.Fatalf("got %q, %d, %v", answer, status, err)
	}
	if string(body) != `{"query":"{a}"}` || got.Method != "POST" {
		t.Errorf("the subgraph got %s %s", got.Method, body)
	}
	want := map[string]string{"Authorization": "Bearer x", "Content-Type": "application/json", "User-Agent": "weft/test"}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("header %s is %q, want %q", name, got.Header.Get(name), value)
		}
	}
}

func TestFetchSaysWhyThereIsNoAnswer(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(502)
		io.WriteString(w, "<h1>Bad Gateway</h1>")
	})
	mux.HandleFunc("/json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/graphql-response+json; charset=utf-8")
		w.WriteHeader(500)
		io.WriteString(w, `{"errors":[{"message":"no"}]}`)
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/json", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 101)) })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		for range 11 {
			io.WriteString(w, strings.Repeat("x", 10))
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/exact", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 100)) })
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then does the server notice that its client has gone
		<-r.Context().Done()
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "50")
		io.WriteString(w, "x")
	})
	mux.HandleFunc("/header", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Large", strings.Repeat("x", 65<<10))
		io.WriteString(w, "{}")
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()

	for name, tt := range map[string]struct{ url, code, message string }{
		"html with 502":     {server.URL + "/html", subgraphs.CodeHTTP, "HTTP status 502"},
		"redirect":          {server.URL + "/redirect", subgraphs.CodeHTTP, "HTTP status 307"},
		"too large":         {server.URL + "/large", subgraphs.CodeTooLarge, "larger than 100 bytes"},
		"too large, chunks": {server.URL + "/stream", subgraphs.CodeTooLarge, "larger than 100 bytes"},
		"a large header":    {server.URL + "/header", subgraphs.CodeTooLarge, "larger than 65536 bytes (subgraphs.reviews.max_answer_header)"},
		"hangs":             {server.URL + "/hang", subgraphs.CodeTimeout, "did not answer within 200ms"},
		"cut off":           {server.URL + "/cut", subgraphs.CodeHTTP, "broke off"},
		"down":              {"http://" + closed.Addr().String(), subgraphs.CodeHTTP, "could not be reached"},
		"no URL":            {"://", subgraphs.CodeHTTP, "URL of subgraph \"reviews\" is not valid"},
		"json with 500":     {server.URL + "/json", "", `{"errors":[{"message":"no"}]}`},
		"exactly the limit": {server.URL + "/exact", "", strings.Repeat("x", 100)},
	} {
		t.Run(name, func(t *testing.T) {
			body, _, err := fetch(t, subgraphs.Options{All: subgraphs.Settings{Timeout: 200 * time.Millisecond, MaxAnswer: 100}},
				&executor.Fetch{URL: tt.url, Body: []byte(`{}`)})
			if tt.code == "" {
				if err != nil || body != tt.message {
					t.Fatalf("got %q, %v", body, err)
				}
				return
			}
			var failed *executor.FetchError
			if !errors.As(err, &failed) || failed.Code != tt.code || !strings.Contains(failed.Message, tt.message) {
				t.Fatalf("got %#v, want code %s and … %s …", err, tt.code, tt.message)
			}
			if strings.Contains(failed.Message, "127.0.0.1") {
				t.Errorf("the message for clients tells an address: %s", failed.Message)
			}
		})
	}
}

func TestFetchEndsWithItsCaller(t *testing.T) {
	arrived := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done()
	}))
	defer server.Close()
	c := newClient(t, subgraphs.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := c.Fetch(ctx, &executor.Fetch{Subgraph: "reviews", URL: server.URL, Body: []byte(`{}`)})
	var failed *executor.FetchError
	if !errors.As(err, &failed) || failed.Code != subgraphs.CodeCancelled || !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want %s", err, subgraphs.CodeCancelled)
	}
}

func TestFetchTellsTheSubgraphTheURLsUser(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got = append(got, user+" "+password)
		io.WriteString(w, `{"data":{}}`)
	}))
	defer server.Close()
	url := strings.Replace(server.URL, "http://", "http://ada:secret@", 1)
	for _, header := range []http.Header{nil, {"Authorization": {"Bearer x"}}} {
		if _, _, err := fetch(t, subgraphs.Options{}, &executor.Fetch{URL: url, Body: []byte(`{}`), Header: header}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"ada secret", " "}; !cmp.Equal(got, want) {
		t.Errorf("the subgraph saw %q, want %q: the client's own header wins", got, want)
	}
}

func TestSettingsOfOneSubgraphWin(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "right") }))
	defer server.Close()
	body, _, err := fetch(t, subgraphs.Options{
		All:    subgraphs.Settings{MaxAnswer: 2},
		ByName: map[string]subgraphs.Settings{"reviews": {URLs: []string{server.URL}, MaxAnswer: 5}},
	}, &executor.Fetch{URL: "http://127.0.0.1:1/wrong", Body: []byte(`{}`)})
	if err != nil || body != "right" {
		t.Fatalf("got %q, %v", body, err)
	}
}
