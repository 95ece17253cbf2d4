// Package playground holds the page that a browser gets from the GraphQL endpoint: GraphiQL under
// Weft's name, whole in the binary, so that it works without internet and Go users never need node.
//
// web/ holds the page's source and dist/ what `npm run build` makes of it; dist/ is committed and
// embedded. The package serves those files and nothing else: which requests come from a browser,
// and whether the page is on at all, is the gateway's to decide.
package playground

import (
	_ "embed"
	"html"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed page.html
var pageHTML string

// DefaultAssetsPath is where the gateway mounts [Page.Assets] unless Options say otherwise.
const DefaultAssetsPath = "/playground/"

// defaultQuery is valid for every schema. Its lines fit the editor of a small window.
const defaultQuery = `# Welcome to Weft.
#
# What can this graph be asked?
#   Ctrl-Enter  runs the query
#   Ctrl-Space  completes a word

query Welcome {
  __schema {
    queryType {
      fields {
        name
        description
      }
    }
  }
}
`

// contentSecurityPolicy lets the page load from the gateway and from nowhere else. Scripts must be
// files; styles may be inline because the editor positions its parts with style attributes.
const contentSecurityPolicy = "default-src 'none'; " +
	"script-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; " +
	"connect-src 'self'; " +
	"base-uri 'none'; " +
	"form-action 'none'; " +
	"frame-ancestors 'none'"

// Options says what the page shows. The zero value works.
type Options struct {
	// Endpoint is the URL path that operations are sent to. Empty means the page's own path, which
	// is also right behind a proxy that serves the gateway under a prefix.
	Endpoint string
	// DefaultQuery is in the editor when a browser opens the page for the first time. Empty means a
	// query that lists the fields of the schema's query type.
	DefaultQuery string
	// AssetsPath is the URL path that a browser finds [Page.Assets] at; it begins and ends with a
	// slash. Empty means [DefaultAssetsPath].
	AssetsPath string
}

// Page is the playground: an HTML page, and the files that it loads. It is safe for concurrent use.
type Page struct {
	html   string
	assets map[string]*asset // by the last element of their URL's path
}

// New renders the page.
func New(o Options) *Page {
	if o.DefaultQuery == "" {
		o.DefaultQuery = defaultQuery
	}
	if o.AssetsPath == "" {
		o.AssetsPath = DefaultAssetsPath
	}
	page := &Page{assets: map[string]*asset{}}
	add := func(name, contentType string, body []byte) string {
		a := newAsset(name, contentType, body)
		page.assets[a.name] = a
		return html.EscapeString(o.AssetsPath + a.name)
	}
	// Every place in page.html is a quoted attribute, for which EscapeString is enough.
	page.html = strings.NewReplacer(
		"{script}", add("playground.js", "text/javascript; charset=utf-8", script),
		"{style}", add("playground.css", "text/css; charset=utf-8", style),
		"{favicon}", add("favicon.svg", "image/svg+xml", favicon),
		"{licences}", add("licences.txt", "text/plain; charset=utf-8", licences),
		"{endpoint}", html.EscapeString(o.Endpoint),
		"{query}", html.EscapeString(o.DefaultQuery),
	).Replace(pageHTML)
	return page
}

// ServeHTTP answers a browser's GET or HEAD with the page.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(p.html)))
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	// The page names its assets by their content: a stored copy would ask for those of another build.
	h.Set("Cache-Control", "no-store")
	// The same URL answers GraphQL to whoever does not ask for HTML.
	h.Add("Vary", "Accept")
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(p.html)) // a browser that went away is no error of ours
	}
}

// Assets serves the files that the page loads. Mount it at Options.AssetsPath, with the prefix left
// on or stripped: only the last element of the path is looked at.
func (p *Page) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !readOnly(w, r) {
			return
		}
		a, ok := p.assets[path.Base(r.URL.Path)]
		if !ok {
			http.NotFound(w, r)
			return
		}
		a.ServeHTTP(w, r)
	})
}

// readOnly refuses every method but GET and HEAD.
func readOnly(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "the playground answers GET and HEAD only", http.StatusMethodNotAllowed)
	return false
}
