package config

import (
	"fmt"
	"reflect"
	"strings"
)

// exampleWidth is where the comments of the example break, in characters.
const exampleWidth = 110

// Example returns a weft.yaml with every key and its meaning, that Validate accepts. Values are the defaults, or examples
// where the default is empty.
func Example() ([]byte, error) {
	root, err := describeConfig()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, e := range root.entries {
		if i > 0 {
			b.WriteString("\n")
		}
		writeExample(&b, e, "")
	}
	return []byte(b.String()), nil
}

// writeExample writes one key with its comment. What a subgraph inherits was explained where it comes from.
func writeExample(b *strings.Builder, e entry, indent string) {
	if e.inherits == "" || len(e.entries) == 0 && e.tag.Get("inherits") != "" {
		writeComment(b, e.doc, indent)
	}
	if e.off() {
		fmt.Fprintf(b, "%s# %s: %s\n", indent, e.key, e.example())
		return
	}
	if e.named {
		fmt.Fprintf(b, "%s%s:\n", indent, e.example())
	} else {
		fmt.Fprintf(b, "%s%s:", indent, e.key)
	}
	inner := indent + "  "
	switch {
	case e.typ.Kind() == reflect.Slice && (len(e.entries) == 0 || e.value.Len() > 0):
		b.WriteString("\n")
		for i := range e.value.Len() {
			fmt.Fprintf(b, "%s- %s\n", inner, flow(e.value.Index(i)))
		}
	case e.typ.Kind() == reflect.Slice:
		b.WriteString("\n")
		var item strings.Builder
		for _, key := range e.entries {
			writeExample(&item, key, inner+"  ")
		}
		b.WriteString(inner + "- " + strings.TrimLeft(item.String(), " "))
	case e.typ.Kind() == reflect.Map && !e.named:
		fmt.Fprintf(b, "\n%s%s:\n", inner, e.example())
		writeAll(b, e.entries, inner+"  ")
	case len(e.entries) > 0:
		if !e.named {
			b.WriteString("\n")
		}
		writeAll(b, e.entries, inner)
	default:
		text := textOf(e.value)
		if e.example() != "" && e.value.IsZero() {
			text = e.example()
		}
		fmt.Fprintf(b, " %s\n", text)
	}
}

func writeAll(b *strings.Builder, entries []entry, indent string) {
	for _, e := range entries {
		writeExample(b, e, indent)
	}
}

func writeComment(b *strings.Builder, text, indent string) {
	line := indent + "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > exampleWidth {
			b.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// flow writes an item of a list on one line: a scalar, or a section of scalars.
func flow(v reflect.Value) string {
	if v.Kind() != reflect.Struct || isText(v.Type()) {
		return textOf(v)
	}
	var pairs []string
	for _, f := range fieldsOf(v.Type()) {
		pairs = append(pairs, f.key+": "+textOf(v.FieldByIndex(f.index)))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
