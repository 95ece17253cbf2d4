package batch

import (
	"hash/maphash"
	"testing"

	"github.com/weft-graphql/weft/executor"
)

func TestEqualHashesAreNotEnoughToShareAnAnswer(t *testing.T) {
	s := &subgraph{settings: Settings{Deduplicate: true}, seed: maphash.MakeSeed(), joinable: map[uint64]*call{}}
	wanted := &executor.Fetch{Body: []byte(`{"query":"{ mine }"}`)}
	other, _ := s.join(t.Context(), &executor.Fetch{Body: []byte(`{"query":"{ theirs }"}`)}, 0)
	// As if the hashes collided.
	s.joinable = map[uint64]*call{s.hash(wanted): other}
	other.hash = s.hash(wanted)

	c, first := s.join(t.Context(), wanted, 0)
	if !first || c == other {
		t.Fatal("the answer to another query is shared")
	}
	if again, first := s.join(t.Context(), wanted, 0); first || again != c {
		t.Error("the answer to an equal query is not shared")
	}
	s.finish(other, &executor.Answer{}, nil)
	if again, first := s.join(t.Context(), wanted, 0); first || again != c {
		t.Error("a query is forgotten with another of its hash")
	}
	s.finish(c, &executor.Answer{}, nil)
	if len(s.joinable) != 0 {
		t.Errorf("%d hashes are kept of what is over", len(s.joinable))
	}
}

func TestAnAnswerThatComesWhileItsCallerLeavesIsGivenBack(t *testing.T) {
	s := &subgraph{seed: maphash.MakeSeed(), joinable: map[uint64]*call{}}
	for name, leaveFirst := range map[string]bool{"leaving first": true, "answered first": false} {
		released := 0
		answer := &executor.Answer{Release: func() { released++ }}
		c, _ := s.join(t.Context(), &executor.Fetch{}, 0)
		if leaveFirst {
			s.leave(c)
			s.finish(c, answer, nil)
		} else {
			s.finish(c, answer, nil)
			s.leave(c)
		}
		if released != 1 || c.ctx.Err() == nil {
			t.Errorf("%s: given back %d times, context %v", name, released, c.ctx.Err())
		}
	}
}
