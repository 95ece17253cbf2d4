package headers_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs/headers"
)

func request(t *testing.T, rules headers.Rules) *headers.Request {
	t.Helper()
	r, err := headers.NewRequest(rules)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRequestRulesAreGoneThroughInOrder(t *testing.T) {
	client := http.Header{
		"Authorization": {"a", "b"}, "Cookie": {"c"}, "X-App-One": {"1"}, "X-App-Two": {"2"}, "X-Old": {"o"}, "X-Empty": {""},
	}
	name := func(n string) headers.Rule { return headers.Rule{Name: n} }
	as := func(n, as, value string) headers.Rule { return headers.Rule{Name: n, As: as, Value: value} }
	pattern := func(p string) headers.Rule { return headers.Rule{Pattern: p} }
	set := func(n, v string) headers.Rule { return headers.Rule{Kind: headers.Set, Name: n, Value: v} }
	remove := func(n, p string) headers.Rule { return headers.Rule{Kind: headers.Remove, Name: n, Pattern: p} }
	for _, test := range []struct {
		name  string
		rules []headers.Rule
		want  http.Header
	}{
		{"nothing by default", nil, nil},
		{"by name in any case", []headers.Rule{name("authorization"), name("X-None")}, http.Header{"Authorization": {"a", "b"}}},
		{"by a pattern in any case", []headers.Rule{pattern("x-APP-.*")}, http.Header{"X-App-One": {"1"}, "X-App-Two": {"2"}}},
		{"a pattern is for whole names", []headers.Rule{pattern("App|ookie")}, nil},
		{"an alternative is inside the pattern", []headers.Rule{pattern("x-old|cookie")}, http.Header{"X-Old": {"o"}, "Cookie": {"c"}}},
		{"under another name", []headers.Rule{as("x-old", "x-new", "")}, http.Header{"X-New": {"o"}}},
		{"a default where it was not sent", []headers.Rule{as("X-None", "", "d"), as("X-Old", "", "d"), as("X-Empty", "", "d")},
			http.Header{"X-None": {"d"}, "X-Old": {"o"}, "X-Empty": {""}}},
		{"a default under another name", []headers.Rule{as("X-None", "X-New", "d")}, http.Header{"X-New": {"d"}}},
		{"set, whatever the client sent", []headers.Rule{name("X-Old"), set("x-old", "s")}, http.Header{"X-Old": {"s"}}},
		{"forwarded over what was set", []headers.Rule{set("x-old", "s"), name("X-Old"), set("x-none", "s"), name("X-None")},
			http.Header{"X-Old": {"o"}, "X-None": {"s"}}},
		{"all but one", []headers.Rule{pattern("X-.*"), remove("x-app-one", ""), remove("", "x-e.*")}, http.Header{"X-App-Two": {"2"}, "X-Old": {"o"}}},
		{"removed, then forwarded", []headers.Rule{remove("X-Old", ""), name("X-Old")}, http.Header{"X-Old": {"o"}}},
		{"rules read the client's header only", []headers.Rule{as("X-Old", "X-New", ""), as("X-New", "X-Newer", "")}, http.Header{"X-New": {"o"}}},
		{"set alone", []headers.Rule{set("A", "1"), set("B", "2"), remove("A", "")}, http.Header{"B": {"2"}}},
		{"everything is removed", []headers.Rule{name("X-Old"), remove("", ".*")}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, request(t, headers.Rules{All: test.rules}).From(client).To("any")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestASubgraphsOwnRulesComeAfterThoseForAll(t *testing.T) {
	r := request(t, headers.Rules{
		All: []headers.Rule{{Name: "A"}, {Name: "B"}},
		BySubgraph: map[string][]headers.Rule{
			"one": {{Kind: headers.Remove, Name: "A"}, {Kind: headers.Set, Name: "B", Value: "own"}},
			"two": {},
		},
	})
	client := http.Header{"A": {"a"}, "B": {"b"}}
	for subgraph, want := range map[string]http.Header{"one": {"B": {"own"}}, "two": client, "three": client} {
		if diff := cmp.Diff(want, r.From(client).To(subgraph)); diff != "" {
			t.Errorf("%s: %s", subgraph, diff)
		}
	}
}

func TestWhatBelongsToAConnectionNeverPasses(t *testing.T) {
	client := http.Header{
		"Connection": {"close, x-Hop", "X-Other"}, "X-Hop": {"1"}, "X-Other": {"2"}, "X-End": {"3"},
		"Te": {"trailers"}, "Transfer-Encoding": {"chunked"}, "Proxy-Authorization": {"p"}, "Content-Length": {"7"}, "Content-Type": {"text/plain"},
		"Accept": {"*/*"}, "Upgrade": {"h2c"}, "If-None-Match": {`"1"`}, "Sec-Websocket-Key": {"k"},
	}
	r := request(t, headers.Rules{All: []headers.Rule{{Pattern: ".*"}, {Name: "X-Hop", Value: "by default"}, {Name: "X-Other", As: "X-Mine"}}})
	if diff := cmp.Diff(http.Header{"X-End": {"3"}, "X-Hop": {"by default"}}, r.From(client).To("any")); diff != "" {
		t.Error(diff)
	}
}

func TestRulesThatCannotHoldAreRefused(t *testing.T) {
	for _, rule := range []headers.Rule{
		{}, {Name: "A", Pattern: "A"}, {Name: "Connection"}, {Name: "transfer-encoding"}, {Name: "Host"}, {Name: "A", As: "content-length"},
		{Name: "a b"}, {Name: "X-*"}, {Name: "A:"}, {Pattern: "("}, {Pattern: "a)(b"}, {Pattern: "a", As: "B"}, {Pattern: "a", Value: "b"},
		{Kind: headers.Set, Name: "A"}, {Kind: headers.Set, Name: "A", Value: "a\r\nB: c"}, {Kind: headers.Set, Name: "Te", Value: "x"},
		{Kind: headers.Set, Pattern: "A", Value: "a"}, {Name: "A", Value: " a"},
	} {
		if headers.CheckRequest(rule) == nil {
			t.Errorf("%+v is accepted", rule)
		}
		if _, err := headers.NewRequest(headers.Rules{BySubgraph: map[string][]headers.Rule{"s": {rule}}}); err == nil {
			t.Errorf("%+v is accepted for a subgraph", rule)
		}
	}
	for _, rule := range []headers.Rule{
		{Name: "Cache-Control"}, {Name: "A", As: "Access-Control-Allow-Origin"}, {Name: "content-length"}, {Name: "Vary"}, {Name: "weft-cost"},
		{Kind: headers.Set, Name: "A", Value: "b"},
	} {
		if headers.CheckResponse(rule) == nil {
			t.Errorf("%+v is accepted for answers", rule)
		}
	}
}

func TestVaryNamesWhatSubgraphsMaySee(t *testing.T) {
	for _, test := range []struct {
		rules headers.Rules
		want  []string
	}{
		{headers.Rules{All: []headers.Rule{{Kind: headers.Set, Name: "A", Value: "b"}}}, nil},
		{headers.Rules{All: []headers.Rule{{Name: "b", As: "C"}}, BySubgraph: map[string][]headers.Rule{"s": {{Name: "a"}}}}, []string{"A", "B"}},
		{headers.Rules{All: []headers.Rule{{Name: "b"}}, BySubgraph: map[string][]headers.Rule{"s": {{Pattern: "a"}}}}, []string{"*"}},
	} {
		if diff := cmp.Diff(test.want, request(t, test.rules).Vary()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAnswersGiveClientsWhatTheRulesSay(t *testing.T) {
	answers := []executor.AnswerHeader{
		{Subgraph: "one", Header: http.Header{"A": {"1"}, "X-B": {"x"}, "Set-Cookie": {"one=1"}, "Server": {"one"}}},
		{Subgraph: "two", Header: http.Header{"A": {"2", "3"}, "Connection": {"X-B"}, "X-B": {"hop"}, "Cache-Control": {"public"}, "Content-Length": {"9"}}},
		{Subgraph: "two", Header: http.Header{"A": {"4"}, "X-C": {"c"}, "Set-Cookie": {"two=2", "two=3"}}, Mutation: true},
	}
	forward := func(name string, take headers.Take) headers.Rule { return headers.Rule{Name: name, Take: take} }
	for _, test := range []struct {
		name  string
		rules headers.Rules
		want  http.Header
	}{
		{"nothing by default", headers.Rules{}, nil},
		{"the first", headers.Rules{All: []headers.Rule{forward("a", headers.First)}}, http.Header{"A": {"1"}}},
		{"the last", headers.Rules{All: []headers.Rule{forward("a", headers.Last)}}, http.Header{"A": {"4"}}},
		{"all", headers.Rules{All: []headers.Rule{forward("a", headers.Append)}}, http.Header{"A": {"1", "2", "3", "4"}}},
		{"by a pattern, without what is the gateway's", headers.Rules{All: []headers.Rule{{Pattern: ".*"}, {Kind: headers.Remove, Name: "a"}}},
			http.Header{"X-B": {"x"}, "X-C": {"c"}, "Server": {"one"}}},
		{"all by a pattern but some", headers.Rules{All: []headers.Rule{{Pattern: ".*"}, {Kind: headers.Remove, Pattern: "x-.*|a"}}}, http.Header{"Server": {"one"}}},
		{"under another name, with a default", headers.Rules{All: []headers.Rule{{Name: "x-b", As: "Y"}, {Name: "None", As: "Z", Value: "d"}, {Name: "A", Value: "d"}}},
			http.Header{"Y": {"x"}, "Z": {"d"}, "A": {"4"}}},
		{"of one subgraph alone", headers.Rules{BySubgraph: map[string][]headers.Rule{"one": {forward("A", headers.Last)}, "away": {{Name: "N", Value: "d"}}}},
			http.Header{"A": {"1"}}},
		{"not of one subgraph", headers.Rules{All: []headers.Rule{forward("A", headers.First)}, BySubgraph: map[string][]headers.Rule{"one": {{Kind: headers.Remove, Name: "A"}}}},
			http.Header{"A": {"2", "3"}}},
		{"cookies of what is nobody else's", headers.Rules{All: []headers.Rule{forward("Set-Cookie", headers.Append)}}, http.Header{"Set-Cookie": {"two=2", "two=3"}}},
		{"what is renamed into a cookie", headers.Rules{All: []headers.Rule{{Name: "A", As: "Set-Cookie", Take: headers.Append}}}, http.Header{"Set-Cookie": {"4"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := headers.NewResponse(test.rules, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, r.Collect(answers)); diff != "" {
				t.Error(diff)
			}
		})
	}
	r, err := headers.NewResponse(headers.Rules{All: []headers.Rule{forward("Set-Cookie", headers.Append)}}, func(s string) bool { return s == "one" })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"Set-Cookie": {"one=1", "two=2", "two=3"}}, r.Collect(answers)); diff != "" {
		t.Error(diff)
	}
}

// TestWhereNothingMatchesLittleIsAllocated holds what every request pays: what
// remembers the decision, however many subgraphs there are.
func TestWhereNothingMatchesLittleIsAllocated(t *testing.T) {
	r := request(t, headers.Rules{All: []headers.Rule{{Name: "Authorization"}, {Kind: headers.Remove, Name: "B"}, {Pattern: "x-none-.*"}},
		BySubgraph: map[string][]headers.Rule{"set": {{Kind: headers.Remove, Pattern: ".*"}}}})
	client := http.Header{"Accept": {"a"}, "User-Agent": {"u"}, "Connection": {"keep-alive"}}
	if n := testing.AllocsPerRun(100, func() {
		sent := r.From(client)
		for range 10 {
			sent.To("any")
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	client := http.Header{"Accept": {"a"}, "User-Agent": {"u"}, "Authorization": {"x"}, "X-App-One": {"1"}}
	for name, rules := range map[string][]headers.Rule{
		"by name": {{Name: "Authorization"}}, "by pattern": {{Pattern: "x-app-.*"}}, "set": {{Kind: headers.Set, Name: "A", Value: "b"}},
	} {
		r, err := headers.NewRequest(headers.Rules{All: rules})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.From(client).To("any")
			}
		})
	}
}
