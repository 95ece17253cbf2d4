package http1

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Target is where requests go, with what all of them have in common.
type Target struct {
	pool *pool
	// start is the request line and the Host field.
	start  string
	fields []field
}

// field is a field of the header as it is sent.
type field struct{ name, text string }

// Request is one request to a Target.
type Request struct {
	// Header has fields besides those of the target, or in place of them.
	Header http.Header
	Body   []byte
	// Once is set where the request must not be sent a second time. Any other is,
	// on a new connection, where one that was used before ends without an answer:
	// the server may have closed it as idle.
	Once bool
}

// framing are the fields that say where messages and connections end, and whose:
// they are this package's to write (RFC 9112, sections 3.2, 6 and 9).
var framing = []string{"Host", "Content-Length", "Transfer-Encoding", "Trailer", "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Upgrade", "Expect"}

// Target makes POST requests to an http URL ready, with the header fields of those
// that do not bring their own. It refuses what cannot be written.
func (t *Transport) Target(u *url.URL, header http.Header) (*Target, error) {
	port := u.Port()
	if port == "" {
		port = "80"
	}
	// A zone, after %, is this machine's own business, and not to be sent.
	if u.Scheme != "http" || u.Hostname() == "" || !httpguts.ValidHostHeader(u.Host) || strings.Contains(u.Host, "%") {
		return nil, fmt.Errorf("%q is not an http URL with a host and without a zone", u.Redacted())
	}
	host, err := httpguts.PunycodeHostPort(u.Host)
	if err != nil {
		return nil, fmt.Errorf("the host of %q is not valid: %w", u.Redacted(), err)
	}
	target := &Target{
		pool:  t.pool(net.JoinHostPort(u.Hostname(), port)),
		start: "POST " + u.RequestURI() + " HTTP/1.1\r\nHost: " + host + "\r\n",
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		text := ""
		for _, value := range header[name] {
			if err := check(name, value); err != nil {
				return nil, err
			}
			text += name + ": " + value + "\r\n"
		}
		target.fields = append(target.fields, field{name, text})
	}
	return target, nil
}

// check refuses a header field that would end before its end.
func check(name, value string) error {
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return fmt.Errorf("the header name %q is not valid", name)
	case !httpguts.ValidHeaderFieldValue(value):
		return fmt.Errorf("the value of header %s is not valid", name) // which may be a secret
	}
	return nil
}

// write sends a request, whose header has been checked.
func (t *Target) write(w *bufio.Writer, r *Request) error {
	// What goes wrong in between is told by Flush.
	_, _ = w.WriteString(t.start)
	for i := range t.fields {
		if _, own := r.Header[t.fields[i].name]; !own {
			_, _ = w.WriteString(t.fields[i].text)
		}
	}
	for name, values := range r.Header {
		if slices.Contains(framing, name) {
			continue
		}
		for _, value := range values {
			_, _ = w.WriteString(name)
			_, _ = w.WriteString(": ")
			_, _ = w.WriteString(value)
			_, _ = w.WriteString("\r\n")
		}
	}
	_, _ = w.WriteString("Content-Length: ")
	_, _ = w.Write(strconv.AppendInt(w.AvailableBuffer(), int64(len(r.Body)), 10))
	_, _ = w.WriteString("\r\n\r\n")
	_, _ = w.Write(r.Body)
	return w.Flush()
}
