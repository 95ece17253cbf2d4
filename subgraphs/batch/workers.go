package batch

import (
	"sync"
	"sync/atomic"
	"time"
)

// workers are the goroutines that send single requests. What a request calls is
// deep, and a new goroutine pays for it by growing its stack several times: 2 µs,
// as much as the loader. One that has grown is therefore kept for the next.
type workers struct {
	jobs    chan job // unbuffered: it takes a job only where a worker is idle
	idle    atomic.Int32
	running sync.WaitGroup
	closed  chan struct{}
	closing sync.Once
}

// maxIdle is how many workers wait for their next job, maxIdleTime how long;
// those beyond it end.
const (
	maxIdle     = 64
	maxIdleTime = time.Second
)

func newWorkers() *workers {
	return &workers{jobs: make(chan job), closed: make(chan struct{})}
}

type job struct {
	s *subgraph
	c *call
}

// submit has a worker carry out a job, at once.
func (w *workers) submit(j job, carryOut func(job)) {
	select {
	case w.jobs <- j:
	default:
		w.running.Go(func() { w.work(j, carryOut) })
	}
}

func (w *workers) work(j job, carryOut func(job)) {
	timer := time.NewTimer(maxIdleTime)
	defer timer.Stop()
	for ok := true; ok; {
		carryOut(j)
		if ok = w.idle.Add(1) <= maxIdle; ok {
			timer.Reset(maxIdleTime)
			select {
			case j = <-w.jobs:
			case <-timer.C:
				ok = false
			case <-w.closed:
				ok = false
			}
		}
		w.idle.Add(-1)
	}
}

// close ends the workers; those at work finish it.
func (w *workers) close() {
	w.closing.Do(func() { close(w.closed) })
	w.running.Wait()
}
