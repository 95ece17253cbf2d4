package transport

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Params are a client's request, whatever way it came.
type Params struct {
	// Query is the document.
	Query string
	// OperationName picks an operation of the document; empty where there is one.
	OperationName string
	// Variables and Extensions are JSON objects, or nil.
	Variables, Extensions json.RawMessage
	// Header is the client's request header.
	Header http.Header
	// RemoteAddr is the address that the client's connection comes from.
	RemoteAddr string
	// ReadOnly is set where the way in must not run a mutation: HTTP GET.
	ReadOnly bool
}

// Pipeline answers requests.
type Pipeline interface {
	// Prepare does what can refuse a request before anything runs: it finds the
	// operation, checks the variables and charges the client's budget.
	Prepare(ctx context.Context, p *Params) (Operation, *Refusal)
}

// Operation is a request that was admitted. Run must be called, once.
type Operation interface {
	// Definition is what the client asked for.
	Definition() *ast.OperationDefinition
	// Run executes the operation and sends its payloads in order. A failure of
	// execution is a payload with errors; an error of Run means that there is no answer, that a payload could not be
	// sent, or that the client is gone.
	Run(ctx context.Context, send func(Response) error) error
}

// Response is one payload of an answer.
type Response struct {
	// Header is what the answer's HTTP header has besides the media type.
	Header http.Header
	// Body is a GraphQL response as JSON, valid until send returns.
	Body []byte
	// HasNext is set where another payload follows.
	HasNext bool
}

// Refusal is an answer to a request that is not executed.
type Refusal struct {
	// Status is the HTTP status.
	Status int
	// Errors are a GraphQL response's errors; at least one.
	Errors gqlerror.List
	// Header is what the answer's HTTP header has besides the media type.
	Header http.Header
	// RequestError is set where the HTTP request was well formed and only the
	// GraphQL request in it is wrong: an answer in application/json has status
	// 200 then (GraphQL over HTTP, section 6.4.1).
	RequestError bool
}

// refuse makes a Refusal of the HTTP request itself.
func refuse(status int, code, message string) *Refusal {
	return &Refusal{Status: status, Errors: gqlerror.List{Error(code, message)}}
}

// Error makes a GraphQL error with extensions.code.
func Error(code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}
