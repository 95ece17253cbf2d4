package gateway

import "weak"

// BreakRuntime puts a runtime into use that panics on the first request.
func (g *Gateway) BreakRuntime() { g.runtime.Store(&runtime{}) }

// Runtime tells whether the runtime in use now is still held, at any later time.
func (g *Gateway) Runtime() (held func() bool) {
	p := weak.Make(g.runtime.Load())
	return func() bool { return p.Value() != nil }
}
