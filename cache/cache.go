package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/executor"
)

var _ executor.EntityCache = (*Cache)(nil)

// Options says where entities are kept, and for how long.
type Options struct {
	// Redis is the tier that gateways share; nil is none.
	Redis *redis.Client
	// MemoryBytes limits the tier in this process, counted as values, keys and about 100 bytes an entry; 0 is no such tier.
	MemoryBytes int64
	// MemoryTTL caps how long the tier in this process keeps an entry where there is Redis, too; 0 means 5 s. Without Redis
	// there is no such cap.
	MemoryTTL time.Duration
	// DefaultTTL is how long an answer without a policy is kept; 0 does not keep it.
	DefaultTTL time.Duration
	// MaxTTL is the longest that anything is kept; 0 means 24 h.
	MaxTTL time.Duration
	// NullTTL is the longest that null is kept; 0 means 5 s.
	NullTTL time.Duration
	// MaxValueBytes is the largest value that is kept; 0 means 1 MiB.
	MaxValueBytes int
	// Subgraphs holds what differs for one subgraph, by its name.
	Subgraphs map[string]SubgraphOptions
	// Prefix begins every key in Redis; "" means "weft:v1:".
	Prefix string
	// MaxLookup limits the keys that one lookup asks of Redis; those beyond it are misses. 0 means 4096. A lookup whose
	// requests have an identity asks for two keys a value.
	MaxLookup int
	// QueueBytes limits what waits to be written to Redis; values beyond it are dropped and counted. 0 means 16 MiB.
	QueueBytes int64
	// Logger is told of what goes wrong; nil logs nothing.
	Logger *slog.Logger
}

// SubgraphOptions is what differs for one subgraph.
type SubgraphOptions struct {
	// TTL is how long an answer without a policy is kept, instead of DefaultTTL; 0 does not keep it.
	TTL time.Duration
	// Disabled keeps nothing of the subgraph.
	Disabled bool
}

// Cache is the entity cache. It is safe for concurrent use.
type Cache struct {
	options Options
	memory  *memory // nil where there is none
	writer  *writer // nil where there is no Redis
	metrics *metrics
}

// New makes the cache. Close ends it.
func New(options Options) (*Cache, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	options = options.withDefaults()
	c := &Cache{options: options, metrics: newMetrics()}
	if options.MemoryBytes > 0 {
		var err error
		if c.memory, err = newMemory(options.MemoryBytes); err != nil {
			return nil, fmt.Errorf("making the cache's tier in this process: %w", err)
		}
	}
	if options.Redis != nil {
		c.writer = startWriter(options.Redis, options.QueueBytes, options.Logger, c.metrics)
	}
	return c, nil
}

func (o Options) check() error {
	if o.Redis == nil && o.MemoryBytes == 0 {
		return errors.New("the cache has nowhere to keep anything: give it memory or Redis")
	}
	negative := o.MemoryBytes < 0 || o.QueueBytes < 0 || o.MaxValueBytes < 0 || o.MaxLookup < 0 ||
		o.MemoryTTL < 0 || o.DefaultTTL < 0 || o.MaxTTL < 0 || o.NullTTL < 0
	for _, subgraph := range o.Subgraphs {
		negative = negative || subgraph.TTL < 0
	}
	if negative {
		return errors.New("the cache's sizes and times must not be negative")
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Redis != nil && o.MemoryTTL == 0 {
		o.MemoryTTL = 5 * time.Second
	}
	if o.MaxTTL == 0 {
		o.MaxTTL = 24 * time.Hour
	}
	if o.NullTTL == 0 {
		o.NullTTL = 5 * time.Second
	}
	if o.MaxValueBytes == 0 {
		o.MaxValueBytes = 1 << 20
	}
	if o.Prefix == "" {
		o.Prefix = "weft:v1:"
	}
	if o.MaxLookup == 0 {
		o.MaxLookup = 4096
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = 16 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Close writes to Redis what waits for it, as long as the context allows, and ends the cache's goroutines. Lookups and
// stores after it still work on the tier in this process.
func (c *Cache) Close(ctx context.Context) error {
	if c.memory != nil {
		c.memory.entries.StopAllGoroutines()
	}
	if c.writer == nil {
		return nil
	}
	return c.writer.close(ctx)
}

// Collectors returns what the cache counts.
func (c *Cache) Collectors() []prometheus.Collector {
	collectors := c.metrics.collectors()
	if c.memory != nil {
		collectors = append(collectors, c.memory.collectors()...)
	}
	if c.writer != nil {
		collectors = append(collectors, c.writer.collectors()...)
	}
	return collectors
}

// ttl is how long a value is kept; 0 is not at all.
func (c *Cache) ttl(subgraph string, freshness executor.Freshness) time.Duration {
	if freshness.NoStore || freshness.Private {
		return 0
	}
	ttl := c.options.DefaultTTL
	if own, ok := c.options.Subgraphs[subgraph]; ok {
		ttl = own.TTL
	}
	if freshness.Known {
		ttl = freshness.MaxAge
	}
	ttl = min(ttl, c.options.MaxTTL)
	if ttl < time.Millisecond { // the unit in which Redis lets keys expire
		return 0
	}
	return ttl
}

func (c *Cache) disabled(subgraph string) bool { return c.options.Subgraphs[subgraph].Disabled }
