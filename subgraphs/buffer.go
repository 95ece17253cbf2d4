package subgraphs

import (
	"io"
	"math/bits"
	"sync"
)

// Buffers come in powers of two. Those larger than the largest are left to the
// garbage collector: one huge answer must not stay in memory for good.
const (
	smallestBuffer = 10 // 1 KiB
	largestBuffer  = 22 // 4 MiB
	unknownSize    = 4 << 10
)

// bufferPool reuses the memory of answers. It keeps sizes apart: otherwise each
// buffer would become as large as the largest answer. The zero value works.
type bufferPool struct {
	pools [largestBuffer - smallestBuffer + 1]sync.Pool
}

// buffer is an answer's memory.
type buffer struct{ bytes []byte }

// get gives an empty buffer with room for at least size bytes.
func (p *bufferPool) get(size int) *buffer {
	class := max(bits.Len(uint(max(size, 1)-1)), smallestBuffer)
	if class > largestBuffer {
		return &buffer{make([]byte, 0, size)}
	}
	if b, _ := p.pools[class-smallestBuffer].Get().(*buffer); b != nil {
		return b
	}
	return &buffer{make([]byte, 0, 1<<class)}
}

func (p *bufferPool) put(b *buffer) {
	size := cap(b.bytes)
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
	b := p.get(int(min(size, limit)) + 1)
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
			larger := p.get(2 * cap(b.bytes))
			larger.bytes = append(larger.bytes, b.bytes...)
			p.put(b)
			b = larger
		}
	}
}
