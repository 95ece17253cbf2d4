package subgraphs

import (
	"bytes"
	"sync"
)

// maxPooled is the capacity above which a buffer is left to the garbage
// collector: one huge answer must not stay in memory for good.
const maxPooled = 4 << 20

// bufferPool reuses the memory of answers. The zero value works.
type bufferPool struct{ pool sync.Pool }

// get gives an empty buffer with room for size bytes where size is known (>= 0).
func (p *bufferPool) get(size int64) *bytes.Buffer {
	b, _ := p.pool.Get().(*bytes.Buffer)
	if b == nil {
		b = new(bytes.Buffer)
	}
	if size > 0 && size <= maxPooled {
		// ReadFrom wants bytes.MinRead to spare to find the end without growing.
		b.Grow(int(size) + bytes.MinRead)
	}
	return b
}

func (p *bufferPool) put(b *bytes.Buffer) {
	if b.Cap() > maxPooled {
		return
	}
	b.Reset()
	p.pool.Put(b)
}
