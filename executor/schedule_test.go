package executor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner"
)

func TestRunStartsAStepWhenItsDependenciesAreDone(t *testing.T) {
	p := shop(t)
	op := parsed(t, p.sg, `{ me { id reviews { id } } topProducts { upc } }`)
	prog := p.program(op,
		p.root("products", "topProducts { upc }"),
		p.root("accounts", "me { id }"),
		p.entities("reviews", "User", "{id}", "me", "{ reviews { id } }", 1),
	)
	second := make(chan struct{})
	f := &canned{answer: func(f *Fetch) (int, string) {
		switch f.Subgraph {
		case "products": // answers only when the step after the other root has begun
			<-second
			return 200, `{"data":{"topProducts":[]}}`
		case "reviews":
			close(second)
			return 200, `{"data":{"_e0":[{"reviews":[]}]}}`
		}
		return 200, `{"data":{"me":{"id":"1"}}}`
	}}
	got, result := run(t, newExecutor(t, Options{Fetcher: f}), prog, nil)
	if want := `{"data":{"me":{"id":"1","reviews":[]},"topProducts":[]}}`; got != want {
		t.Errorf("got %s", got)
	}
	if s := result.Steps[2]; s.Entities != 1 || s.Skipped || s.Status != 200 || s.Graph != "reviews" || s.Bytes == 0 {
		t.Errorf("trace: %+v", s)
	}
}

// waiting is a Fetcher that waits for its context.
type waiting struct{ started chan struct{} }

