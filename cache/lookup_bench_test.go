package cache

import (
	"fmt"
	"testing"
	"time"

	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/cache/redis/redistest"
	"github.com/weft-graphql/weft/executor"
)

// BenchmarkLookup looks up 100 entities of 300 bytes that are all there.
func BenchmarkLookup(b *testing.B) {
	upcs, values := make([]string, 100), make([][]byte, 100)
	for i := range upcs {
		upcs[i] = fmt.Sprint(i)
		values[i] = fmt.Appendf(nil, `{"name":%q}`, fmt.Sprintf("%0290d", i))
	}
	measure := func(b *testing.B, c *Cache, scope *executor.CacheScope) {
		c.Store(b.Context(), scope, keys(upcs...), values, freshPublic)
		wanted := keys(upcs...)
		for deadline := time.Now().Add(patience); c.Lookup(b.Context(), scope, wanted)[99].Value == nil; {
			if time.Now().After(deadline) {
				b.Fatal("nothing was stored")
			}
		}
		b.ReportAllocs()
		for b.Loop() {
			if c.Lookup(b.Context(), scope, wanted)[99].Value == nil {
				b.Fatal("a miss")
			}
		}
	}
	for name, identity := range map[string]string{"anonymous": "", "identified": "alice"} {
		b.Run("memory/"+name, func(b *testing.B) {
			c, err := New(Options{MemoryBytes: 1 << 20})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = c.Close(b.Context()) })
			measure(b, c, products(identity))
		})
		b.Run("redis/"+name, func(b *testing.B) {
			client, err := redis.Open(b.Context(), redis.Options{URL: redistest.Start(b).URL(), CallTimeout: time.Second})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = client.Close() })
			c, err := New(Options{Redis: client})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = c.writer.close(b.Context()) })
			measure(b, c, products(identity))
		})
	}
}
