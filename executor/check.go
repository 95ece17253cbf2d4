package executor

import (
	"encoding/binary"
	"math/bits"

	"github.com/weft-graphql/weft/executor/tape"
)

// checker compares an answer with its form. Its methods give the index after what
// they have checked, or -1.
type checker struct {
	d      []byte
	limits tape.Limits
	values int
	cost   float64
	x      *execution // where entities are joined
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// word are eight bytes as a number, the first one lowest.
func word(d []byte, i int) uint64 { return binary.LittleEndian.Uint64(d[i : i+8]) }

// object checks an object at a depth of nesting. It is one loop without calls for
// what answers mostly consist of, because they may have megabytes.
func (c *checker) object(f *form, i, depth int) int {
	if depth+f.depth > c.limits.Depth {
		return -1
	}
	d, moves := c.d[:len(c.d):len(c.d)], f.moves
	for at := 0; at < len(moves); {
		m := &moves[at]
		if m.kind >= readNext {
			if i >= len(d) {
				return -1
			}
			switch b := d[i]; {
			case m.kind == readEnd && b == '}':
				c.cost += m.cost
				if c.values += m.values; c.values > c.limits.Values {
					return -1
				}
				if m.form.joins != nil {
					c.x.join(m.form, i)
				}
				at++
			case m.kind == readNext && b == ',':
				at = m.next
			case m.kind == readNext && b == ']':
				at++
			default:
				return -1
			}
			i++
			continue
		}
		n := m.length
		if len(d)-i < n+8 || (word(d, i)^m.head)&m.mask != 0 || n > 8 && (word(d, i+n-8) != m.tail || n > 16 && string(d[i+8:i+n-8]) != m.middle) {
			if i, at = c.piecewise(m, at, i, depth); i < 0 {
				return -1
			}
			continue
		}
		from, end := i+n, 0
		switch m.kind {
		case readList:
			c.values += m.values
			if i, at = from, at+1; d[i] == ']' {
				i, at = i+1, m.next
			}
			continue
		case readText:
			// Mostly printable ASCII without escapes. The lowest mark of a word is exact: a
			// false one needs a borrow from a true one below it.
			for i = from; len(d)-i >= 8; i += 8 {
				w := word(d, i)
				marks := (((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones) | (w - ones*0x20) | w) & highs
				if marks != 0 {
					if i += bits.TrailingZeros64(marks) / 8; d[i] == '"' {
						end = i + 1
					}
					break
				}
			}
			from--
		case readInt:
			end = plainInt(d, from)
		}
		if end == 0 {
			if end = c.leafOf(m, from, depth); end < 0 {
				return -1
			}
		} else if m.field.key > 0 {
			c.x.cut.keys[m.field.key-1] = keySpan{uint32(from), uint32(end)}
		}
		i = end
		at++
	}
	return i
}

// plainInt finds the end of an Int of at most nine digits, 0 where it is not that.
func plainInt(d []byte, i int) int {
	from := i
	if d[i] == '-' {
		from, i = i+1, i+1
	}
	for i < len(d) && d[i]-'0' <= 9 {
		i++
	}
	if n := i - from; n == 0 || n > 9 || n > 1 && d[from] == '0' || i >= len(d) || d[i] == '.' || d[i]|0x20 == 'e' {
		return 0
	}
	return i
}

// piecewise makes a move whose text is not there as it mostly is, or too near to
// the end of the answer. It gives the next move, too.
func (c *checker) piecewise(m *move, at, i, depth int) (end, next int) {
	for k, p := range m.pieces {
		if len(c.d)-i <= len(p.text) || string(c.d[i:i+len(p.text)]) != p.text {
			return -1, 0
		}
		if i += len(p.text); c.d[i] != 'n' {
			continue
		}
		if k == len(m.pieces)-1 && m.field.key > 0 {
			return -1, 0 // without a key there is nothing to ask for
		}
		c.values++ // it may be a list's
		return c.null(p.nonNull, i), p.after
	}
	if m.kind != readList {
		return c.leafOf(m, i, depth), at + 1
	}
	if c.d[i] != '[' {
		return -1, 0
	}
	c.values += m.values
	if i++; i < len(c.d) && c.d[i] == ']' {
		return i + 1, m.next
	}
	return i, at + 1
}

// leafOf checks the leaf, or the list of leaves, of a move.
func (c *checker) leafOf(m *move, i, depth int) int {
	end := c.value(m.field, 0, i, depth+m.depth)
	if end > 0 && m.field.key > 0 {
		if c.d[i] == 'n' {
			return -1
		}
		c.x.cut.keys[m.field.key-1] = keySpan{uint32(i), uint32(end)}
	}
	return end
}

// null checks for null where there may be one.
func (c *checker) null(nonNull bool, i int) int {
	if nonNull || len(c.d)-i < 4 || string(c.d[i:i+4]) != "null" {
		return -1
	}
	return i + 4
}

// value checks a leaf, or a list of leaves at a list level of its field, inside
// something of the depth.
func (c *checker) value(f *formField, level, i, depth int) int {
	if i >= len(c.d) {
		return -1
	}
	nonNull := f.nonNull
	if level < len(f.lists) {
		nonNull = f.lists[level]
	}
	switch {
	case c.d[i] == 'n':
		return c.null(nonNull, i)
	case level < len(f.lists):
		return c.list(f, level, i, depth+1)
	}
	if level > 0 {
		c.cost += f.itemCost
	}
	return c.leaf(f, i, depth)
}

func (c *checker) list(f *formField, level, i, depth int) int {
	if c.d[i] != '[' || depth > c.limits.Depth {
		return -1
	}
	if i++; i < len(c.d) && c.d[i] == ']' {
		return i + 1
	}
	for {
		if c.values++; c.values > c.limits.Values {
			return -1
		}
		if i = c.value(f, level+1, i, depth); i < 0 || i >= len(c.d) {
			return -1
		}
		switch c.d[i] {
		case ',':
			i++
		case ']':
			return i + 1
		default:
			return -1
		}
	}
}

// leaf checks a leaf that needs no rewriting.
func (c *checker) leaf(f *formField, i, depth int) int {
	switch b := c.d[i]; {
	case f.leaf == customLeaf:
		end, ok := tape.ScanValue(c.d, i, depth, c.limits)
		if !ok {
			return -1
		}
		return end
	case b == '"':
		return c.text(f, i)
	case f.leaf == booleanLeaf:
		for _, word := range [...]string{"true", "false"} {
			if n := len(word); len(c.d)-i >= n && string(c.d[i:i+n]) == word {
				return i + n
			}
		}
		return -1
	case f.leaf == floatLeaf || f.leaf == intLeaf:
		end, problem := tape.ScanNumber(c.d, i)
		if problem != "" || f.leaf == intLeaf && (end-i > 9 || !integer(c.d[i:end])) {
			return -1
		}
		return end
	}
	return -1
}

// text checks a string.
func (c *checker) text(f *formField, i int) int {
	end, escaped, problem := tape.ScanString(c.d, i)
	switch {
	case problem != "":
		return -1
	case f.leaf == stringLeaf || f.leaf == idLeaf:
		return end
	case f.leaf == enumLeaf && !escaped:
		if _, ok := f.enum[string(c.d[i+1:end-1])]; ok {
			return end
		}
	}
	return -1
}
