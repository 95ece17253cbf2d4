package settings

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// MaxShown is how many bytes of a value an error repeats.
const MaxShown = 80

// Show makes a text from outside fit to be printed: short, and without control characters that a terminal would obey.
func Show(text string) string {
	if len(text) > MaxShown {
		cut := MaxShown
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	if text == "" || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r == '`' || !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

// Nearest returns the known key that a misspelt one is most likely meant to be, or "".
func Nearest(key string, known []string) string {
	if len(key) > MaxShown {
		return ""
	}
	best, least := "", max(2, len(key)/3)+1
	plain := func(s string) string { return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(s)) }
	for _, k := range known {
		if distance := levenshtein.ComputeDistance(plain(key), plain(k)); distance < least && distance < len(k) {
			best, least = k, distance
		}
	}
	return best
}
