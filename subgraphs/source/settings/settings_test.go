package settings

import "testing"

func TestExpand(t *testing.T) {
	env := func(name string) (string, bool) {
		value, ok := map[string]string{"A": "a", "EMPTY": "", "NESTED": "${A}", "DOLLAR": "$$"}[name]
		return value, ok
	}
	for text, want := range map[string]string{
		"plain":             "plain",
		"${A}":              "a",
		"<${A}${A}>":        "<aa>",
		"${A:-b}":           "a",
		"${NONE:-b}":        "b",
		"${NONE:-}":         "",
		"${EMPTY}":          "",
		"${EMPTY:-b}":       "b",
		"${NONE:-a:-b}":     "a:-b",
		"$$":                "$",
		"$${A}":             "${A}",
		"$$${A}":            "$a",
		"${NESTED}":         "${A}",
		"${DOLLAR}":         "$$",
		"${NONE:-$$5}":      "$5",
		"${env.A}":          "a",
		"${env.NONE:-b}":    "b",
		"redis://${A}@h/$$": "redis://a@h/$",
	} {
		if got, err := Expand(text, env); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"$", "$A", "${", "${}", "${A", "${NONE}", "${1}", "${a b}", "${A:-${B}}", "${:-x}", "${file.a}"} {
		if got, err := Expand(text, env); err == nil {
			t.Errorf("%s: got %q", text, got)
		}
	}
	if _, err := Expand("${A}", nil); err == nil {
		t.Error("a variable was found without an environment")
	}
}

func TestExpandIsBounded(t *testing.T) {
	long := func(string) (string, bool) { return string(make([]byte, maxExpanded/2+1)), true }
	if _, err := Expand("${A}${A}", long); err == nil {
		t.Error("a value grew without bound")
	}
}

func TestNearestFindsWhatWasMeant(t *testing.T) {
	known := []string{"routing_url", "schema"}
	for key, want := range map[string]string{"routingUrl": "routing_url", "schma": "schema", "x": "", "federation": ""} {
		if got := Nearest(key, known); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}
