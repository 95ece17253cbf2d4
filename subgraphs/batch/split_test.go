package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/executor/tape"
)

// twoLists is a merge of three parts over lists of three and two entities.
func twoLists() *merge {
	f := &executor.Fetch{Lists: []executor.RepresentationList{{Key: "_e0"}, {Key: "_e1"}}}
	m := &merge{lists: []list{{items: make([][]byte, 3)}, {items: make([][]byte, 2)}}}
	for _, at := range [][][]int32{{{0, 1}, {0}}, {{2, 1}, {1, 0}}, {{2}, {}}} {
		m.parts = append(m.parts, part{call: &call{fetch: f}, at: at})
	}
	return m
}

// answered is an answer as encoding/json reads it.
type answered struct {
	data   map[string][]json.RawMessage
	errors []map[string]json.RawMessage
}

func readAnswer(body []byte) (a answered, err error) {
	var top, data map[string]json.RawMessage
	if err := json.Unmarshal(body, &top); err != nil {
		return a, fmt.Errorf("%s: %w", body, err)
	}
	if err := json.Unmarshal(top["data"], &data); err != nil {
		return a, fmt.Errorf("the data of %s: %w", body, err)
	}
	a.data = map[string][]json.RawMessage{}
	for _, key := range []string{"_e0", "_e1"} {
		var items []json.RawMessage
		if err := json.Unmarshal(data[key], &items); err != nil {
			return a, fmt.Errorf("%s of %s: %w", key, body, err)
		}
		a.data[key] = items
	}
	if top["errors"] != nil {
		if err := json.Unmarshal(top["errors"], &a.errors); err != nil {
			return a, fmt.Errorf("the errors of %s: %w", body, err)
		}
	}
	return a, nil
}

// place gives the list and the index that an error's path leads to.
func place(e map[string]json.RawMessage) (key string, index int, rest []json.RawMessage, err error) {
	var path []json.RawMessage
	if err = json.Unmarshal(e["path"], &path); err != nil {
		return
	}
	if len(path) < 2 {
		return "", 0, nil, fmt.Errorf("the path %s", e["path"])
	}
	if err = json.Unmarshal(path[0], &key); err == nil {
		index, err = strconv.Atoi(string(path[1]))
	}
	return key, index, path[2:], err
}

func checkSplit(t *testing.T, m *merge, body []byte) {
	bodies, ok := m.split(new(tape.Tape), body)
	if !ok {
		return
	}
	whole, err := readAnswer(body)
	if err != nil {
		t.Fatalf("what was split is none: %v", err)
	}
	for i, p := range m.parts {
		own, err := readAnswer(bodies[i])
		if err != nil {
			t.Fatalf("part %d: %v", i, err)
		}
		errors := 0
		for l, key := range []string{"_e0", "_e1"} {
			if len(own.data[key]) != len(p.at[l]) {
				t.Fatalf("part %d has %d entities of %s, want %d", i, len(own.data[key]), key, len(p.at[l]))
			}
			for k, at := range p.at[l] {
				if !bytes.Equal(own.data[key][k], whole.data[key][at]) {
					t.Errorf("part %d, %s: entity %d is %s, want %s", i, key, k, own.data[key][k], whole.data[key][at])
				}
				of := func(a answered, index int) (out []string) {
					for _, e := range a.errors {
						if name, n, rest, err := place(e); err == nil && name == key && n == index {
							out = append(out, fmt.Sprintf("%s %s %s", e["message"], rest, e["extensions"]))
						}
					}
					return out
				}
				got, want := of(own, k), of(whole, int(at))
				if !slices.Equal(got, want) {
					t.Errorf("part %d, %s: the errors of entity %d are %q, want %q", i, key, k, got, want)
				}
				errors += len(got)
			}
		}
		if errors != len(own.errors) {
			t.Errorf("part %d has %d errors, %d of them of its own: %s", i, len(own.errors), errors, bodies[i])
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"_e0":[{"a":1.10},null,{"b":"\u00e9"}],"_e1":[{},{"c":[1]}]}}`,
		`{"errors":[{"message":"x","path":["_e0",2,"b"],"extensions":{"n":1e3}},{"path":["\u005fe1",0]}],"data":{"_e1":[1,2],"_e0":[[],{},""]},"extensions":{}}`,
		`{"data":{"_e0":[{},{},{}],"_e0":[1,2,3],"_e1":[0,0]},"data":{"_e0":[4,5,6],"_e1":[7,8]}}`,
		`{"data":{"_e0":[{},{},{}],"_e1":[{},{}]},"errors":[{"path":["_e0",1],"path":["_e1",1]}]}`,
		`{"data":{"_e0":[{},{},{}],"_e1":[{},{}]},"errors":[{"path":["_e0",01]}]}`,
		`{"data":{"_e0":[{},{},{}],"_e1":[{},{}]},"errors":[{"path":["_e0",1.0]},{"path":["_e0",-1]}]}`,
		`{"data":{"_e0":[{},{}],"_e1":[{},{}]},"errors":{}}`, `{"data":null}`, `[]`, `<html>`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) { checkSplit(t, twoLists(), body) })
}

func TestSplitKeepsValuesAsTheyAre(t *testing.T) {
	bodies, ok := twoLists().split(new(tape.Tape), []byte(
		`{"errors":[{"x":1.0,"path":[ "_e0" , 2 ,"b"],"y":[ ]}],"data":{"_e1":[{"a":1e3},null],"_e0":[0.10,{ "z":1,"a":"\u00e9" },12345678901234567890]},"extensions":{"t": 1}}`))
	if !ok {
		t.Fatal("it was not split")
	}
	for i, want := range []string{
		`{"data":{"_e0":[0.10,{ "z":1,"a":"\u00e9" }],"_e1":[{"a":1e3}]},"extensions":{"t": 1}}`,
		`{"data":{"_e0":[12345678901234567890,{ "z":1,"a":"\u00e9" }],"_e1":[null,{"a":1e3}]},"errors":[{"x":1.0,"path":[ "_e0" , 0 ,"b"],"y":[ ]}],"extensions":{"t": 1}}`,
		`{"data":{"_e0":[12345678901234567890],"_e1":[]},"errors":[{"x":1.0,"path":[ "_e0" , 0 ,"b"],"y":[ ]}],"extensions":{"t": 1}}`,
	} {
		if string(bodies[i]) != want {
			t.Errorf("part %d: got  %s\nwant %s", i, bodies[i], want)
		}
	}
}
