package executor

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAnswer gives subgraphs' answers that may be anything: the client's answer
// must be JSON, and every null in a place where data was needed must have an error.
func FuzzAnswer(f *testing.F) {
	for name, answer := range smallAnswers {
		f.Add(name, answer)
	}
	for _, answer := range []string{
		`{"data":{"_e0":[{"reviews":[{"id":1,"body":"b","product":{"upc":"p1"}}]}]},"errors":[{"message":"x","path":["_e0",0,"reviews",0,"body"]}]}`,
		`{"data":{"_e0":[null,{}]},"errors":[{"path":["_entities",7]},{"message":5,"path":[{}]},null,{"extensions":[]}]}`,
		`{"data":{"_e0":{"name":1}}}`, `{"errors":[{"message":"\u0000\ud800"}]}`, `[]`, `{"data":{"_e0":[{"reviews":{"id":[[]]}}]}}`,
	} {
		f.Add("reviews", answer)
		f.Add("products", answer)
	}
	p := shop(f)
	prog := p.small()
	f.Fuzz(func(t *testing.T, subgraph, answer string) {
		if answer == "" || smallAnswers[subgraph] == "" {
			return
		}
		fetcher := &canned{answer: func(f *Fetch) (int, string) {
			if f.Subgraph == subgraph {
				return 200, answer
			}
			return 200, smallAnswers[f.Subgraph]
		}}
		got, result := run(t, newExecutor(t, Options{Fetcher: fetcher}), prog, nil)
		if !utf8.ValidString(got) {
			t.Fatalf("the answer is not UTF-8: %q", got)
		}
		var body struct {
			Data   json.RawMessage
			Errors []json.RawMessage
		}
		if err := json.Unmarshal([]byte(got), &body); err != nil || len(body.Errors) != result.Errors {
			t.Fatalf("%d errors in %s: %v", result.Errors, got, err)
		}
		if !json.Valid([]byte(answer)) && result.Errors == 0 {
			t.Fatalf("no error for %q: %s", answer, got)
		}
		if strings.Contains(got, "!!!!") && !strings.Contains(answer, "!!!!") {
			t.Fatalf("released memory shows: %s", got)
		}
	})
}
