package executor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

const (
	contextSubgraph = `type Query { users: [User] } type User @context(name: "who") { name: String post: Post }
type Post @key(fields: "id") { id: ID! by(name: String @fromContext(field: "$who { name }")): String }`
	contextOperation = `{ users { name post { by } } }`
)

// contextual answers contextOperation for users of some names, all with one post.
func contextual(t *testing.T, names func() string, asked *atomic.Int64) *canned {
	return &canned{header: http.Header{"Cache-Control": {"max-age=60"}}, answer: func(f *Fetch) (int, string) {
		if f.Lists == nil {
			var users []string
			for name := range strings.FieldsSeq(names()) {
				users = append(users, fmt.Sprintf(`{"name":%s,"post":{"id":"1"}}`, name))
			}
			return 200, `{"data":{"users":[` + strings.Join(users, ",") + `]}}`
		}
		var body struct{ Variables map[string]json.RawMessage }
		if err := json.Unmarshal(f.Body, &body); err != nil {
			t.Error(err)
		}
		var fields []string
		for i, l := range f.Lists {
			asked.Add(int64(strings.Count(string(f.Body[l.Start:l.End]), "__typename")))
			by, err := json.Marshal("by " + string(body.Variables[fmt.Sprintf("_c0_%d", i)]))
			if err != nil {
				t.Error(err)
			}
			fields = append(fields, fmt.Sprintf(`%q:[{"by":%s}]`, l.Key, by))
		}
		return 200, `{"data":{` + strings.Join(fields, ",") + `}}`
	}}
}

func TestCachedEntitiesAreToldApartByContexts(t *testing.T) {
	sg := composed(t, "a", contextSubgraph)
	op := parsed(t, sg, contextOperation)
	prog := planned(t, sg, op, 0)
	names := `"Ada" "Bob" "Ada" null`
	var asked atomic.Int64
	cache := &mapCache{}
	f := contextual(t, func() string { return names }, &asked)
	e := newExecutor(t, Options{Fetcher: f, Cache: cache})
	for _, test := range []struct {
		names, want string
		asked       int64
	}{
		{names, `{"data":{"users":[{"name":"Ada","post":{"by":"by \"Ada\""}},{"name":"Bob","post":{"by":"by \"Bob\""}},{"name":"Ada","post":{"by":"by \"Ada\""}},{"name":null,"post":{"by":"by null"}}]}}`, 3},
		{`"Bob" "Eve"`, `{"data":{"users":[{"name":"Bob","post":{"by":"by \"Bob\""}},{"name":"Eve","post":{"by":"by \"Eve\""}}]}}`, 1},
		{`"Eve" "null" null`, `{"data":{"users":[{"name":"Eve","post":{"by":"by \"Eve\""}},{"name":"null","post":{"by":"by \"null\""}},{"name":null,"post":{"by":"by null"}}]}}`, 1},
	} {
		names = test.names
		asked.Store(0)
		for key := range cache.values {
			if strings.Contains(key, "|Query|") {
				delete(cache.values, key) // the users are new each time
			}
		}
		if got, _ := run(t, e, prog, nil); got != test.want {
			t.Errorf("with %s:\n got %s\nwant %s", test.names, got, test.want)
		}
		if asked.Load() != test.asked {
			t.Errorf("with %s the subgraph was asked for %d entities, not %d", test.names, asked.Load(), test.asked)
		}
	}
}

func TestPlansWithWrongContextsAreRefused(t *testing.T) {
	sg := composed(t, "a", contextSubgraph)
	prog := planned(t, sg, parsed(t, sg, contextOperation), 0)
	for name, spoil := range map[string]func(at *int){
		"not above": func(at *int) { *at = 7 },
		"negative":  func(at *int) { *at = -1 },
	} {
		plan := *prog.plan
		context := plan.Steps[1].Parts[0].Entity.Contexts[0]
		was := context.Sources[0][0].At
		spoil(&context.Sources[0][0].At)
		if _, err := Compile(sg, &plan); err == nil {
			t.Errorf("%s: the plan compiles", name)
		}
		context.Sources[0][0].At = was
	}
	context := prog.plan.Steps[1].Parts[0].Entity.Contexts[0]
	context.Sources = nil
	if _, err := Compile(sg, prog.plan); err == nil {
		t.Error("a plan without sources compiles")
	}
}
