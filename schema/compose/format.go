package compose

import (
	"fmt"
	"io"
	"strings"

	"github.com/weft-graphql/weft/schema"
)

// Format writes errors for people: each with its code and message, the source
// line of every place with a caret under it, and what to change. sources gives
// the SDL that the places refer to. Escape codes for colours are written only
// when colour is true. Errors of w are w's to remember: Format stops at none.
func Format(w io.Writer, errs schema.Errors, sources []schema.Subgraph, colour bool) {
	f := newFormatter(w, sources, colour)
	for i, e := range errs {
		if i > 0 {
			fmt.Fprintln(w)
		}
		f.head(red, "error", e.Code, e.Message)
		f.places(e.Locations)
		if e.Fix != "" {
			fmt.Fprintf(w, "  %s %s\n", f.paint(bold, "fix:"), e.Fix)
		}
	}
}

// FormatHints writes hints as [Format] writes errors.
func FormatHints(w io.Writer, hints []schema.Hint, sources []schema.Subgraph, colour bool) {
	f := newFormatter(w, sources, colour)
	for i, h := range hints {
		if i > 0 {
			fmt.Fprintln(w)
		}
		f.head(yellow, "hint", h.Code, h.Message)
		f.places(h.Locations)
	}
}

const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

type formatter struct {
	w      io.Writer
	lines  map[string][]string // by subgraph
	colour bool
}

func newFormatter(w io.Writer, sources []schema.Subgraph, colour bool) formatter {
	f := formatter{w: w, lines: map[string][]string{}, colour: colour}
	for _, s := range sources {
		f.lines[s.Name] = strings.Split(s.SDL, "\n")
	}
	return f
}

func (f formatter) paint(code, text string) string {
	if !f.colour {
		return text
	}
	return code + text + reset
}

func (f formatter) head(code, kind string, name schema.Code, message string) {
	fmt.Fprintf(f.w, "%s %s\n", f.paint(code, fmt.Sprintf("%s[%s]", kind, name)), message)
}

// maxLine is how much of a source line is shown.
const maxLine = 160

func (f formatter) places(all []schema.Location) {
	for _, l := range all {
		name := l.String()
		if l.Subgraph != "" && l.File != "" {
			name += " (subgraph " + l.Subgraph + ")"
		}
		fmt.Fprintf(f.w, "  %s %s\n", f.paint(dim, "-->"), name)
		lines := f.lines[l.Subgraph]
		if l.Line < 1 || l.Line > len(lines) {
			continue
		}
		line, caret := excerpt(lines[l.Line-1], l.Column)
		fmt.Fprintf(f.w, "  %5d | %s\n", l.Line, line)
		if caret >= 0 {
			fmt.Fprintf(f.w, "        | %s%s\n", strings.Repeat(" ", caret), f.paint(red, "^"))
		}
	}
}

// excerpt gives the line, cut where it is long, with control characters made
// spaces, and the offset of the column in it; -1 when the column is not known.
func excerpt(line string, column int) (string, int) {
	runes := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.TrimRight(line, "\r")))
	caret := column - 1
	if caret > len(runes) {
		caret = -1
	}
	if len(runes) <= maxLine {
		return string(runes), caret
	}
	start := max(0, min(caret-maxLine/2, len(runes)-maxLine))
	return string(runes[start : start+maxLine]), max(caret-start, -1)
}
