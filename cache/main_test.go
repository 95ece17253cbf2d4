package cache

import (
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weft-graphql/weft/cache/redis"
	"github.com/weft-graphql/weft/cache/redis/redistest"
)

func TestMain(m *testing.M) {
	redis.RouteLog(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// open opens a client whose time budget does not run out on a busy machine.
func open(t *testing.T, server *redistest.Server) *redis.Client {
	t.Helper()
	return openWith(t, redis.Options{URL: server.URL(), CallTimeout: 5 * time.Second})
}

func openWith(t *testing.T, options redis.Options) *redis.Client {
	t.Helper()
	client, err := redis.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Errorf("closing the Redis client: %v", err)
		}
	})
	return client
}

// until calls done until it is true.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
