package endtoend

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestNewRequestsAreRefusedWhileTooMuchOfAnswersIsHeld has a subgraph whose
// answers stop midway until told to go on.
func TestNewRequestsAreRefusedWhileTooMuchOfAnswersIsHeld(t *testing.T) {
	goOn := make(chan struct{})
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bytes.Repeat([]byte(" "), 40<<10))
		_ = http.NewResponseController(w).Flush()
		select {
		case <-goOn:
		case <-r.Context().Done():
		}
		_, _ = w.Write([]byte(`{"data":{"a":1}}`))
	}))
	t.Cleanup(endless.Close)
	_, _, g := serve(t, "custom_roots.txtar", "limits: {held_answers: 1MiB}\nsubgraphs: {a: {deduplicate: false, url: '"+endless.URL+"'}}")
	var waiting sync.WaitGroup
	refused := make(chan []byte, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for full := false; !full; {
		waiting.Go(func() {
			status, header, body := g.answer(t, client{Query: "{ a }"})
			switch {
			case status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
				select {
				case refused <- body:
				default:
				}
			case string(body) != `{"data":{"a":1}}`:
				t.Errorf("%d %s", status, body)
			}
		})
		select {
		case body := <-refused:
			full = true
			if !strings.Contains(string(body), `"code":"OVERLOADED"`) || !strings.Contains(string(body), "limits.held_answers") {
				t.Errorf("got %s", body)
			}
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			full = true
			t.Error("no request was refused")
		}
	}
	close(goOn)
	waiting.Wait()
	if status, body := g.ask(t, client{Query: "{ a b }"}); status != http.StatusOK || string(body) != `{"data":{"a":1,"b":2}}` {
		t.Errorf("afterwards: %d %s", status, body)
	}
}

// TestLargeAnswersAreGivenUpBeforeSmallOnes has many answers of a few megabytes
// at once beside small ones.
func TestLargeAnswersAreGivenUpBeforeSmallOnes(t *testing.T) {
	large := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 64 {
			_, _ = w.Write(bytes.Repeat([]byte(" "), 64<<10))
		}
		_, _ = w.Write([]byte(`{"data":{"a":1}}`))
	}))
	t.Cleanup(large.Close)
	_, _, g := serve(t, "custom_roots.txtar", "limits: {held_answers: 1MiB}\nsubgraphs: {a: {deduplicate: false, url: '"+large.URL+"'}}")
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			if _, body := g.ask(t, client{Query: "{ a }"}); !strings.Contains(string(body), `"code":"SUBREQUEST_OVERLOADED"`) {
				t.Errorf("a large answer: got %s", body)
			}
		})
		clients.Go(func() {
			if _, body := g.ask(t, client{Query: "{ b }"}); string(body) != `{"data":{"b":2}}` {
				t.Errorf("a small answer: got %s", body)
			}
		})
	}
	clients.Wait()
}
