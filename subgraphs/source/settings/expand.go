// Package settings holds what the files that people write settings in (weft.yaml
// and supergraph.yaml) have in common: variables of the environment, misspelt
// keys, and how values stand in errors.
package settings

import (
	"errors"
	"fmt"
	"strings"
)

// maxExpanded is the longest text, in bytes, that a value may expand to.
const maxExpanded = 64 << 10

// Expand replaces ${NAME}, ${NAME:-default} and rover's ${env.NAME} in a scalar's text by what env says, and $$ by $. As
// in a shell, :- also replaces an empty variable. It works on the text of one scalar that is already parsed, so a variable
// never becomes YAML structure, and what it puts in is not expanded again. Its errors go on from what names the value:
// "needs the environment variable `A`, which …".
func Expand(text string, env func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		if after, ok := strings.CutPrefix(rest, "$"); ok {
			b.WriteByte('$')
			text = after
			continue
		}
		body, closed := strings.CutPrefix(rest, "{")
		if closed {
			body, text, closed = strings.Cut(body, "}")
		}
		if !closed {
			return "", errors.New("has a $ that starts no ${NAME} or ${NAME:-default}; write $$ for a dollar sign")
		}
		value, err := lookup(body, env)
		if err != nil {
			return "", err
		}
		if b.Len()+len(value) > maxExpanded {
			return "", fmt.Errorf("expands to more than %dKiB", maxExpanded>>10)
		}
		b.WriteString(value)
	}
}

// lookup answers for what stands between the braces.
func lookup(body string, env func(string) (string, bool)) (string, error) {
	name, fallback, hasFallback := strings.Cut(strings.TrimPrefix(body, "env."), ":-")
	if !isVariable(name) {
		return "", fmt.Errorf("names no variable in %s; a name has letters, digits and _ and may be followed by :-default", Show("${"+name+"}"))
	}
	if strings.Contains(fallback, "${") {
		return "", fmt.Errorf("has a variable inside the default of ${%s}; a default is plain text", name)
	}
	value, set := "", false
	if env != nil {
		value, set = env(name)
	}
	switch {
	case set && (value != "" || !hasFallback):
		return value, nil
	case hasFallback:
		return strings.ReplaceAll(fallback, "$$", "$"), nil
	}
	return "", fmt.Errorf("needs the environment variable %s, which is not set; set it or write ${%s:-default}", Show(name), name)
}

// Variables names the variables in a text for an error, without the text around them and their defaults, which may be secret.
func Variables(text string) string {
	var names []string
	for text = strings.ReplaceAll(text, "$$", ""); ; {
		_, rest, found := strings.Cut(text, "${")
		if !found {
			return strings.Join(names, " and ")
		}
		var body string
		body, text, _ = strings.Cut(rest, "}")
		name, _, _ := strings.Cut(strings.TrimPrefix(body, "env."), ":-")
		names = append(names, Show("${"+name+"}"))
	}
}

func isVariable(name string) bool {
	for i, r := range name {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}
