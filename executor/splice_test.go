package executor

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const (
	spliceProducts = `
type Query { list: [Product!] }
type Product @key(fields: "upc") { upc: ID! name: String price: Int maker: Maker }
type Maker @key(fields: "id") { id: ID! }
`
	spliceStock = `
type Product @key(fields: "upc") { upc: ID! price: Int @external inStock: Boolean! estimate: Int @requires(fields: "price") }
`
	spliceMakers = `
type Maker @key(fields: "id") { id: ID! title: String! kind: Kind parts: [Part!] }
type Part { name: String }
enum Kind { A B SECRET @inaccessible }
`
)

var spliceAnswers = map[string]string{
	"products": `{"data":{"list":[{"upc":"1","name":"a","price":3,"maker":{"id":"x"}},{"upc":"2","name":null,"price":4,"maker":null},{"upc":"1","name":"\u0041","price":3,"maker":{"id":"y"}},{"upc":"3","name":"c","price":-1,"maker":{"id":"x"}}]}}`,
	"stock":    `{"data":{"_e0":[{"inStock":true,"estimate":1},{"inStock":false,"estimate":null},{"inStock":true,"estimate":7}]}}`,
	"makers":   `{"data":{"_e0":[{"title":"X","kind":"A","parts":[{"name":"p"}]},{"title":"Y","kind":null,"parts":null}]}}`,
}

func spliceProgram(t testing.TB) *Program {
	sg := composed(t, "products", spliceProducts, "stock", spliceStock, "makers", spliceMakers)
	op := parsed(t, sg, `{ list { upc name price maker { id title kind parts { name } } inStock estimate } }`)
	p := plans{t, sg}
	prog := p.program(op,
		p.root("products", "list { upc name price maker { id } }"),
		p.entities("stock", "Product", "{upc price}", "list", "{ inStock estimate }", 0),
		p.entities("makers", "Maker", "{id}", "list.maker", "{ title kind parts { name } }", 0))
	if prog.splice == nil {
		t.Fatal("the plan is not spliced")
	}
	return prog
}

// eitherWay gives the answer as it is given and as a tree would give it, and
// whether entities were put into the root's answer.
func eitherWay(t testing.TB, prog *Program, answers map[string]string) (got, want string, spliced bool) {
	t.Helper()
	fetcher := bySubgraph(answers)
	e := newExecutor(t, Options{Fetcher: fetcher})
	prog.odd.left.Store(0)
	prog.odd.next.Store(5)
	got, result := run(t, e, prog, nil)
	spliced = prog.odd.next.Load() == 0
	asked := len(fetcher.asked)
	form := prog.splice
	prog.splice = nil
	defer func() { prog.splice = form }()
	want, usual := run(t, e, prog, nil)
	if result.Errors != usual.Errors || result.Cost != usual.Cost {
		t.Errorf("%d errors and a cost of %v, which are %d and %v, for %v", result.Errors, result.Cost, usual.Errors, usual.Cost, answers)
	}
	first, second := slices.Sorted(slices.Values(fetcher.asked[:asked])), slices.Sorted(slices.Values(fetcher.asked[asked:]))
	if !slices.Equal(first, second) {
		t.Errorf("the requests %q, which are %q, for %v", first, second, answers)
	}
	return got, want, spliced
}

