package subgraphs

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// slowPiece is how much is read at once of what is read slowly.
	slowPiece = 64 << 10
	// slowLag is how late a piece may come without those after it being later, too:
	// timers are never early.
	slowLag = 10 * time.Millisecond
)

// slowStart keeps a subgraph from taking the machine by answering far more than
// it ever has. What an answer has beyond twice the largest that came whole is read
// at a rate that all such answers share: a subgraph that has begun to answer
// without end is noticed, by the size or the time that it takes, before it has
// cost others much. One that always answers much is slow until the first has come.
//
// Who was first beyond its allowance is read first, as long as it gives something
// to read: the first is complete the soonest so, and many take little memory.
type slowStart struct {
	settings SlowStart
	// usual is the size of the largest answer that came whole.
	usual atomic.Int64

	mu      sync.Mutex
	waiting []*slowReader // for a piece, by turn
	turns   uint64        // how many were ever given out
	next    time.Time     // when the next piece may be read
}

// newSlowStart gives nil where everything is read as fast as it comes.
func newSlowStart(s SlowStart) *slowStart {
	if s.PerSecond <= 0 {
		return nil
	}
	return &slowStart{settings: s}
}

// allowance is how much of an answer is read as fast as it comes.
func (s *slowStart) allowance() int64 { return max(s.settings.Free, 2*s.usual.Load()) }

// reader gives what is to be read in place of r, which has size bytes at most, or
// any number where size is less than 0.
func (s *slowStart) reader(ctx context.Context, r io.Reader, size int64) io.Reader {
	if s == nil || size >= 0 && size <= s.allowance() {
		return r
	}
	return &slowReader{from: r, slow: s, ctx: ctx}
}

// came takes note of an answer that came whole and well.
func (s *slowStart) came(size int64) {
	if s == nil || size <= s.usual.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usual.Store(max(size, s.usual.Load()))
	for _, r := range s.waiting {
		r.awake()
	}
}

// wait waits until r may read a piece of size bytes, or its allowance has grown.
func (s *slowStart) wait(r *slowReader, size int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.turn == 0 {
		s.turns++
		r.turn, r.wake = s.turns, make(chan struct{}, 1)
	}
	at, _ := slices.BinarySearchFunc(s.waiting, r, func(a, b *slowReader) int { return cmp.Compare(a.turn, b.turn) })
	s.waiting = slices.Insert(s.waiting, at, r)
	defer func() {
		s.waiting = slices.DeleteFunc(s.waiting, func(other *slowReader) bool { return other == r })
		if len(s.waiting) > 0 {
			s.waiting[0].awake()
		}
	}()
	for r.read >= s.allowance() {
		var due <-chan time.Time
		if s.waiting[0] == r {
			now := time.Now()
			if !now.Before(s.next) {
				s.next = later(s.next, now.Add(-slowLag)).Add(time.Duration(float64(size) / float64(s.settings.PerSecond) * float64(time.Second)))
				return nil
			}
			due = time.After(s.next.Sub(now))
		}
		s.mu.Unlock()
		select {
		case <-due:
		case <-r.wake:
		case <-r.ctx.Done():
		}
		s.mu.Lock()
		if err := r.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// slowReader reads one answer.
type slowReader struct {
	from io.Reader
	slow *slowStart
	ctx  context.Context
	turn uint64 // 0 while the allowance lasts
	wake chan struct{}
	read int64
	owed int // what the last Read has read beyond the allowance
}

// unusual reports whether so much was read that no answer before was half as large.
func (r *slowReader) unusual() bool { return r.read > 2*r.slow.usual.Load() }

func (r *slowReader) awake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Read pays for what the last has read, which may be less than there was room
// for. It looks at the allowance anew: another answer may have come since.
func (r *slowReader) Read(p []byte) (int, error) {
	if r.owed > 0 {
		if err := r.slow.wait(r, r.owed); err != nil {
			return 0, err
		}
		r.owed = 0
	}
	free := r.slow.allowance() - r.read
	slow := free <= 0
	if slow {
		free = slowPiece
	}
	n, err := r.from.Read(p[:min(int64(len(p)), free)])
	r.read += int64(n)
	if slow {
		r.owed = n
	}
	return n, err
}
