package limits

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weft-graphql/weft/cache"
)

// fields writes a budget's header fields.
type fields struct {
	policy string // quoted
	full   string // the whole of RateLimit-Policy
}

func newFields(policy string, rate cache.Rate) fields {
	quoted := `"` + policy + `"`
	return fields{
		policy: quoted,
		full: fmt.Sprintf(`%s;q=%s;qu="points";w=%s`, quoted, integer(rate.Burst),
			integer(math.Ceil(rate.Burst/rate.PointsPerSecond))),
	}
}

func (f fields) write(header http.Header, cost, remaining float64, reset time.Duration) {
	header.Set("Weft-Cost", points(finite(cost)))
	header.Set("RateLimit-Policy", f.full)
	header.Set("RateLimit", f.policy+";r="+integer(remaining)+";t="+strconv.FormatInt(seconds(reset), 10))
}

// integer writes a number as structured fields take integers: rounded down, 0 to 15 digits.
func integer(number float64) string {
	return strconv.FormatInt(int64(max(0, min(number, 999_999_999_999_999))), 10)
}

// validPolicy says whether the name may stand in a quoted string and in a store's key as it is.
func validPolicy(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == ""
}
