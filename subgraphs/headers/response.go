package headers

import (
	"net/http"

	"github.com/weft-graphql/weft/executor"
)

// Response decides what clients see of the subgraphs' headers.
type Response struct {
	all     ruleset
	own     map[string]ruleset
	private func(subgraph string) bool
}

// NewResponse makes the rules ready. It refuses those that [CheckResponse] does.
//
// Set-Cookie passes only by its name, and only from an answer that is one
// client's: a mutation's, or one of a subgraph that private tells has every
// answer to itself. nil tells that of none.
func NewResponse(rules Rules, private func(subgraph string) bool) (*Response, error) {
	all, own, err := compileAll(rules, reservedResponse)
	if err != nil {
		return nil, err
	}
	if private == nil {
		private = func(string) bool { return false }
	}
	return &Response{all: all, own: own, private: private}, nil
}

// Empty reports whether there is nothing that could pass.
func (r *Response) Empty() bool { return len(r.all) == 0 && len(r.own) == 0 }

// Collect gives what the client sees of the headers of answers, which are in the
// order of the plan. It is nil where that is nothing.
func (r *Response) Collect(answers []executor.AnswerHeader) http.Header {
	var out http.Header
	put := func(name string, values []string, take Take) {
		if out == nil {
			out = http.Header{}
		}
		switch {
		case len(out[name]) == 0 || take == Last:
			out[name] = append([]string(nil), values...)
		case take == Append:
			out[name] = append(out[name], values...)
		}
	}
	for i := range answers {
		for name, passed := range r.pass(&answers[i]) {
			put(name, passed.values, passed.take)
		}
	}
	r.defaults(answers, func(name, value string) {
		if len(out[name]) == 0 {
			put(name, []string{value}, First)
		}
	})
	return out
}

// passing is what one answer gives the client.
type passing struct {
	values []string
	take   Take
}

func (r *Response) rules(subgraph string) ruleset {
	if set, ok := r.own[subgraph]; ok {
		return set
	}
	return r.all
}

// pass applies the rules to one answer.
func (r *Response) pass(a *executor.AnswerHeader) map[string]passing {
	const cookie = "Set-Cookie"
	out := map[string]passing{}
	connection := a.Header["Connection"]
	set := r.rules(a.Subgraph)
	for i := range set {
		rule := &set[i]
		switch {
		case rule.kind == Remove && rule.pattern == nil:
			delete(out, rule.as)
		case rule.kind == Remove:
			for name := range out {
				if rule.pattern.MatchString(name) {
					delete(out, name)
				}
			}
		case rule.pattern != nil:
			for name, values := range a.Header {
				if name != cookie && rule.matches(name, connection, reservedResponse) {
					out[name] = passing{values, rule.take}
				}
			}
		case (rule.name == cookie || rule.as == cookie) && !a.Mutation && !r.private(a.Subgraph):
		default:
			if values := a.Header[rule.name]; len(values) > 0 && !listed(connection, rule.name) {
				out[rule.as] = passing{values, rule.take}
			}
		}
	}
	return out
}

// defaults yields the defaults of the rules for all, and of the rules for the
// subgraphs that have answered.
func (r *Response) defaults(answers []executor.AnswerHeader, yield func(name, value string)) {
	each := func(set ruleset) {
		for i := range set {
			if set[i].kind == Forward && len(set[i].values) > 0 {
				yield(set[i].as, set[i].values[0])
			}
		}
	}
	each(r.all)
	for i := range answers {
		if set, ok := r.own[answers[i].Subgraph]; ok {
			each(set)
		}
	}
}
