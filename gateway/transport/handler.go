package transport

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/handler/transport"
)

// Options configure a Handler.
type Options struct {
	// Pipeline answers the requests.
	Pipeline Pipeline
	// MaxBody is how many bytes a request's body may have. 0 means 2 MiB.
	MaxBody int64
	// PreflightHeaders are headers that a page of another origin can send only
	// after the browser asked by a preflight request: one of them makes a POST
	// acceptable whose content type alone would not prove that.
	PreflightHeaders []string
	// Page answers a browser's GET. nil means that there is no page.
	Page http.Handler
}

// Handler is GraphQL over HTTP at one URL.
type Handler struct {
	options    Options
	executor   *graphExecutor
	transports []graphql.Transport
}

// New makes a handler.
func New(o Options) *Handler {
	o.MaxBody = cmp.Or(o.MaxBody, 2<<20)
	return &Handler{
		options:  o,
		executor: &graphExecutor{pipeline: o.Pipeline},
		transports: []graphql.Transport{
			gqlgen.Options{AllowedMethods: []string{http.MethodOptions, http.MethodGet, http.MethodPost}},
			gqlgen.SSE{},
			post{maxBody: o.MaxBody, decoder: newDecoder()},
			get{},
		},
	}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.options.Page != nil && wantsPage(r) {
		h.options.Page.ServeHTTP(w, r)
		return
	}
	if refusal := h.forged(r); refusal != nil {
		writeRefusal(w, acceptable(r.Header), refusal)
		return
	}
	for _, t := range h.transports {
		if t.Supports(r) {
			if _, own := t.(raw); !own && r.Body != nil {
				// gqlgen's transports read the body as far as it goes, and tell the
				// executor nothing of the connection.
				r = r.WithContext(context.WithValue(r.Context(), remoteAddr{}, r.RemoteAddr))
				r.Body = http.MaxBytesReader(w, r.Body, h.options.MaxBody)
			}
			t.Do(w, r, h.executor)
			return
		}
	}
	h.unsupported(w, r)
}

// raw marks the transports that bound what they read and write an answer's
// bytes as they are.
type raw interface{ raw() }

// forged refuses what a page of another origin could make a browser send, with
// the user's cookies, without asking first: a POST of a content type that an
// HTML form can have.
func (h *Handler) forged(r *http.Request) *Refusal {
	if r.Method != http.MethodPost {
		return nil
	}
	media, _, err := mediaType(r.Header)
	simple := media == "" || err != nil ||
		slices.Contains([]string{"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}, media)
	if !simple || slices.ContainsFunc(h.options.PreflightHeaders, func(name string) bool {
		return r.Header.Get(name) != ""
	}) {
		return nil
	}
	message := fmt.Sprintf("A POST with the content type %q could come from a forged form; send application/json.", media)
	if media == "" {
		message = "A POST without a valid content type could come from a forged form; send application/json."
	}
	if names := h.options.PreflightHeaders; len(names) > 0 {
		message += " Or send one of the headers " + strings.Join(names, ", ") + "."
	}
	return refuse(http.StatusUnsupportedMediaType, codeCSRF, message)
}

// unsupported says what is wrong with a request that no transport takes.
func (h *Handler) unsupported(w http.ResponseWriter, r *http.Request) {
	refusal := refuse(http.StatusMethodNotAllowed, codeMethod,
		fmt.Sprintf("The method %s is not supported; use POST, or GET for queries.", r.Method))
	refusal.Header = http.Header{"Allow": {"OPTIONS, GET, POST"}}
	if r.Method == http.MethodPost {
		refusal = refuse(http.StatusUnsupportedMediaType, codeMediaType,
			fmt.Sprintf("The content type %q is not supported; send application/json.", r.Header.Get("Content-Type")))
	}
	writeRefusal(w, acceptable(r.Header), refusal)
}
