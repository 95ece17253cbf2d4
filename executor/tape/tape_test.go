package tape

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// shapeOf makes the shape that expects every other key of the objects in v, and
// lets lists share one.
func shapeOf(v any) *Shape {
	s := &Shape{}
	s.gather(v)
	s.Ready()
	return s
}

func (s *Shape) gather(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.gather(item)
		}
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for i, k := range keys {
			if i%2 == 1 || slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Key == k }) {
				continue
			}
			f := Field{Key: k, Slot: s.Slots}
			switch v[k].(type) {
			case map[string]any, []any:
				f.Child = shapeOf(v[k])
			}
			s.Fields = append(s.Fields, f)
			s.Slots++
		}
	}
}

// expected is what of v the shape keeps.
func (s *Shape) expected(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = s.expected(v[i])
		}
		return out
	case map[string]any:
		if s == nil {
			return v
		}
		out := map[string]any{}
		for _, f := range s.Fields {
			if x, ok := v[f.Key]; ok {
				out[f.Key] = f.Child.expected(x)
			}
		}
		return out
	}
	return v
}

// decode turns a tape value into what encoding/json makes.
func decode(t *testing.T, d Docs, v Value, s *Shape) any {
	switch v.Kind {
	case Object:
		out := map[string]any{}
		for _, f := range s.Fields {
			if x := *d.Slot(v, f.Slot); x.Kind != Missing {
				out[f.Key] = decode(t, d, x, f.Child)
			}
		}
		return out
	case List:
		out := make([]any, v.Len)
		for i, x := range d.Slots(v) {
			out[i] = decode(t, d, x, s)
		}
		return out
	case String:
		text, ok := Unquote(d.Bytes(v))
		if !ok {
			t.Fatalf("string %q does not decode", d.Bytes(v))
		}
		return text
	}
	return decodeAny(t, d.Bytes(v))
}

func decodeAny(t *testing.T, data []byte) any {
	var out any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	return out
}

func depthOf(data []byte) int {
	depth, deepest := 0, 0
	in, escaped := false, false
	for _, c := range data {
		switch {
		case escaped:
			escaped = false
		case in && c == '\\':
			escaped = true
		case c == '"':
			in = !in
		case in:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

func check(t *testing.T, data []byte) {
	const maxDepth = 40
	valid := json.Valid(data) && utf8.Valid(data)
	deep := valid && depthOf(data) > maxDepth
	var shape *Shape
	var want any
	if valid {
		want = decodeAny(t, data)
		shape = shapeOf(want)
	} else {
		shape = shapeOf(map[string]any{"a": nil, "b": map[string]any{}})
	}
	tape := &Tape{}
	v, err := tape.Parse(data, shape, Limits{Depth: maxDepth})
	var limit *LimitError
	switch {
	case deep:
		if !errors.As(err, &limit) {
			t.Fatalf("%q: got %v, want a depth error", data, err)
		}
		return
	case valid != (err == nil):
		if errors.As(err, &limit) || depthOf(data) > maxDepth {
			return
		}
		t.Fatalf("%q: encoding/json says %v, tape %v", data, valid, err)
	case !valid:
		return
	}
	if got := decode(t, Docs{tape}, v, shape); !reflect.DeepEqual(got, shape.expected(want)) {
		t.Fatalf("%q:\n got %#v\nwant %#v", data, got, shape.expected(want))
	}
}

var seeds = []string{
	`{"a":1,"a":null}`, `[{"b":[1],"b":[null]}]`, `null`, ` true `, `false`, `0`, `-0`, `01`, `1.`, `.5`, `-`, `1e`, `1E+5`, `-12.50e-3`, `"`, `""`, `"a`, "\"\x01\"", "\"\xff\"", `"\ud800"`, `"\u12g4"`, `"\x"`,
	`"eight bytes and more than that, äöü, \"quoted\" and 漢字"`, `{}`, `[]`, `[1,2,]`, `[,]`, `{"a":1,}`, `{"a" 1}`, `{a:1}`, `{"a":1 "b":2}`,
	`{"a":{"b":[{"c":1,"d":null},{"d":2,"c":[[]]}]},"e":"f","g":{"h":{}}}`, `{"a":1,"a":2}`, `{"\u0061":1}`, `[[[[]]]]`, `nul`, `truex`, `1 2`, ``, ` `, "\ufeff1",
	`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16,"q":17,"r":18,"s":19,"t":20,"u":21,"v":22,"w":23,"x":24,"y":25,"z":26}`,
	strings.Repeat("[", 41) + strings.Repeat("]", 41), strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40),
}

func TestParseAcceptsWhatEncodingJSONAccepts(t *testing.T) {
	for _, s := range seeds {
		check(t, []byte(s))
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data) })
}

