package redis

import (
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	RouteLog(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}
