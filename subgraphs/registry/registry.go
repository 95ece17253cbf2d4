// Package registry keeps the schemas that teams publish for their subgraphs:
// every version of each, which versions make up the graph, and the supergraph
// that they compose to. A [Folder] keeps them in files.
//
// It refuses what does not compose before anything changes, and says what a
// change of the API means for clients. It runs no gateway: that follows the
// Folder as the source of its supergraph.
package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/registry/apidiff"
)

// Version is a published version of a subgraph, without its schema. It never
// changes.
type Version struct {
	Subgraph string `json:"subgraph"`
	// Number counts the subgraph's versions from 1.
	Number int `json:"version"`
	// URL is where the gateway sends the subgraph's requests; empty where the
	// gateway's configuration says so.
	URL         string    `json:"url"`
	PublishedAt time.Time `json:"publishedAt"`
	// SHA256 is of the schema, in hexadecimal.
	SHA256 string `json:"sha256"`
	// Message is what the publisher said about the version.
	Message string `json:"message,omitempty"`
	// Revision is the graph's revision that brought the version.
	Revision int `json:"revision"`
}

// Entry is a subgraph of the graph, with its schema.
type Entry struct {
	schema.Subgraph
	// Version is the version that is in the graph; its Number is 0 where the
	// graph comes from no registry.
	Version Version
}

// Graph is what is in the graph at one moment.
type Graph struct {
	// Revision counts the changes of the graph from 1. It is 0 where nothing was
	// published, and where the graph comes from no registry.
	Revision int
	// Subgraphs are sorted by name.
	Subgraphs []Entry
}

// Page is a part of a subgraph's history.
type Page struct {
	// First is how many versions to give, the newest first. 0 means 20.
	First int
	// Before leaves out this version and the newer ones. 0 leaves out none.
	Before int
}

// Catalog is what the API shows: a registry, or the running graph where there
// is none.
type Catalog interface {
	// Graph gives the graph as it is now.
	Graph(ctx context.Context) (*Graph, error)
	// History gives a part of a subgraph's versions, the newest first.
	// [ErrUnknownSubgraph] says that it has none.
	History(ctx context.Context, subgraph string, p Page) ([]Version, error)
}

var (
	_ Catalog = (*Folder)(nil)
	_ Catalog = Static(nil)
)

// PublishOptions say more about what is published.
type PublishOptions struct {
	// Message is kept with the versions: why they were made, or what made them.
	Message string
}

// Publication is what became of publishing.
type Publication struct {
	// Changed is false where everything was in the graph already; then nothing
	// was written.
	Changed bool
	// Revision is the graph's, with what was published.
	Revision int
	// Versions are those of the published subgraphs, in the order they were given.
	// One whose Revision is lower than the Publication's was in the graph already.
	Versions []Version
	// Supergraph is the composed document.
	Supergraph string
	// Hints are what composition noticed.
	Hints []schema.Hint
	// Changes are the changes of the API; none where nothing was published before.
	Changes []apidiff.Change
}

// CheckResult says what publishing would do.
type CheckResult struct {
	// Revision is the graph's that the schemas were checked against; 0 where
	// nothing is published.
	Revision int
	// Supergraph is the document that the graph would compose to.
	Supergraph string
	Hints      []schema.Hint
	// Changes are the changes of the API, the breaking ones first; none where
	// nothing is published.
	Changes []apidiff.Change
	// Breaking says that one of the changes may break a client.
	Breaking bool
}

var (
	// ErrEmpty says that nothing was published yet.
	ErrEmpty = errors.New("nothing is published in the registry")
	// ErrUnknownSubgraph says that the registry has no subgraph of that name.
	ErrUnknownSubgraph = errors.New("the registry has no such subgraph")
)

// RefusedError says that the graph would not compose. The registry is as it was.
type RefusedError struct {
	// Names are the subgraphs that were to be published.
	Names []string
	// Subgraphs are all that were composed; errors name places in their SDL.
	Subgraphs []schema.Subgraph
	// Err is what is wrong: a [schema.Errors], or the one *[schema.Error] for
	// which a gateway would refuse the supergraph.
	Err error
}

// Unwrap gives what is wrong.
func (e *RefusedError) Unwrap() error { return e.Err }

// Error says what is wrong and, where it may help, what to do.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the graph does not compose with this schema of %s; the registry is as it was:\n%v%s",
		strings.Join(e.Names, ", "), e.Err, e.advice())
}

// advice explains errors that subgraphs have which need each other.
func (e *RefusedError) advice() string {
	for _, code := range []schema.Code{"NO_QUERIES", "EXTENSION_WITH_NO_BASE"} {
		if errors.Is(e.Err, &schema.Error{Code: code}) {
			return "\nSubgraphs that compose only together are published together: name all of them in one command."
		}
	}
	return ""
}
