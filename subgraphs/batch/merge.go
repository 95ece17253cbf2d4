package batch

import (
	"bytes"
	"hash/maphash"
	"iter"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/executor/tape"
)

// merge is one request made of the entity requests of several calls.
type merge struct {
	parts []part
	// lists are the distinct representations by list; entities counts them.
	lists    []list
	entities int

	next *merge // of the same hash
}

// list is one list of distinct representations.
type list struct {
	items [][]byte
	// index finds an item by its bytes: a Go map compares keys in full.
	index map[string]int32
}

// part is one call's part of a merge.
type part struct {
	call *call
	// at is by list and by the call's own index the index in the merged list.
	at [][]int32
}

// group merges those calls that differ in nothing but their representations.
func (b *Fetcher) group(s *subgraph, calls []*call) []*merge {
	var all []*merge
	byHash := make(map[uint64]*merge, len(calls))
	t := b.tapes.Get().(*tape.Tape)
	defer b.free(t)
	for _, c := range calls {
		if c.ctx.Err() != nil {
			continue // nobody waits for it any more
		}
		items := representations(t, c.fetch)
		hash := s.hashRest(c.fetch)
		if items != nil {
			for p := range outside(c.fetch) {
				hash = hash*31 + maphash.Bytes(s.seed, p)
			}
		}
		m := byHash[hash]
		for m != nil && (items == nil || !mergeable(m.parts[0].call.fetch, c.fetch) || !m.fits(items, s.settings.MaxEntities)) {
			m = m.next
		}
		if m == nil {
			m = &merge{lists: make([]list, len(items))}
			for i := range m.lists {
				m.lists[i].index = make(map[string]int32, len(items[i]))
			}
			all = append(all, m)
			if items != nil {
				m.next = byHash[hash]
				byHash[hash] = m
			}
		}
		m.add(c, items)
	}
	return all
}

// representations gives the items of a request's lists, nil where there is
// nothing to merge.
func representations(t *tape.Tape, f *executor.Fetch) [][][]byte {
	if len(f.Lists) == 0 {
		return nil
	}
	out := make([][][]byte, len(f.Lists))
	for i, l := range f.Lists {
		t.Reset(maxPooled, false)
		v, err := t.Parse(f.Body[l.Start:l.End], nil, tape.Limits{})
		if err != nil || v.Kind != tape.List {
			return nil
		}
		docs := tape.Docs{t}
		out[i] = make([][]byte, 0, v.Len)
		for _, item := range docs.Slots(v) {
			out[i] = append(out[i], docs.Bytes(item))
		}
	}
	return out
}

// outside yields what is in a body besides the representations.
func outside(f *executor.Fetch) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		from := 0
		for _, l := range f.Lists {
			if !yield(f.Body[from:l.Start]) {
				return
			}
			from = l.End
		}
		yield(f.Body[from:])
	}
}

// mergeable reports whether a subgraph sees no difference between two requests
// but the representations.
func mergeable(a, b *executor.Fetch) bool {
	if a.URL != b.URL || len(a.Lists) != len(b.Lists) {
		return false
	}
	fromA, fromB := 0, 0
	for i := range a.Lists {
		la, lb := a.Lists[i], b.Lists[i]
		if la.Key != lb.Key || !bytes.Equal(a.Body[fromA:la.Start], b.Body[fromB:lb.Start]) {
			return false
		}
		fromA, fromB = la.End, lb.End
	}
	return bytes.Equal(a.Body[fromA:], b.Body[fromB:]) && equalHeaders(a.Header, b.Header)
}

// fits reports whether a merge has room for what is new among the items.
func (m *merge) fits(items [][][]byte, limit int) bool {
	n := m.entities
	for i := range items {
		for _, item := range items[i] {
			if _, known := m.lists[i].index[string(item)]; !known {
				n++
			}
		}
	}
	return n <= limit
}

func (m *merge) add(c *call, items [][][]byte) {
	p := part{call: c, at: make([][]int32, len(items))}
	for i := range items {
		l := &m.lists[i]
		p.at[i] = make([]int32, len(items[i]))
		for k, item := range items[i] {
			at, known := l.index[string(item)]
			if !known {
				at = int32(len(l.items))
				l.index[string(item)] = at
				l.items = append(l.items, item)
				m.entities++
			}
			p.at[i][k] = at
		}
	}
	m.parts = append(m.parts, p)
}

// fetch is the merged request.
func (m *merge) fetch() *executor.Fetch {
	lists := make([][][]byte, len(m.lists))
	for i := range lists {
		lists[i] = m.lists[i].items
	}
	return withLists(m.parts[0].call.fetch, lists)
}
