package reviews

import (
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/weft-graphql/weft/examples/reviews/graph"
	"github.com/weft-graphql/weft/examples/serve"
)

// The limits of what customers may write.
const (
	maxReviews        = 10_000
	maxBodyCharacters = 2000
)

// store is the subgraph's data. Reviews are only added, and no review changes.
type store struct {
	items   map[string]graph.Item
	authors map[string]*graph.User

	mu       sync.RWMutex
	reviews  []*graph.Review // oldest first
	byID     map[string]*graph.Review
	byItem   map[string][]*graph.Review
	byAuthor map[string][]*graph.Review
}

func newStore() *store {
	s := &store{
		items:    items(),
		authors:  authors(),
		byID:     make(map[string]*graph.Review),
		byItem:   make(map[string][]*graph.Review),
		byAuthor: make(map[string][]*graph.Review),
	}
	for _, r := range written() {
		s.append(r)
	}
	return s
}

// append adds a review of an item and by an author that the store has. It is for
// the holder of mu.
func (s *store) append(r row) *graph.Review {
	review := &graph.Review{
		ID:       "r" + strconv.Itoa(len(s.reviews)+1),
		Rating:   r.rating,
		Body:     r.body,
		PostedOn: r.postedOn,
		Author:   s.authors[r.author],
		Item:     s.items[r.upc],
	}
	s.reviews = append(s.reviews, review)
	s.byID[review.ID] = review
	s.byItem[r.upc] = append(s.byItem[r.upc], review)
	s.byAuthor[r.author] = append(s.byAuthor[r.author], review)
	return review
}

// add checks and publishes a review.
func (s *store) add(input graph.AddReviewInput) (*graph.Review, error) {
	if input.Rating < 1 || input.Rating > 5 {
		return nil, serve.Errorf("BAD_USER_INPUT", "rating: must be between 1 and 5, not %d", input.Rating)
	}
	if n := utf8.RuneCountInString(input.Body); n > maxBodyCharacters {
		return nil, serve.Errorf("BAD_USER_INPUT", "body: may have %d characters, not %d", maxBodyCharacters, n)
	}
	if s.items[input.Upc] == nil {
		return nil, serve.Errorf("NOT_FOUND", "upc: the shop has no item with the code %q", input.Upc)
	}
	if s.authors[input.AuthorID] == nil {
		return nil, serve.Errorf("NOT_FOUND", "authorId: nobody has the id %q", input.AuthorID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.reviews) >= maxReviews {
		return nil, serve.Errorf("TOO_MANY_REVIEWS", "the example keeps at most %d reviews in memory; restart it to begin anew", maxReviews)
	}
	return s.append(row{input.Upc, input.AuthorID, input.Rating, time.Now().UTC().Format(time.DateOnly), input.Body}), nil
}

func (s *store) review(id string) *graph.Review {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byID[id]
}

// all returns every review, newest first.
func (s *store) all() []*graph.Review {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return newestFirst(s.reviews)
}

func (s *store) ofItems(upcs []string) map[string][]*graph.Review {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return pick(s.byItem, upcs)
}

func (s *store) byAuthors(ids []string) map[string][]*graph.Review {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return pick(s.byAuthor, ids)
}

// pick returns copies of the lists under the keys, newest first.
func pick(lists map[string][]*graph.Review, keys []string) map[string][]*graph.Review {
	picked := make(map[string][]*graph.Review, len(keys))
	for _, key := range keys {
		picked[key] = newestFirst(lists[key])
	}
	return picked
}

func newestFirst(reviews []*graph.Review) []*graph.Review {
	reversed := slices.Clone(reviews)
	slices.Reverse(reversed)
	return reversed
}