func (w waiting) Fetch(ctx context.Context, f *Fetch) (*Answer, error) {
	w.started <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (w waiting) Subscribe(context.Context, *Fetch) (Stream, error) { return nil, errors.New("none") }

func TestRunEndsWhenItsContextEnds(t *testing.T) {
	p := shop(t)
	prog := p.small()
	w := waiting{make(chan struct{}, 1)}
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the client went away")
	go func() {
		<-w.started
		cancel(gone)
	}()
	var k kept
	err := newExecutor(t, Options{Fetcher: w}).Run(ctx, prog, &Request{}, &k)
	if !errors.Is(err, gone) || k.body != nil {
		t.Errorf("got %v and %s", err, k.body)
	}
}

func TestRunAnswersWithWhatItHasWhenTimeIsUp(t *testing.T) {
	p := shop(t)
	prog := p.small()
	w := waiting{make(chan struct{}, 1)}
	got, _ := run(t, newExecutor(t, Options{Fetcher: w, Limits: Limits{Duration: time.Millisecond}}), prog, nil)
	if !strings.Contains(got, `"code":"OPERATION_TIMEOUT"`) || !strings.HasSuffix(got, `"data":{"me":null}}`) {
		t.Errorf("got %s", got)
	}
}

// late is a Fetcher whose own limit ends with the operation's.
type late struct{ waiting }

func (l late) Fetch(ctx context.Context, f *Fetch) (*Answer, error) {
	<-ctx.Done()
	return nil, &FetchError{Subgraph: f.Subgraph, Code: "SUBREQUEST_TIMEOUT", Message: "the subgraph took too long"}
}

func TestRunAnswersAtTheRequestsDeadline(t *testing.T) {
	p := shop(t)
	prog := p.small()
	for name, deadline := range map[string]time.Time{"past": time.Now().Add(-time.Second), "soon": time.Now().Add(time.Millisecond)} {
		got, _ := run(t, newExecutor(t, Options{Fetcher: late{}, Limits: Limits{Duration: time.Hour}}), prog, &Request{Deadline: deadline})
		if !strings.Contains(got, `"code":"OPERATION_TIMEOUT"`) || !strings.HasSuffix(got, `"data":{"me":null}}`) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestRunNamesTheLimitThatItReached(t *testing.T) {
	p := shop(t)
	prog := p.small()
	for _, test := range []struct {
		limits Limits
		want   string
	}{
		// Each piece counts: the last step would be requests 3 and 4.
		{Limits{Entities: 1, Requests: 3}, `more than the 3 subgraph requests that are allowed (limits.subgraph_requests)","path":["me","reviews","product"],"extensions":{"code":"TOO_MANY_SUBREQUESTS"}`},
		{Limits{Requests: 1}, `more than the 1 subgraph requests that are allowed (limits.subgraph_requests)","path":["me"],"extensions":{"code":"TOO_MANY_SUBREQUESTS"}`},
		{Limits{AnswerDepth: 2}, `exceeds the limit on its depth: 2 (limits.answer_depth)","path":["me"],"extensions":{"code":"SUBREQUEST_TOO_LARGE"}`},
		{Limits{AnswerValues: 3}, `exceeds the limit on its values: 3 (limits.answer_values)","path":["me"],"extensions":{"code":"SUBREQUEST_TOO_LARGE"}`},
		{Limits{AnswerBytes: 100}, `{"errors":[{"message":"the answer is larger than the 100 bytes that are allowed (limits.answer)","extensions":{"code":"ANSWER_TOO_LARGE"}}],"data":null}`},
	} {
		got, _ := run(t, newExecutor(t, Options{Fetcher: bySubgraph(smallAnswers), Limits: test.limits}), prog, &Request{})
		if !strings.Contains(got, test.want) {
			t.Errorf("%+v:\n got %s\nwant %s", test.limits, got, test.want)
		}
	}
}

func TestRunCountsTheErrorsThatItLeavesOut(t *testing.T) {
	p := shop(t)
	prog := p.program(parsed(t, p.sg, "{ users { role } }"), p.root("accounts", "users { role }"))
	f := bySubgraph(map[string]string{"accounts": `{"data":{"users":[{"role":"A"},{"role":"B"},{"role":"C"}]}}`})
	got, result := run(t, newExecutor(t, Options{Fetcher: f, Limits: Limits{Errors: 1}}), prog, nil)
	if result.Errors != 3 || strings.Count(got, `"message"`) != 2 || !strings.Contains(got, `"2 more errors are left out (limits.errors)"`) {
		t.Errorf("%d errors in %s", result.Errors, got)
	}
}

func TestRunTellsOfAnEntitysErrorAtEveryPlace(t *testing.T) {
	p := shop(t)
	prog := p.small()
	answers := map[string]string{"inventory": `{"data":{"_e0":[{"inStock":null},{"inStock":true}]},"errors":[{"message":"lost","path":["_e0",0,"inStock"]}]}`}
	for k, v := range smallAnswers {
		if answers[k] == "" {
			answers[k] = v
		}
	}
	got, _ := run(t, newExecutor(t, Options{Fetcher: bySubgraph(answers)}), prog, &Request{})
	const each = `{"message":"lost","path":["me","reviews",%d,"product","inStock"],"extensions":{"code":"DOWNSTREAM_SERVICE_ERROR"}}`
	if want := `{"errors":[` + fmt.Sprintf(each, 0) + "," + fmt.Sprintf(each, 1) + `],"data"`; !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRunMasksErrorsByPolicy(t *testing.T) {
	p := shop(t)
	prog := p.program(parsed(t, p.sg, "{ me { id } }"), p.root("accounts", "me { id }"))
	f := bySubgraph(map[string]string{"accounts": `{"data":{"me":null},"errors":[{"message":"password is x","path":["me"],"extensions":{"code":"DB","serviceName":"db7","trace":"secret"}}]}`})
	for _, test := range []struct {
		name   string
		policy ErrorPolicy
		want   string // the error, with * for the request's ID
	}{
		{"pass on", ErrorPolicy{}, `{"message":"password is x","path":["me"],"extensions":{"code":"DB","serviceName":"db7","trace":"secret"}}`},
		{"mask", ErrorPolicy{Mask: true, Extensions: []string{"code"}},
			`{"message":"the subgraph request failed","path":["me"],"extensions":{"code":"DB","requestId":"*"}}`},
		{"mask all of it", ErrorPolicy{Mask: true, Extensions: []string{}},
			`{"message":"the subgraph request failed","path":["me"],"extensions":{"code":"DOWNSTREAM_SERVICE_ERROR","requestId":"*"}}`},
		{"mask the message alone", ErrorPolicy{Mask: true},
			`{"message":"the subgraph request failed","path":["me"],"extensions":{"code":"DB","requestId":"*","serviceName":"db7","trace":"secret"}}`},
		{"some extensions and the name", ErrorPolicy{ServiceName: true, Extensions: []string{"trace", "none"}},
			`{"message":"password is x","path":["me"],"extensions":{"code":"DOWNSTREAM_SERVICE_ERROR","serviceName":"accounts","trace":"secret"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			o := Options{Fetcher: f, Logger: slog.New(slog.NewTextHandler(&log, nil)), Errors: func(string) ErrorPolicy { return test.policy }}
			got, _ := run(t, newExecutor(t, o), prog, &Request{})
			id := ""
			if _, after, ok := strings.Cut(got, `"requestId":"`); ok {
				id, _, _ = strings.Cut(after, `"`)
			}
			if want := `{"errors":[` + strings.Replace(test.want, "*", id, 1) + `],"data":{"me":null}}`; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			// Operators find what clients are not told.
			if told := strings.Contains(log.String(), "password is x"); told != test.policy.Mask || told && (id == "" || !strings.Contains(log.String(), "request_id="+id)) {
				t.Errorf("the log is %s", log.String())
			}
		})
	}
}

func TestRunGivesSubgraphsWhatHeadersAllow(t *testing.T) {
	p := shop(t)
	prog := p.program(parsed(t, p.sg, "{ me { id } }"), p.root("accounts", "me { id }"))
	var seen http.Header
	f := &canned{answer: func(f *Fetch) (int, string) {
		seen = f.Header
		return 200, `{"data":{"me":null}}`
	}}
	headers := func(subgraph string) http.Header { return http.Header{"X-For": {subgraph}} }
	run(t, newExecutor(t, Options{Fetcher: f}), prog, &Request{Headers: headers})
	if len(seen) != 1 || seen.Get("X-For") != "accounts" {
		t.Errorf("the subgraph saw %v", seen)
	}
}

func TestRunReadsEveryHeaderOfAnAnswerPutTogether(t *testing.T) {
	p := shop(t)
	prog := p.program(parsed(t, p.sg, "{ me { id } }"), p.root("accounts", "me { id }"))
	f := bySubgraph(map[string]string{"accounts": `{"data":{"me":null}}`})
	f.header = http.Header{"Cache-Control": {"public, max-age=60"}, "A": {"1"}}
	f.more = []http.Header{{"Cache-Control": {"max-age=5"}, "A": {"2"}}}
	var seen []string
	collect := func(answers []AnswerHeader) http.Header {
		for _, a := range answers {
			seen = append(seen, a.Subgraph+a.Header.Get("A"))
		}
		return nil
	}
	for _, cache := range []EntityCache{nil, &mapCache{}} { // with a cache, another way leads through the executor
		seen = nil
		_, result := run(t, newExecutor(t, Options{Fetcher: f, ResponseHeaders: collect, Cache: cache}), prog, &Request{})
		if want := (Freshness{Known: true, MaxAge: 5 * time.Second}); result.Freshness != want || strings.Join(seen, ",") != "accounts1,accounts2" {
			t.Errorf("got %+v and the headers of %v", result.Freshness, seen)
		}
	}
}

func TestCompileRefusesPlansThatCannotBeRun(t *testing.T) {
	p := shop(t)
	op := parsed(t, p.sg, `{ me { id reviews { id } } }`)
	me := func() *planner.Step { return p.root("accounts", "me { id }") }
	undefined := p.root("accounts", "me { id }")
	undefined.Parts[0].Variables = []string{"nobody"}
	forward := me()
	forward.DependsOn = []int{1}
	subscription := me()
	subscription.Kind = ast.Subscription
	local := me()
	local.Graph = planner.Local
	if _, err := Compile(p.sg, &planner.Plan{Operation: op, Steps: []*planner.Step{me()}, Blocks: make([]planner.Block, 2)}); err == nil || !strings.Contains(err.Error(), "@defer") {
		t.Errorf("several payloads: got %v", err)
	}
	for _, test := range []struct {
		steps []*planner.Step
		want  string
	}{
		{[]*planner.Step{me(), p.entities("reviews", "User", "{id}", "you", "{ reviews { id } }", 0)}, `the path you leads to nothing`},
		{[]*planner.Step{me(), p.entities("reviews", "User", "{name}", "me", "{ reviews { id } }", 0)}, `nothing fetches the required field "name"`},
		{[]*planner.Step{undefined}, "the variable $nobody"},
		{[]*planner.Step{forward, me()}, "depends on step 1"},
		{[]*planner.Step{subscription}, `kind "subscription"`},
		{[]*planner.Step{local}, "only __schema and __type"},
	} {
		for i, s := range test.steps {
			s.ID = i
		}
		_, err := Compile(p.sg, &planner.Plan{Operation: op, Steps: test.steps})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}

func TestRunReportsManyEntityErrorsWithoutWalkingForEach(t *testing.T) {
	p := shop(t)
	prog := p.program(parsed(t, p.sg, "{ users { id reviews { id } } }"),
		p.root("accounts", "users { id }"),
		p.entities("reviews", "User", "{id}", "users", "{ reviews { id } }", 0))
	const n = 5000
	var users, entities, errs strings.Builder
	for i := range n {
		fmt.Fprintf(&users, `,{"id":"%d"}`, i)
		entities.WriteString(`,{"reviews":null}`)
		fmt.Fprintf(&errs, `,{"message":"e","path":["_e0",%d,"reviews"]}`, i)
	}
	f := bySubgraph(map[string]string{
		"accounts": `{"data":{"users":[` + users.String()[1:] + `]}}`,
		"reviews":  `{"data":{"_e0":[` + entities.String()[1:] + `]},"errors":[` + errs.String()[1:] + `]}`,
	})
	got, result := run(t, newExecutor(t, Options{Fetcher: f}), prog, &Request{})
	if result.Errors != n || !strings.Contains(got, `"path":["users",999,"reviews"]`) || !strings.Contains(got, `"4000 more errors are left out (limits.errors)"`) {
		t.Errorf("%d errors in %.200s", result.Errors, got)
	}
	if !result.Freshness.NoStore {
		t.Errorf("freshness: %+v", result.Freshness)
	}
}
