package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// usageError is a mistake in the command line.
type usageError struct{ error }

// verdictError is a failure that the result on stdout tells in full already.
type verdictError struct{ error }

// documentError is what is wrong with documents, with their text to show it in.
type documentError struct {
	summary string // one sentence for all of it
	errors  schema.Errors
	sources []schema.Subgraph
}

func (e *documentError) Error() string { return e.errors.Error() }
func (e *documentError) Unwrap() error { return e.errors }

// inDocuments lets report show the source lines of the schema errors in err.
// Any other error stays as it is.
func inDocuments(err error, summary string, sources ...schema.Subgraph) error {
	var errs schema.Errors
	if !errors.As(err, &errs) {
		var one *schema.Error
		if !errors.As(err, &one) {
			return err
		}
		errs = schema.Errors{one}
	}
	return &documentError{summary: summary, errors: errs, sources: sources}
}

// inSource lets report show the source lines of errors in what was loaded.
func inSource(err error, loaded *source.Supergraph) error {
	switch {
	case err == nil || loaded == nil:
		return err
	case loaded.SDL == "":
		return inDocuments(err, "the subgraphs do not compose", loaded.Subgraphs...)
	}
	return inDocuments(err, "the supergraph cannot be served", schema.Subgraph{SDL: loaded.SDL})
}

// load reads a supergraph from where it is.
func load(p *process, src source.Source) (*source.Supergraph, error) {
	defer p.patience("Loading " + src.String())()
	if s, ok := src.(*source.Subgraphs); ok && isTerminal(p.stderr) {
		s.Waiting = func(names []string, all int) {
			if len(names) > 0 {
				fmt.Fprintf(p.stderr, "Waiting for the schemas of %d of %s: %s …\n", len(names), count(all, "subgraph"), shorten(names))
			}
		}
	}
	got, err := src.Load(p.ctx)
	return got, inSource(err, got)
}

// shorten lists names, not too many of them.
func shorten(names []string) string {
	const most = 5
	if len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

// report prints why a command failed and gives the exit status. help is the
// command line that shows the command's help.
func report(p *process, err error, help string) int {
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(p.stderr, "weft: %v\nRun %q to see what there is.\n", err, help)
		return exitUsage
	}
	var told verdictError
	if p.json && !errors.As(err, &told) {
		err = errors.Join(err, writeErrors(p, err))
	}
	var document *documentError
	switch {
	case errors.As(err, &document):
		if !p.json {
			compose.Format(p.stderr, document.errors, document.sources, p.colour())
		}
		fmt.Fprintf(p.stderr, "weft: %s (%s)\n", document.summary, count(len(document.errors), "error"))
	case p.ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(p.stderr, "weft: interrupted")
	default:
		// The lines after the first are indented: one failure, one "weft:".
		fmt.Fprintf(p.stderr, "weft: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n      "))
	}
	return exitFailed
}

// writeErrors writes a failure as a result for programs.
func writeErrors(p *process, err error) error {
	if document, ok := errors.AsType[*documentError](err); ok {
		return writeJSON(p, map[string]any{"errors": document.errors})
	}
	return writeJSON(p, map[string]any{"errors": []any{map[string]any{"message": err.Error()}}})
}

func writeJSON(p *process, v any) error {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// orEmpty makes an absent list an empty one in JSON.
func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

// writeHints shows people what composition noticed.
func (p *process) writeHints(hints []schema.Hint, sources []schema.Subgraph) {
	compose.FormatHints(p.stderr, hints, sources, p.colour())
}

// patience says what is being done when it takes more than a second and
// somebody watches. The function that it gives ends that.
func (p *process) patience(what string) (done func()) {
	if !isTerminal(p.stderr) {
		return func() {}
	}
	timer := time.AfterFunc(time.Second, func() { fmt.Fprintln(p.stderr, what+" …") })
	return func() { timer.Stop() }
}

// colour reports whether stderr may have colours: see https://no-color.org.
func (p *process) colour() bool {
	unwanted, _ := p.env("NO_COLOR")
	terminal, _ := p.env("TERM")
	return unwanted == "" && terminal != "dumb" && isTerminal(p.stderr)
}

// isTerminal reports whether people read what is written to w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
