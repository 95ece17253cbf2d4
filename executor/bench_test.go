package executor

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/weft-graphql/weft/planner"
)

// replay answers from recorded traffic without copying.
type replay map[string]*Answer

func (r replay) Fetch(_ context.Context, f *Fetch) (*Answer, error) {
	a := r[f.Subgraph+" "+string(f.Body)]
	if a == nil {
		return nil, fmt.Errorf("nothing recorded for %s %s", f.Subgraph, f.Body)
	}
	return a, nil
}

func (r replay) Subscribe(context.Context, *Fetch) (Stream, error) {
	return nil, fmt.Errorf("not recorded")
}

type discard struct{ bytes, errors int }

func (d *discard) Payload(_ context.Context, p Payload) error {
	d.bytes, d.errors = len(p.Body), p.Result.Errors
	return nil
}

const (
	benchAccounts = `
type Query { me: User user(id: ID!): User users: [User] }
type User @key(fields: "id") { id: ID! name: String username: String @shareable birthday: Int }
`
	benchInventory = `
type Product @key(fields: "upc") { upc: String! weight: Int @external price: Int @external inStock: Boolean shippingEstimate: Int @requires(fields: "price weight") }
`
	benchProducts = `
type Query { topProducts(first: Int = 5): [Product] }
type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }
`
	benchReviews = `
type Review @key(fields: "id") { id: ID! body: String product: Product author: User @provides(fields: "username") }
type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
type Product @key(fields: "upc") { upc: String! reviews: [Review] }
`
	benchHeavy = `
fragment User on User { id username name }
fragment Review on Review { id body }
fragment Product on Product { inStock name price shippingEstimate upc weight }
query Heavy {
  users { ...User reviews { ...Review product { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } } } }
  topProducts { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } }
}`
	benchSmall = `query Small { me { id name username reviews { id body product { upc name inStock } } } }`
)

// at gives a part further paths.
func at(s *planner.Step, paths ...planner.Path) *planner.Step {
	s.Parts[0].Entity.Paths = append(s.Parts[0].Entity.Paths, paths...)
	return s
}

func path(keys ...string) planner.Path {
	var p planner.Path
	for _, k := range keys {
		p = append(p, planner.PathElement{Key: k})
	}
	return p
}

// heavy is the plan that bench/floor carries out.
func (p plans) heavy() *Program {
	const author = "reviews { id body author { id username reviews { id body product { upc } } } }"
	reviews := p.entities("reviews", "User", "{id}", "users", "{ reviews { id body product { upc "+author+" } } }", 0, 1)
	second := p.entities("reviews", "Product", "{upc}", "topProducts", "{ "+author+" }").Parts[0]
	second.Key, second.Entity.Variable = "_e1", "_r1"
	second.Text = "_e1: _entities(representations: $_r1) { ... on Product { " + author + " } }"
	reviews.Parts = append(reviews.Parts, second)
	deep := path("users", "reviews", "product", "reviews", "author", "reviews", "product")
	top := path("topProducts", "reviews", "author", "reviews", "product")
	return p.program(parsed(p.t, p.sg, benchHeavy),
		p.root("accounts", "users { id username name }"),
		p.root("products", "topProducts { upc name price weight }"),
		reviews,
		at(p.entities("accounts", "User", "{id}", "users.reviews.product.reviews.author", "{ name }", 2), path("topProducts", "reviews", "author")),
		at(p.entities("products", "Product", "{upc}", "users.reviews.product", "{ name price weight }", 2), deep, top),
		p.entities("inventory", "Product", "{upc price weight}", "topProducts", "{ inStock shippingEstimate }", 1),
		at(p.entities("inventory", "Product", "{upc price weight}", "users.reviews.product", "{ inStock shippingEstimate }", 4), deep, top),
	)
}

func (p plans) benchSmall() *Program {
	return p.program(parsed(p.t, p.sg, benchSmall),
		p.root("accounts", "me { __typename id name username }"),
		p.entities("reviews", "User", "{id}", "me", "{ reviews { id body product { upc } } }", 0),
		p.entities("products", "Product", "{upc}", "me.reviews.product", "{ name }", 1),
		p.entities("inventory", "Product", "{upc}", "me.reviews.product", "{ inStock }", 1),
	)
}

