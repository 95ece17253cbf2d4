package executor

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestKeysOfAnyLengthAreToldApart(t *testing.T) {
	var products, makers, stock strings.Builder
	known := map[string]bool{}
	for n := range 600 {
		id := strings.Repeat("x", n%23) + fmt.Sprint(n%7*(n%23%2))
		if !known[id] {
			known[id] = true
			fmt.Fprintf(&makers, `,{"title":"the maker %s","kind":null,"parts":null}`, id)
		}
		fmt.Fprintf(&products, `,{"upc":"%d","name":null,"price":1,"maker":{"id":"%s"}}`, n, id)
		fmt.Fprintf(&stock, `,{"inStock":true,"estimate":%d}`, n)
	}
	answers := map[string]string{
		"products": `{"data":{"list":[` + products.String()[1:] + `]}}`,
		"makers":   `{"data":{"_e0":[` + makers.String()[1:] + `]}}`,
		"stock":    `{"data":{"_e0":[` + stock.String()[1:] + `]}}`,
	}
	if got, want, spliced := eitherWay(t, spliceProgram(t), answers); got != want || !spliced {
		t.Errorf("spliced: %v\ngot  %s\nwant %s", spliced, got, want)
	}
}

func TestWordsAreTheKeyAndZeros(t *testing.T) {
	const text = "0123456789abcdefghijklmnopqrstuv"
	for size := 1; size <= shortKey; size++ {
		for from := 0; from+size <= len(text); from++ {
			got := wordsOf([]byte(text), from, size)
			want := append([]byte(text[from:from+size]), make([]byte, shortKey-size)...)
			if got.low != word(want, 0) || got.high != word(want, 8) {
				t.Errorf("%d bytes at %d are %x", size, from, got)
			}
		}
	}
}

func TestPasteAppendsExactly(t *testing.T) {
	of := make([]byte, 300)
	for i := range of {
		of[i] = byte(i)
	}
	for _, room := range []int{0, 31, 32, 33, 500} {
		for size := range 140 {
			for _, from := range []int{0, 7, len(of) - size - 33, len(of) - size} {
				out := append(make([]byte, 0, 3+room), "abc"...)
				if got := paste(out, of, from, from+size); string(got) != "abc"+string(of[from:from+size]) || !bytes.Equal(out, []byte("abc")) {
					t.Fatalf("%d bytes at %d with room for %d: %q", size, from, room, got)
				}
			}
		}
	}
}
