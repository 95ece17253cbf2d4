package transport

import (
	"runtime"
	"strings"
	"testing"
)

// TestAListForAParameterTakesNoMemory but its own: an item of two bytes would
// become a value of sixteen, several times over.
func TestAListForAParameterTakesNoMemory(t *testing.T) {
	list := "[" + strings.Repeat("1,", 100_000) + "1]"
	d := newDecoder()
	for _, key := range []string{"query", "operationName", "variables", "extensions"} {
		body := []byte(`{"query":"{a}","` + key + `":` + list + `}`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, refusal := d.decode(body)
		runtime.ReadMemStats(&after)
		if refusal == nil || refusal.Status != 400 || !strings.Contains(refusal.Errors[0].Message, "is a list") {
			t.Errorf("%s: %+v", key, refusal)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > uint64(len(body)) {
			t.Errorf("%s: a body of %d bytes takes %d", key, len(body), allocated)
		}
	}
	for _, key := range []string{"variables", "extensions"} {
		if p, refusal := d.decode([]byte(`{"query":"{a}","` + key + `":{"a":` + list + `}}`)); refusal != nil || len(p.Variables)+len(p.Extensions) < len(list) {
			t.Errorf("%s with a list: %+v, %+v", key, p, refusal)
		}
	}
	if p, refusal := d.decode([]byte(`{"query":"{a}","other":` + list + `}`)); refusal != nil || p.Query != "{a}" {
		t.Errorf("a list that nobody reads: %+v, %+v", p, refusal)
	}
}
