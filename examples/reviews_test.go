package examples_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestReviewsAnswersPagesInEveryOrder(t *testing.T) {
	answer, _ := post(t, start(t, "reviews"), `{ review(id: "r18") { stars author { username } item {
		__typename upc averageRating
		newest: reviews(first: 2) { totalCount nodes { rating } pageInfo { hasNextPage } }
		best: reviews(first: 2, orderBy: BEST) { nodes { rating } }
		worst: reviews(first: 2, orderBy: WORST) { edges { node { rating } } }
	} } }`, nil)
	equalJSON(t, answer, `{"data": {"review": {"stars": 5, "author": {"username": "ada"}, "item": {
		"__typename": "Product", "upc": "1001", "averageRating": 4,
		"newest": {"totalCount": 4, "nodes": [{"rating": 2}, {"rating": 5}], "pageInfo": {"hasNextPage": true}},
		"best": {"nodes": [{"rating": 5}, {"rating": 5}]},
		"worst": {"edges": [{"node": {"rating": 2}}, {"node": {"rating": 4}}]}
	}}}}`)
}

func TestReviewsSearchFindsReviewsAndTheirItemsOnce(t *testing.T) {
	answer, _ := post(t, start(t, "reviews"), `{ searchReviews(text: "lamp", first: 5) { __typename ... on Review { id } ... on Item { upc } } }`, nil)
	equalJSON(t, answer, `{"data": {"searchReviews": [
		{"__typename": "Review", "id": "r39"},
		{"__typename": "Product", "upc": "1001"},
		{"__typename": "Review", "id": "r35"},
		{"__typename": "Product", "upc": "1003"},
		{"__typename": "Review", "id": "r31"}
	]}}`)
}

func TestReviewsResolvesEntitiesOfEveryType(t *testing.T) {
	answer := entities(t, start(t, "reviews"), `[
		{"__typename": "Product", "upc": "1016"},
		{"__typename": "Bundle", "upc": "2003"},
		{"__typename": "Product", "upc": "2003"},
		{"__typename": "Product", "upc": "9999"},
		{"__typename": "User", "id": "u3"},
		{"__typename": "Review", "id": "r999"}
	]`, `... on Item { averageRating } ... on User { reviews(first: 0) { totalCount } } ... on Review { id }`)
	equalJSON(t, answer, `{"data": {"_entities": [
		{"__typename": "Product", "averageRating": 5},
		{"__typename": "Bundle", "averageRating": 4.5},
		null, null,
		{"__typename": "User", "reviews": {"totalCount": 3}},
		null
	]}}`)
}

func TestAddReviewIsSeenByTheRestOfItsOperation(t *testing.T) {
	answer, _ := post(t, start(t, "reviews"), `mutation($upc: ID!) {
		a: addReview(input: {upc: $upc, authorId: "u1", rating: 1, body: "No."}) { review { ...r } }
		b: addReview(input: {upc: $upc, authorId: "u2", rating: 3}) { review { ...r } }
	}
	fragment r on Review { id rating body author { username reviews { totalCount } } item { averageRating reviews { totalCount } } }`,
		map[string]any{"upc": "1016"})
	equalJSON(t, answer, `{"data": {
		"a": {"review": {"id": "r41", "rating": 1, "body": "No.", "author": {"username": "ada", "reviews": {"totalCount": 10}}, "item": {"averageRating": 3, "reviews": {"totalCount": 2}}}},
		"b": {"review": {"id": "r42", "rating": 3, "body": "", "author": {"username": "bento", "reviews": {"totalCount": 4}}, "item": {"averageRating": 3, "reviews": {"totalCount": 3}}}}
	}}`)
}

func TestAddReviewRefusesBadInput(t *testing.T) {
	server := start(t, "reviews")
	for _, test := range []struct{ name, input, code string }{
		{"rating too high", `upc: "1001", authorId: "u1", rating: 6`, "BAD_USER_INPUT"},
		{"unknown item", `upc: "9999", authorId: "u1", rating: 5`, "NOT_FOUND"},
		{"unknown author", `upc: "1001", authorId: "u99", rating: 5`, "NOT_FOUND"},
		{"long body", `upc: "1001", authorId: "u1", rating: 5, body: "` + strings.Repeat("x", 2001) + `"`, "BAD_USER_INPUT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, _ := post(t, server, `mutation { addReview(input: {`+test.input+`}) { review { id } } }`, nil)
			if !strings.Contains(answer, `"code":"`+test.code+`"`) || !strings.Contains(answer, `"data":null`) {
				t.Errorf("answer = %s, want the code %s and no data", answer, test.code)
			}
		})
	}
}

func TestReviewsStopGrowingAtTheirLimit(t *testing.T) {
	server := start(t, "reviews")
	var batch strings.Builder
	batch.WriteString("mutation {")
	for i := range 1000 {
		fmt.Fprintf(&batch, ` a%d: addReview(input: {upc: "1001", authorId: "u1", rating: 3}) { review { id } }`, i)
	}
	batch.WriteString("}")
	var writers sync.WaitGroup
	answers := make([]string, 10)
	for i := range answers {
		writers.Go(func() { answers[i], _ = post(t, server, batch.String(), nil) })
	}
	writers.Wait()
	if all := strings.Join(answers, ""); !strings.Contains(all, "TOO_MANY_REVIEWS") {
		t.Error("10000 further reviews were all accepted")
	}
	answer, _ := post(t, server, `{ review(id: "r10000") { id } over: review(id: "r10001") { id } }`, nil)
	equalJSON(t, answer, `{"data": {"review": {"id": "r10000"}, "over": null}}`)
}
