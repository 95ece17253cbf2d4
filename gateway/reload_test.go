package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/registry"
)

// Versions of the accounts subgraph that must not be taken into use: one is no
// SDL, one does not compose with the others.
const (
	brokenSDL       = federation + "type Query {"
	incompatibleSDL = federation + `type Query { me: User } type User @key(fields: "id") { id: ID! reviews: Int }`
)

// versions swaps the schema of accounts under a running gateway.
type versions struct {
	t       *testing.T
	process *process
	client  *client
	// put brings a version to where the gateway looks for it.
	put func(accounts string)
}

// email asks for the field that only the second version has.
func (v *versions) email() reply { return v.client.query(v.t, v.process.clients, `{ me { email } }`) }

// use swaps a good version in and waits until it is in use.
func (v *versions) use(second bool) {
	v.t.Helper()
	if second {
		v.put(accountsWithEmailSDL)
		eventually(v.t, "the added field is answered", func() bool { return v.email().status == http.StatusOK })
		wants(v.t, v.email(), http.StatusOK, `{"data":{"me":{"email":"1@example.com"}}}`)
		return
	}
	v.put(accountsSDL)
	eventually(v.t, "the removed field is refused", func() bool { return v.email().status != http.StatusOK })
	wants(v.t, v.email(), http.StatusBadRequest, "email")
}

// refuse offers a bad version, waits until the log says why it is refused, and
// sees that the old one serves on. Only the second version may be in use.
func (v *versions) refuse(accounts, reason string) {
	v.t.Helper()
	before := strings.Count(v.process.logs.String(), reason)
	v.put(accounts)
	eventually(v.t, "the log says "+reason, func() bool { return strings.Count(v.process.logs.String(), reason) > before })
	wants(v.t, v.email(), http.StatusOK, `{"data":{"me":{"email":"1@example.com"}}}`)
}

// swap alternates between the two versions n times under load, with a bad one
// now and then, and begins and ends with the first.
func (v *versions) swap(n int) {
	l := startLoad(v.t, v.process.clients)
	v.use(false)
	for i := range n {
		second := i%2 == 0
		v.use(second)
		if second && i%20 == 10 {
			v.refuse(brokenSDL, "the new supergraph is refused, the old one serves on")
			v.refuse(incompatibleSDL, "User.reviews")
		}
	}
	l.more(1)
	l.check()
	if used := v.client.metric(v.t, v.process.admin, `weft_supergraph_loads_total{outcome="used"}`); used < float64(n) {
		v.t.Errorf("%g supergraphs were taken into use, want %d", used, n)
	}
}

// supergraphYAML writes the graph as a supergraph.yaml with a schema file for
// each subgraph, and gives the paths of both it and accounts' schema.
func supergraphYAML(t *testing.T, g *graph) (path, accounts string) {
	dir := t.TempDir()
	text := "subgraphs:\n"
	for _, s := range g.schemas() {
		text += fmt.Sprintf("  %s: {routing_url: %q, schema: {file: %s.graphql}}\n", s.Name, s.URL, s.Name)
		write(t, filepath.Join(dir, s.Name+".graphql"), s.SDL)
	}
	path = filepath.Join(dir, "supergraph.yaml")
	write(t, path, text)
	return path, filepath.Join(dir, "accounts.graphql")
}

func TestAHundredSwapsUnderLoadFailNoRequestAndLeaveNothing(t *testing.T) {
	g := newGraph(t)
	s := settings()
	var accounts string
	s.Supergraph.Subgraphs, accounts = supergraphYAML(t, g)
	s.Cache = config.DefaultCache()
	v := &versions{t: t, process: serve(t, s), client: newClient(t), put: func(sdl string) { write(t, accounts, sdl) }}
	v.swap(2) // pools and caches reach their level
	heap, goroutines := level(g, v.client)
	v.swap(100)
	// 100 runtimes that are kept would be several times this bound: each holds a
	// schema, a query graph and the documents of its time. The bound is for what
	// is allowed to differ: pooled buffers and the one runtime's own caches.
	const bound = 20 << 20
	var after uint64
	eventually(t, "memory and goroutines are back at their level", func() bool {
		var n int
		after, n = level(g, v.client)
		return after < heap+bound && n <= goroutines
	})
	t.Logf("heap %d KiB, then %d KiB; %d goroutines", heap>>10, after>>10, goroutines)
}

// level measures memory and goroutines with all connections to clients and
// subgraphs closed.
func level(g *graph, c *client) (heap uint64, goroutines int) {
	c.http.CloseIdleConnections()
	for _, s := range g.all() {
		s.server.CloseClientConnections()
		s.take()
	}
	runtime.GC()
	runtime.GC() // pools are emptied by the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, runtime.NumGoroutine()
}

func TestVersionsThatDoNotComposeAreCountedAndTheirEndIsSaid(t *testing.T) {
	t.Parallel()
	s, c := settings(), newClient(t)
	var accounts string
	s.Supergraph.Subgraphs, accounts = supergraphYAML(t, newGraph(t))
	p := serve(t, s)
	write(t, accounts, brokenSDL)
	eventually(t, "the version is counted as refused", func() bool {
		return c.metric(t, p.admin, `weft_supergraph_loads_total{outcome="refused"}`) > 0
	})
	write(t, accounts, accountsSDL)
	eventually(t, "the log says that the source is in order again", func() bool {
		return strings.Contains(p.logs.String(), "in order again")
	})
	if used := c.metric(t, p.admin, `weft_supergraph_loads_total{outcome="used"}`); used != 1 {
		t.Errorf("%g versions were taken into use, want only the first", used)
	}
}

