package executor

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ParseFreshness reads Cache-Control and Age (RFC 9111) as a shared cache does:
// s-maxage counts before max-age, and Age is taken off. no-cache is taken as
// no-store, because the gateway does not revalidate. An answer without
// Cache-Control says nothing.
func ParseFreshness(h http.Header) Freshness {
	var f Freshness
	values := h["Cache-Control"]
	if len(values) == 0 {
		return f
	}
	const none = time.Duration(-1)
	maxAge, shared := none, none
	for _, line := range values {
		for d := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "no-store", "no-cache":
				f.NoStore, f.Known = true, true
			case "private":
				f.Private, f.Known = true, true
			case "public":
				f.Public = true // says who may share it, not for how long
			case "max-age":
				maxAge, f.Known = seconds(value), true
			case "s-maxage":
				shared, f.Known = seconds(value), true
			}
		}
	}
	if shared != none {
		maxAge = shared
	}
	if maxAge != none {
		f.MaxAge = max(0, maxAge-seconds(h.Get("Age")))
	}
	if f.Private {
		f.Public = false
	}
	return f
}

// freshness is the strictest of all that an answer was put together of.
func (a *Answer) freshness() Freshness {
	f := ParseFreshness(a.Header)
	for _, header := range a.More {
		f = f.Strictest(ParseFreshness(header))
	}
	return f
}

// seconds reads delta-seconds; what is none counts as 0, what is too large as
// the largest that RFC 9111 asks for.
func seconds(s string) time.Duration {
	const largest = 1 << 31
	s = strings.Trim(strings.TrimSpace(s), `"`)
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > largest {
		n = largest
	}
	return time.Duration(n) * time.Second
}

// Strictest is what holds for an answer that both went into: it is fresh as
// long as both, shared where both may be, and unknown where either is.
func (f Freshness) Strictest(g Freshness) Freshness {
	return Freshness{
		Known:   f.Known && g.Known,
		MaxAge:  min(f.MaxAge, g.MaxAge),
		NoStore: f.NoStore || g.NoStore,
		Public:  f.Public && g.Public,
		Private: f.Private || g.Private,
	}
}
