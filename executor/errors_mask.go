package executor

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
)

// maskedMessage is what clients are told of an error that is masked: what kind it
// is, by its code, and neither of which subgraph nor what it said.
func (x *execution) maskedMessage(code string) string {
	switch code {
	case codeTimeout:
		return fmt.Sprintf("the operation's time of %v ended before all of its data had arrived (limits.timeout)", x.e.limits.Duration)
	case codeTooManyRequests:
		return x.tooManyRequests()
	case codeTooManyEntities:
		return fmt.Sprintf("the operation needs more than the %d entities of a subgraph that are allowed in one request (limits.entities)", x.e.limits.Entities)
	case codeTooManyContexts:
		return fmt.Sprintf("the operation needs more than the %d sets of values from contexts that are allowed in one request (limits.contexts)", x.e.limits.Contexts)
	case codeSubrequestTimeout:
		return "a subgraph did not answer in time"
	case codeTooLarge:
		return "the answer of a subgraph is larger than allowed"
	}
	return "the subgraph request failed"
}

func (x *execution) tooManyRequests() string {
	return fmt.Sprintf("the operation needs more than the %d subgraph requests that are allowed (limits.subgraph_requests)", x.e.limits.Requests)
}

// requestID names the execution in answers and logs; mu is held while steps run.
func (x *execution) requestID() string {
	if x.id == "" {
		x.id = rand.Text()
	}
	return x.id
}

// What one line of the log tells of masked errors.
const (
	maxLogged       = 10  // errors
	maxLoggedLength = 500 // bytes of a message, and of extensions
)

// logMasked logs the errors of a step that were reported from the first on, where
// clients are not told what they say; mu is held.
func (x *execution) logMasked(i, first int) {
	policy := x.policy(i)
	if !policy.Mask || !x.e.options.Logger.Enabled(x.ctx, slog.LevelWarn) {
		return
	}
	told := x.errors[min(first, len(x.errors)):]
	lines := make([]string, 0, min(len(told), maxLogged))
	for k := range told[:min(len(told), maxLogged)] {
		e := &told[k]
		line := shortened(e.message) + " (code " + e.code + ", at " + pathOf(e.path) + ")"
		if len(e.extensions) > 0 {
			line += " " + shortened(string(e.extensions))
		}
		lines = append(lines, line)
	}
	x.e.options.Logger.LogAttrs(x.ctx, slog.LevelWarn, "errors of a subgraph are masked",
		slog.String("subgraph", x.p.steps[i].name), slog.String("request_id", x.requestID()),
		slog.Any("errors", lines), slog.Int("left_out", len(told)-len(lines)))
}

func shortened(s string) string {
	if len(s) > maxLoggedLength {
		return strings.ToValidUTF8(s[:maxLoggedLength], "") + "…"
	}
	return s
}

func pathOf(path []pathItem) string {
	if len(path) == 0 {
		return "the root"
	}
	var b strings.Builder
	for i, item := range path {
		switch {
		case item.key == "":
			fmt.Fprintf(&b, "[%d]", item.index)
		case i > 0:
			b.WriteString("." + item.key)
		default:
			b.WriteString(item.key)
		}
	}
	return b.String()
}
