package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// acceptable is the media type to answer in, by the client's Accept header: of
// the two that GraphQL over HTTP defines the one of higher quality, the newer
// one where they are equal. It is "" where the client takes neither. Without
// the header it is the newer one, as the draft asks from 2025 on.
func acceptable(header http.Header) string {
	values := header.Values("Accept")
	if len(values) == 0 {
		return contentTypeResponse
	}
	if len(values) == 1 { // what many clients send needs no parsing
		switch values[0] {
		case contentTypeJSON, contentTypeResponse:
			return values[0]
		case "*/*":
			return contentTypeResponse
		}
	}
	best, quality := "", 0.0
	// Offered in order of preference: a later one must be better to win.
	for _, offer := range []string{contentTypeResponse, contentTypeJSON} {
		if q := qualityOf(offer, values); q > quality {
			best, quality = offer, q
		}
	}
	return best
}

// qualityOf is the quality that the Accept header gives a media type: that of
// the most specific range that matches it (RFC 9110, section 12.5.1).
func qualityOf(media string, accept []string) float64 {
	quality, specific := 0.0, -1
	for _, value := range accept {
		for item := range strings.SplitSeq(value, ",") {
			given, params, err := mime.ParseMediaType(strings.TrimSpace(item))
			if err != nil {
				continue
			}
			if charset, set := params["charset"]; set && !strings.EqualFold(charset, "utf-8") {
				continue
			}
			s := -1
			switch {
			case given == media:
				s = 2
			case given == "application/*":
				s = 1
			case given == "*/*":
				s = 0
			}
			if s <= specific {
				continue
			}
			specific, quality = s, 1
			if q, set := params["q"]; set {
				if quality, err = strconv.ParseFloat(q, 64); err != nil || quality < 0 || quality > 1 {
					quality = 0
				}
			}
		}
	}
	return quality
}

// wantsPage reports whether a GET comes from a browser that shows a page.
func wantsPage(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.RawQuery == "" &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}
