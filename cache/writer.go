package cache

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"

	"github.com/weft-graphql/weft/cache/redis"
)

const (
	// queueStores is the number of Store calls that may wait, besides the limit on their bytes.
	queueStores = 1024
	// pipelineWrites and pipelineBytes limit what is sent in one go, so that a pipeline ends within its time budget.
	pipelineWrites = 512
	pipelineBytes  = 1 << 20
)

// write is one value on its way to Redis.
type write struct {
	key   string
	value *value
}

func (w *write) size() int64 { return int64(len(w.key) + headerSize + len(w.value.json)) }

// writer carries values to Redis in one goroutine, so that requests do not wait.
type writer struct {
	client  *redis.Client
	logger  *slog.Logger
	metrics *metrics

	limit   int64
	pending atomic.Int64 // bytes in the queue and on the way
	queue   chan []write
	closed  atomic.Bool
	stop    chan struct{}
	once    sync.Once
	// ctx ends when writing has to end at once.
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func startWriter(client *redis.Client, limit int64, logger *slog.Logger, m *metrics) *writer {
	w := &writer{client: client, logger: logger, metrics: m, limit: limit, queue: make(chan []write, queueStores), stop: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.done.Go(w.run)
	return w
}

// add queues the writes or drops them. It never waits.
func (w *writer) add(writes []write) {
	var size int64
	for i := range writes {
		size += writes[i].size()
	}
	reason := ""
	switch {
	case w.closed.Load():
		reason = "closed"
	case w.client.Away():
		reason = "redis_away"
	case w.pending.Add(size) > w.limit:
		w.pending.Add(-size)
		reason = "queue_full"
	default:
		select {
		case w.queue <- writes:
			return
		default:
			w.pending.Add(-size)
			reason = "queue_full"
		}
	}
	w.metrics.dropped.WithLabelValues(reason).Add(float64(len(writes)))
}

// run sends what is queued until the writer is closed and the queue is empty.
func (w *writer) run() {
	for {
		select {
		case writes := <-w.queue:
			w.send(writes)
		case <-w.stop:
			for {
				select {
				case writes := <-w.queue:
					w.send(writes)
				default:
					return
				}
			}
		}
	}
}

// send writes the first of the queue together with what else is waiting, in pipelines of limited size.
func (w *writer) send(writes []write) {
	for {
		var size int64
		n := 0
		for n < len(writes) && n < pipelineWrites && (n == 0 || size+writes[n].size() <= pipelineBytes) {
			size += writes[n].size()
			n++
		}
		if n == len(writes) && n < pipelineWrites && size < pipelineBytes {
			select {
			case more := <-w.queue:
				writes = append(writes, more...)
				continue
			default:
			}
		}
		if n == 0 {
			return
		}
		w.flush(writes[:n])
		w.pending.Add(-size)
		writes = writes[n:]
	}
}

// flush sends one pipeline. Writes that fail are lost: the cache will be asked again.
func (w *writer) flush(writes []write) {
	failed := 0
	err := w.client.DoBackground(w.ctx, "store", func(ctx context.Context, u goredis.UniversalClient) error {
		pipe := u.Pipeline()
		now := time.Now()
		for i := range writes {
			if ttl := writes[i].value.expires.Sub(now); ttl >= time.Millisecond {
				pipe.Set(ctx, writes[i].key, writes[i].value.encode(), ttl.Truncate(time.Millisecond))
			}
		}
		commands, err := pipe.Exec(ctx)
		failed = 0
		for _, command := range commands {
			if command.Err() != nil {
				failed++
			}
		}
		if failed < len(commands) {
			return nil // servers of a cluster that are there took their part
		}
		return err
	})
	if err != nil {
		failed = len(writes)
		w.logger.LogAttrs(w.ctx, slog.LevelDebug, "writing cached values to Redis", slog.Int("values", failed), slog.Any("error", err))
	}
	if failed > 0 {
		w.metrics.dropped.WithLabelValues("failed").Add(float64(failed))
	}
}

// close stops taking writes and sends those that wait, as long as the context allows.
func (w *writer) close(ctx context.Context) error {
	w.closed.Store(true)
	w.once.Do(func() { close(w.stop) })
	abort := context.AfterFunc(ctx, w.cancel)
	w.done.Wait()
	w.cancel()
	if !abort() {
		return fmt.Errorf("ending the cache before all values are written to Redis: %w", ctx.Err())
	}
	return nil
}

func (w *writer) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "weft_cache_queue_bytes",
			Help: "Size of the values that wait to be written to Redis.",
		}, func() float64 { return float64(w.pending.Load()) }),
	}
}
