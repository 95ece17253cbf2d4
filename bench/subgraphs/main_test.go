package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

// The expected answers that are kept as files are what the data says.
func TestExpectedAnswers(t *testing.T) {
	for operation, file := range map[string]string{"../operation.graphql": "../expected-heavy.json", "../small.graphql": "../expected-small.json"} {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := printAnswer(&got, operation); err != nil {
			t.Fatal(err)
		}
		if got.String() != strings.TrimSpace(string(want)) {
			t.Errorf("%s is not the answer to %s, which is %.300s", file, operation, got.Bytes())
		}
	}
}

// What the large operations measure is in their answers.
func TestLargeAnswers(t *testing.T) {
	for file, large := range map[string]struct{ bytes, items int }{
		"../wide.graphql": {200_000, 1000}, "../bulk.graphql": {logSize, 100_000},
	} {
		var got bytes.Buffer
		if err := printAnswer(&got, file); err != nil {
			t.Fatal(err)
		}
		var answer struct{ Data map[string][]map[string]any }
		if err := json.Unmarshal(got.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v: %.300s", file, err, got.Bytes())
		}
		for _, list := range answer.Data {
			if got.Len() < large.bytes || len(list) < large.items {
				t.Errorf("%s: %d bytes with %d items: %.300s", file, got.Len(), len(list), got.Bytes())
			}
			distinct := map[string]bool{}
			for _, item := range list {
				for key, value := range item {
					if value == nil {
						t.Fatalf("%s: %q is null in %v", file, key, item)
					}
				}
				b, _ := json.Marshal(item)
				distinct[string(b)] = true
			}
			if len(distinct) != len(list) || reflect.DeepEqual(list[0], list[1]) {
				t.Errorf("%s: %d of %d items differ", file, len(distinct), len(list))
			}
		}
	}
}
