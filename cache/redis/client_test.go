package redis

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	goredis "github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"

	"github.com/weft-graphql/weft/cache/redis/redistest"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

func open(t *testing.T, options Options) *Client {
	t.Helper()
	client, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return client
}

func set(ctx context.Context, u goredis.UniversalClient) error {
	return u.Set(ctx, "key", "value", 0).Err()
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

func TestACallReachesRedis(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "hunter2")
	client := open(t, Options{URL: strings.Replace(server.URL(), "//", "//:hunter2@", 1), CallTimeout: 5 * time.Second})
	if err := client.Do(t.Context(), "set", set); err != nil {
		t.Fatal(err)
	}
	got, err := client.Universal().Get(t.Context(), "key").Result()
	if err != nil || got != "value" {
		t.Fatalf("got %q, %v", got, err)
	}
	if strings.Contains(client.String(), "hunter2") {
		t.Errorf("the client's name has the password: %s", client)
	}
	var counted dto.Metric
	if err := client.metrics.calls.WithLabelValues("set", "ok").Write(&counted); err != nil {
		t.Fatal(err)
	}
	if n := counted.GetCounter().GetValue(); n != 1 {
		t.Errorf("counted %v calls", n)
	}
}

func TestAClusterIsReachedThroughItsURL(t *testing.T) {
	nodes := redistest.StartCluster(t)
	client := open(t, Options{URL: nodes.URL(), CallTimeout: 5 * time.Second})
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		err := client.Do(t.Context(), "set", func(ctx context.Context, u goredis.UniversalClient) error {
			return u.Set(ctx, key, "value", 0).Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !client.Cluster() {
		t.Error("the client does not know that it is a cluster")
	}
}

func TestTheMasterIsFoundThroughSentinel(t *testing.T) {
	master := redistest.Start(t)
	sentinel := redistest.StartSentinel(t, "main", master)
	client := open(t, Options{URL: "redis+sentinel://" + sentinel.Addr() + "/main", CallTimeout: 5 * time.Second})
	if err := client.Do(t.Context(), "set", set); err != nil {
		t.Fatal(err)
	}
	direct := open(t, Options{URL: master.URL()})
	if got, err := direct.Universal().Get(t.Context(), "key").Result(); err != nil || got != "value" {
		t.Fatalf("the master has %q, %v", got, err)
	}
}

func TestTLSIsSpokenWhereTheURLSaysSo(t *testing.T) {
	server := redistest.Start(t)
	// httptest knows how to make a certificate for 127.0.0.1; Redis is behind a proxy that has it.
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	var proxy sync.WaitGroup
	proxy.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			proxy.Go(func() { relay(from, server.Addr()) })
		}
	})
	t.Cleanup(proxy.Wait)
	t.Cleanup(func() { _ = listener.Close() })

	url := "rediss://" + listener.Addr().String()
	trusting := open(t, Options{
		URL: url, CallTimeout: 5 * time.Second,
		TLS: &tls.Config{RootCAs: certified.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs},
	})
	if err := trusting.Do(t.Context(), "set", set); err != nil {
		t.Error(err)
	}
	strict := open(t, Options{URL: url, CallTimeout: 5 * time.Second})
	if err := strict.Do(t.Context(), "set", set); err == nil {
		t.Error("a certificate that nobody vouches for was taken")
	}
}

// relay copies between the two ends until one of them is closed.
func relay(from net.Conn, address string) {
	defer from.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(from, to) })
	_, _ = io.Copy(to, from)
	_ = to.Close()
	back.Wait()
}

func TestOpeningDoesNotNeedRedis(t *testing.T) {
	client := open(t, Options{URL: "redis://127.0.0.1:1"})
	if err := client.Do(t.Context(), "set", set); err == nil {
		t.Fatal("a call to nobody succeeded")
	}
}

