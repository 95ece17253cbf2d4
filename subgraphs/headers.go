package subgraphs

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
)

// Headers decides which of a client's headers a subgraph sees. The zero value
// passes none on.
type Headers struct {
	forward []string // canonical names
}

// NewHeaders makes the rules that forward the named headers, unchanged, to
// every subgraph. It refuses names that belong to a connection or that the
// gateway sets itself.
func NewHeaders(forward []string) (*Headers, error) {
	h := &Headers{}
	for _, name := range forward {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if reason, refused := reserved(canonical); refused {
			return nil, fmt.Errorf("header %q cannot be forwarded: %s", name, reason)
		}
		if !slices.Contains(h.forward, canonical) {
			h.forward = append(h.forward, canonical)
		}
	}
	slices.Sort(h.forward)
	return h, nil
}

// For gives what the subgraph is sent of a client's header. The values are
// shared with the client's header and must not be changed. It is nil where
// nothing is passed on.
func (h *Headers) For(_ string, client http.Header) http.Header {
	var out http.Header
	for _, name := range h.forward {
		values := client[name]
		if len(values) == 0 {
			continue
		}
		if out == nil {
			out = make(http.Header, len(h.forward))
		}
		out[name] = values
	}
	return out
}

// reserved says why a header is never forwarded.
func reserved(canonical string) (string, bool) {
	switch canonical {
	case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return "it belongs to the client's connection (RFC 9110, section 7.6.1)", true
	case "Content-Length", "Content-Type", "Content-Encoding", "Accept", "Accept-Encoding", "Host", "Expect":
		return "the gateway sets it for the request that it sends", true
	case "":
		return "it has no name", true
	}
	return "", false
}
