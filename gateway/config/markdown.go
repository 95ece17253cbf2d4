package config

import (
	"fmt"
	"reflect"
	"strings"
)

const markdownIntro = `# Configuration

<!-- Made by "go generate ./gateway/config" from the structs of that package. Do not edit. -->

` + "`weft serve --config weft.yaml`" + ` reads this file; ` + "`weft validate --config weft.yaml`" + ` checks it without starting anything, and
` + "`weft config schema`" + ` prints its JSON schema for editors. A flag wins over its environment variable (` + "`WEFT_`" + ` and the flag's
name), which wins over the file, which wins over the defaults below.

- **Strict.** An unknown key, a value of the wrong type or out of its range, and a key that is there twice are errors. All of
  them are reported at once, with file, line and column.
- **Variables.** A value may hold ` + "`${NAME}`" + ` or ` + "`${NAME:-default}`" + `; the default also stands in for an empty variable; ` + "`${env.NAME}`" + ` is ` + "`${NAME}`" + `. A variable that
  is not set and has no default is an error. ` + "`$$`" + ` is a dollar sign. What a variable holds is always one value, never more YAML.
  Inside ` + "`{…}`" + ` and ` + "`[…]`" + ` YAML wants such a value in quotes.
- **Durations** are written ` + "`10ms`, `30s`, `1h30m`" + `; **sizes** ` + "`64KiB`, `8MiB`" + ` (or ` + "`KB`, `MB`" + ` for powers of ten) or as a plain number of bytes.
- **Paths** count from the folder of weft.yaml.
- **Aliases** (` + "`*name`" + `) are followed, merge keys (` + "`<<`" + `) are not. A file of more than %s, or of more than %d values with its aliases
  counted out, is refused.

`

// Markdown returns the reference page docs/configuration.md, made from the structs of this package.
func Markdown() ([]byte, error) {
	root, err := describeConfig()
	if err != nil {
		return nil, err
	}
	example, err := Example()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, markdownIntro, Size(maxFile), maxNodes)
	b.WriteString("## Keys at the top\n\n")
	writeTable(&b, root)
	for _, e := range root.entries {
		writeSections(&b, e, "##")
	}
	b.WriteString("## Example\n\nEvery key, with its default where it has one. Lines that are commented out are alternatives.\n\n```yaml\n")
	b.Write(example)
	b.WriteString("```\n")
	return []byte(b.String()), nil
}

// writeSections writes the section e and those inside it, each with its table.
func writeSections(b *strings.Builder, e entry, level string) {
	if len(e.entries) == 0 {
		return
	}
	fmt.Fprintf(b, "%s `%s`\n\n%s\n\n", level, elementPath(e), e.doc)
	writeTable(b, e)
	for _, inner := range e.entries {
		writeSections(b, inner, "###")
	}
}

func writeTable(b *strings.Builder, e entry) {
	b.WriteString("| Key | Type | Default | Meaning |\n|---|---|---|---|\n")
	for _, key := range e.entries {
		name := key.key
		if key.named {
			name = "NAME"
		}
		meaning := key.doc
		if _, _, ok := key.bounds(); ok {
			meaning += fmt.Sprintf(" From `%s` to `%s`.", key.tag.Get("min"), key.tag.Get("max"))
		}
		if enum := key.enum(); enum != nil {
			meaning += " One of `" + strings.Join(enum, "`, `") + "`."
		}
		if len(key.entries) > 0 {
			path := elementPath(key)
			meaning += fmt.Sprintf(" See [`%s`](#%s).", path, anchor(path))
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, typeName(key.typ), defaultText(key), strings.ReplaceAll(meaning, "|", `\|`))
	}
	b.WriteString("\n")
}

// anchor is how GitHub names the heading of a path.
func anchor(path string) string {
	return strings.ToLower(strings.NewReplacer(".", "", "[", "", "]", "").Replace(path))
}

func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Duration]():
		return "duration"
	case reflect.TypeFor[Size]():
		return "size"
	case reflect.TypeFor[Rate]():
		return "rate"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "number"
	case reflect.String:
		return "string"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return "list of strings"
		}
		return "list"
	case reflect.Map:
		return "sections by name"
	}
	return "section"
}

func defaultText(e entry) string {
	switch {
	case e.required():
		return "must be given"
	case e.inherits != "" && len(e.entries) == 0:
		return e.inherits
	case isText(e.typ):
		return "`" + textOf(e.value) + "`"
	case e.typ.Kind() == reflect.Slice:
		var items []string
		for i := range e.value.Len() {
			items = append(items, "`"+flow(e.value.Index(i))+"`")
		}
		if items == nil {
			return "empty"
		}
		return strings.Join(items, ", ")
	case e.typ.Kind() == reflect.Pointer:
		return "absent"
	case len(e.entries) > 0:
		return ""
	case textOf(e.value) == "":
		return "none"
	}
	return "`" + textOf(e.value) + "`"
}
