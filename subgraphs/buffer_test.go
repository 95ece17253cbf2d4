package subgraphs

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

func TestBuffersHoldAnswersOfAnySize(t *testing.T) {
	var p bufferPool
	for _, size := range []int{0, 1, 1023, 1024, 1025, 100_000, 4 << 20, 5 << 20} {
		want := bytes.Repeat([]byte("x"), size)
		for said, length := range map[string]int64{"known": int64(size), "unknown": -1, "said too small": int64(size / 3), "said too large": int64(size + 9)} {
			b, err := p.read(iotest.HalfReader(bytes.NewReader(want)), length, 6<<20)
			if err != nil || !bytes.Equal(b.bytes, want) {
				t.Fatalf("%d bytes, %s: got %d bytes, %v", size, said, len(b.bytes), err)
			}
			p.put(b)
		}
	}
}

func TestBuffersEndBeyondTheLimit(t *testing.T) {
	var p bufferPool
	for size, over := range map[int]bool{5000: false, 5001: true, 100_000: true} {
		b, err := p.read(bytes.NewReader(make([]byte, size)), -1, 5000)
		if err != nil || len(b.bytes) > 5001 || (len(b.bytes) > 5000) != over {
			t.Errorf("%d bytes: got %d, %v", size, len(b.bytes), err)
		}
	}
}

func TestBuffersTellOfFailedReads(t *testing.T) {
	var p bufferPool
	broken := errors.New("broken")
	if _, err := p.read(io.MultiReader(bytes.NewReader(make([]byte, 9)), iotest.ErrReader(broken)), 100, 1000); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestSmallAnswersKeepSmallBuffers(t *testing.T) {
	var p bufferPool
	p.put(p.get(1 << 20))
	if b := p.get(100); cap(b.bytes) != 1024 {
		t.Errorf("a buffer for 100 bytes has %d", cap(b.bytes))
	}
}
