package executor

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/weft-graphql/weft/planner/operation"
)

// Request is what one client asks of a plan.
type Request struct {
	// Operation is the client's own operation. Its fields are those of the plan's,
	// one for one; its positions become the locations of errors. nil means that
	// errors have no locations.
	Operation *operation.Operation
	// Variables are the client's variables by name as raw JSON, already coerced
	// and checked against their definitions, with the values of literals that are
	// variables in the plan. A variable that the client left out
	// is absent; its default, if any, is in the plan's operation.
	Variables map[string]json.RawMessage
	// Conditions are the operation's conditions for this request.
	Conditions operation.Conditions
	// Headers gives what a subgraph sees of the client's header. Its result must not
	// change afterwards, and it is called by several goroutines at once. nil means
	// that subgraphs see nothing of it.
	Headers func(subgraph string) http.Header
	// Deadline is when the answer is given with what has arrived by then. Zero
	// means that Limits.Duration counts from Run. Whoever counts it from the
	// client's request adds Limits.Duration: errors tell of that.
	Deadline time.Time
}

// Sink receives an answer's payloads in order. The executor calls it from one
// goroutine at a time.
type Sink interface {
	// Payload takes one payload: a whole GraphQL response for the primary one.
	// Its Body is valid until Payload returns. An error ends the execution.
	Payload(ctx context.Context, p Payload) error
}

// Payload is one part of an answer.
type Payload struct {
	// Body is JSON: {"data":…} or {"errors":[…],"data":…}.
	Body []byte
	// HasNext is set where another payload follows.
	HasNext bool
	// Result is set on the last payload.
	Result *Result
}

// Result is what there is to know about an execution when it has ended.
type Result struct {
	// Freshness is the strictest of all that went into the answer; NoStore where
	// there are errors.
	Freshness Freshness
	// Header is what Options.ResponseHeaders made of the subgraphs' headers.
	Header http.Header
	// Cost is the actual cost of the answer; CostByGraph is the part of each
	// subgraph, by name.
	Cost        float64
	CostByGraph map[string]float64
	// Errors counts the errors in the answer.
	Errors int
	// Steps tells of each step that ran.
	Steps []StepTrace
}

// StepTrace tells what became of one step.
type StepTrace struct {
	// Step is the step's ID in the plan.
	Step int
	// Graph is the subgraph's name.
	Graph string
	// Start counts from the execution's beginning.
	Start, Duration time.Duration
	// Status is the HTTP status of the subgraph's answer, 0 where there was none.
	Status int
	// Entities counts the distinct representations, Cached those of them (or root
	// fields) that the cache had.
	Entities, Cached int
	// Bytes is the size of the subgraph's answer.
	Bytes int
	// Skipped is set where the step needed nothing and made no request.
	Skipped bool
}

// Fetcher sends requests to subgraphs.
type Fetcher interface {
	// Fetch sends one request and reads the whole answer. A GraphQL answer with
	// an HTTP status other than 200 is an Answer, too; an error means that there
	// is no GraphQL answer to read. Errors wrap a *FetchError.
	Fetch(ctx context.Context, f *Fetch) (*Answer, error)
	// Subscribe starts a stream of answers.
	Subscribe(ctx context.Context, f *Fetch) (Stream, error)
}

// Fetch is one request to a subgraph. Neither it nor what it holds is reused or
// changed by the executor, so a Fetcher may keep it after Fetch has returned; it
// must not change it either.
type Fetch struct {
	// Subgraph is the subgraph's name; URL its routing URL in the supergraph,
	// which the Fetcher's configuration may override.
	Subgraph, URL string
	// Body is the JSON of the GraphQL request.
	Body []byte
	// Header is what the subgraph is sent besides the Fetcher's own headers.
	Header http.Header
	// Mutation is set where the request must not be sent twice or merged.
	Mutation bool
	// Entities counts the representations in the request; 0 for root fields.
	Entities int
	// Lists are the lists of representations in Body, in order. It is nil where
	// the request asks for anything but entities by representations.
	Lists []RepresentationList

	// one is the memory of Lists where it is a single list, as it mostly is.
	one [1]RepresentationList
}

// RepresentationList is one list of representations in a request's body.
type RepresentationList struct {
	// Key is the response key of the _entities field that the list is given to.
	Key string
	// Start and End are where the list, a JSON array, is in the body.
	Start, End int
}

// Answer is a subgraph's answer to one request.
type Answer struct {
	Status int
	Header http.Header
	// More are the headers of the further answers that this one was put together of.
	More []http.Header
	// Body is valid until Release is called.
	Body []byte
	// Release gives Body's memory back. It may be nil.
	Release func()
}

// AnswerHeader is the header of a subgraph's answer to one request.
type AnswerHeader struct {
	Subgraph string
	Header   http.Header
	// Mutation is set where the request was a mutation.
	Mutation bool
}

// Stream is a subgraph's answers to a subscription.
type Stream interface {
	// Next waits for the next answer; io.EOF means that the subgraph completed it.
	Next(ctx context.Context) (*Answer, error)
	Close() error
}

// FetchError says why a subgraph gave no GraphQL answer.
type FetchError struct {
	// Subgraph is the subgraph's name.
	Subgraph string
	// Code becomes the error's extensions.code: SUBREQUEST_HTTP_ERROR,
	// SUBREQUEST_TIMEOUT, SUBREQUEST_TOO_LARGE, SUBREQUEST_MALFORMED_RESPONSE.
	Code string
	// Message says what happened, for the client: without addresses or secrets.
	Message string
	// Err is the cause, for logs.
	Err error
}

// Error gives the message with the cause.
func (e *FetchError) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// EntityCache keeps what subgraphs answered: entities one by one and root
// fields one by one. Its calls never fail: a cache that is away knows nothing.
// A nil EntityCache caches nothing.
type EntityCache interface {
	// Lookup gives one Entry for each key, in order; an Entry without Value is a
	// miss. The keys are valid until it returns.
	Lookup(ctx context.Context, scope *CacheScope, keys []CacheKey) []Entry
	// Store keeps values (valid JSON, owned by the callee from now on) under the
	// keys as long as freshness allows. It does not wait for a network.
	Store(ctx context.Context, scope *CacheScope, keys []CacheKey, values [][]byte, freshness Freshness)
}

// CacheScope is what the keys of one lookup have in common.
type CacheScope struct {
	// Subgraph is the subgraph's name.
	Subgraph string
	// Selection is the part's GraphQL text: what was selected, with which arguments.
	Selection string
	// Variables is the raw JSON of the variables that the selection uses, in a
	// canonical form, "" where it uses none.
	Variables string
	// Identity is everything of the request's header that the subgraph sees, in a
	// canonical form, "" where it sees nothing of it. Only answers marked public
	// are shared between requests of different identity.
	Identity string
}

// CacheKey names one value in a scope.
type CacheKey struct {
	// Type is the entity's type name, or the root type's for a root field.
	Type string
	// Representation is the entity's canonical representation as JSON; empty for
	// a root field, which its scope names already.
	Representation []byte
	// Contexts are the values that the entity's fields take from contexts, as JSON
	// one after the other; empty where they take none.
	Contexts []byte
}

// Entry is what a cache has for one key.
type Entry struct {
	// Value is the JSON of the entity or the root field's value; nil is a miss.
	// It is shared and must not be changed.
	Value []byte
	// Freshness is what is left of it.
	Freshness Freshness
}
