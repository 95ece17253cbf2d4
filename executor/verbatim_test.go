package executor

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

const thingsSDL = `
type Query { things: [Thing!]! matrix: [[Int!]]! }
type Thing { id: ID! name: String kind: Kind! count: Int score: Float! ok: Boolean data: JSON tags: [String!] owner: Thing }
enum Kind { A B SECRET @inaccessible }
scalar JSON
`

const thingsAnswer = `{"data":{"things":[{"id":"1","name":"n\u00e9 ü","kind":"A","count":12,"score":1.50,"ok":true,"data":{"a":[1,{"b":null}]},"tags":["x",""],"owner":{"id":"2","kind":"B"}},` +
	`{"id":"3","name":null,"kind":"B","count":-7,"score":2e3,"ok":false,"data":null,"tags":null,"owner":null}],"matrix":[[1,2],[],null,[3]]}}`

// things is one request that answers everything.
func things(t testing.TB) *Program {
	p := plans{t, composed(t, "things", thingsSDL)}
	const list, matrix = "things { id name kind count score ok data tags owner { id kind } }", "matrix"
	step := p.root("things", list)
	step.Parts = append(step.Parts, p.root("things", matrix).Parts...)
	return p.program(parsed(t, p.sg, "{ "+list+" "+matrix+" }"), step)
}

// both gives the answer as it is given and as it would be without passing on what
// needs no change, and whether it was passed on.
func both(t testing.TB, prog *Program, body string) (got, want string, passed bool) {
	e := newExecutor(t, Options{Fetcher: bySubgraph(map[string]string{"things": body})})
	prog.odd.left.Store(0)
	got, result := run(t, e, prog, nil)
	form := prog.form
	prog.form = nil
	want, usual := run(t, e, prog, nil)
	prog.form = form
	if result.Errors != usual.Errors || result.Cost != usual.Cost {
		t.Errorf("%d errors and a cost of %v, which are %d and %v, for %s", result.Errors, result.Cost, usual.Errors, usual.Cost, body)
	}
	x := e.acquire(prog, &Request{Deadline: time.Now().Add(time.Hour)})
	defer e.release(x, true)
	prog.odd.left.Store(0)
	x.steps[0].answer = &Answer{Status: 200, Body: []byte(body)}
	return got, want, x.passes(0)
}

func TestAnswersThatNeedNoChangeArePassedOn(t *testing.T) {
	prog := things(t)
	for body, want := range map[string]bool{
		thingsAnswer:                                          true,
		thingsAnswer + "\n":                                   true,
		`{"data":{"things":[],"matrix":[]}}`:                  true,
		`{"data":{"things":[],"matrix":[[2147483648]]}}`:      false,
		`{"data":{"things":[],"matrix":[[1.0]]}}`:             false,
		`{"data":{"things":[],"matrix":[[null]]}}`:            false,
		`{"data":{"things":[],"matrix":null}}`:                false,
		`{"data":{"matrix":[],"things":[]}}`:                  false,
		`{"data":{"things":[ ],"matrix":[]}}`:                 false,
		`{"data":{"things":[],"matrix":[],"more":1}}`:         false,
		`{"data":{"things":[],"matrix":[]},"errors":[]}`:      false,
		`{"data":{"things":[],"matrix":[]}}}`:                 false,
		`{"data":{"things":[{"id":"1"}],"matrix":[]}}`:        false,
		`{"data":null,"errors":[{"message":"it is broken"}]}`: false,
	} {
		got, want2, passed := both(t, prog, body)
		if got != want2 || passed != want {
			t.Errorf("%s: passed on: %v\ngot  %s\nwant %s", body, passed, got, want2)
		}
		if passed && got+"\n" != body && got != body {
			t.Errorf("%s became %s", body, got)
		}
	}
}

func TestAnswersPassedOnAreThoseThatWouldBeWritten(t *testing.T) {
	prog := things(t)
	pieces := []string{`"`, `\`, `null`, `,`, `{`, `}`, `[`, `]`, ` `, `1`, `-`, `.`, `e`, `"A"`, `"SECRET"`, `"ADMIN"`, `:`, "\x00", "\xff", "\u00fc", `\u0041`, `true`, `0`, `99999999999`, ``}
	random := rand.New(rand.NewPCG(1, 2))
	passed := 0
	for range 3000 {
		body := thingsAnswer
		for range 1 + random.IntN(2) {
			from := random.IntN(len(body))
			to := min(len(body), from+random.IntN(4))
			body = body[:from] + pieces[random.IntN(len(pieces))] + body[to:]
		}
		got, want, ok := both(t, prog, body)
		if got != want {
			t.Fatalf("passed on: %v: %q\ngot  %s\nwant %s", ok, body, got, want)
		}
		if ok {
			passed++
		}
	}
	if passed < 30 {
		t.Errorf("only %d of the answers were passed on", passed)
	}
}

// Items count towards the limit on values whether there is anything in them or not.
func TestAnswersWithTooManyValuesAreNotPassedOn(t *testing.T) {
	p := plans{t, composed(t, "things", `type Query { row: [Cell] grid: [[Cell]] matrix: [[Int]] } type Cell { n: Int }`)}
	for selection, items := range map[string][]string{
		"row { n }": {`{"n":1}`, `null`}, "grid { n }": {`[]`, `[{"n":1}]`, `null`, `[null]`}, "matrix": {`[]`, `[1]`, `null`, `[null]`},
	} {
		prog := p.program(parsed(t, p.sg, "{ "+selection+" }"), p.root("things", selection))
		name, _, _ := strings.Cut(selection, " ")
		for _, item := range items {
			for n, want := range map[int]bool{3: true, 100: false} {
				body := `{"data":{"` + name + `":[` + item + strings.Repeat(","+item, n-1) + `]}}`
				e := newExecutor(t, Options{Fetcher: bySubgraph(nil), Limits: Limits{AnswerValues: 30}})
				x := e.acquire(prog, &Request{Deadline: time.Now().Add(time.Hour)})
				prog.odd.left.Store(0)
				x.steps[0].answer = &Answer{Status: 200, Body: []byte(body)}
				if got := x.passes(0); got != want {
					t.Errorf("passed on: %v, %s", got, body)
				}
				e.release(x, true)
			}
		}
	}
}

// FuzzVerbatim looks for an answer that is passed on although it would have been
// written otherwise.
func FuzzVerbatim(f *testing.F) {
	prog := things(f)
	f.Add(thingsAnswer)
	f.Add(`{"data":{"things":[],"matrix":[]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		if body == "" {
			return
		}
		if got, want, ok := both(t, prog, body); got != want {
			t.Fatalf("passed on: %v\ngot  %s\nwant %s", ok, got, want)
		}
	})
}
