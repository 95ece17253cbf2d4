package limits

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"net/textproto"
)

// Identifier is one way to recognise a client.
type Identifier struct {
	// Header is the name of the header field whose value names the client.
	Header string
}

// Client is who a budget belongs to. It holds nothing secret and may be logged.
type Client struct {
	// Kind is the header field's name in its canonical form, or "ip".
	Kind string
	// Name is a hash of the header field's value, or the IP address (of IPv6 the /64). It is "unknown" where there is no
	// address, as with a listener on a Unix socket.
	Name string
}

// key is the client's name in the store.
func (c Client) key(policy string) string { return policy + ":" + c.Kind + ":" + c.Name }

// Identify says who sent a request. remoteAddr is the connection's, as in [http.Request]. A nil Budgets knows nobody.
func (b *Budgets) Identify(header http.Header, remoteAddr string) Client {
	if b == nil {
		return Client{}
	}
	for _, name := range b.headers {
		if value := header.Get(name); value != "" {
			sum := sha256.Sum256([]byte(value))
			return Client{Kind: name, Name: hex.EncodeToString(sum[:16])}
		}
	}
	return Client{Kind: "ip", Name: addressName(remoteAddr)}
}

func addressName(remoteAddr string) string {
	addressAndPort, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return "unknown"
	}
	address := addressAndPort.Addr().Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	network, err := address.Prefix(64)
	if err != nil { // no IPv6 address has fewer bits
		return "unknown"
	}
	return network.String()
}

// headerNames brings the identifiers' header names into their canonical form.
func headerNames(identifiers []Identifier) []string {
	names := make([]string, len(identifiers))
	for i, identifier := range identifiers {
		names[i] = textproto.CanonicalMIMEHeaderKey(identifier.Header)
	}
	return names
}
