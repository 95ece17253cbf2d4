package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRunCoercesLeaves gives one field every kind of value; an empty want means
// null and an error at the field.
func TestRunCoercesLeaves(t *testing.T) {
	p := shop(t)
	tests := []struct{ field, value, want string }{
		{"id", `"a"`, `"a"`}, {"id", `12`, `"12"`}, {"id", `1.5`, ``}, {"id", `true`, ``}, {"id", `{}`, ``},
		{"age", `12`, `12`}, {"age", `-0`, `-0`}, {"age", `1.0`, `1`}, {"age", `1e3`, `1000`}, {"age", `1.5`, ``}, {"age", `"1"`, ``},
		{"age", `2147483647`, `2147483647`}, {"age", `2147483648`, ``}, {"age", `-2147483649`, ``}, {"age", `1e99`, ``}, {"age", `99999999999999999999`, ``}, {"age", `null`, `null`},
		{"score", `1.2500`, `1.2500`}, {"score", `12345678901234567890`, `12345678901234567890`}, {"score", `"1"`, ``}, {"score", `true`, ``},
		{"name", `"a\u00e9\n"`, `"a\u00e9\n"`}, {"name", `1`, ``}, {"name", `["a"]`, ``}, {"name", `false`, ``}, {"name", `{"a":1}`, ``},
		{"ok", `true`, `true`}, {"ok", `false`, `false`}, {"ok", `0`, ``}, {"ok", `"true"`, ``},
		{"role", `"ADMIN"`, `"ADMIN"`}, {"role", `"\u0041DMIN"`, `"ADMIN"`}, {"role", `"SECRET"`, ``}, {"role", `"NOBODY"`, ``}, {"role", `1`, ``},
		{"data", `{"a":[1,{"b":null}]}`, `{"a":[1,{"b":null}]}`}, {"data", `[1,"x",{"y":2}]`, `[1,"x",{"y":2}]`}, {"data", `1.50`, `1.50`},
		{"tags", `["a","b"]`, `["a","b"]`}, {"tags", `[]`, `[]`}, {"tags", `"a"`, ``}, {"tags", `[1]`, ``}, {"tags", `[null]`, ``}, {"tags", `[["a"]]`, ``},
	}
	for _, test := range tests {
		t.Run(test.field+" "+test.value, func(t *testing.T) {
			op := parsed(t, p.sg, "{ me { "+test.field+" } }")
			e := newExecutor(t, Options{Fetcher: bySubgraph(map[string]string{"accounts": `{"data":{"me":{"` + test.field + `":` + test.value + `}}}`})})
			got, result := run(t, e, p.program(op, p.root("accounts", "me { "+test.field+" }")), nil)
			if test.want != "" {
				if want := `{"data":{"me":{"` + test.field + `":` + test.want + `}}}`; got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				return
			}
			end := `"data":{"me":{"` + test.field + `":null}}}`
			if test.field == "id" {
				end = `"data":{"me":null}}`
			}
			if !strings.HasSuffix(got, end) || result.Errors != 1 || !strings.Contains(got, `"path":["me","`+test.field) {
				t.Errorf("got %s with %d errors", got, result.Errors)
			}
		})
	}
}

func TestParseFreshnessReadsCacheControl(t *testing.T) {
	h := func(pairs ...string) http.Header {
		out := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			out.Add(pairs[i], pairs[i+1])
		}
		return out
	}
	tests := []struct {
		name   string
		header http.Header
		want   Freshness
	}{
		{"nothing", nil, Freshness{}},
		{"max-age", h("Cache-Control", "max-age=60"), Freshness{Known: true, MaxAge: time.Minute}},
		{"s-maxage before max-age", h("Cache-Control", "s-maxage=10, max-age=60, public"), Freshness{Known: true, MaxAge: 10 * time.Second, Public: true}},
		{"less Age", h("Cache-Control", "max-age=60", "Age", "45"), Freshness{Known: true, MaxAge: 15 * time.Second}},
		{"older than fresh", h("Cache-Control", "max-age=60", "Age", "90"), Freshness{Known: true}},
		{"no-store", h("Cache-Control", "No-Store"), Freshness{Known: true, NoStore: true}},
		{"private beats public", h("Cache-Control", "private, public, max-age=5"), Freshness{Known: true, Private: true, MaxAge: 5 * time.Second}},
		{"public alone", h("Cache-Control", "public"), Freshness{Public: true}},
		{"several lines", h("Cache-Control", "public", "Cache-Control", `max-age="7"`), Freshness{Known: true, Public: true, MaxAge: 7 * time.Second}},
		{"a number that is none", h("Cache-Control", "max-age=-5"), Freshness{Known: true}},
		{"a huge number", h("Cache-Control", "max-age=99999999999999999999"), Freshness{Known: true, MaxAge: (1 << 31) * time.Second}},
		{"directives that say nothing", h("Cache-Control", "must-revalidate, immutable"), Freshness{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := ParseFreshness(test.header); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestStrictestOfTwoIsUnknownWhereOneIs(t *testing.T) {
	a := Freshness{Known: true, MaxAge: time.Minute, Public: true}
	if got := a.Strictest(Freshness{}); got.Known || got.MaxAge != 0 || got.Public {
		t.Errorf("with an unknown one: %+v", got)
	}
	b := Freshness{Known: true, MaxAge: time.Second, Private: true, NoStore: true}
	if got := a.Strictest(b); got != b {
		t.Errorf("with a private one: %+v", got)
	}
}
