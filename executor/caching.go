package executor

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/executor/tape"
)

// cached reports whether a step asks the cache: queries do, where there is one.
func (x *execution) cached(i int) bool {
	return x.e.options.Cache != nil && x.p.steps[i].step.Kind == ast.Query
}

// lookup asks the cache for every entity and root field that a step needs, and
// keeps as misses what it does not have.
func (x *execution) lookup(i int) {
	if !x.cached(i) {
		return
	}
	sp, st := &x.p.steps[i], &x.steps[i]
	identity := canonicalHeader(x.header(i))
	for j := range sp.parts {
		pp, ps := &sp.parts[j], &st.parts[j]
		if !ps.active || len(ps.items) == 0 {
			continue
		}
		keys := make([]CacheKey, len(ps.items))
		for u := range keys {
			keys[u] = x.cacheKey(pp, ps, int32(u))
		}
		entries := x.e.options.Cache.Lookup(x.ctx, x.scope(i, j, identity), keys)
		ps.misses = ps.misses[:0]
		for u := range keys {
			if u < len(entries) && entries[u].Value != nil && x.hit(i, j, u, &entries[u]) {
				ps.cached++
			} else if pp.part.Entity != nil {
				ps.misses = append(ps.misses, int32(u))
			}
		}
	}
}

// hit copies a cached value into the step's own document.
func (x *execution) hit(i, j, u int, entry *Entry) bool {
	pp, st := &x.p.steps[i].parts[j], &x.steps[i]
	doc := x.docs[ownDoc(i)]
	start := len(st.own)
	st.own = append(append(st.own, entry.Value...), ' ')
	doc.Data = st.own
	v, _, err := doc.ParseAt(start, pp.value, tape.Limits{Depth: x.e.limits.AnswerDepth, Values: x.e.limits.AnswerValues})
	if err != nil || doc.Absent > 0 || pp.part.Entity != nil && v.Kind != tape.Object && v.Kind != tape.Null {
		doc.Absent = 0
		return false // not what was stored for this selection
	}
	st.parts[j].items[u] = v
	x.freshen(st, entry.Freshness)
	return true
}

func (x *execution) freshen(st *stepState, f Freshness) {
	if st.hasFresh {
		f = st.fresh.Strictest(f)
	}
	st.fresh, st.hasFresh = f, true
}

// store gives the cache what a step fetched and no error touched.
func (x *execution) store(i int) {
	if !x.cached(i) {
		return
	}
	sp, st := &x.p.steps[i], &x.steps[i]
	identity := canonicalHeader(x.header(i))
	for j := range sp.parts {
		if len(st.parts[j].keep) > 0 {
			x.e.options.Cache.Store(x.ctx, x.scope(i, j, identity), st.parts[j].keepKeys, st.parts[j].keep, st.storable)
		}
	}
}

// keepFetched copies what the cache is to keep, before anything is linked; mu
// is held.
func (x *execution) keepFetched(i int) {
	sp, st, doc := &x.p.steps[i], &x.steps[i], x.docs[answerDoc(i)]
	if !x.cached(i) || doc.Explained || doc.Absent > 0 || st.storable.NoStore {
		return
	}
	for j := range sp.parts {
		pp, ps := &sp.parts[j], &st.parts[j]
		if !ps.asked {
			continue
		}
		for u, v := range ps.items {
			if v.Doc != doc.ID || v.Kind == tape.Missing || len(ps.failed) > u && ps.failed[u] {
				continue
			}
			if raw := x.docs.Bytes(v); raw != nil {
				key := x.cacheKey(pp, ps, int32(u))
				key.Representation, key.Contexts = bytes.Clone(key.Representation), bytes.Clone(key.Contexts)
				ps.keepKeys = append(ps.keepKeys, key)
				ps.keep = append(ps.keep, bytes.Clone(raw))
			}
		}
	}
}

// cacheKey names one item of a part.
func (x *execution) cacheKey(pp *partProgram, ps *partState, u int32) CacheKey {
	if pp.part.Entity == nil {
		if pp.part.Paths != nil {
			return CacheKey{Type: x.p.supergraph.API.Query.Name}
		}
		return CacheKey{Type: x.p.rootName}
	}
	text, r := ps.bytes(u), ps.unique[u]
	const before = len(`{"__typename":"`)
	name := text[before:]
	return CacheKey{Type: string(name[:bytes.IndexByte(name, '"')]), Representation: text, Contexts: ps.text[r.contexts:r.end]}
}

func (x *execution) scope(i, j int, identity string) *CacheScope {
	sp := &x.p.steps[i]
	part := sp.parts[j].part
	s := &CacheScope{Subgraph: sp.name, Selection: sp.parts[j].selection, Identity: identity}
	var b []byte
	for _, name := range slices.Sorted(slices.Values(part.Variables)) {
		if raw, ok := x.r.Variables[name]; ok {
			b = append(append(quoteJSON(append(b, ','), name), ':'), raw...)
		} else if v := x.p.variableDefault(name); v != nil {
			// Operations that differ only in a default must not share values.
			b = quoteJSON(append(quoteJSON(append(b, ','), name+" by default"), ':'), v.String())
		}
	}
	if b != nil {
		b[0] = '{'
		s.Variables = string(append(b, '}'))
	}
	return s
}

// canonicalHeader is a header's text with sorted, lower-case names.
func canonicalHeader(h http.Header) string {
	if len(h) == 0 {
		return ""
	}
	lines := make([]string, 0, len(h))
	for name, values := range h {
		for _, v := range values {
			lines = append(lines, strings.ToLower(name)+":"+v+"\n")
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int {
		an, _, _ := strings.Cut(a, ":")
		bn, _, _ := strings.Cut(b, ":")
		return strings.Compare(an, bn)
	})
	return strings.Join(lines, "")
}
