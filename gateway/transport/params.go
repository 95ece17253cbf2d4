package transport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The codes of refusals of the HTTP request itself.
const (
	codeBadRequest      = "BAD_REQUEST"
	codeTooLarge        = "REQUEST_TOO_LARGE"
	codeMediaType       = "UNSUPPORTED_MEDIA_TYPE"
	codeNotAcceptable   = "NOT_ACCEPTABLE"
	codeMethod          = "METHOD_NOT_ALLOWED"
	codeCSRF            = "CSRF_PREVENTED"
	codeBatch           = "BATCHING_NOT_SUPPORTED"
	codePersistedQuery  = "PERSISTED_QUERY_NOT_SUPPORTED"
	codeNotImplemented  = "NOT_IMPLEMENTED"
	codeInternal        = "INTERNAL_SERVER_ERROR"
	contentTypeJSON     = "application/json"
	contentTypeResponse = "application/graphql-response+json"
)

// decodeURL reads the parameters of a GraphQL request from a URL's query.
func decodeURL(rawQuery string) (*Params, *Refusal) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, codeBadRequest, "The URL's query is not form-encoded: "+err.Error()+".")
	}
	p := &Params{Query: values.Get("query"), OperationName: values.Get("operationName"), ReadOnly: true}
	for key, to := range map[string]*json.RawMessage{"variables": &p.Variables, "extensions": &p.Extensions} {
		text := values.Get(key)
		if text == "" {
			continue
		}
		if !utf8.ValidString(text) || !json.Valid([]byte(text)) {
			return nil, refuse(http.StatusBadRequest, codeBadRequest, fmt.Sprintf("The URL's %q is not valid JSON.", key))
		}
		raw, refusal := object(key, json.RawMessage(text))
		if refusal != nil {
			return nil, refusal
		}
		*to = raw
	}
	if refusal := p.check(); refusal != nil {
		return nil, refusal
	}
	return p, nil
}

// present gives nil for a parameter that is absent or null, which are the same.
func present(raw json.RawMessage) json.RawMessage {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) > 0 && !bytes.Equal(trimmed, []byte("null")) {
		return raw
	}
	return nil
}

// object gives a parameter that must be a JSON object.
func object(key string, raw json.RawMessage) (json.RawMessage, *Refusal) {
	raw = present(raw)
	if raw != nil && bytes.TrimSpace(raw)[0] != '{' {
		return nil, refuse(http.StatusBadRequest, codeBadRequest, fmt.Sprintf("The request's %q must be a JSON object.", key))
	}
	return raw, nil
}

func (p *Params) check() *Refusal {
	if p.Query != "" {
		return nil
	}
	var extensions struct {
		PersistedQuery json.RawMessage `json:"persistedQuery"`
	}
	if p.Extensions != nil && json.Unmarshal(p.Extensions, &extensions) == nil && extensions.PersistedQuery != nil {
		// Clients that try a hash first send the document when they are told this.
		return &Refusal{Status: http.StatusBadRequest, RequestError: true,
			Errors: gqlErrors(codePersistedQuery, "PersistedQueryNotSupported")}
	}
	return refuse(http.StatusBadRequest, codeBadRequest, "The request has no \"query\".")
}

// mediaType gives a Content-Type's media type in lower case and its charset.
func mediaType(header http.Header) (media, charset string, err error) {
	value := header.Get("Content-Type")
	if value == "" || value == contentTypeJSON { // what nearly all clients send needs no parsing
		return value, "", nil
	}
	media, params, err := mime.ParseMediaType(value)
	return media, strings.ToLower(params["charset"]), err
}
