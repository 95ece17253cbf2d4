package schema

import (
	"regexp"
	"strconv"
)

var (
	overrideName    = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_\-:./]*$`)
	overridePercent = regexp.MustCompile(`^percent\((\d{1,2}(?:\.\d{1,8})?|100)\)$`)
)

// ValidOverrideLabel reports whether a text can be the label of @override: a name,
// or percent(N) with N from 0 to 100 and at most 8 decimals.
func ValidOverrideLabel(label string) bool {
	return overrideName.MatchString(label) || overridePercent.MatchString(label)
}

// OverridePercent gives N of a label percent(N); ok is false for any other label.
func OverridePercent(label string) (percent float64, ok bool) {
	found := overridePercent.FindStringSubmatch(label)
	if found == nil {
		return 0, false
	}
	percent, err := strconv.ParseFloat(found[1], 64)
	return percent, err == nil
}
