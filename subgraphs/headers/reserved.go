package headers

import "strings"

const (
	whyConnection = "it belongs to one connection (RFC 9110, section 7.6.1)"
	whyOwn        = "the gateway writes it for the message that it sends itself"
	whyCondition  = "it asks about the answer that the client has, which no subgraph knows"
	whyCache      = "the gateway writes it by itself: the most restrictive of all that went into the answer"
	whyOrigin     = "it speaks for the whole site, and a subgraph does not"
)

// hopByHop are the headers of one connection.
func hopByHop(canonical string) bool {
	switch canonical {
	case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info", "Proxy-Connection",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Http2-Settings":
		return true
	}
	return strings.HasPrefix(canonical, "Sec-Websocket-")
}

// reservedRequest says why a header is never sent to subgraphs by a rule.
func reservedRequest(canonical string) string {
	switch canonical {
	case "Content-Length", "Content-Type", "Content-Encoding", "Accept", "Accept-Encoding", "Accept-Charset", "Host", "Expect":
		return whyOwn
	case "Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range":
		return whyCondition
	}
	if hopByHop(canonical) {
		return whyConnection
	}
	return ""
}

// reservedResponse says why a subgraph's header is never sent to clients by a rule.
func reservedResponse(canonical string) string {
	switch canonical {
	case "Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Content-Location", "Accept-Ranges", "Etag",
		"Last-Modified", "Location", "Date", "Vary", "X-Content-Type-Options", "Ratelimit", "Ratelimit-Policy":
		return whyOwn
	case "Cache-Control", "Age", "Expires", "Pragma":
		return whyCache
	case "Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data":
		return whyOrigin
	}
	switch {
	case hopByHop(canonical):
		return whyConnection
	case strings.HasPrefix(canonical, "Access-Control-"):
		return whyOrigin
	case strings.HasPrefix(canonical, "Weft-"):
		return whyOwn
	}
	return ""
}