func TestBreakerOpensAndRecoversByItself(t *testing.T) {
	for name, fault := range map[string]struct{ hurt, heal func(*redistest.Server) }{
		"killed": {(*redistest.Server).Stop, (*redistest.Server).Restart},
		"paused": {(*redistest.Server).Pause, (*redistest.Server).Resume},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			var log bytes.Buffer
			client := open(t, Options{
				URL: server.URL(), CallTimeout: 50 * time.Millisecond, ProbeInterval: 20 * time.Millisecond,
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			until(t, "Redis answers", func() bool { return client.Do(t.Context(), "set", set) == nil })

			fault.hurt(server)
			until(t, "the breaker opens", func() bool { return errors.Is(client.Do(t.Context(), "set", set), ErrAway) })
			fault.heal(server)
			// No call asks: the prober alone must notice.
			until(t, "the prober notices", func() bool { return !client.Away() })
			until(t, "Redis answers again", func() bool { return client.Do(t.Context(), "set", set) == nil })

			if err := client.Close(); err != nil {
				t.Error(err)
			}
			for _, line := range []string{"Redis is away", "reason=", "Redis is back"} {
				if !strings.Contains(log.String(), line) {
					t.Errorf("the log does not say %q:\n%s", line, &log)
				}
			}
		})
	}
}

func TestARefusedCommandIsNotAnAbsentRedis(t *testing.T) {
	server := redistest.Start(t)
	client := open(t, Options{URL: server.URL(), CallTimeout: 5 * time.Second})
	for range 3 * tripMinCalls {
		err := client.Do(t.Context(), "bad", func(ctx context.Context, u goredis.UniversalClient) error {
			return u.Do(ctx, "nonsense").Err()
		})
		if err == nil || errors.Is(err, ErrAway) {
			t.Fatalf("want the server's refusal, got %v", err)
		}
		err = client.Do(t.Context(), "nil", func(ctx context.Context, u goredis.UniversalClient) error {
			return u.Get(ctx, "absent").Err()
		})
		if !errors.Is(err, goredis.Nil) {
			t.Fatalf("want redis.Nil, got %v", err)
		}
	}
}

func TestACallerWhoGivesUpDoesNotOpenTheBreaker(t *testing.T) {
	server := redistest.Start(t)
	client := open(t, Options{URL: server.URL(), CallTimeout: 5 * time.Second})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 * tripMinCalls {
		if err := client.Do(gone, "set", set); !errors.Is(err, context.Canceled) {
			t.Fatalf("want the caller's cancellation, got %v", err)
		}
	}
	if client.Away() {
		t.Error("the breaker opened")
	}
	if err := client.Do(t.Context(), "set", set); err != nil {
		t.Error(err)
	}
}

func TestOnePauseDoesNotOpenTheBreakerHoweverManyCallsItHits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaker := gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Interval: tripWindow, BucketPeriod: tripWindow / 10, ReadyToTrip: (&trouble{budget: 10 * time.Millisecond}).tooMuch,
		})
		calls := func(n int, err error) {
			for range n {
				_, _ = breaker.Execute(func() (struct{}, error) { return struct{}{}, err })
			}
		}
		bad := errors.New("too late")
		calls(500, bad)
		time.Sleep(50 * time.Millisecond)
		calls(500, bad)
		if breaker.State() != gobreaker.StateClosed {
			t.Fatal("50 ms of failures opened the breaker")
		}
		time.Sleep(50 * time.Millisecond)
		calls(1, bad)
		if breaker.State() != gobreaker.StateOpen {
			t.Fatal("100 ms without a success did not open the breaker")
		}
	})
}

func TestHalfOfTheCallsFailingOpensTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaker := gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Interval: tripWindow, BucketPeriod: tripWindow / 10, ReadyToTrip: (&trouble{budget: 10 * time.Millisecond}).tooMuch,
		})
		for i := range 200 {
			var err error
			if i%2 == 0 {
				err = errors.New("too late")
			}
			_, _ = breaker.Execute(func() (struct{}, error) { return struct{}{}, err })
			time.Sleep(10 * time.Millisecond)
		}
		if breaker.State() != gobreaker.StateOpen {
			t.Error("the breaker is closed though every second call failed for 2 s")
		}
	})
}
