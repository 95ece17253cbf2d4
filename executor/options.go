package executor

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options configure an Executor. Fetcher is required.
type Options struct {
	// Fetcher sends the requests.
	Fetcher Fetcher
	// Cache keeps entities and root fields; nil keeps nothing.
	Cache EntityCache
	// ResponseHeaders gives what clients see of the headers of the subgraphs'
	// answers, which come in the order of the plan's steps. It must not keep or
	// change them. nil means that clients see nothing of them.
	ResponseHeaders func(answers []AnswerHeader) http.Header
	// Errors says what clients are told of a subgraph's errors. nil passes them on.
	Errors func(subgraph string) ErrorPolicy
	// Limits bound what one execution may use.
	Limits Limits
	// Logger gets the causes of failed requests at level debug, masked errors at
	// level warn, and panics at level error; nil logs nothing.
	Logger *slog.Logger
}

// ErrorPolicy says what clients are told of one subgraph's errors. The zero value
// passes them on.
type ErrorPolicy struct {
	// Mask replaces the message. What it was is logged, with the ID that the error
	// has as extensions.requestId.
	Mask bool
	// Extensions are the members of extensions that are passed on; nil passes all.
	// Without its own code an error has the executor's.
	Extensions []string
	// ServiceName adds the subgraph's name as extensions.serviceName.
	ServiceName bool
}

// Limits bound one execution. Zero fields mean the defaults.
type Limits struct {
	// Duration is the time that all steps have together, from Run or up to
	// Request.Deadline. Default 30s. When it is over, the answer has what has arrived and an error with the code
	// OPERATION_TIMEOUT for each request that had not.
	Duration time.Duration
	// AnswerDepth is how deep a subgraph's answer may nest. Default 128; beyond it,
	// as beyond AnswerValues: SUBREQUEST_TOO_LARGE.
	AnswerDepth int
	// AnswerValues is how many values a subgraph's answer may have, counting a
	// slot for each field that was selected on each object. Default 1<<24.
	AnswerValues int
	// Entities is how many distinct representations one request to a subgraph may
	// carry. Default 20,000. The Fetcher splits what carries more, and each piece
	// counts as a request; where there are root fields in it, too, it is not made:
	// TOO_MANY_ENTITIES.
	Entities int
	// Contexts is how many distinct sets of values from contexts one request may
	// carry. Default 1,000. Beyond it the request is not made: TOO_MANY_CONTEXTS.
	Contexts int
	// Requests is how many requests one operation may make. Default 500. Those
	// beyond it are not made: TOO_MANY_SUBREQUESTS.
	Requests int
	// Errors is how many errors an answer lists. Default 1000. One more tells how
	// many were left out.
	Errors int
	// AnswerBytes is how large the client's answer may become. Default 256 MiB;
	// beyond it the data is null: ANSWER_TOO_LARGE.
	AnswerBytes int
	// Introspection is how many bytes of introspection one step may give. Default
	// 16 MiB; beyond it: INTROSPECTION_TOO_LARGE.
	Introspection int
	// Pooled is how many bytes of a buffer are kept for the next execution.
	// Default 64 MiB; larger buffers are left to the garbage collector.
	Pooled int
}

func (l Limits) orDefaults() Limits {
	l.Duration = cmp.Or(max(l.Duration, 0), 30*time.Second)
	l.AnswerDepth = cmp.Or(max(l.AnswerDepth, 0), 128)
	l.AnswerValues = cmp.Or(max(l.AnswerValues, 0), 1<<24)
	l.Entities = cmp.Or(max(l.Entities, 0), 20_000)
	l.Contexts = cmp.Or(max(l.Contexts, 0), 1000)
	l.Requests = cmp.Or(max(l.Requests, 0), 500)
	l.Errors = cmp.Or(max(l.Errors, 0), 1000)
	l.AnswerBytes = cmp.Or(max(l.AnswerBytes, 0), 256<<20)
	l.Introspection = cmp.Or(max(l.Introspection, 0), 16<<20)
	l.Pooled = cmp.Or(max(l.Pooled, 0), 64<<20)
	return l
}

// Executor runs programs. It is safe for concurrent use.
type Executor struct {
	options Options
	limits  Limits
	seed    maphash.Seed
	secret  [2]uint64 // for hashes of its own
	pool    sync.Pool // of *execution
	writers sync.Pool // of *writer
	// poison overwrites what is released, to make a late reader fail.
	poison bool
}

// New makes an Executor.
func New(o Options) (*Executor, error) {
	if o.Fetcher == nil {
		return nil, fmt.Errorf("executor: Options.Fetcher is nil: give the Fetcher that sends requests to subgraphs")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Executor{options: o, limits: o.Limits.orDefaults(), seed: maphash.MakeSeed(), poison: poisonReleased}
	for i := range e.secret {
		e.secret[i] = maphash.Bytes(e.seed, []byte{byte(i)})
	}
	return e, nil
}
