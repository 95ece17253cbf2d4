package subgraphs

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The content codings that are known (RFC 9110, section 8.4.1; RFC 8878).
const (
	encodingGzip = "gzip"
	encodingZstd = "zstd"
)

// zstdWindow is the most memory that a zstd frame may ask a reader to keep: what
// every decoder is to support (RFC 8878, section 3.1.1.1.2).
const zstdWindow = 8 << 20

// codecs reuse what compresses and decompresses. The zero value works.
type codecs struct {
	gzipReaders, gzipWriters, zstdReaders sync.Pool
}

// decode gives a reader of what an encoding has in it, and what gives it back.
// accepted are the encodings that were asked for.
func (c *codecs) decode(encoding string, accepted []string, r io.Reader) (io.Reader, func(), error) {
	encoding = strings.ToLower(strings.TrimSpace(encoding))
	if encoding == "x-gzip" {
		encoding = encodingGzip
	}
	if !slices.Contains(accepted, encoding) {
		return nil, nil, fmt.Errorf("it is encoded with %.40q, which it was not asked for", encoding)
	}
	switch encoding {
	case encodingGzip:
		z, _ := c.gzipReaders.Get().(*gzip.Reader)
		if z == nil {
			z = new(gzip.Reader)
		}
		if err := z.Reset(r); err != nil {
			return nil, nil, fmt.Errorf("it is not valid gzip: %w", err)
		}
		return z, func() { c.gzipReaders.Put(z) }, nil
	case encodingZstd:
		z, _ := c.zstdReaders.Get().(*zstd.Decoder)
		if z == nil {
			var err error
			// With a concurrency of 1 it has no goroutines that someone would have to end.
			z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
			if err != nil {
				return nil, nil, err
			}
		}
		if err := z.Reset(r); err != nil {
			return nil, nil, fmt.Errorf("it is not valid zstd: %w", err)
		}
		return z, func() {
			if z.Reset(nil) == nil {
				c.zstdReaders.Put(z)
			}
		}, nil
	}
	return nil, nil, fmt.Errorf("it is encoded with %.40q, which is not known", encoding)
}

// compress gives a body compressed with gzip.
func (c *codecs) compress(body []byte) ([]byte, error) {
	z, _ := c.gzipWriters.Get().(*gzip.Writer)
	if z == nil {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	}
	var out bytes.Buffer
	out.Grow(len(body)/4 + 64)
	z.Reset(&out)
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	c.gzipWriters.Put(z)
	return out.Bytes(), nil
}
