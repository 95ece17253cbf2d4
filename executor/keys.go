package executor

import (
	"hash/maphash"
	"math/bits"
)

// shortKey is how many bytes a key may have, as JSON, to be told apart as words.
const shortKey = 16

// keyWords are the bytes of a short key with zeros after them, which no key has.
type keyWords struct{ low, high uint64 }

func wordsOf(d []byte, from, size int) keyWords {
	if len(d)-from < shortKey {
		var padded [shortKey]byte
		copy(padded[:], d[from:from+size])
		return keyWords{word(padded[:], 0), word(padded[:], 8)}
	}
	k := keyWords{word(d, from), word(d, from+8)}
	if size < 8 {
		return keyWords{low: k.low & (1<<(8*size) - 1)}
	}
	k.high &= 1<<(8*(size-8)) - 1
	return k
}

// hash mixes a key with a secret: the data must not choose where it is put.
func (k keyWords) hash(secret *[2]uint64) uint64 {
	a, b := bits.Mul64(k.low^secret[0], k.high^secret[1])
	return a ^ b
}

// hashKey hashes a key of any length.
func (e *Executor) hashKey(d []byte, at keySpan) uint64 {
	if size := int(at.to - at.from); size <= shortKey {
		return wordsOf(d, int(at.from), size).hash(&e.secret)
	}
	return maphash.Bytes(e.seed, d[at.from:at.to])
}

// representShort is [partState.representSpan] for the one key that is at a place
// and short: only its bytes are compared. Answers of megabytes have it at each of
// their objects.
func (ps *partState) representShort(x *execution, j *join, d []byte, at keySpan) int32 {
	key := wordsOf(d, int(at.from), int(at.to-at.from))
	hash := key.hash(&x.e.secret)
	if 2*(len(ps.unique)+1) > len(ps.table) {
		ps.grow()
	}
	mask := uint64(len(ps.table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		n := ps.table[i]
		if n == 0 {
			return ps.addSpan(x, j, d, int32(i), hash, key)
		}
		if ps.keys[n-1] == key {
			return n - 1
		}
	}
}
