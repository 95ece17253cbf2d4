package page_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/weft-graphql/weft/examples/page"
)

func TestCutFollowsTheCursorToTheEnd(t *testing.T) {
	list := []int{1, 2, 3, 4, 5}
	var pages [][]int
	var after *string
	for {
		p, err := page.Cut(list, 2, after, strconv.Itoa)
		if err != nil {
			t.Fatal(err)
		}
		if p.Total != len(list) {
			t.Errorf("Total = %d, want %d", p.Total, len(list))
		}
		pages = append(pages, p.Items)
		if !p.HasNext {
			break
		}
		after = p.EndCursor
	}
	if want := [][]int{{1, 2}, {3, 4}, {5}}; !slices.EqualFunc(pages, want, slices.Equal[[]int]) {
		t.Errorf("pages = %v, want %v", pages, want)
	}
}

func TestCutRefusesWhatItCannotFind(t *testing.T) {
	unknown := page.Cursor("9")
	for name, cut := range map[string]func() error{
		"unknown cursor": func() error { _, err := page.Cut([]int{1}, 1, &unknown, strconv.Itoa); return err },
		"negative first": func() error { _, err := page.Cut([]int{1}, -1, nil, strconv.Itoa); return err },
		"too many":       func() error { _, err := page.First([]int{1}, page.Max+1); return err },
	} {
		if cut() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAnEmptyPageHasNoCursor(t *testing.T) {
	p, err := page.Cut([]int{1, 2}, 0, nil, strconv.Itoa)
	if err != nil || p.EndCursor != nil || len(p.Items) != 0 || !p.HasNext {
		t.Errorf("page = %+v, %v; want an empty one with more to come", p, err)
	}
}
