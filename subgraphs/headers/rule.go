// Package headers decides by rules which of a client's headers a subgraph sees,
// and which of the subgraphs' headers the client sees.
//
// The rules for one subgraph are those for all subgraphs and then its own. They
// are gone through in order, and a later one overrides an earlier one: each
// forward reads the header that came in, never what an earlier rule made of it,
// and each remove takes away what earlier rules have put there. Without a rule
// nothing passes.
//
// Some headers never pass: those that belong to one connection (RFC 9110,
// section 7.6.1), among them all that the Connection header names, and those
// that the gateway answers for itself. A rule that names one is refused; a
// pattern does not match them.
package headers

import (
	"fmt"
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
)

// Kind is what a rule does.
type Kind int

// The kinds of rules. Set is for requests only.
const (
	Forward Kind = iota
	Set
	Remove
)

// Take says whose values count where several subgraphs answer with a header.
type Take int

// Answers come in the order of the plan's steps.
const (
	Last   Take = iota // those of the last answer that has it
	First              // those of the first answer that has it
	Append             // those of all answers
)

// Rule is one rule.
type Rule struct {
	Kind Kind
	// Name is the header's name, in any case. Pattern, in its place, is a regular
	// expression (RE2) that whole names match, in any case; it cannot Set.
	Name, Pattern string
	// As is the name to forward under; empty keeps the name. It needs a Name.
	As string
	// Value is what Set sends, and what Forward sends where the header is not
	// there; empty sends nothing then. For Forward it needs a Name.
	Value string
	// Take is for rules on answers.
	Take Take
}

// Rules are rules for every subgraph, and those that single ones have besides.
type Rules struct {
	All        []Rule
	BySubgraph map[string][]Rule
}

// rule is a Rule made ready.
type rule struct {
	kind    Kind
	name    string         // canonical; empty where there is a pattern
	pattern *regexp.Regexp // nil where there is a name
	as      string         // canonical
	values  []string       // of Set; of Forward where the header is not there
	take    Take
}

// direction is which way headers go: which names are reserved.
type direction func(canonical string) (why string)

// CheckRequest says what is wrong with a rule for requests to subgraphs.
func CheckRequest(r Rule) error {
	_, err := r.compile(reservedRequest)
	return err
}

// CheckResponse says what is wrong with a rule for answers to clients.
func CheckResponse(r Rule) error {
	if r.Kind == Set {
		return fmt.Errorf("a header of the answer cannot be set: only forwarded or removed")
	}
	_, err := r.compile(reservedResponse)
	return err
}

func (r Rule) compile(reserved direction) (rule, error) {
	out := rule{kind: r.Kind, take: r.Take}
	switch {
	case (r.Name == "") == (r.Pattern == ""):
		return out, fmt.Errorf("a rule needs a name or a pattern, and not both")
	case r.Pattern != "":
		if r.Kind == Set || r.As != "" || r.Value != "" {
			return out, fmt.Errorf("the pattern %q goes with nothing else: to rename, to default and to set a header, name it", r.Pattern)
		}
		if _, err := regexp.Compile(r.Pattern); err != nil {
			return out, fmt.Errorf("the pattern %q is no regular expression: %w", r.Pattern, err)
		}
		pattern, err := regexp.Compile("^(?i:" + r.Pattern + ")$")
		if err != nil {
			return out, fmt.Errorf("the pattern %q is no regular expression of its own: %w", r.Pattern, err)
		}
		out.pattern = pattern
		return out, nil
	}
	out.name = textproto.CanonicalMIMEHeaderKey(r.Name)
	out.as = out.name
	if r.As != "" {
		out.as = textproto.CanonicalMIMEHeaderKey(r.As)
	}
	for _, name := range []string{r.Name, r.As} {
		if name != "" && !ValidName(name) {
			return out, fmt.Errorf("%q is no name of a header, such as Authorization", name)
		}
	}
	if r.Kind != Remove {
		for _, name := range []string{out.name, out.as} {
			if why := reserved(name); why != "" {
				return out, fmt.Errorf("the header %s takes no rule: %s", name, why)
			}
		}
	}
	if r.Kind == Set && r.Value == "" {
		return out, fmt.Errorf("the header %s is set to nothing", out.name)
	}
	if strings.ContainsFunc(r.Value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) || strings.TrimSpace(r.Value) != r.Value {
		return out, fmt.Errorf("the value for the header %s has control characters, or spaces around it", out.as)
	}
	if r.Value != "" {
		out.values = []string{r.Value}
	}
	return out, nil
}

// ValidName checks a header's name by RFC 9110, section 5.1. A * is legal there
// but would be meant as a pattern.
func ValidName(name string) bool {
	const marks = "!#$%&'+-.^_`|~"
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || strings.ContainsRune(marks, r))
	})
}

// ruleset is what applies to one subgraph.
type ruleset []rule

// compileAll gives what applies to every subgraph, and to those that have rules of their own.
func compileAll(rules Rules, reserved direction) (all ruleset, own map[string]ruleset, err error) {
	compile := func(to ruleset, list []Rule) (ruleset, error) {
		to = slices.Clip(to)
		for _, r := range list {
			compiled, err := r.compile(reserved)
			if err != nil {
				return nil, err
			}
			to = append(to, compiled)
		}
		return to, nil
	}
	if all, err = compile(nil, rules.All); err != nil {
		return nil, nil, err
	}
	own = make(map[string]ruleset, len(rules.BySubgraph))
	for name, list := range rules.BySubgraph {
		if len(list) == 0 {
			continue
		}
		if own[name], err = compile(all, list); err != nil {
			return nil, nil, fmt.Errorf("subgraph %q: %w", name, err)
		}
	}
	return all, own, nil
}

// matches reports whether a pattern matches a header that may pass.
func (r *rule) matches(name string, connection []string, reserved direction) bool {
	return r.pattern.MatchString(name) && reserved(name) == "" && !listed(connection, name)
}

// listed reports whether a Connection header names a header: it belongs to that
// connection then.
func listed(connection []string, name string) bool {
	for _, line := range connection {
		for token := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(token), name) {
				return true
			}
		}
	}
	return false
}

// remove deletes what a rule names.
func (r *rule) remove(from http.Header) {
	if r.pattern == nil {
		delete(from, r.name)
		return
	}
	for name := range from {
		if r.pattern.MatchString(name) {
			delete(from, name)
		}
	}
}
