package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/weft-graphql/weft/subgraphs/source/settings"
)

// field is one key of a section, read from a struct field and its tags.
type field struct {
	// key is empty for the map that takes every key without a field of its own.
	key   string
	named bool
	// source is "Struct.Field", under which doc comments are found.
	source string
	index  []int
	typ    reflect.Type
	tag    reflect.StructTag
	// inherits says in words where the default comes from when it is no constant.
	inherits string
}

// fieldsOf lists the keys of a struct in its order; embedded structs count as if written out.
func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, option, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		inherits := sf.Tag.Get("inherits")
		if option == "inline" {
			for _, inner := range fieldsOf(sf.Type) {
				inner.index = append([]int{i}, inner.index...)
				inner.inherits = inherits
				all = append(all, inner)
			}
			continue
		}
		all = append(all, field{
			key: name, named: option == "named", source: t.Name() + "." + sf.Name,
			index: []int{i}, typ: sf.Type, tag: sf.Tag, inherits: inherits,
		})
	}
	return all
}

func (f field) secret() bool   { return f.tag.Get("secret") != "" }
func (f field) required() bool { return f.tag.Get("required") != "" }
func (f field) either() bool   { return f.tag.Get("either") != "" }
func (f field) off() bool      { return f.tag.Get("off") != "" }
func (f field) example() string {
	return f.tag.Get("example")
}

// enum lists the values that are allowed; nil allows every value of the type.
func (f field) enum() []string {
	if list := f.tag.Get("enum"); list != "" {
		return strings.Split(list, ",")
	}
	return nil
}

// bounds gives the least and the greatest value; ok is false where there are none.
func (f field) bounds() (low, high int64, ok bool) {
	lowText, highText := f.tag.Get("min"), f.tag.Get("max")
	if lowText == "" || highText == "" {
		return 0, 0, false
	}
	l, h := reflect.New(f.typ).Elem(), reflect.New(f.typ).Elem()
	if setText(l, lowText) != nil || setText(h, highText) != nil {
		return 0, 0, false
	}
	return l.Int(), h.Int(), true
}

// allowed says in words what the key takes, after "must be".
func (f field) allowed() string {
	within := ""
	if _, _, ok := f.bounds(); ok {
		within = " from " + f.tag.Get("min") + " to " + f.tag.Get("max")
	}
	switch f.typ {
	case reflect.TypeFor[Duration]():
		return "a duration" + within + ", such as 10ms, 30s or 1h30m"
	case reflect.TypeFor[Size]():
		return "a size" + within + ", such as 64KiB, 8MiB or a number of bytes"
	case reflect.TypeFor[Rate]():
		return fmt.Sprintf("1 to %d points per second, minute or hour, such as 1000/s, 50/m or 100/h", maxRatePoints)
	}
	switch f.typ.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number" + within
	case reflect.String:
		if enum := f.enum(); enum != nil {
			return "one of " + strings.Join(enum, ", ")
		}
		return "a string (put it in quotes if it looks like something else)"
	case reflect.Slice:
		return "a list"
	case reflect.Map:
		return "a section with a key for each name"
	}
	return "a section with the keys " + strings.Join(keysOf(f.typ), ", ")
}

// isText says whether a type reads and writes itself as one scalar.
func isText(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// isChoice says whether a struct is a choice: all of its fields are pointers, and exactly one of them is set.
func isChoice(t reflect.Type) bool {
	for field := range t.Fields() {
		if field.Type.Kind() != reflect.Pointer {
			return false
		}
	}
	return t.NumField() > 0
}

// keysOf lists the keys of a section.
func keysOf(t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var keys []string
	for _, f := range fieldsOf(t) {
		if f.named {
			keys = append(keys, "NAME")
		} else {
			keys = append(keys, f.key)
		}
	}
	return keys
}

// setText sets a scalar from its text.
func setText(v reflect.Value, text string) error {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("must be true or false")
		}
		v.SetBool(text == "true")
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("must be a whole number")
		}
		v.SetInt(n)
	default:
		return fmt.Errorf("%s is no scalar", v.Type())
	}
	return nil
}

// textOf is the inverse of setText.
func textOf(v reflect.Value) string { return fmt.Sprint(v.Interface()) }

// newElement makes the value that an element of a map field starts from: what its parent says, or zero.
func newElement(parent reflect.Value, elem reflect.Type) reflect.Value {
	v := reflect.New(elem).Elem()
	switch p := parent.Addr().Interface().(type) {
	case *Subgraphs:
		v.Set(reflect.ValueOf(p.Get("")))
	case *Cache:
		v.Set(reflect.ValueOf(p.subgraphDefault()))
	}
	return v
}

// newSection makes the value that an optional section starts from once it is there.
func newSection(t reflect.Type) reflect.Value {
	switch t {
	case reflect.TypeFor[Budgets]():
		return reflect.ValueOf(DefaultBudgets())
	case reflect.TypeFor[Cache]():
		return reflect.ValueOf(DefaultCache())
	case reflect.TypeFor[ForwardResponse]():
		return reflect.ValueOf(&ForwardResponse{Take: TakeLast})
	}
	return reflect.New(t)
}

// join appends a key to a path; a name that is no plain word is quoted.
func join(path, key string) string {
	plain := key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return !(r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	})
	if !plain || len(key) > settings.MaxShown {
		key = settings.Show(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
