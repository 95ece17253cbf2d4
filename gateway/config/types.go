package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written as in Go: "10ms", "30s", "1h30m". A bare number other than 0 is refused, since it
// does not say its unit.
type Duration time.Duration

// String writes the duration without units that are zero: "1m" rather than "1m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes the duration as String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration; a negative one is refused.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 {
		return errors.New("must be a duration such as 10ms, 30s or 1h30m")
	}
	*d = Duration(parsed)
	return nil
}

// Size is a number of bytes, written "8MiB", "64KB" or as a plain number of bytes.
type Size int64

// sizeUnits is ordered so that String finds the largest binary unit first and UnmarshalText the longest suffix.
var sizeUnits = [...]struct {
	suffix string
	bytes  int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"kB", 1e3}, {"B", 1},
}

// String writes the size in the largest binary unit that divides it.
func (s Size) String() string {
	for _, unit := range sizeUnits[:4] {
		if s != 0 && int64(s)%unit.bytes == 0 {
			return strconv.FormatInt(int64(s)/unit.bytes, 10) + unit.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText writes the size as String does.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a size: digits, then a unit or nothing.
func (s *Size) UnmarshalText(text []byte) error {
	digits, factor := string(text), int64(1)
	for _, unit := range sizeUnits {
		if rest, ok := strings.CutSuffix(digits, unit.suffix); ok {
			digits, factor = strings.TrimRight(rest, " "), unit.bytes
			break
		}
	}
	number, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || int64(number) > math.MaxInt64/factor {
		return errors.New("must be a size such as 64KiB, 8MiB or a whole number of bytes")
	}
	*s = Size(int64(number) * factor)
	return nil
}

// Rate is an amount of points that flows back in a time, written "1000/s", "50/m" or "100/h".
type Rate struct {
	// Points is the amount, at least 1.
	Points int64
	// Per is a second, a minute or an hour.
	Per time.Duration
}

// maxRatePoints keeps the arithmetic of microseconds per point inside 64 bits.
const maxRatePoints = 1_000_000_000

// String writes the rate as it is read; the zero Rate is empty.
func (r Rate) String() string {
	switch r.Per {
	case time.Second:
		return fmt.Sprintf("%d/s", r.Points)
	case time.Minute:
		return fmt.Sprintf("%d/m", r.Points)
	case time.Hour:
		return fmt.Sprintf("%d/h", r.Points)
	case 0:
		return ""
	}
	return fmt.Sprintf("%d/%s", r.Points, r.Per)
}

// MarshalText writes the rate as String does.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rate of 1 to 1000000000 points.
func (r *Rate) UnmarshalText(text []byte) error {
	number, unit, _ := strings.Cut(string(text), "/")
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	points, err := strconv.ParseUint(number, 10, 63)
	if err != nil || per == 0 || points < 1 || points > maxRatePoints {
		return fmt.Errorf("must be 1 to %d points per second, minute or hour, such as 1000/s, 50/m or 100/h", maxRatePoints)
	}
	*r = Rate{Points: int64(points), Per: per}
	return nil
}
