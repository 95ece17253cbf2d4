package cache

import (
	"bytes"
	"context"
	"time"

	"github.com/weft-graphql/weft/executor"
)

// Store keeps the values in this process at once and in Redis behind the answer. A nil value is not kept.
func (c *Cache) Store(_ context.Context, scope *executor.CacheScope, keys []executor.CacheKey, values [][]byte, freshness executor.Freshness) {
	ttl := c.ttl(scope.Subgraph, freshness)
	if ttl == 0 || c.disabled(scope.Subgraph) {
		return
	}
	var flags byte
	if freshness.Public {
		flags |= flagPublic
	}
	if freshness.Known {
		flags |= flagKnown
	}
	now := time.Now()
	maker := newKeyMaker(scope)
	var writes []write
	stored := 0
	for i := range min(len(keys), len(values)) {
		json := values[i]
		if len(json) == 0 {
			continue
		}
		if len(json) > c.options.MaxValueBytes {
			c.metrics.dropped.WithLabelValues("too_large").Inc()
			continue
		}
		id := maker.make(&keys[i], maker.both && !freshness.Public)
		v := &value{json: json, expires: now.Add(c.ttlOf(json, ttl)), flags: flags}
		if c.memory != nil {
			c.memory.set(id, v, c.options.MemoryTTL)
		}
		if c.writer != nil {
			writes = append(writes, write{redisKey(c.options.Prefix, scope.Subgraph, keys[i].Type, id), v})
		}
		stored++
	}
	c.metrics.stored.WithLabelValues(scope.Subgraph).Add(float64(stored))
	if len(writes) > 0 {
		c.writer.add(writes)
	}
}

// ttlOf shortens the TTL of null.
func (c *Cache) ttlOf(json []byte, ttl time.Duration) time.Duration {
	if bytes.Equal(bytes.TrimSpace(json), []byte("null")) {
		return min(ttl, c.options.NullTTL)
	}
	return ttl
}
