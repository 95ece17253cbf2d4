package transport

import (
	"fmt"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
)

// post is GraphQL over HTTP POST with a JSON body (GraphQL over HTTP, section
// 5.4).
type post struct {
	maxBody int64
	decoder *decoder
}

var (
	_ graphql.Transport = post{}
	_ raw               = post{}
)

func (post) raw() {}

// Supports takes JSON, and what is no JSON by name but passed the check against
// forged forms: the decoder decides.
func (post) Supports(r *http.Request) bool {
	media, _, err := mediaType(r.Header)
	return r.Method == http.MethodPost && err == nil && (media == contentTypeJSON || media == "" || media == "text/plain")
}

func (t post) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	answer(w, r, exec, func() (*Params, *Refusal) {
		if _, charset, _ := mediaType(r.Header); charset != "" && charset != "utf-8" {
			return nil, refuse(http.StatusUnsupportedMediaType, codeMediaType,
				fmt.Sprintf("The charset %q is not supported; send UTF-8.", charset))
		}
		if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
			return nil, refuse(http.StatusUnsupportedMediaType, codeMediaType,
				fmt.Sprintf("The content encoding %q is not supported; send the body as it is.", encoding))
		}
		body, refusal := readBody(w, r, t.maxBody)
		if refusal != nil {
			return nil, refusal
		}
		return t.decoder.decode(body)
	})
}

// get is GraphQL over HTTP GET (GraphQL over HTTP, section 5.3). It runs
// queries only.
type get struct{}

var (
	_ graphql.Transport = get{}
	_ raw               = get{}
)

func (get) raw() {}

func (get) Supports(r *http.Request) bool { return r.Method == http.MethodGet }

func (get) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	answer(w, r, exec, func() (*Params, *Refusal) { return decodeURL(r.URL.RawQuery) })
}

// answer runs one request of a single answer.
func answer(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, decode func() (*Params, *Refusal)) {
	media := acceptable(r.Header)
	if media == "" {
		writeRefusal(w, "", refuse(http.StatusNotAcceptable, codeNotAcceptable,
			fmt.Sprintf("None of the media types %q can be answered in; accept %s or %s.",
				r.Header.Values("Accept"), contentTypeResponse, contentTypeJSON)))
		return
	}
	params, refusal := decode()
	if refusal != nil {
		writeRefusal(w, media, refusal)
		return
	}
	params.Header, params.RemoteAddr = r.Header, r.RemoteAddr
	operation, refusal := exec.(*graphExecutor).pipeline.Prepare(r.Context(), params)
	if refusal != nil {
		writeRefusal(w, media, refusal)
		return
	}
	begun := false
	err := operation.Run(r.Context(), func(res Response) error {
		begun = true
		return writeResponse(w, media, res)
	})
	// Where the client is gone, or the answer's beginning is already written, there
	// is nobody left to tell.
	if err != nil && !begun && r.Context().Err() == nil {
		writeRefusal(w, media, refuse(http.StatusInternalServerError, codeInternal, "The operation could not be finished; the gateway's log says more."))
	}
}
