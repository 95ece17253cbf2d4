package executor

import "math/bits"

// shortKey is how many bytes a key may have, as JSON, to be found by its bytes.
const shortKey = 16

// shortEntry is one key that is short, with its representation's number plus one.
type shortEntry struct {
	low, high uint64
	number    int32
}

// representShort is [partState.representSpan] for the one key that is at a place
// and short: its bytes, as two words, are looked up themselves, and nothing else is
// read. Answers of megabytes have it at each of their objects.
func (ps *partState) representShort(x *execution, j *join, d []byte, at keySpan) int32 {
	low, high := shortWords(d, int(at.from), int(at.to-at.from))
	if 2*(len(ps.unique)+1) > len(ps.short) {
		ps.growShort(x)
	}
	mask := uint64(len(ps.short) - 1)
	hash := x.e.shortHash(low, high)
	for i := hash & mask; ; i = (i + 1) & mask {
		e := &ps.short[i]
		if e.low == low && e.high == high {
			return e.number - 1
		}
		if e.number == 0 {
			text := x.appendSpans(ps.text, j, d)
			u := ps.addApart(text, representation{contexts: uint32(len(text)), hash: hash})
			*e = shortEntry{low, high, u + 1}
			return u
		}
	}
}

// shortWords are the bytes of a short key, as two words with zeros after them, which
// no key has.
func shortWords(d []byte, from, size int) (low, high uint64) {
	if len(d)-from < shortKey {
		var padded [shortKey]byte
		copy(padded[:], d[from:from+size])
		return word(padded[:], 0), word(padded[:], 8)
	}
	low, high = word(d, from), word(d, from+8)
	if size < 8 {
		return low & (1<<(8*size) - 1), 0
	}
	return low, high & (1<<(8*(size-8)) - 1)
}

// shortHash mixes a key with the executor's secret: subgraphs' data must not choose
// where it is put.
func (e *Executor) shortHash(low, high uint64) uint64 {
	a, b := bits.Mul64(low^e.secret[0], high^e.secret[1])
	return a ^ b
}

func (ps *partState) growShort(x *execution) {
	old := ps.short
	ps.short = make([]shortEntry, max(16, 2*len(old)))
	mask := uint64(len(ps.short) - 1)
	for _, e := range old {
		if e.number == 0 {
			continue
		}
		i := x.e.shortHash(e.low, e.high) & mask
		for ps.short[i].number != 0 {
			i = (i + 1) & mask
		}
		ps.short[i] = e
	}
}
