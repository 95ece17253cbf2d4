package subgraphs

import (
	"cmp"
	"time"
)

// Settings are what can be set for one subgraph. The zero value bounds what a
// request takes, and has no retries, breaker, hedging or limit on requests at once.
type Settings struct {
	// URLs override the supergraph's routing URL. Several are balanced. Empty keeps it.
	URLs []string
	// Timeout bounds a request as a whole, from waiting for a connection to the
	// answer's last byte, with all its retries. 0 means [DefaultTimeout].
	Timeout time.Duration
	// ConnectTimeout bounds opening a connection, and again its TLS handshake. 0
	// means [DefaultConnectTimeout].
	ConnectTimeout time.Duration
	// FirstByteTimeout bounds the time from the last byte that was sent to the
	// answer's first. 0 leaves it to Timeout.
	FirstByteTimeout time.Duration
	// MaxAnswer is how many bytes an answer may have, decompressed. 0 means [DefaultMaxAnswer].
	MaxAnswer int64
	// MaxAnswerHeader is how many bytes an answer's header may have. 0 means
	// [DefaultMaxAnswerHeader].
	MaxAnswerHeader int64
	SlowStart       SlowStart

	// MaxConnections is how many connections may be open to each URL at once; a
	// request that finds none free waits within its Timeout. 0 means
	// [DefaultMaxConnections].
	MaxConnections int
	// MaxIdleConnections is how many of them are kept while they are not in use,
	// IdleTimeout for how long. 0 means [DefaultMaxIdleConnections] and
	// [DefaultIdleTimeout].
	MaxIdleConnections int
	IdleTimeout        time.Duration
	// HTTP2 says where HTTP/2 is spoken.
	HTTP2       HTTP2
	TLS         TLS
	Compression Compression

	// MaxConcurrent is how many requests, retries and hedges included, may be under
	// way at once; MaxWaiting is how many more may wait for their turn. 0 means no
	// limit, and that none waits.
	MaxConcurrent, MaxWaiting int
	Retries                   Retries
	Hedging                   Hedging
	Breaker                   Breaker
	Ejection                  Ejection
}

// What a subgraph may take and answer where nothing is set.
const (
	DefaultTimeout            = 30 * time.Second
	DefaultConnectTimeout     = 5 * time.Second
	DefaultMaxAnswer          = 64 << 20
	DefaultMaxAnswerHeader    = 64 << 10
	DefaultMaxConnections     = 1024
	DefaultMaxIdleConnections = 256
	DefaultIdleTimeout        = 90 * time.Second
)

// SlowStart is how an answer is read that is far larger than any before it. The
// zero value reads all as fast as they come.
type SlowStart struct {
	// Free is how many bytes of each are read as fast as they come, or twice as many
	// as the largest answer had that came whole where that is more.
	Free int64
	// PerSecond is how many bytes of what is beyond, of all such answers together, are
	// read in a second. 0 means no limit.
	PerSecond int64
}

// HTTP2 says where HTTP/2 is spoken to a subgraph.
type HTTP2 string

// Where HTTP/2 is spoken. The zero value is that of HTTP2OverTLS.
const (
	// HTTP2OverTLS negotiates it for https URLs (ALPN).
	HTTP2OverTLS HTTP2 = "tls"
	// HTTP2Off never speaks it.
	HTTP2Off HTTP2 = "off"
	// HTTP2PriorKnowledge speaks nothing else, for http URLs too (h2c, RFC 9113, section 3.3).
	HTTP2PriorKnowledge HTTP2 = "prior_knowledge"
)

// TLS is how a subgraph proves who it is, and the gateway to it. The zero value
// trusts the system's authorities and shows no certificate.
type TLS struct {
	// CAFile has the authorities that are trusted in place of the system's, as PEM.
	CAFile string
	// CertificateFile and KeyFile are the gateway's certificate, with its chain, and
	// key as PEM. They are read anew for each handshake, so that they can be renewed.
	CertificateFile, KeyFile string
	// ServerName is the name that the certificate must be for. Empty means the URL's host.
	ServerName string
	// InsecureSkipVerify accepts every certificate.
	InsecureSkipVerify bool
}

