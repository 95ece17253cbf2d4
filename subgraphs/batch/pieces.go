package batch

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/executor/tape"
)

// codeMalformed is that of the executor, for what only shows when pieces are joined.
const codeMalformed = "SUBREQUEST_MALFORMED_RESPONSE"

// piece is one of the requests that a request with too many representations
// becomes. It has all lists of the whole, some of them perhaps empty.
type piece struct {
	fetch *executor.Fetch
	// from is by list where the piece's items begin in the whole, count how many it has.
	from, count []int
	answer      *executor.Answer
	err         error
}

// fetchPieces sends a request with too many representations in pieces, and joins
// the answers. Where one of them fails as a whole, the whole has failed.
func (b *Fetcher) fetchPieces(ctx context.Context, f *executor.Fetch) (*executor.Answer, error) {
	t := b.tapes.Get().(*tape.Tape)
	defer b.free(t)
	items := representations(t, f)
	if items == nil {
		return nil, &executor.FetchError{Subgraph: f.Subgraph, Code: codeMalformed,
			Message: fmt.Sprintf("the representations for subgraph %q could not be split", f.Subgraph)}
	}
	pieces := cut(f, items, b.options.Split)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sending sync.WaitGroup
	var failing sync.Once
	var failure error
	for _, p := range pieces {
		sending.Go(func() {
			if p.answer, p.err = b.Fetch(ctx, p.fetch); p.err != nil {
				failing.Do(func() { failure = p.err }) // the others fail by what follows
				cancel()
			}
		})
	}
	sending.Wait()
	defer func() {
		for _, p := range pieces {
			if p.answer != nil && p.answer.Release != nil {
				p.answer.Release()
			}
		}
	}()
	if failure != nil {
		return nil, failure
	}
	return join(t, f, pieces)
}

// cut distributes the items of all lists over pieces, in order.
func cut(f *executor.Fetch, items [][][]byte, size int) []*piece {
	var pieces []*piece
	at := make([]int, len(items))
	for list := 0; list < len(items); {
		p := &piece{from: append([]int(nil), at...), count: make([]int, len(items))}
		parts := make([][][]byte, len(items))
		for room := size; list < len(items) && room > 0; {
			n := min(room, len(items[list])-at[list])
			parts[list] = items[list][at[list] : at[list]+n]
			p.count[list] = n
			at[list] += n
			room -= n
			if at[list] == len(items[list]) {
				list++
			}
		}
		p.fetch = withLists(f, parts)
		pieces = append(pieces, p)
	}
	return pieces
}

// join puts the answers to the pieces together. An answer that is none is given
// as the whole's: whoever reads it says what is wrong.
func join(t *tape.Tape, f *executor.Fetch, pieces []*piece) (*executor.Answer, error) {
	lists := make([][]byte, len(f.Lists))
	var problems []byte
	out := &executor.Answer{}
	for i, p := range pieces {
		t.Reset(maxPooled, false)
		top, err := t.Parse(p.answer.Body, answerShape(f.Lists), tape.Limits{})
		docs := tape.Docs{t}
		if err != nil || top.Kind != tape.Object || !hasAnswer(docs, top) {
			whole := p.answer
			p.answer = nil // it is not released here
			return whole, nil
		}
		errors := *docs.Slot(top, errorsSlot)
		if lists, err = p.appendItems(lists, docs, f, *docs.Slot(top, dataSlot), errors.Kind == tape.List && errors.Len > 0); err != nil {
			return nil, err
		}
		problems = p.appendErrors(problems, docs, f.Lists, errors)
		out.Status = max(out.Status, p.answer.Status)
		if i == 0 {
			out.Header = p.answer.Header
		} else {
			out.More = append(out.More, p.answer.Header)
		}
	}
	out.Body = append(out.Body, `{"data":{`...)
	for i, l := range f.Lists {
		if i > 0 {
			out.Body = append(out.Body, ',')
		}
		out.Body = append(append(append(append(append(out.Body, '"'), l.Key...), `":[`...), lists[i]...), ']')
	}
	out.Body = append(out.Body, '}')
	if problems != nil {
		out.Body = append(append(append(out.Body, `,"errors":[`...), problems...), ']')
	}
	out.Body = append(out.Body, '}')
	return out, nil
}

// hasAnswer reports whether there is data or an error.
func hasAnswer(docs tape.Docs, top tape.Value) bool {
	errors := *docs.Slot(top, errorsSlot)
	return docs.Slot(top, dataSlot).Kind == tape.Object || errors.Kind == tape.List && errors.Len > 0
}

// appendItems appends a piece's entities to the lists: nulls where errors say why
// there are none.
func (p *piece) appendItems(to [][]byte, docs tape.Docs, f *executor.Fetch, data tape.Value, excused bool) ([][]byte, error) {
	for i := range to {
		var v tape.Value
		if data.Kind == tape.Object {
			v = *docs.Slot(data, i)
		}
		if v.Kind <= tape.Null && excused {
			for range p.count[i] {
				to[i] = appendItem(to[i], []byte("null"))
			}
			continue
		}
		if v.Kind != tape.List || int(v.Len) != p.count[i] {
			return nil, &executor.FetchError{Subgraph: f.Subgraph, Code: codeMalformed, Message: fmt.Sprintf(
				"subgraph %q answered one of several requests with another number of entities than the %d that were asked for", f.Subgraph, p.count[i])}
		}
		for _, item := range docs.Slots(v) {
			to[i] = appendItem(to[i], docs.Bytes(item))
		}
	}
	return to, nil
}

func appendItem(b, item []byte) []byte {
	if len(b) > 0 {
		b = append(b, ',')
	}
	return append(b, item...)
}

// appendErrors appends a piece's errors, with the indexes that entities have in
// the whole.
func (p *piece) appendErrors(b []byte, docs tape.Docs, lists []executor.RepresentationList, errors tape.Value) []byte {
	if errors.Kind != tape.List {
		return b
	}
	for _, item := range docs.Slots(errors) {
		e, list, index, ok := entityErrorOf(docs, lists, item)
		if !ok {
			b = appendItem(b, docs.Bytes(item))
			continue
		}
		b = appendItem(b, e.before)
		b = strconv.AppendInt(b, int64(index)+int64(p.from[list]), 10)
		b = append(b, e.after...)
	}
	return b
}

// withLists is a request with other lists of representations.
func withLists(like *executor.Fetch, lists [][][]byte) *executor.Fetch {
	size := len(like.Body)
	f := &executor.Fetch{
		Subgraph: like.Subgraph, URL: like.URL, Header: like.Header, Lists: make([]executor.RepresentationList, len(lists)),
	}
	for _, l := range lists {
		for _, item := range l {
			size += len(item) + 1
		}
	}
	f.Body = make([]byte, 0, size)
	i := 0
	for text := range outside(like) {
		f.Body = append(f.Body, text...)
		if i == len(lists) {
			break
		}
		start := len(f.Body)
		f.Body = append(f.Body, '[')
		for k, item := range lists[i] {
			if k > 0 {
				f.Body = append(f.Body, ',')
			}
			f.Body = append(f.Body, item...)
		}
		f.Body = append(f.Body, ']')
		f.Lists[i] = executor.RepresentationList{Key: like.Lists[i].Key, Start: start, End: len(f.Body)}
		f.Entities += len(lists[i])
		i++
	}
	return f
}
