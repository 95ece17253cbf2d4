package subgraphs

import (
	"fmt"
	"io"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/weft-graphql/weft/executor"
)

// Buffers come in powers of two. Those larger than the largest are left to the
// garbage collector: one huge answer must not stay in memory for good.
const (
	smallestBuffer = 10 // 1 KiB
	largestBuffer  = 22 // 4 MiB
	unknownSize    = 4 << 10
)

// smallBuffer is what an answer may take however much is held already: a few
// large answers must leave room for many small ones.
const smallBuffer = 64 << 10

// bufferPool reuses the memory of answers. It keeps sizes apart: otherwise each
// buffer would become as large as the largest answer. The zero value works.
type bufferPool struct {
	// limit is how much may be held; 0 is no limit.
	limit int64
	// held is the memory of the buffers that are in use.
	held  atomic.Int64
	pools [largestBuffer - smallestBuffer + 1]sync.Pool
}

// buffer is an answer's memory.
type buffer struct{ bytes []byte }

// get gives an empty buffer with room for at least size bytes, or the error that
// too much is held for it.
func (p *bufferPool) get(size int) (*buffer, error) {
	class := max(bits.Len(uint(max(size, 1)-1)), smallestBuffer)
	if class <= largestBuffer {
		size = 1 << class
	}
	if held := p.held.Add(int64(size)); p.limit > 0 && size > smallBuffer && held > p.limit/4*3 {
		p.held.Add(-int64(size))
		return nil, &executor.FetchError{Code: CodeOverloaded, Message: fmt.Sprintf(
			"the answer of a subgraph was given up: the gateway holds as much of answers as it may, %d bytes (limits.held_answers)", p.limit)}
	}
	if class > largestBuffer {
		return &buffer{make([]byte, 0, size)}, nil
	}
	if b, _ := p.pools[class-smallestBuffer].Get().(*buffer); b != nil {
		return b, nil
	}
	return &buffer{make([]byte, 0, size)}, nil
}

func (p *bufferPool) put(b *buffer) {
	size := cap(b.bytes)
	p.held.Add(-int64(size))
	class := bits.Len(uint(size)) - 1
	if size != 1<<class || class < smallestBuffer || class > largestBuffer {
		return
	}
	b.bytes = b.bytes[:0]
	p.pools[class-smallestBuffer].Put(b)
}

// read reads to the end, or one byte beyond the limit, which tells an answer of
// exactly the limit from a longer one. size is what r is expected to have, less
// than 0 where that is not known.
func (p *bufferPool) read(r io.Reader, size, limit int64) (*buffer, error) {
	if size < 0 {
		size = unknownSize
	}
	// One byte to spare finds the end without growing.
	b, err := p.get(int(min(size, limit)) + 1)
	if err != nil {
		return nil, err
	}
	for {
		free := b.bytes[len(b.bytes):min(int64(cap(b.bytes)), limit+1)]
		n, err := r.Read(free)
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case err == io.EOF || int64(len(b.bytes)) > limit: //nolint:errorlint // a Reader returns io.EOF as it is
			return b, nil
		case err != nil:
			p.put(b)
			return nil, err
		case len(b.bytes) == cap(b.bytes):
			larger, err := p.get(int(min(2*int64(cap(b.bytes)), limit+1)))
			if err != nil {
				p.put(b)
				return nil, err
			}
			larger.bytes = append(larger.bytes, b.bytes...)
			p.put(b)
			b = larger
		}
	}
}