func TestEntitiesArePutIntoTheRootsAnswer(t *testing.T) {
	prog := spliceProgram(t)
	full := strings.Replace(spliceAnswers["products"], `"maker":null`, `"maker":{"id":"y"}`, 1)
	for name, c := range map[string]struct {
		subgraph, answer string
		spliced          bool
	}{
		"all is well":            {"products", full, true},
		"null on the way":        {"products", spliceAnswers["products"], true},
		"no objects":             {"products", `{"data":{"list":[]}}`, true},
		"no list":                {"products", `{"data":{"list":null}}`, true},
		"a key is null":          {"products", strings.Replace(full, `"price":4`, `"price":null`, 1), false},
		"a key is missing":       {"products", strings.Replace(full, `"upc":"2",`, ``, 1), false},
		"another order":          {"products", strings.Replace(full, `"upc":"2","name":null`, `"name":null,"upc":"2"`, 1), false},
		"the root fails":         {"products", `{"errors":[{"message":"no"}]}`, false},
		"nothing comes back":     {"stock", ``, false},
		"an entity is null":      {"stock", strings.Replace(spliceAnswers["stock"], `{"inStock":false,"estimate":null}`, `null`, 1), false},
		"an entity lacks a key":  {"stock", strings.Replace(spliceAnswers["stock"], `"inStock":false,`, ``, 1), false},
		"an error beside data":   {"stock", strings.Replace(spliceAnswers["stock"], `]}}`, `]},"errors":[{"message":"x","path":["_e0",1,"estimate"]}]}`, 1), false},
		"too few entities":       {"stock", `{"data":{"_e0":[{"inStock":true,"estimate":1}]}}`, false},
		"too many entities":      {"stock", strings.Replace(spliceAnswers["stock"], `]}}`, `,{"inStock":true,"estimate":1}]}}`, 1), false},
		"a null that is none":    {"stock", strings.Replace(spliceAnswers["stock"], `"inStock":true`, `"inStock":null`, 1), false},
		"an enum value unknown":  {"makers", strings.Replace(spliceAnswers["makers"], `"A"`, `"SECRET"`, 1), false},
		"a type that is another": {"makers", strings.Replace(spliceAnswers["makers"], `"X"`, `1`, 1), false},
		"no JSON":                {"makers", `<html>`, false},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string]string{"products": full, "stock": spliceAnswers["stock"], "makers": spliceAnswers["makers"]}
			answers[c.subgraph] = c.answer
			got, want, spliced := eitherWay(t, prog, answers)
			if got != want || spliced != c.spliced {
				t.Errorf("spliced: %v\ngot  %s\nwant %s", spliced, got, want)
			}
		})
	}
}

func TestSplicedAnswersAreThoseOfTheTree(t *testing.T) {
	prog := spliceProgram(t)
	pieces := []string{`"`, `\`, `null`, `,`, `{`, `}`, `[`, `]`, ` `, `1`, `-`, `"A"`, `"2"`, `:`, "\x00", "\xff", `true`, `0`, `x`, ``, ``}
	random := rand.New(rand.NewPCG(3, 4))
	spliced := 0
	for range 3000 {
		answers := map[string]string{}
		for name, body := range spliceAnswers {
			if random.IntN(3) == 0 {
				from := random.IntN(len(body))
				to := min(len(body), from+random.IntN(4))
				body = body[:from] + pieces[random.IntN(len(pieces))] + body[to:]
			}
			answers[name] = body
		}
		got, want, ok := eitherWay(t, prog, answers)
		if got != want {
			t.Fatalf("spliced: %v: %q\ngot  %s\nwant %s", ok, answers, got, want)
		}
		if ok {
			spliced++
		}
	}
	if spliced < 300 {
		t.Errorf("only %d of the answers were spliced", spliced)
	}
}

// FuzzSplice looks for answers that are put together otherwise than the tree would.
func FuzzSplice(f *testing.F) {
	prog := spliceProgram(f)
	f.Add(spliceAnswers["products"], spliceAnswers["stock"], spliceAnswers["makers"])
	f.Add(`{"data":{"list":[]}}`, `{"data":{"_e0":[]}}`, `{"data":null}`)
	f.Fuzz(func(t *testing.T, products, stock, makers string) {
		if products == "" || stock == "" || makers == "" {
			return
		}
		answers := map[string]string{"products": products, "stock": stock, "makers": makers}
		if got, want, ok := eitherWay(t, prog, answers); got != want {
			t.Fatalf("spliced: %v: %q\ngot  %s\nwant %s", ok, answers, got, want)
		}
	})
}
