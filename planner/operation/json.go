package operation

import (
	"bytes"
	"encoding/json"
)

// The functions here cut JSON that is known to be valid into its parts without
// copying it, so that what a client sent can be forwarded as it is.

// space skips white space.
func space(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// value cuts the first value off valid JSON.
func value(b []byte) (v, rest []byte) {
	b = space(b)
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
			if depth == 0 {
				return b[:i+1], b[i+1:]
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return b[:i], b[i:]
			}
			if depth--; depth == 0 {
				return b[:i+1], b[i+1:]
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return b[:i], b[i:]
			}
		}
	}
	return b, nil
}

// stringEnd is the index of the quote that ends the string which begins at i.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return min(i, len(b)-1)
}

// member is one entry of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// members cuts a valid JSON object into its entries, in order.
func members(object []byte) []member {
	var out []member
	rest := space(object)[1:]
	for {
		rest = space(rest)
		if len(rest) == 0 || rest[0] == '}' {
			return out
		}
		if rest[0] == ',' {
			rest = rest[1:]
			continue
		}
		var name, val []byte
		name, rest = value(rest)
		val, rest = value(space(rest)[1:]) // the colon
		out = append(out, member{name: unquote(name), value: val})
	}
}

// items cuts a valid JSON array into its values.
func items(array []byte) []json.RawMessage {
	var out []json.RawMessage
	rest := space(array)[1:]
	for {
		rest = space(rest)
		if len(rest) == 0 || rest[0] == ']' {
			return out
		}
		if rest[0] == ',' {
			rest = rest[1:]
			continue
		}
		var item []byte
		item, rest = value(rest)
		out = append(out, item)
	}
}

// unquote gives the text of a valid JSON string.
func unquote(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 && len(b) >= 2 {
		return string(b[1 : len(b)-1])
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return string(b)
	}
	return s
}

// isNull reports whether valid JSON is null.
func isNull(b []byte) bool { return len(b) > 0 && b[0] == 'n' }
