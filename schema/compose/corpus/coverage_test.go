package corpus_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// errorCodesCovered are the codes that composition may give. Each needs a set
// that has it, and one that is close to it and composes (its about: line).
const errorCodesCovered = `
INVALID_GRAPHQL INVALID_SUBGRAPH_NAME NO_QUERIES ROOT_QUERY_USED ROOT_MUTATION_USED ROOT_SUBSCRIPTION_USED
UNSUPPORTED_FEATURE UNSUPPORTED_LINKED_FEATURE UNKNOWN_FEDERATION_LINK_VERSION UNKNOWN_LINK_VERSION
INVALID_LINK_DIRECTIVE_USAGE INVALID_LINK_IDENTIFIER LINK_IMPORT_NAME_MISMATCH DIRECTIVE_DEFINITION_INVALID
TYPE_DEFINITION_INVALID
KEY_FIELDS_HAS_ARGS PROVIDES_FIELDS_HAS_ARGS PROVIDES_FIELDS_MISSING_EXTERNAL REQUIRES_FIELDS_MISSING_EXTERNAL
KEY_UNSUPPORTED_ON_INTERFACE PROVIDES_UNSUPPORTED_ON_INTERFACE REQUIRES_UNSUPPORTED_ON_INTERFACE
KEY_INVALID_FIELDS_TYPE PROVIDES_INVALID_FIELDS_TYPE REQUIRES_INVALID_FIELDS_TYPE
KEY_INVALID_FIELDS PROVIDES_INVALID_FIELDS REQUIRES_INVALID_FIELDS
KEY_DIRECTIVE_IN_FIELDS_ARG PROVIDES_DIRECTIVE_IN_FIELDS_ARG REQUIRES_DIRECTIVE_IN_FIELDS_ARG
KEY_FIELDS_SELECT_INVALID_TYPE PROVIDES_ON_NON_OBJECT_FIELD
EXTERNAL_UNUSED EXTERNAL_ON_INTERFACE EXTERNAL_TYPE_MISMATCH EXTERNAL_ARGUMENT_MISSING
EXTERNAL_ARGUMENT_TYPE_MISMATCH EXTERNAL_ARGUMENT_DEFAULT_MISMATCH EXTERNAL_MISSING_ON_BASE
EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE TYPE_WITH_ONLY_UNUSED_EXTERNAL MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL
TYPE_KIND_MISMATCH FIELD_TYPE_MISMATCH FIELD_ARGUMENT_TYPE_MISMATCH FIELD_ARGUMENT_DEFAULT_MISMATCH
INPUT_FIELD_DEFAULT_MISMATCH REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH
EMPTY_MERGED_INPUT_TYPE EMPTY_MERGED_ENUM_TYPE ENUM_VALUE_MISMATCH INVALID_FIELD_SHARING INVALID_SHAREABLE_USAGE
EXTENSION_WITH_NO_BASE EXTENSION_OF_WRONG_KIND INTERFACE_FIELD_NO_IMPLEM INTERFACE_KEY_NOT_ON_IMPLEMENTATION
INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE INTERFACE_OBJECT_USAGE_ERROR DIRECTIVE_COMPOSITION_ERROR
OVERRIDE_FROM_SELF_ERROR OVERRIDE_SOURCE_HAS_OVERRIDE OVERRIDE_ON_INTERFACE
OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE OVERRIDE_LABEL_INVALID
REFERENCED_INACCESSIBLE REQUIRED_INACCESSIBLE IMPLEMENTED_BY_INACCESSIBLE DEFAULT_VALUE_USES_INACCESSIBLE
ONLY_INACCESSIBLE_CHILDREN QUERY_ROOT_TYPE_INACCESSIBLE DISALLOWED_INACCESSIBLE
CONTEXT_NAME_INVALID CONTEXT_NOT_SET CONTEXT_INVALID_SELECTION NO_CONTEXT_IN_SELECTION CONTEXT_NO_RESOLVABLE_KEY
CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS
COST_APPLIED_TO_INTERFACE_FIELD LIST_SIZE_APPLIED_TO_NON_LIST LIST_SIZE_INVALID_ASSUMED_SIZE
LIST_SIZE_INVALID_SLICING_ARGUMENT LIST_SIZE_INVALID_SIZED_FIELD
AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE MISSING_TRANSITIVE_AUTH_REQUIREMENTS
SATISFIABILITY_ERROR SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES`

