package operation

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// DefaultCacheBytes is how much a DocumentCache holds where nothing else is said.
const DefaultCacheBytes = 16 << 20

// CacheOptions bound a DocumentCache. The zero value is usable.
type CacheOptions struct {
	// Bytes is about how much memory the documents may take; 0 means
	// [DefaultCacheBytes]. What is used least goes first.
	Bytes int64
	// Metrics counts for this cache and those that it replaces; nil counts for
	// this one alone.
	Metrics *CacheMetrics
}

// DocumentCache keeps what became of documents by their text: the parsed ones
// and the errors of invalid ones, under one bound. It belongs to one Parser and
// so to one supergraph. It is safe for concurrent use and has no goroutines.
type DocumentCache struct {
	parser  *Parser
	entries *otter.Cache[string, parsed]
	metrics *CacheMetrics
}

// parsed is what Parse answered.
type parsed struct {
	document *Document
	errs     gqlerror.List
}

// NewDocumentCache makes an empty cache.
func NewDocumentCache(p *Parser, o CacheOptions) (*DocumentCache, error) {
	if o.Bytes < 0 {
		return nil, fmt.Errorf("the document cache cannot hold %d bytes: use 0 for the default or a positive number", o.Bytes)
	}
	c := &DocumentCache{parser: p, metrics: o.Metrics}
	if c.metrics == nil {
		c.metrics = NewCacheMetrics()
	}
	var err error
	c.entries, err = otter.New(&otter.Options[string, parsed]{
		MaximumWeight: uint64(cmp.Or(o.Bytes, DefaultCacheBytes)),
		Weigher:       weigh,
		// The cache's upkeep is short: it needs no goroutine.
		Executor: func(work func()) { work() },
	})
	if err != nil {
		return nil, fmt.Errorf("the document cache cannot be made: %w", err)
	}
	c.metrics.current.Store(c)
	return c, nil
}

// weigh estimates the memory of an entry, its operations' normal forms included.
func weigh(text string, p parsed) uint32 {
	const (
		entry     = 512
		perByte   = 20  // text and syntax tree
		perField  = 800 // normal form and cost formula
		perFailed = 400 // error
	)
	bytes := entry + perByte*len(text) + perFailed*len(p.errs)
	if p.document != nil {
		bytes += perField * p.document.size
	} else {
		bytes -= (perByte - 1) * len(text)
	}
	return uint32(min(bytes, math.MaxUint32))
}

// Get gives what [Parser.Parse] says of a document. One text is parsed once at a
// time, however many ask.
func (c *DocumentCache) Get(ctx context.Context, text string) (*Document, gqlerror.List) {
	if p, ok := c.entries.GetIfPresent(text); ok {
		c.metrics.hits.Inc()
		return p.document, p.errs
	}
	c.metrics.misses.Inc()
	p, err := c.entries.Get(ctx, text, otter.LoaderFunc[string, parsed](func(context.Context, string) (parsed, error) {
		document, errs := c.parser.Parse(text)
		return parsed{document: document, errs: errs}, nil
	}))
	if err != nil {
		return nil, gqlerror.List{positioned(nil, CodeParseFailed, "The document could not be read: %s.", err)}
	}
	return p.document, p.errs
}

// Collectors are the cache's metrics.
func (c *DocumentCache) Collectors() []prometheus.Collector { return c.metrics.Collectors() }

// CacheMetrics counts what document caches do. Caches come and go with their
// supergraphs; the counters of one CacheMetrics go on, its gauges tell of the
// latest cache.
type CacheMetrics struct {
	current        atomic.Pointer[DocumentCache]
	hits, misses   prometheus.Counter
	entries, bytes prometheus.GaugeFunc
}

// NewCacheMetrics makes the counters, all zero.
func NewCacheMetrics() *CacheMetrics {
	m := &CacheMetrics{
		hits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_document_cache_hits_total",
			Help: "Documents that were found in the document cache.",
		}),
		misses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_document_cache_misses_total",
			Help: "Documents that had to be parsed and validated.",
		}),
	}
	m.entries = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "weft_document_cache_entries",
		Help: "Documents in the document cache, invalid ones included.",
	}, m.of(func(c *DocumentCache) float64 { return float64(c.entries.EstimatedSize()) }))
	m.bytes = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "weft_document_cache_bytes",
		Help: "Estimated memory of the document cache.",
	}, m.of(func(c *DocumentCache) float64 { return float64(c.entries.WeightedSize()) }))
	return m
}

// of reads the latest cache, if there is one.
func (m *CacheMetrics) of(read func(*DocumentCache) float64) func() float64 {
	return func() float64 {
		if c := m.current.Load(); c != nil {
			return read(c)
		}
		return 0
	}
}

// Collectors are the metrics, to be registered once.
func (m *CacheMetrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.hits, m.misses, m.entries, m.bytes}
}