// Compression is what is compressed on the way.
type Compression struct {
	// Answers are the encodings that an answer may have, such as "gzip" and "zstd",
	// the dearest to the gateway last. Empty asks for none.
	Answers []string
	// Requests sends bodies of at least MinRequest bytes compressed with gzip. The
	// subgraph must know how to read them: there is no negotiation.
	Requests   bool
	MinRequest int
}

// Retries are requests that are sent again because no answer came, or one that
// says that another may: see [Client.Fetch]. Mutations are never sent again.
type Retries struct {
	// Max is how often one request is sent again. 0 never does.
	Max int
	// Backoff is the wait before the first retry, doubled for each further one up
	// to MaxBackoff; each is lengthened or shortened at random by up to a half.
	Backoff, MaxBackoff time.Duration
	// BudgetPercent is how many retries and hedges may come on a hundred requests,
	// BudgetPerSecond how many are allowed besides. What is not used adds up to
	// that of ten seconds.
	BudgetPercent, BudgetPerSecond int
}

// Hedging sends a query a second time when its answer does not come, and takes
// the answer that comes first. Hedges are paid from the budget of [Retries].
type Hedging struct {
	// Delay is how long the first is waited for. 0 hedges nothing.
	Delay time.Duration
}

// Breaker stops sending requests to a subgraph that mostly fails.
type Breaker struct {
	// Enabled switches it on; what is 0 of the others has the default of its comment.
	Enabled bool
	// FailurePercent opens the breaker when so many of a hundred requests have
	// failed within Window, of at least MinRequests: 50, 10 s, 20. As many as
	// MinRequests failures in a row open it, too.
	FailurePercent, MinRequests int
	Window                      time.Duration
	// Open is how long it stays open before Probes requests try the subgraph; when
	// all of them succeed it closes: 1 s, 1.
	Open   time.Duration
	Probes int
}

// Ejection takes a URL out of the balancing that fails where others do not.
type Ejection struct {
	// Failures in a row eject a URL. 0 ejects none.
	Failures int
	// Time is how long, doubled each time that the URL fails again as soon as it
	// is back, up to MaxTime. 0 means 5 s, and 30 s.
	Time, MaxTime time.Duration
	// MaxPercent is how many of a hundred URLs may be out at once. The last is
	// never ejected. 0 means 50.
	MaxPercent int
}

// withDefaults fills in what is 0.
func (s Settings) withDefaults() Settings {
	s.Timeout = cmp.Or(s.Timeout, DefaultTimeout)
	s.ConnectTimeout = cmp.Or(s.ConnectTimeout, DefaultConnectTimeout)
	s.MaxAnswer = cmp.Or(s.MaxAnswer, DefaultMaxAnswer)
	s.MaxAnswerHeader = cmp.Or(s.MaxAnswerHeader, DefaultMaxAnswerHeader)
	s.MaxConnections = cmp.Or(s.MaxConnections, DefaultMaxConnections)
	s.MaxIdleConnections = min(cmp.Or(s.MaxIdleConnections, DefaultMaxIdleConnections), s.MaxConnections)
	s.IdleTimeout = cmp.Or(s.IdleTimeout, DefaultIdleTimeout)
	s.HTTP2 = cmp.Or(s.HTTP2, HTTP2OverTLS)
	s.Retries.Backoff = cmp.Or(s.Retries.Backoff, 25*time.Millisecond)
	s.Retries.MaxBackoff = max(cmp.Or(s.Retries.MaxBackoff, time.Second), s.Retries.Backoff)
	s.Breaker.FailurePercent = cmp.Or(s.Breaker.FailurePercent, 50)
	s.Breaker.MinRequests = cmp.Or(s.Breaker.MinRequests, 20)
	s.Breaker.Window = cmp.Or(s.Breaker.Window, 10*time.Second)
	s.Breaker.Open = cmp.Or(s.Breaker.Open, time.Second)
	s.Breaker.Probes = cmp.Or(s.Breaker.Probes, 1)
	s.Ejection.Time = cmp.Or(s.Ejection.Time, 5*time.Second)
	s.Ejection.MaxTime = max(cmp.Or(s.Ejection.MaxTime, 30*time.Second), s.Ejection.Time)
	s.Ejection.MaxPercent = cmp.Or(s.Ejection.MaxPercent, 50)
	return s
}
