package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// readBody reads a POST's body within limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *Refusal) {
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var b bytes.Buffer
	if r.ContentLength > 0 {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge(limit)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, codeBadRequest, "The request's body could not be read to its end.")
	}
	return b.Bytes(), nil
}

func tooLarge(limit int64) *Refusal {
	return refuse(http.StatusRequestEntityTooLarge, codeTooLarge,
		fmt.Sprintf("The request's body is larger than %d bytes (limits.body).", limit))
}

// decodeBody reads the parameters of a GraphQL request from a JSON body. Keys
// are told apart by case, and keys that GraphQL over HTTP reserves for later
// are left alone.
func decodeBody(body []byte) (*Params, *Refusal) {
	bad := func(format string, args ...any) (*Params, *Refusal) {
		return nil, refuse(http.StatusBadRequest, codeBadRequest, fmt.Sprintf(format, args...))
	}
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return bad("The request has no body; send a JSON object with the key \"query\".")
	case trimmed[0] == '[':
		return nil, refuse(http.StatusBadRequest, codeBatch,
			"A list of operations in one request is not supported; send them one by one.")
	case !utf8.Valid(body):
		return bad("The request's body is not valid UTF-8.")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return bad("The request's body is not a JSON object: %s.", describeJSON(body, err))
	}
	p := &Params{}
	var ok bool
	if p.Query, ok = text(fields["query"]); !ok {
		return bad("The request's %q must be a string.", "query")
	}
	if p.OperationName, ok = text(fields["operationName"]); !ok {
		return bad("The request's %q must be a string.", "operationName")
	}
	var refusal *Refusal
	if p.Variables, refusal = object("variables", fields["variables"]); refusal != nil {
		return nil, refusal
	}
	if p.Extensions, refusal = object("extensions", fields["extensions"]); refusal != nil {
		return nil, refusal
	}
	if refusal := p.check(); refusal != nil {
		return nil, refusal
	}
	return p, nil
}

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

// text gives a parameter that must be a string.
func text(raw json.RawMessage) (s string, ok bool) {
	raw = present(raw)
	if raw == nil {
		return "", true
	}
	err := json.Unmarshal(raw, &s)
	return s, err == nil
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

// describeJSON says where JSON went wrong, with line and column.
func describeJSON(body []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line, column := position(body, syntax.Offset)
		return fmt.Sprintf("%s (line %d, column %d)", syntax.Error(), line, column)
	case errors.As(err, &kind):
		return "it is a " + kind.Value
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	default:
		return err.Error()
	}
}

func position(body []byte, offset int64) (line, column int) {
	before := body[:min(max(offset-1, 0), int64(len(body)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
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
