package compose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxSuggestedName keeps the comparison of names cheap, whatever the SDL says.
const maxSuggestedName = 64

// didYouMean gives ` (did you mean "name"?)` for the known name that is the most
// like a wrong one, or nothing when none is.
func didYouMean(wrong string, known []string) string {
	if len(wrong) > maxSuggestedName {
		return ""
	}
	best, least := "", max(1, len(wrong)/3)+1
	for _, name := range slices.Sorted(slices.Values(known)) {
		if len(name) > maxSuggestedName || name == wrong {
			continue
		}
		if d := levenshtein.ComputeDistance(strings.ToLower(wrong), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

func namesOfSubgraphs(all []*subgraph) []string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Name
	}
	return names
}

// meantField is didYouMean for a field of t.
func meantField(t *typeDef, wrong string) string {
	return didYouMean(wrong, slices.Collect(maps.Keys(t.byName)))
}

// meantType is didYouMean for a type of the subgraph.
func (s *subgraph) meantType(wrong string) string {
	return didYouMean(wrong, slices.Collect(maps.Keys(s.types)))
}
