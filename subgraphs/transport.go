package subgraphs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/weft-graphql/weft/subgraphs/http1"
)

// newTransport makes a subgraph's connections. They are its own, so that one
// subgraph that stalls takes none from the others.
//
// The transport is used without an http.Client: that would follow redirects, by
// which a client's credentials could come to a place that nobody configured.
func newTransport(s Settings, tlsConfig *tls.Config) *http.Transport {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: s.ConnectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       tlsConfig,
		TLSHandshakeTimeout:   s.ConnectTimeout,
		ResponseHeaderTimeout: s.FirstByteTimeout,
		MaxConnsPerHost:       s.MaxConnections,
		// Clients may be sent of it, and many are put together.
		MaxResponseHeaderBytes: s.MaxAnswerHeader,
		MaxIdleConns:           0, // MaxIdleConnsPerHost bounds it: there are few hosts
		MaxIdleConnsPerHost:    s.MaxIdleConnections,
		IdleConnTimeout:        s.IdleTimeout,
		// Compression is asked for by name, and undone with a limit.
		DisableCompression: true,
		Protocols:          new(http.Protocols),
		// A connection that carries all requests must not be waited for when it is dead.
		HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: s.ConnectTimeout, MaxReceiveBufferPerStream: streamBuffer},
	}
	switch s.HTTP2 {
	case HTTP2Off:
		t.Protocols.SetHTTP1(true)
	case HTTP2PriorKnowledge:
		t.Protocols.SetHTTP2(true)
		t.Protocols.SetUnencryptedHTTP2(true)
	default:
		t.Protocols.SetHTTP1(true)
		t.Protocols.SetHTTP2(true)
	}
	return t
}

// newPlainTransport makes the connections for http URLs, which cost less.
func newPlainTransport(s Settings) *http1.Transport {
	return http1.New(http1.Options{
		ConnectTimeout:   s.ConnectTimeout,
		FirstByteTimeout: s.FirstByteTimeout,
		MaxConnections:   s.MaxConnections,
		MaxIdle:          s.MaxIdleConnections,
		IdleTimeout:      s.IdleTimeout,
		MaxHeader:        s.MaxAnswerHeader,
	})
}

// streamBuffer is how much of an answer net/http takes over HTTP/2 before it is
// read: what a subgraph sends that is read slowly counts in no limit.
const streamBuffer = 1 << 20

// pingAfter is how long an HTTP/2 connection may be silent before it is asked
// whether it still works.
const pingAfter = 5 * time.Second

// config reads the files. It is nil where nothing is set.
func (t TLS) config() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	c := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.InsecureSkipVerify} //nolint:gosec // deliberately named
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file cannot be read: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file %s holds no certificate in PEM form", t.CAFile)
		}
	}
	switch {
	case t.CertificateFile != "" && t.KeyFile != "":
		own := &certificate{files: t}
		if _, err := own.load(nil); err != nil {
			return nil, err
		}
		c.GetClientCertificate = own.load
	case t.CertificateFile != t.KeyFile:
		return nil, errors.New("tls.certificate_file and tls.key_file are needed together")
	}
	return c, nil
}

// certificate is the gateway's own. It is read anew for each handshake, of which
// there are few; while what is on disk cannot be used, the last that could is.
type certificate struct {
	files TLS
	mu    sync.Mutex
	last  *tls.Certificate
}

func (c *certificate) load(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.files.CertificateFile, c.files.KeyFile)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.last = &pair
	}
	if c.last == nil {
		return nil, fmt.Errorf("tls.certificate_file and tls.key_file cannot be used: %w", err)
	}
	return c.last, nil
}