func TestASupergraphFileIsSwappedUnderLoad(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	s := withFile(t, settings(), g)
	v := &versions{t: t, process: serve(t, s), client: newClient(t)}
	v.put = func(accounts string) {
		sdl := "schema {"
		if accounts != brokenSDL {
			sdl = g.supergraph(t, accounts).SDL
		}
		write(t, s.Supergraph.File, sdl)
	}
	v.use(true)
	v.refuse(brokenSDL, "INVALID_FEDERATION_SUPERGRAPH")
	// A subgraph that the gateway would have to guard and cannot.
	const guarded = "UNSUPPORTED_LINKED_FEATURE"
	write(t, s.Supergraph.File, strings.Replace(g.supergraph(t, accountsSDL).SDL, "schema",
		`schema @link(url: "https://example.com/guard/v1.0", for: SECURITY)`, 1))
	eventually(t, "a guard that is not carried out is refused", func() bool { return strings.Contains(v.process.logs.String(), guarded) })
	wants(t, v.email(), http.StatusOK, `{"data":{"me":{"email":"1@example.com"}}}`)
	v.put(accountsSDL)
	l := startLoad(t, v.process.clients)
	for i := range 20 {
		v.use(i%2 == 0)
	}
	l.more(1)
	l.check()
}

func TestARegistryIsFollowedUnderLoad(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	s := settings()
	s.Registry.Dir = t.TempDir()
	folder, err := registry.Open(s.Registry.Dir, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	publish := func(subgraphs ...schema.Subgraph) error {
		_, err := folder.Publish(t.Context(), subgraphs, registry.PublishOptions{})
		return err
	}
	if err := publish(g.schemas()...); err != nil {
		t.Fatal(err)
	}
	v := &versions{t: t, process: serve(t, s), client: newClient(t), put: func(sdl string) {
		if err := publish(schema.Subgraph{Name: "accounts", URL: g.accounts.server.URL, SDL: sdl}); err != nil {
			t.Fatal(err)
		}
	}}
	l := startLoad(t, v.process.clients)
	for i := range 20 {
		v.use(i%2 == 0)
	}
	for _, bad := range []string{brokenSDL, incompatibleSDL} {
		var refused *registry.RefusedError
		if err := publish(schema.Subgraph{Name: "accounts", URL: g.accounts.server.URL, SDL: bad}); !errors.As(err, &refused) {
			t.Errorf("publishing gave %v, want that it does not compose", err)
		}
	}
	v.use(true)
	answer, err := v.client.send(t.Context(), http.MethodPost, v.process.admin+"/registry", body("{ subgraphs { name sdl } }", nil))
	if err != nil {
		t.Fatal(err)
	}
	wants(t, answer, http.StatusOK, `{"data":{"subgraphs":[{"name":"accounts","sdl":`)
	wants(t, answer, http.StatusOK, "email: String")
	// What a registry would never write is refused, too.
	current := filepath.Join(s.Registry.Dir, "current.json")
	write(t, current, "{")
	eventually(t, "the log says that the registry is damaged", func() bool {
		return strings.Contains(v.process.logs.String(), "the new supergraph is refused, the old one serves on")
	})
	wants(t, v.email(), http.StatusOK, `{"data":{"me":{"email":"1@example.com"}}}`)
	l.more(1)
	l.check()
}

func TestSwapsFreeTheRuntimesBefore(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := openWith(t, settings(), g)
	var held []func() bool
	for n := range 100 {
		held = append(held, i.Runtime())
		sdl := accountsSDL
		if n%2 == 0 {
			sdl = accountsWithEmailSDL
		}
		if err := i.Swap(t.Context(), g.supergraph(t, sdl)); err != nil {
			t.Fatal(err)
		}
		wants(t, c.query(t, i.clients, `{ me { name reviews { product { name } } } }`), http.StatusOK, `"Product p1"`)
	}
	eventually(t, "all runtimes before the last are freed", func() bool {
		runtime.GC()
		for _, h := range held {
			if h() {
				return false
			}
		}
		return true
	})
}

func TestARequestEndsOnTheRuntimeThatItBeganOn(t *testing.T) {
	g, c := newGraph(t), newClient(t)
	i := open(t, settings())
	if err := i.Swap(t.Context(), g.supergraph(t, accountsWithEmailSDL)); err != nil {
		t.Fatal(err)
	}
	blocked := block(t, g.accounts)
	first := make(chan reply, 1)
	go func() {
		got, _ := c.send(t.Context(), http.MethodPost, i.clients+"/graphql", body(`{ me { email reviews { body } } }`, nil))
		first <- got
	}()
	<-blocked.entered
	if err := i.Swap(t.Context(), g.supergraph(t, accountsSDL)); err != nil {
		t.Fatal(err)
	}
	wants(t, c.query(t, i.clients, `{ me { email reviews { body } } }`), http.StatusBadRequest, "email")
	blocked.release()
	wants(t, <-first, http.StatusOK, `{"data":{"me":{"email":"1@example.com","reviews":[{"body":"Review 0"},{"body":"Review 1"}]}}}`)
}
