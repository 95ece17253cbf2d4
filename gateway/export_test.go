package gateway

import (
	"weak"

	"github.com/weft-graphql/weft/subgraphs/source"
)

// BreakRuntime puts a runtime into use that panics on the first request.
func (g *Gateway) BreakRuntime() { g.runtime.Store(&runtime{programs: &programCache{}}) }

// Runtime tells whether the runtime in use now is still held, at any later time.
func (g *Gateway) Runtime() (held func() bool) {
	p := weak.Make(g.runtime.Load())
	return func() bool { return p.Value() != nil }
}

// Watched is a source as the gateway's watch sees it.
func (g *Gateway) Watched(s source.Source, files ...string) source.Source {
	return &watchedSource{Source: s, gateway: g, files: files}
}
