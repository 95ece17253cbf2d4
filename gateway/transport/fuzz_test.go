package transport

import (
	"encoding/json"
	"testing"
)

// FuzzDecodeBody: whatever a client sends is refused or gives parameters that
// hold together.
func FuzzDecodeBody(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{a}"}`, `{"query":"{a}","variables":{"x":[1,null]},"operationName":"N","extensions":{}}`,
		`[]`, ``, `{`, `{"query":null}`, `{"query":"\ud800"}`, "{\"query\":\"\xff\"}", `{"variables":3,"query":"a"}`,
		`{"extensions":{"persistedQuery":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	d := newDecoder()
	f.Fuzz(func(t *testing.T, body []byte) {
		p, refusal := d.decode(body)
		if (p == nil) == (refusal == nil) {
			t.Fatalf("parameters %v and refusal %v", p, refusal)
		}
		if refusal != nil {
			if refusal.Status < 400 || len(refusal.Errors) == 0 || refusal.Errors[0].Message == "" {
				t.Fatalf("a refusal that says nothing: %+v", refusal)
			}
			return
		}
		if p.Query == "" {
			t.Fatal("parameters without a query")
		}
		for _, raw := range []json.RawMessage{p.Variables, p.Extensions} {
			if raw != nil {
				var object map[string]json.RawMessage
				if err := json.Unmarshal(raw, &object); err != nil || object == nil {
					t.Fatalf("%s is no object: %v", raw, err)
				}
			}
		}
	})
}
