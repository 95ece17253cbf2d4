package subgraphs

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weft-graphql/weft/subgraphs/http1"
)

// endpoint is a URL that requests are sent to.
type endpoint struct {
	url string
	// request has what all requests have in common; it is only copied.
	request *http.Request
	// plain is where requests go that need neither TLS nor a proxy nor HTTP/2; nil
	// where they do.
	plain *http1.Target

	inFlight atomic.Int64
	failures atomic.Int64 // in a row
	// ejectedUntil counts from the start of the endpoints, 0 where it never was;
	// ejections counts those in a row.
	ejectedUntil atomic.Int64
	ejections    atomic.Int64
}

// newEndpoint makes the endpoint of a URL, whose requests have a header.
func newEndpoint(url string, header http.Header) (*endpoint, error) {
	req, err := http.NewRequest(http.MethodPost, url, nil) //nolint:noctx // a copy of it gets the context
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	if user := req.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	return &endpoint{url: url, request: req}, nil
}

// endpoints are the URLs of one subgraph: requests go to the one with the fewest
// under way, and one that fails where others do not is left out for a while.
type endpoints struct {
	settings Ejection
	all      []*endpoint
	start    time.Time
	ejected  func(e *endpoint, d time.Duration) // is told each ejection

	mu sync.Mutex // one ejection at a time
}

func newEndpoints(urls []string, header http.Header, s Ejection, ejected func(*endpoint, time.Duration)) (*endpoints, error) {
	es := &endpoints{settings: s, start: time.Now(), ejected: ejected}
	for _, url := range urls {
		e, err := newEndpoint(url, header)
		if err != nil {
			return nil, err
		}
		es.all = append(es.all, e)
	}
	return es, nil
}

// pick gives the endpoint for a request, one other than avoid if it can.
func (es *endpoints) pick(avoid *endpoint) *endpoint {
	if len(es.all) == 1 {
		return es.all[0]
	}
	var best *endpoint
	bestRank := int64(0)
	now := es.now()
	for i, from := 0, rand.IntN(len(es.all)); i < len(es.all); i++ {
		e := es.all[(from+i)%len(es.all)]
		// What is ejected comes last, what has just failed before it.
		rank := e.inFlight.Load()
		if e == avoid {
			rank += 1 << 40
		}
		if e.ejectedUntil.Load() > now {
			rank += 1 << 50
		}
		if best == nil || rank < bestRank {
			best, bestRank = e, rank
		}
	}
	return best
}

// succeeded tells that an endpoint has answered.
func (es *endpoints) succeeded(e *endpoint) {
	if e.failures.Load() != 0 {
		e.failures.Store(0)
	}
	if e.ejections.Load() != 0 && e.ejectedUntil.Load() <= es.now() {
		e.ejections.Store(0)
	}
}

// failed tells that an endpoint has given no answer, and ejects it if that is
// too often.
func (es *endpoints) failed(e *endpoint) {
	n := e.failures.Add(1)
	limit := int64(es.settings.Failures)
	if limit == 0 || len(es.all) == 1 || n < limit && e.ejections.Load() == 0 {
		return
	}
	es.mu.Lock()
	defer es.mu.Unlock()
	now := es.now()
	if e.ejectedUntil.Load() > now {
		return // what was under way when it was ejected
	}
	out := es.out() + 1
	if out >= len(es.all) || out*100 > es.settings.MaxPercent*len(es.all) {
		return
	}
	d := es.settings.MaxTime
	if doubled := es.settings.Time << min(e.ejections.Load(), 30); doubled > 0 {
		d = min(d, doubled)
	}
	e.ejections.Add(1)
	e.failures.Store(0)
	e.ejectedUntil.Store(now + int64(d))
	es.ejected(e, d)
}

// out counts the endpoints that are ejected now.
func (es *endpoints) out() int {
	n, now := 0, es.now()
	for _, e := range es.all {
		if e.ejectedUntil.Load() > now {
			n++
		}
	}
	return n
}

func (es *endpoints) now() int64 { return int64(time.Since(es.start)) + 1 }
