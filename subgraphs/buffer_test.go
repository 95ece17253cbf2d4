package subgraphs

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/weft-graphql/weft/executor"
)

func TestBuffersHoldAnswersOfAnySize(t *testing.T) {
	var p bufferPool
	for _, size := range []int{0, 1, 1023, 1024, 1025, 100_000, 4<<20 - 1, 4 << 20, 5 << 20, 11 << 20, 17 << 20} {
		want := bytes.Repeat([]byte("x"), size)
		for said, length := range map[string]int64{"known": int64(size), "unknown": -1, "said too small": int64(size / 3), "said too large": int64(size + 9)} {
			b, err := p.read(iotest.HalfReader(bytes.NewReader(want)), length, 18<<20)
			if err != nil || !bytes.Equal(b.bytes, want) {
				t.Fatalf("%d bytes, %s: got %d bytes, %v", size, said, len(b.bytes), err)
			}
			p.put(b)
		}
	}
}

func TestBuffersEndBeyondTheLimit(t *testing.T) {
	var p bufferPool
	for _, limit := range []int{5000, 4<<20 - 1, 4 << 20, 9 << 20} {
		for size, over := range map[int]bool{limit: false, limit + 1: true, limit + 5<<20: true} {
			r := bytes.NewReader(make([]byte, size))
			b, err := p.read(r, -1, int64(limit))
			if errors.Is(err, errTooLarge) != over || !over && len(b.bytes) != size {
				t.Errorf("%d bytes where %d are allowed: %v", size, limit, err)
			}
			if read := size - r.Len(); read > limit+1<<partBuffer {
				t.Errorf("%d bytes were read where %d are allowed", read, limit)
			}
			if err == nil {
				p.put(b)
			}
		}
	}
	if held := p.held.Load(); held != 0 {
		t.Errorf("%d bytes are held", held)
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
	b, err := p.get(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	p.put(b)
	if b, err = p.get(100); err != nil || cap(b.bytes) != 1024 {
		t.Errorf("a buffer for 100 bytes has %d, %v", cap(b.bytes), err)
	}
}

func TestBuffersAreLittleLargerThanAskedFor(t *testing.T) {
	before := -1
	for size := 1; size <= 20<<20; size += max(1, size/50) {
		class, holds := classOf(size)
		if holds < size || size > 1<<steppedBuffer && 4*holds > 5*size+4 || size > 1<<smallestBuffer && holds >= 2*size {
			t.Errorf("%d bytes get a buffer of %d", size, holds)
		}
		if class != before && class != before+1 && class < classes {
			t.Errorf("class %d for %d bytes comes after class %d", class, size, before)
		}
		if again, same := classOf(holds); again != class || same != holds {
			t.Errorf("a buffer of class %d holds %d, which is class %d and %d", class, holds, again, same)
		}
		if (class < classes) != (size <= 1<<largestBuffer) {
			t.Errorf("class %d of %d for %d bytes", class, classes, size)
		}
		before = class
	}
}

// TestLargeAnswersLeaveRoomForSmallOnes reads answers until no more are allowed.
func TestLargeAnswersLeaveRoomForSmallOnes(t *testing.T) {
	p := bufferPool{limit: 1 << 20}
	var held []*buffer
	for {
		b, err := p.read(bytes.NewReader(make([]byte, 200_000)), -1, 1<<20)
		if fe, ok := errors.AsType[*executor.FetchError](err); ok && fe.Code == CodeOverloaded {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if held = append(held, b); len(held) > 10 {
			t.Fatal("there is no limit")
		}
	}
	if len(held) == 0 || p.held.Load() > 3<<18 {
		t.Errorf("%d answers are held, of %d bytes", len(held), p.held.Load())
	}
	small, err := p.read(bytes.NewReader(make([]byte, 5000)), -1, 1<<20)
	if err != nil {
		t.Fatalf("a small answer: %v", err)
	}
	for _, b := range append(held, small) {
		p.put(b)
	}
	if n := p.held.Load(); n != 0 {
		t.Errorf("%d bytes are held when nothing is", n)
	}
}
