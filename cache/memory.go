package cache

import (
	"math"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// entryOverhead is about what an entry takes besides its JSON: the key, the value's header, the table's node.
const entryOverhead = 100

// memory is the tier in this process.
type memory struct {
	entries *otter.Cache[keyID, *value]
}

// newMemory makes a tier of at most so many bytes, by the sizes of its values.
func newMemory(bytes int64) (*memory, error) {
	entries, err := otter.New(&otter.Options[keyID, *value]{
		MaximumWeight: uint64(bytes),
		Weigher: func(_ keyID, v *value) uint32 {
			return uint32(min(len(v.json)+entryOverhead, math.MaxUint32))
		},
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[keyID, *value]) time.Duration {
			return time.Until(e.Value.expires)
		}),
	})
	if err != nil {
		return nil, err
	}
	return &memory{entries: entries}, nil
}

// get returns the value where it is there and still fresh.
func (m *memory) get(id keyID, now time.Time) *value {
	v, ok := m.entries.GetIfPresent(id)
	if !ok || !v.expires.After(now) {
		return nil
	}
	return v
}

// set keeps the value for at most ttl, and no longer than it is fresh.
func (m *memory) set(id keyID, v *value, ttl time.Duration) {
	m.entries.Set(id, v)
	if ttl > 0 && ttl < time.Until(v.expires) {
		m.entries.SetExpiresAfter(id, ttl)
	}
}

func (m *memory) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "weft_cache_memory_bytes",
			Help: "Size of the entity cache's tier in this process.",
		}, func() float64 { return float64(m.entries.WeightedSize()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "weft_cache_memory_entries",
			Help: "Entries in the entity cache's tier in this process.",
		}, func() float64 { return float64(m.entries.EstimatedSize()) }),
	}
}
