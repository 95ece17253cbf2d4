package executor

import (
	"math"
	"strconv"

	"github.com/weft-graphql/weft/executor/tape"
)

// leafKind says how a leaf's result is coerced (specification section 3.5).
type leafKind uint8

const (
	customLeaf leafKind = iota // anything
	intLeaf
	floatLeaf
	stringLeaf
	booleanLeaf
	idLeaf
	enumLeaf
)

func leafOf(name string) leafKind {
	switch name {
	case "Int":
		return intLeaf
	case "Float":
		return floatLeaf
	case "String":
		return stringLeaf
	case "Boolean":
		return booleanLeaf
	case "ID":
		return idLeaf
	}
	return customLeaf
}

// coerce appends a leaf's value as its type has it, and reports whether it can.
// What has the right kind is copied; only an ID given as an integer and an Int
// given with a fraction of zero or an exponent are rewritten. Other kinds are
// refused: a subgraph that sends them breaks its schema.
func (f *fieldProgram) coerce(out []byte, v tape.Value, raw []byte) ([]byte, bool) {
	switch f.leaf {
	case stringLeaf:
		return append(out, raw...), v.Kind == tape.String
	case floatLeaf:
		return append(out, raw...), v.Kind == tape.Number
	case booleanLeaf:
		return append(out, raw...), v.Kind == tape.True || v.Kind == tape.False
	case idLeaf:
		if v.Kind == tape.Number && integer(raw) {
			out = append(out, '"')
			return append(append(out, raw...), '"'), true
		}
		return append(out, raw...), v.Kind == tape.String
	case intLeaf:
		return coerceInt(out, v, raw)
	case enumLeaf:
		if v.Kind != tape.String {
			return out, false
		}
		name := raw[1 : len(raw)-1]
		if v.Flags&tape.Escaped != 0 {
			plain, _ := tape.Unquote(raw)
			name = []byte(plain)
		}
		_, ok := f.enum[string(name)]
		out = append(out, '"')
		return append(append(out, name...), '"'), ok
	}
	return append(out, raw...), true
}

func coerceInt(out []byte, v tape.Value, raw []byte) ([]byte, bool) {
	if v.Kind != tape.Number {
		return out, false
	}
	if integer(raw) {
		if len(raw) < 10 {
			return append(out, raw...), true
		}
		_, err := strconv.ParseInt(string(raw), 10, 32)
		return append(out, raw...), err == nil
	}
	x, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || x != math.Trunc(x) || x < math.MinInt32 || x > math.MaxInt32 {
		return out, false
	}
	return strconv.AppendInt(out, int64(x), 10), true
}

// integer reports whether a JSON number has neither fraction nor exponent.
func integer(raw []byte) bool {
	for _, c := range raw {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}
