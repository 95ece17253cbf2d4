package config

import (
	"errors"
	"testing"
	"time"
)

func TestDurationsSizesAndRatesRoundTrip(t *testing.T) {
	for text, want := range map[string]Duration{
		"10ms": Duration(10 * time.Millisecond), "1m": Duration(time.Minute), "1h": Duration(time.Hour),
		"1h30m": Duration(90 * time.Minute), "1m5s": Duration(65 * time.Second), "0s": 0, "24h": Duration(24 * time.Hour), "10m": Duration(10 * time.Minute),
	} {
		var got Duration
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %d (%s), %v", text, got, got, err)
		}
	}
	for text, want := range map[string]Size{"0": 0, "1KiB": 1 << 10, "64MiB": 64 << 20, "3TiB": 3 << 40, "1000": 1000} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %d (%s), %v", text, got, got, err)
		}
	}
	for text, want := range map[string]Rate{"1000/s": {1000, time.Second}, "5/m": {5, time.Minute}, "1/h": {1, time.Hour}} {
		var got Rate
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

func TestSizesTakeDecimalUnits(t *testing.T) {
	for text, want := range map[string]Size{"1KB": 1000, "1kB": 1000, "2 MB": 2_000_000, "7B": 7} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %d, %v", text, got, err)
		}
	}
}

func TestWhatIsNoDurationSizeOrRateIsRefused(t *testing.T) {
	for _, text := range []string{"", "5", "-1s", "1 s", "s", "1d"} {
		if new(Duration).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is a duration", text)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "9223372036854775808", "9000000TiB", "1XiB", "+1"} {
		if new(Size).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is a size", text)
		}
	}
	for _, text := range []string{"", "1", "0/s", "-1/s", "1/d", "1/s/s", "1000000001/s", "1.5/s"} {
		if new(Rate).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is a rate", text)
		}
	}
}

func TestErrorsUnwrapToTheSingleOnes(t *testing.T) {
	_, err := Parse("weft.yaml", []byte("a: 1\nb: 2\n"), nil)
	first, ok := errors.AsType[*Error](err)
	if !ok || first.Path != "a" || first.Line != 1 || first.Column != 1 || first.File != "weft.yaml" {
		t.Errorf("got %+v", first)
	}
}