// Apollo has more codes, which no set of subgraphs can have:
//   - DOWNSTREAM_SERVICE_ERROR is about fetching a subgraph's schema (package
//     subgraphs/source);
//   - INVALID_FEDERATION_SUPERGRAPH is about reading a supergraph (package schema);
//   - MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED needs a lowered limit (package
//     schema/satisfy has that test);
//   - TAG_DEFINITION_INVALID is gone from all composers: a wrong definition of
//     @tag is DIRECTIVE_DEFINITION_INVALID.

const hintCodesCovered = `
INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE INCONSISTENT_DEFAULT_VALUE_PRESENCE
INCONSISTENT_ENTITY INCONSISTENT_OBJECT_VALUE_TYPE_FIELD INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD
INCONSISTENT_INPUT_OBJECT_FIELD INCONSISTENT_UNION_MEMBER INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM
INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE
INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE
INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS INCONSISTENT_DESCRIPTION
INCONSISTENT_ARGUMENT_PRESENCE INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS
INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN NO_EXECUTABLE_DIRECTIVE_INTERSECTION FROM_SUBGRAPH_DOES_NOT_EXIST
OVERRIDDEN_FIELD_CAN_BE_REMOVED OVERRIDE_DIRECTIVE_CAN_BE_REMOVED OVERRIDE_MIGRATION_IN_PROGRESS UNUSED_ENUM_TYPE
MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS DIRECTIVE_COMPOSITION_INFO DIRECTIVE_COMPOSITION_WARN
IMPLICITLY_UPGRADED_FEDERATION_VERSION CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS`

// TestEveryCodeHasSets composes the sets again, because some codes are Weft's
// and not Apollo's (differences.txt).
func TestEveryCodeHasSets(t *testing.T) {
	t.Parallel()
	refused, composed, hinted, unhinted := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range readSets(t) {
		if len(s.about) == 0 {
			continue
		}
		got, _ := weft(t, s)
		for _, code := range got.Codes {
			refused[code] = true
		}
		for _, code := range got.Hints {
			hinted[code] = true
		}
		for _, code := range s.about {
			composed[code] = composed[code] || got.Accepts
			unhinted[code] = unhinted[code] || got.Accepts && !slices.Contains(got.Hints, code)
		}
	}
	for code := range strings.FieldsSeq(errorCodesCovered) {
		if !refused[code] || !composed[code] {
			t.Errorf("the error %s: a set has it: %t, a set just avoids it: %t", code, refused[code], composed[code])
		}
	}
	for code := range strings.FieldsSeq(hintCodesCovered) {
		if !hinted[code] || !unhinted[code] {
			t.Errorf("the hint %s: a set has it: %t, a set just avoids it: %t", code, hinted[code], unhinted[code])
		}
	}
}

var (
	federation2 = regexp.MustCompile(`https://specs\.apollo\.dev/federation/v2`)
	imports     = regexp.MustCompile(`(?s)extend schema.*?\n\n`)
	features    = regexp.MustCompile(`@(key|shareable|external|requires|provides|override|tag|inaccessible|interfaceObject|cost|listSize|extends|authenticated|requiresScopes|policy|context|fromContext|composeDirective)\b|extend type|\binterface |\bunion |\benum |\binput `)
)

// TestTheCorpusIsLargeAndMixed counts what is in it.
func TestTheCorpusIsLargeAndMixed(t *testing.T) {
	sets := readSets(t)
	several, federation1, large := 0, 0, 0
	for _, s := range sets {
		used := map[string]bool{}
		old, size := false, 0
		for _, sub := range s.subgraphs {
			size += len(sub.SDL)
			old = old || !federation2.MatchString(sub.SDL)
			for _, f := range features.FindAllString(imports.ReplaceAllString(sub.SDL, ""), -1) {
				used[f] = true
			}
		}
		if s.apollo.Accepts && len(used) >= 8 {
			several++
		}
		if old {
			federation1++
		}
		if size > 20_000 {
			large++
		}
	}
	t.Logf("%d sets, %d of them accepted with at least 8 features, %d with federation 1, %d large", len(sets), several, federation1, large)
	if len(sets) < 300 || several < 60 || federation1 < 30 || large < 2 {
		t.Error("there are too few")
	}
}
