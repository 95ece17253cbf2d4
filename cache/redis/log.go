package redis

import (
	"context"
	"fmt"
	"log/slog"

	goredis "github.com/redis/go-redis/v9"
)

// RouteLog sends what go-redis itself logs (one line for each connection that fails) to the logger at debug level, instead
// of to stderr. go-redis has one logger for the whole process, so this is for main to call, once and before Open.
func RouteLog(logger *slog.Logger) { goredis.SetLogger(libraryLog{logger}) }

type libraryLog struct{ logger *slog.Logger }

// Printf is what go-redis calls.
func (l libraryLog) Printf(ctx context.Context, format string, arguments ...any) {
	if l.logger.Enabled(ctx, slog.LevelDebug) {
		l.logger.LogAttrs(ctx, slog.LevelDebug, fmt.Sprintf(format, arguments...), slog.String("library", "go-redis"))
	}
}
