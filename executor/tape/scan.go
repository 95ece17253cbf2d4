package tape

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// ScanNumber finds the end of the number that begins at d[i]. The problem is empty
// where there is one.
func ScanNumber(d []byte, i int) (end int, problem string) {
	if d[i] == '-' {
		i++
	}
	switch {
	case i < len(d) && d[i] == '0':
		i++
	case i < len(d) && '1' <= d[i] && d[i] <= '9':
		i = digits(d, i)
	default:
		return i, "a number without digits"
	}
	if i < len(d) && d[i] == '.' {
		from := i + 1
		if i = digits(d, from); i == from {
			return i, "a number without digits after its point"
		}
	}
	if i < len(d) && (d[i] == 'e' || d[i] == 'E') {
		i++
		if i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		from := i
		if i = digits(d, from); i == from {
			return i, "a number without digits in its exponent"
		}
	}
	return i, ""
}

func digits(d []byte, i int) int {
	for i < len(d) && '0' <= d[i] && d[i] <= '9' {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// ScanString finds the end of the string whose opening quote is d[i]: the index
// after its closing quote, or where the problem is. The problem is empty where
// there is none.
//
// It looks at eight bytes at a time: the lowest marked byte of a word is exact,
// because a false mark needs a borrow from a true one below it.
func ScanString(d []byte, i int) (end int, escaped bool, problem string) {
	start := i
	i++
	var high uint64
	for {
		for i+8 <= len(d) {
			w := binary.LittleEndian.Uint64(d[i:])
			q, s := w^(ones*'"'), w^(ones*'\\')
			high |= w & highs
			if m := ((q-ones)&^q | (s-ones)&^s | (w-ones*0x20)&^w) & highs; m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i >= len(d) {
			return i, escaped, "the document ends in a string"
		}
		switch c := d[i]; {
		case c == '"':
			if high != 0 && !utf8.Valid(d[start:i]) {
				return start, escaped, "a string that is not UTF-8"
			}
			return i + 1, escaped, ""
		case c == '\\':
			escaped = true
			n := escape(d[i:])
			if n == 0 {
				return i, escaped, "an escape sequence that does not exist"
			}
			i += n
		case c < 0x20:
			return i, escaped, "a control character in a string"
		default:
			high |= uint64(c) & 0x80
			i++
		}
	}
}

// escape gives the length of the escape sequence that d begins with, 0 where
// there is none.
func escape(d []byte) int {
	if len(d) < 2 {
		return 0
	}
	switch d[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(d) < 6 {
			return 0
		}
		for _, c := range d[2:6] {
			if ('0' > c || c > '9') && ('a' > c || c > 'f') && ('A' > c || c > 'F') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// ScanValue finds the end of the value that begins at d[i], without white space
// before it, at a depth of nesting. It reports whether it is JSON within the
// limits.
func ScanValue(d []byte, i, depth int, limits Limits) (end int, ok bool) {
	if i >= len(d) || d[i] <= ' ' {
		return i, false
	}
	t := Tape{Data: d, limits: limits.orDefaults()}
	end = t.skip(i, depth)
	return end, end >= 0
}
