package executor

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// TestRunSurvivesAPanicInAStep breaks one step at different moments: the others
// are answered, the client learns nothing but that it happened.
func TestRunSurvivesAPanicInAStep(t *testing.T) {
	const mistake = `{"errors":[{"message":"The gateway made a mistake; its log says more.","path":PATH,"extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":`
	p := shop(t)
	prog := p.small()
	for _, test := range []struct {
		name, subgraph, path, data string
		options                    func(o *Options, r *Request, breaks func(subgraph string))
	}{
		{"in the fetcher", "reviews", `["me"]`, `{"me":{"id":"1","name":"Ada","username":"ada","reviews":null}}}`,
			func(o *Options, _ *Request, breaks func(string)) {
				next := o.Fetcher.(*canned).answer
				o.Fetcher = &canned{answer: func(f *Fetch) (int, string) {
					breaks(f.Subgraph)
					return next(f)
				}}
			}},
		{"before the request", "products", `["me","reviews","product"]`,
			`{"me":{"id":"1","name":"Ada","username":"ada","reviews":[{"id":"1","body":"B1","product":{"upc":"p1","name":null,"inStock":true}},` +
				`{"id":"2","body":"B\u00e9","product":{"upc":"p1","name":null,"inStock":true}},{"id":"3","body":"x","product":{"upc":"p2","name":null,"inStock":null}}]}}}`,
			func(_ *Options, r *Request, breaks func(string)) {
				r.Headers = func(subgraph string) http.Header {
					breaks(subgraph)
					return nil
				}
			}},
		{"while the tree is locked, below a non-null field", "accounts", `["me"]`, `{"me":null}}`,
			func(o *Options, _ *Request, breaks func(string)) {
				o.Fetcher.(*canned).answer = func(f *Fetch) (int, string) { return 200, `{"data":null,"errors":[{"message":"x"}]}` }
				o.Errors = func(subgraph string) ErrorPolicy {
					breaks(subgraph)
					return ErrorPolicy{}
				}
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			o := Options{Fetcher: bySubgraph(smallAnswers), Logger: slog.New(slog.NewTextHandler(&log, nil))}
			var r Request
			test.options(&o, &r, func(subgraph string) {
				if subgraph == test.subgraph {
					panic("a secret detail")
				}
			})
			e := newExecutor(t, o)
			got, result := run(t, e, prog, &r)
			if want := strings.Replace(mistake, "PATH", test.path, 1) + test.data; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if !result.Freshness.NoStore {
				t.Error("an answer that lacks something may be stored")
			}
			if s := log.String(); !strings.Contains(s, "a secret detail") || !strings.Contains(s, "panic_test.go") {
				t.Errorf("the log has no stack: %s", s)
			}
			if x := e.pool.Get(); x != nil {
				t.Error("the execution is back in the pool")
			}
		})
	}
}

func TestRunReportsABrokenStepOnceAndSkipsItsDependents(t *testing.T) {
	p := shop(t)
	prog := p.program(parsed(t, p.sg, `{ strict { id reviews { id product { upc name } } } }`),
		p.root("accounts", "strict { id }"),
		p.entities("reviews", "User", "{id}", "strict", "{ reviews { id product { upc } } }", 0),
		p.entities("products", "Product", "{upc}", "strict.reviews.product", "{ name }", 1))
	f := &canned{answer: func(*Fetch) (int, string) { panic("broken") }}
	got, result := run(t, newExecutor(t, Options{Fetcher: f}), prog, nil)
	if result.Errors != 1 || !strings.HasSuffix(got, `"data":null}`) || len(f.asked) != 1 {
		t.Errorf("%d errors, %d requests: %s", result.Errors, len(f.asked), got)
	}
	if !result.Steps[2].Skipped {
		t.Errorf("trace: %+v", result.Steps[2])
	}
}

// breaking is a Sink that panics.
type breaking struct{}

func (breaking) Payload(context.Context, Payload) error { panic("no sink") }

func TestRunKeepsNothingOfAnExecutionThatPanicked(t *testing.T) {
	p := shop(t)
	prog := p.small()
	released := 0
	f := releasing{bySubgraph(smallAnswers), &released}
	e := newExecutor(t, Options{Fetcher: f})
	func() {
		defer func() {
			if cause := recover(); cause != "no sink" {
				t.Errorf("the caller does not learn of the panic: %v", cause)
			}
		}()
		_ = e.Run(t.Context(), prog, &Request{}, breaking{})
	}()
	if e.pool.Get() != nil {
		t.Error("the execution is back in the pool")
	}
	if released != 4 {
		t.Errorf("%d answers are released instead of 4", released)
	}
}

// releasing counts released answers.
type releasing struct {
	*canned
	released *int
}

func (r releasing) Fetch(ctx context.Context, f *Fetch) (*Answer, error) {
	a, err := r.canned.Fetch(ctx, f)
	if a != nil {
		a.Release = func() { *r.released++ }
	}
	return a, err
}
