// Package admin is what operators see of a gateway, on a listener of its own:
// metrics, the registry's API and the gateway's health.
//
// It asks nobody who they are: the listener must be out of clients' reach.
package admin

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
)

// Endpoint is one thing that the listener serves.
type Endpoint struct {
	// Path is where it is, as http.ServeMux patterns have it, without a method.
	Path string
	// Summary says in a few words what it is.
	Summary string
	Handler http.Handler
}

// New makes the listener's handler: the endpoints, and a page at "/" that lists
// them.
func New(version string, endpoints ...Endpoint) http.Handler {
	mux := http.NewServeMux()
	var index strings.Builder
	fmt.Fprintf(&index, "<!doctype html><title>Weft</title><h1>Weft %s</h1><ul>", html.EscapeString(version))
	for _, e := range slices.SortedFunc(slices.Values(endpoints), func(a, b Endpoint) int { return strings.Compare(a.Path, b.Path) }) {
		mux.Handle(e.Path, e.Handler)
		fmt.Fprintf(&index, `<li><a href="%s">%s</a>: %s</li>`,
			html.EscapeString(e.Path), html.EscapeString(e.Path), html.EscapeString(e.Summary))
	}
	index.WriteString("</ul>\n")
	page := []byte(index.String())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		_, _ = w.Write(page) // the operator's browser may be gone
	})
	return mux
}
