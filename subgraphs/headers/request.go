package headers

import (
	"maps"
	"net/http"
	"slices"
	"sync"
)

// Request decides what subgraphs see of a client's header. The zero value passes
// nothing on.
type Request struct {
	all requestRules
	own map[string]requestRules
}

// requestRules are what applies to one subgraph.
type requestRules struct {
	rules ruleset
	// fixed is what is sent where no rule reads the client's header.
	fixed http.Header
	reads bool
}

// NewRequest makes the rules ready. It refuses those that [CheckRequest] does.
func NewRequest(rules Rules) (*Request, error) {
	all, own, err := compileAll(rules, reservedRequest)
	if err != nil {
		return nil, err
	}
	r := &Request{all: newRequestRules(all), own: make(map[string]requestRules, len(own))}
	for name, set := range own {
		r.own[name] = newRequestRules(set)
	}
	return r, nil
}

func newRequestRules(set ruleset) requestRules {
	r := requestRules{rules: set, reads: slices.ContainsFunc(set, func(r rule) bool { return r.kind == Forward })}
	if !r.reads {
		r.fixed = r.apply(nil)
	}
	return r
}

// Sent is what subgraphs are sent of one client's header.
type Sent struct {
	rules  *Request
	client http.Header
	// all is what those without rules of their own are sent: mostly that is all of
	// them, so it is made once.
	once sync.Once
	all  http.Header
}

// From decides for a client's header, which must not change afterwards.
func (r *Request) From(client http.Header) *Sent { return &Sent{rules: r, client: client} }

// To gives what a subgraph is sent. The result and its values are shared, with the
// client's header and between requests: they must not be changed. It is nil where
// nothing is passed on. It may be called by several goroutines at once.
func (s *Sent) To(subgraph string) http.Header {
	set, own := s.rules.own[subgraph]
	if !own {
		set = s.rules.all
	}
	switch {
	case !set.reads:
		return set.fixed
	case own:
		return set.apply(s.client)
	}
	s.once.Do(func() { s.all = set.apply(s.client) })
	return s.all
}

func (s requestRules) apply(client http.Header) http.Header {
	var out http.Header
	put := func(name string, values []string) {
		if out == nil {
			out = make(http.Header, len(s.rules))
		}
		out[name] = values
	}
	connection := client["Connection"]
	for i := range s.rules {
		rule := &s.rules[i]
		switch {
		case rule.kind == Remove:
			rule.remove(out)
		case rule.kind == Set:
			put(rule.as, rule.values)
		case rule.pattern != nil:
			for name, values := range client {
				if rule.matches(name, connection, reservedRequest) {
					put(name, values)
				}
			}
		default:
			values := client[rule.name]
			if len(values) == 0 || listed(connection, rule.name) {
				values = rule.values
			}
			if len(values) > 0 {
				put(rule.as, values)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Vary are the client's headers that a subgraph may see, for the header of that
// name: "*" alone where a pattern decides.
func (r *Request) Vary() []string {
	names := map[string]bool{}
	add := func(set ruleset) {
		for i := range set {
			if set[i].kind == Forward {
				name := set[i].name
				if set[i].pattern != nil {
					name = "*"
				}
				names[name] = true
			}
		}
	}
	add(r.all.rules)
	for _, set := range r.own {
		add(set.rules)
	}
	if names["*"] {
		return []string{"*"}
	}
	return slices.Sorted(maps.Keys(names))
}