//go:embed testdata/bench-traffic.json
var benchTraffic []byte

//go:embed testdata/bench-heavy.json
var benchHeavyAnswer string

//go:embed testdata/bench-small.json
var benchSmallAnswer string

func benchShop(t testing.TB) (plans, replay) {
	t.Helper()
	var traffic map[string]json.RawMessage
	if err := json.Unmarshal(benchTraffic, &traffic); err != nil {
		t.Fatal(err)
	}
	r := replay{}
	for request, answer := range traffic {
		r[request] = &Answer{Status: 200, Body: answer}
	}
	return plans{t, composed(t, "accounts", benchAccounts, "inventory", benchInventory, "products", benchProducts, "reviews", benchReviews)}, r
}

func TestRunAnswersTheBenchmarksOperations(t *testing.T) {
	p, r := benchShop(t)
	e := newExecutor(t, Options{Fetcher: r})
	for _, c := range []struct {
		prog *Program
		want string
	}{{p.heavy(), benchHeavyAnswer}, {p.benchSmall(), benchSmallAnswer}} {
		if got, _ := run(t, e, c.prog, nil); got != c.want {
			t.Errorf("%d bytes instead of %d: %.300s", len(got), len(c.want), got)
		}
	}
}

// TestRunAllocatesLittle bounds the allocations of a request, the network aside;
// those of a large answer must not be more than those of a small one.
func TestRunAllocatesLittle(t *testing.T) {
	if raced {
		t.Skip("the race detector empties pools, and what is not there has to be allocated")
	}
	p, small := benchShop(t)
	allocations := func(prog *Program, f Fetcher) float64 {
		e, err := New(Options{Fetcher: f})
		if err != nil {
			t.Fatal(err)
		}
		request, sink := &Request{Operation: prog.plan.Operation}, &discard{}
		return testing.AllocsPerRun(50, func() {
			if err := e.Run(t.Context(), prog, request, sink); err != nil || sink.errors > 0 {
				t.Errorf("%d errors, %v", sink.errors, err)
			}
		})
	}
	if n := allocations(p.benchSmall(), small); n >= 50 {
		t.Errorf("%v allocations for the small operation", n)
	}
	const users = "users { id name username }"
	for name, joined := range map[string]string{"passed on": "", "spliced": " reviews { id }", "written from the tree": " __typename reviews { id }"} {
		op := "{ users { id name username" + joined + " } }"
		steps := func() []*planner.Step {
			all := []*planner.Step{p.root("accounts", users)}
			if joined != "" {
				all = append(all, p.entities("reviews", "User", "{id}", "users", "{ reviews { id } }", 0))
			}
			return all
		}
		var few float64
		for _, count := range []int{10, 3000} {
			var list, entities []string
			for n := range count {
				list = append(list, fmt.Sprintf(`{"id":"%d","name":"N","username":"u%d"}`, n, n))
				entities = append(entities, `{"reviews":[{"id":"1"}]}`)
			}
			r := replay{`accounts {"query":"{` + users + `}"}`: {Status: 200, Body: []byte(`{"data":{"users":[` + strings.Join(list, ",") + `]}}`)}}
			n := allocations(p.program(parsed(t, p.sg, op), steps()...), joining{r, []byte(`{"data":{"_e0":[` + strings.Join(entities, ",") + `]}}`)})
			if count == 10 {
				few = n
			} else if n > few+2 { // a pool may have been emptied
				t.Errorf("%s: %v allocations for %d objects, %v for 10", name, n, count, few)
			}
		}
	}
}

