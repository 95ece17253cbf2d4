package registry_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/registry"
)

// The environment that makes the test binary a publisher.
const (
	publisherDir  = "WEFT_TEST_REGISTRY"
	publisherName = "WEFT_TEST_SUBGRAPH"
	publishes     = 8
)

func numbered(name string, n int) schema.Subgraph {
	return schema.Subgraph{Name: name, URL: "http://127.0.0.1:1/" + name, SDL: fmt.Sprintf("type Query { %s%d: Int @shareable ok: Int @shareable }", name, n)}
}

// shareable makes the SDL federation 2, so that several may have Query.ok.
func shareable(s schema.Subgraph) schema.Subgraph {
	s.SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"]) ` + s.SDL
	return s
}

// publishAll publishes versions of one subgraph, one after the other.
func publishAll(ctx context.Context, dir, name string) error {
	f, err := registry.Open(dir, registry.Options{})
	if err != nil {
		return err
	}
	for n := range publishes {
		p, err := f.Publish(ctx, []schema.Subgraph{shareable(numbered(name, n))}, registry.PublishOptions{})
		if err != nil {
			return err
		}
		if !p.Changed || p.Versions[0].Number != n+1 {
			return fmt.Errorf("publishing %d gave version %d", n, p.Versions[0].Number)
		}
	}
	return nil
}

func publisher(dir, name string) int {
	if err := publishAll(context.Background(), dir, name); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// watchReads reads the registry until publishing is done: each read is whole.
func watchReads(t *testing.T, dir string, done <-chan struct{}) {
	t.Helper()
	f := open(t, dir, registry.Options{})
	last := 0
	for {
		select {
		case <-done:
			return
		default:
		}
		g, err := f.Graph(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		if g.Revision < last {
			t.Errorf("revision %d came after %d", g.Revision, last)
		}
		last = g.Revision
		for _, e := range g.Subgraphs {
			if want := fmt.Sprintf("%s%d:", e.Name, e.Version.Number-1); !strings.Contains(e.SDL, want) {
				t.Errorf("version %d of %s has another's schema: %s", e.Version.Number, e.Name, e.SDL)
			}
		}
		if _, err := f.Load(t.Context()); err != nil && !errors.Is(err, registry.ErrEmpty) {
			t.Error(err)
			return
		}
	}
}

func checkAllPublished(t *testing.T, dir string, names ...string) {
	t.Helper()
	f := open(t, dir, registry.Options{})
	g, err := f.Graph(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if g.Revision != len(names)*publishes || len(g.Subgraphs) != len(names) {
		t.Fatalf("the graph has revision %d and %d subgraphs", g.Revision, len(g.Subgraphs))
	}
	revisions := map[int]bool{}
	for _, name := range names {
		history, err := f.History(t.Context(), name, registry.Page{})
		if err != nil || len(history) != publishes {
			t.Fatalf("the history of %s is %v, %v", name, history, err)
		}
		for _, v := range history {
			revisions[v.Revision] = true
		}
	}
	if len(revisions) != g.Revision {
		t.Errorf("%d publishes share %d revisions", g.Revision, len(revisions))
	}
}

func TestConcurrentPublishersOfOneProcessLoseNothing(t *testing.T) {
	dir := t.TempDir()
	names := []string{"a", "b", "c", "d"}
	done := make(chan struct{})
	var readers, writers sync.WaitGroup
	readers.Go(func() { watchReads(t, dir, done) })
	for _, name := range names {
		writers.Go(func() {
			if err := publishAll(t.Context(), dir, name); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	checkAllPublished(t, dir, names...)
}

func TestConcurrentPublishersOfTwoProcessesLoseNothing(t *testing.T) {
	dir := t.TempDir()
	names := []string{"a", "b"}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers, writers sync.WaitGroup
	readers.Go(func() { watchReads(t, dir, done) })
	for _, name := range names {
		writers.Go(func() {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), publisherDir+"="+dir, publisherName+"="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	checkAllPublished(t, dir, names...)
}

func TestAKilledPublisherLeavesAReadableRegistry(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, registry.Options{})
	publish(t, f, shareable(numbered("b", 0)))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), publisherDir+"="+dir, publisherName+"=a")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		g, err := f.Graph(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if g.Revision > 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the publisher published nothing")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	loaded, err := f.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p := publish(t, f, shareable(numbered("b", 1))); p.Versions[0].Number != 2 || p.Supergraph == loaded.SDL {
		t.Errorf("the next publication is %+v", p)
	}
}
