package subgraphs

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/weft-graphql/weft/executor"
)

// Buffers come in powers of two, and from a size on in four steps between each two,
// so that an answer of a little more than 8 MiB does not count as 16. Those larger
// than the largest are left to the garbage collector: one huge answer must not stay
// in memory for good.
const (
	smallestBuffer = 10 // 1 KiB
	steppedBuffer  = 20 // 1 MiB
	largestBuffer  = 24 // 16 MiB
	// partBuffer is from where on an answer of unknown size is gathered in parts.
	partBuffer  = 22 // 4 MiB
	unknownSize = 4 << 10
)

// classes is how many sizes of buffers are pooled.
const classes = steppedBuffer - smallestBuffer + 4*(largestBuffer-steppedBuffer) + 1

// classOf gives the class of the buffers for a size, and what they hold: from
// classes on they are not pooled.
func classOf(size int) (class, holds int) {
	log := max(bits.Len(uint(max(size, 1)-1)), smallestBuffer)
	if log <= steppedBuffer {
		return log - smallestBuffer, 1 << log
	}
	step := log - 3
	steps := (size-1)>>step + 1 // 5 to 8 of them
	class = steppedBuffer - smallestBuffer + 4*(log-1-steppedBuffer) + steps - 4
	if class >= classes {
		return class, size
	}
	return class, steps << step
}

// smallBuffer is what an answer may take however much is held already: a few
// large answers must leave room for many small ones.
const smallBuffer = 64 << 10

// largeAnswer is from where on an answer is to blame for the memory that all
// together take.
const largeAnswer = 1 << 20

// bufferPool reuses the memory of answers. It keeps sizes apart: otherwise each
// buffer would become as large as the largest answer. The zero value works.
type bufferPool struct {
	// limit is how much may be held; 0 is no limit.
	limit int64
	// held is the memory of the buffers that are in use.
	held  atomic.Int64
	pools [classes]sync.Pool
}

// buffer is an answer's memory.
type buffer struct{ bytes []byte }

// get gives an empty buffer with room for at least size bytes, or the error that
// too much is held for it.
func (p *bufferPool) get(size int) (*buffer, error) {
	class, size := classOf(size)
	if held := p.held.Add(int64(size)); p.limit > 0 && size > smallBuffer && held > p.limit/4*3 {
		p.held.Add(-int64(size))
		return nil, &executor.FetchError{Code: CodeOverloaded, Message: fmt.Sprintf(
			"the answer of a subgraph was given up: the gateway holds as much of answers as it may, %d bytes (limits.held_answers)", p.limit)}
	}
	if class < classes {
		if b, _ := p.pools[class].Get().(*buffer); b != nil {
			return b, nil
		}
	}
	return &buffer{make([]byte, 0, size)}, nil
}

func (p *bufferPool) put(b *buffer) {
	size := cap(b.bytes)
	p.held.Add(-int64(size))
	if class, holds := classOf(size); class < classes && size == holds {
		b.bytes = b.bytes[:0]
		p.pools[class].Put(b)
	}
}

var (
	// errTooLarge says that there is more to read than may be.
	errTooLarge = errors.New("the answer is larger than it may be")
	// errLarge says that an answer takes much of what all together may.
	errLarge = errors.New("the answer is one of the largest")
)

// read reads to the end, or until it has seen that this is beyond the limit. size
// is what r is expected to have, less than 0 where that is not known.
func (p *bufferPool) read(r io.Reader, size, limit int64) (*buffer, error) {
	if size < 0 {
		size = unknownSize
	}
	// One byte to spare finds the end without growing, and what is beyond the limit.
	b, err := p.get(int(min(size, limit)) + 1)
	if err != nil {
		return nil, err
	}
	for {
		free := b.bytes[len(b.bytes):min(int64(cap(b.bytes)), limit+1)]
		n, err := r.Read(free)
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case int64(len(b.bytes)) > limit:
			p.put(b)
			return nil, errTooLarge
		case err == io.EOF: //nolint:errorlint // a Reader returns io.EOF as it is
			return b, nil
		case err != nil:
			p.put(b)
			return nil, err
		case len(b.bytes) == cap(b.bytes) && cap(b.bytes) >= 1<<partBuffer:
			return p.readLarge(r, b, limit)
		case len(b.bytes) == cap(b.bytes):
			larger, err := p.get(int(min(2*int64(cap(b.bytes)), limit+1)))
			if err != nil {
				if len(b.bytes) >= largeAnswer {
					err = fmt.Errorf("%w: %w", errLarge, err)
				}
				p.put(b)
				return nil, err
			}
			larger.bytes = append(larger.bytes, b.bytes...)
			p.put(b)
			b = larger
		}
	}
}

// readLarge reads on where a buffer as large as a part, or larger, is full. It
// gathers more parts and puts them together at the end: a subgraph that sends
// gigabytes then makes no garbage but what is pooled.
func (p *bufferPool) readLarge(r io.Reader, full *buffer, limit int64) (*buffer, error) {
	parts := []*buffer{full}
	defer func() {
		for _, b := range parts {
			p.put(b)
		}
	}()
	total := int64(len(full.bytes))
	for {
		b := parts[len(parts)-1]
		if len(b.bytes) == cap(b.bytes) {
			var err error
			if b, err = p.get(1 << partBuffer); err != nil {
				return nil, fmt.Errorf("%w: %w", errLarge, err)
			}
			parts = append(parts, b)
		}
		n, err := r.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		total += int64(n)
		switch {
		case total > limit:
			return nil, errTooLarge
		case err == io.EOF: //nolint:errorlint // a Reader returns io.EOF as it is
			whole, err := p.get(int(total))
			if err != nil {
				return nil, err
			}
			for _, part := range parts {
				whole.bytes = append(whole.bytes, part.bytes...)
			}
			return whole, nil
		case err != nil:
			return nil, err
		}
	}
}