func TestRunIsSafeForConcurrentUse(t *testing.T) {
	p, r := benchShop(t)
	e := newExecutor(t, Options{Fetcher: r})
	heavy, small := p.heavy(), p.benchSmall()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				for prog, want := range map[*Program]string{heavy: benchHeavyAnswer, small: benchSmallAnswer} {
					var k kept
					if err := e.Run(t.Context(), prog, &Request{}, &k); err != nil || string(k.body) != want {
						t.Errorf("%d bytes instead of %d, %v", len(k.body), len(want), err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func benchmark(b *testing.B, prog *Program, f Fetcher) {
	e, err := New(Options{Fetcher: f, Limits: Limits{Entities: 1 << 20}})
	if err != nil {
		b.Fatal(err)
	}
	request := &Request{Operation: prog.plan.Operation}
	sink := &discard{}
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		if err := e.Run(b.Context(), prog, request, sink); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
	if sink.errors > 0 {
		b.Fatalf("%d errors", sink.errors)
	}
	b.SetBytes(int64(sink.bytes))
}

// cpu is the processor time that the process has used: on a machine with other
// work it tells more than the clock.
func cpu(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func BenchmarkRunHeavy(b *testing.B) {
	p, r := benchShop(b)
	benchmark(b, p.heavy(), r)
}

func BenchmarkRunSmall(b *testing.B) {
	p, r := benchShop(b)
	benchmark(b, p.benchSmall(), r)
}

// many makes a list of 8 MiB of small users, as JSON.
func many() (users string, count int) {
	var b strings.Builder
	for b.Len() < 8<<20 {
		if count > 0 {
			b.WriteByte(',')
		}
		count++
		fmt.Fprintf(&b, `{"id":"%d","name":"User number %d","username":"user%d"}`, count, count, count)
	}
	return b.String(), count
}

// BenchmarkRunMany answers with 8 MiB of small objects from one subgraph.
func BenchmarkRunMany(b *testing.B) {
	p, _ := benchShop(b)
	users, _ := many()
	prog := p.program(parsed(b, p.sg, `{ users { id name username } }`), p.root("accounts", "users { id name username }"))
	r := replay{`accounts {"query":"{users { id name username }}"}`: {Status: 200, Body: []byte(`{"data":{"users":[` + users + `]}}`)}}
	benchmark(b, prog, r)
}

// joining answers every entity request with the same body.
type joining struct {
	replay
	entities []byte
}

func (j joining) Fetch(ctx context.Context, f *Fetch) (*Answer, error) {
	if f.Entities > 0 {
		return &Answer{Status: 200, Body: j.entities}, nil
	}
	return j.replay.Fetch(ctx, f)
}

// BenchmarkRunManyJoined joins an entity of another subgraph to each of them.
func BenchmarkRunManyJoined(b *testing.B) {
	p, _ := benchShop(b)
	users, count := many()
	prog := p.program(parsed(b, p.sg, `{ users { id name username reviews { id } } }`),
		p.root("accounts", "users { id name username }"),
		p.entities("reviews", "User", "{id}", "users", "{ reviews { id } }", 0))
	r := replay{`accounts {"query":"{users { id name username }}"}`: {Status: 200, Body: []byte(`{"data":{"users":[` + users + `]}}`)}}
	entities := strings.Repeat(`,{"reviews":[{"id":"1"}]}`, count)[1:]
	benchmark(b, prog, joining{r, []byte(`{"data":{"_e0":[` + entities + `]}}`)})
}

// BenchmarkRunManyShared joins one of 1,200 entities to each of many small objects.
func BenchmarkRunManyShared(b *testing.B) {
	p, _ := benchShop(b)
	var users, entities strings.Builder
	for n := 1; users.Len() < 8<<20; n++ {
		fmt.Fprintf(&users, `,{"username":"Entry number %d","name":"%d","reviews":[{"product":{"upc":"%d"}}]}`, n, n, 1000+n*7%1200)
	}
	for n := range 1200 {
		fmt.Fprintf(&entities, `,{"name":"Article no. %d"}`, n)
	}
	const fields = "users { username name reviews { product { upc } } }"
	prog := p.program(parsed(b, p.sg, `{ users { username name reviews { product { upc name } } } }`),
		p.root("accounts", fields), p.entities("products", "Product", "{upc}", "users.reviews.product", "{ name }", 0))
	r := replay{`accounts {"query":"{` + fields + `}"}`: {Status: 200, Body: []byte(`{"data":{"users":[` + users.String()[1:] + `]}}`)}}
	benchmark(b, prog, joining{r, []byte(`{"data":{"_e0":[` + entities.String()[1:] + `]}}`)})
}