func TestParseResolvesTagsAndNotesAbsentKeys(t *testing.T) {
	s := &Shape{Slots: 3, Strict: true, Tags: map[string]uint16{"Book": 1, "Film": 2, "Medium": 0}, Fields: []Field{
		{Key: "__typename", Slot: 0, Tag: true},
		{Key: "pages", Slot: 1, On: []uint64{1}},
		{Key: "title", Slot: 2},
	}}
	s.Ready()
	tape := &Tape{}
	v, err := tape.Parse([]byte(`[{"__typename":"Book","title":"T"},{"title":"U","__typename":"Film"},{"title":"V","__typename":"Else"},{"__typename":"Medium","title":"W"}]`), s, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d := Docs{tape}
	for i, want := range []uint16{1, 2, UnknownTag, 0} {
		if got := d.Header(*d.Slot(v, i)).Tag(); got != want {
			t.Errorf("object %d has tag %d, want %d", i, got, want)
		}
	}
	if tape.Absent != 1 || tape.FirstAbsent != "pages" {
		t.Errorf("absent: %d, first %q", tape.Absent, tape.FirstAbsent)
	}
	if pages := *d.Slot(*d.Slot(v, 0), 1); !d.Explained(pages) {
		t.Errorf("an absent key is %v", pages)
	}
	if got := string(d.Bytes(*d.Slot(v, 0))); got != `{"__typename":"Book","title":"T"}` {
		t.Errorf("an object's bytes are %s", got)
	}
}

func TestParseRefusesTooManyValues(t *testing.T) {
	s := shapeOf(map[string]any{"a": nil})
	_, err := (&Tape{}).Parse([]byte("["+strings.Repeat("{},", 100)+"{}]"), s, Limits{Values: 100})
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Limit != "values" {
		t.Fatalf("got %v", err)
	}
}

func TestResetPoisonsValues(t *testing.T) {
	tape := &Tape{}
	v, err := tape.Parse([]byte(`[1,2]`), nil, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	items := Docs{tape}.Slots(v)
	tape.Reset(100, true)
	if items[0].Kind == Number {
		t.Error("a released value still reads as a number")
	}
}

func BenchmarkParse(b *testing.B) {
	var doc strings.Builder
	doc.WriteString(`{"users":[`)
	for i := range 400 {
		if i > 0 {
			doc.WriteByte(',')
		}
		fmt.Fprintf(&doc, `{"id":"%d","name":"User number %d","score":%d.5,"bio":"%s","ok":true}`, i, i, i, strings.Repeat("lorem ipsum ", 10))
	}
	doc.WriteString(`]}`)
	data := []byte(doc.String())
	user := &Shape{Slots: 5}
	for i, k := range []string{"id", "name", "score", "bio", "ok"} {
		user.Fields = append(user.Fields, Field{Key: k, Slot: i})
	}
	user.Ready()
	top := &Shape{Slots: 1, Fields: []Field{{Key: "users", Child: user}}}
	top.Ready()
	tape := &Tape{}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		tape.Reset(1<<20, false)
		if _, err := tape.Parse(data, top, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestOneValueUnderTwoKeysIsJoined(t *testing.T) {
	below := func(key string, slot int) *Shape {
		s := &Shape{Slots: 2, Fields: []Field{{Key: key, Slot: slot}}}
		s.Ready()
		return s
	}
	shape := &Shape{Slots: 1, Fields: []Field{{Key: "kin", Child: below("a", 0)}, {Key: "_w1_kin", Child: below("b", 1)}}}
	shape.Ready()
	for text, want := range map[string]string{
		`{"kin":{"a":1},"_w1_kin":{"b":2}}`:               "1 2",
		`{"_w1_kin":{"b":2},"kin":{"a":1}}`:               "1 2",
		`{"kin":{"a":1},"_w1_kin":null}`:                  "1 ",
		`{"kin":null,"_w1_kin":{"b":2}}`:                  " 2",
		`{"kin":[{"a":1},null],"_w1_kin":[{"b":2},null]}`: "1 2",
	} {
		doc := &Tape{}
		top, err := doc.Parse([]byte(text), shape, Limits{Depth: 9, Values: 99})
		if err != nil {
			t.Fatal(err)
		}
		docs := Docs{doc}
		v := *docs.Slot(top, 0)
		if v.Kind == List {
			v = docs.Slots(v)[0]
		}
		if got := fmt.Sprintf("%s %s", docs.Bytes(*docs.Slot(v, 0)), docs.Bytes(*docs.Slot(v, 1))); got != want {
			t.Errorf("%s is read as %q, want %q", text, got, want)
		}
	}
}
