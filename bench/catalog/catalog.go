// Package catalog says what the benchmark's many products are: the subgraphs serve them, and the floor
// asks for them without having looked at an answer.
package catalog

import "strconv"

// Size is how many products there are.
const Size = 1200

// UPC is the key of the product with an index below Size.
func UPC(i int) string { return strconv.Itoa(1000 + i) }

// Index is the index of the product with a key, and whether there is one.
func Index(upc string) (int, bool) {
	n, err := strconv.Atoi(upc)
	if err != nil || n < 1000 || n >= 1000+Size || UPC(n-1000) != upc {
		return 0, false
	}
	return n - 1000, true
}

// Name is what the product is called.
func Name(i int) string { return "Article no. " + strconv.Itoa(i+1) }

// Price is the product's price: some are above 1000, whose shipping costs nothing.
func Price(i int) int { return 10 + i*37%2000 }

// Weight is the product's weight.
func Weight(i int) int { return 50 + i*13%900 }

// InStock tells whether the product is in stock.
func InStock(i int) bool { return i%3 != 0 }
