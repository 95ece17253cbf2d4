package products

import "github.com/weft-graphql/weft/examples/products/graph"

// products is the catalogue, in the order of the product codes.
func products() []*graph.Product {
	row := func(upc, sku, category, name, description string, cents, grams int, designer string, accessories ...string) *graph.Product {
		p := &graph.Product{
			Upc: upc, Sku: sku, CategorySlug: category, Name: name, Description: description,
			Price: euros(cents), AccessorySKUs: accessories,
		}
		if grams > 0 {
			p.WeightGrams = &grams
		}
		if designer != "" {
			p.Designer = &graph.User{ID: designer}
		}
		return p
	}
	return []*graph.Product{
		row("1001", "LAMP-DESK", "lighting", "Heron Desk Lamp", "Stands on one leg and looks at your work.", 7900, 2100, "u5", "BULB-WARM", "DESK-OAK"),
		row("1002", "LAMP-ARC", "lighting", "Crane Arc Lamp", "Reaches over the sofa from behind.", 24900, 11500, "u5", "BULB-WARM"),
		row("1003", "LAMP-CLIP", "lighting", "Wren Clip Light", "Holds on to a book or a shelf.", 2900, 350, "", "SHELF-WALL"),
		row("1004", "BULB-WARM", "lighting", "Warm Bulbs, Set of Three", "2700 kelvin, for every lamp that we sell.", 1500, 240, ""),
		row("1005", "CHAIR-OAK", "furniture", "Oak Chair", "Made by two people in one day.", 18900, 6400, "u7", "DESK-OAK"),
		row("1006", "DESK-OAK", "furniture", "Oak Desk", "One drawer, and no place to lose things.", 64900, 38000, "u7", "CHAIR-OAK", "LAMP-DESK"),
		row("1007", "STOOL", "furniture", "Step Stool", "For the top shelf.", 5900, 3200, ""),
		row("1008", "SHELF-WALL", "furniture", "Wall Shelf", "Carries thirty kilograms of books.", 8900, 5100, "", "STOOL"),
		row("1009", "NOTEBOOK", "paper", "Dotted Notebook", "192 pages that lie flat.", 1400, 320, "u8", "PEN-FOUNTAIN"),
		row("1010", "PEN-FOUNTAIN", "paper", "Fountain Pen", "A steel nib that forgives.", 4900, 60, "", "INK-BLUE", "NOTEBOOK"),
		row("1011", "INK-BLUE", "paper", "Blue Ink", "Thirty millilitres of the North Sea.", 1200, 180, "", "PEN-FOUNTAIN"),
		row("1012", "TYPEWRITER", "paper", "Typewriter", "Restored. There will be no more of them.", 32900, 8700, "", "NOTEBOOK"),
		row("1013", "MUG-STONE", "kitchen", "Stoneware Mug", "Keeps tea warm through one meeting.", 1900, 410, "u8", "TEAPOT"),
		row("1014", "KETTLE", "kitchen", "Whistling Kettle", "Whistles in G.", 6900, 1300, "", "TEAPOT", "MUG-STONE"),
		row("1015", "TEAPOT", "kitchen", "Teapot", "Pours without dripping.", 5400, 1100, "u8", "MUG-STONE", "KETTLE"),
		row("1016", "GIFT-CARD", "gifts", "Gift Card", "Sent by e-mail, so it weighs nothing.", 5000, 0, ""),
	}
}

func bundles() []*graph.Bundle {
	return []*graph.Bundle{
		{Upc: "2001", Name: "Reading Corner", Price: euros(39900), SKUs: []string{"LAMP-ARC", "CHAIR-OAK"}},
		{Upc: "2002", Name: "Writer's Desk Set", Price: euros(6900), SKUs: []string{"NOTEBOOK", "PEN-FOUNTAIN", "INK-BLUE"}},
		{Upc: "2003", Name: "Tea for Two", Price: euros(14900), SKUs: []string{"KETTLE", "TEAPOT", "MUG-STONE"}},
	}
}

func categories() []*graph.Category {
	return []*graph.Category{
		{Slug: "lighting", Name: "Lamps and Light"},
		{Slug: "furniture", Name: "Furniture"},
		{Slug: "paper", Name: "Paper and Desk"},
		{Slug: "kitchen", Name: "Kitchen"},
		{Slug: "gifts", Name: "Gifts"},
	}
}

// A designer is credited on a label under a name that need not be the account's.
type designer struct{ userID, credit string }

func designers() []designer {
	return []designer{
		{"u5", "Mensah Lamps"},
		{"u7", "Atelier Vogel"},
		{"u8", "Sato Desk & Table"},
	}
}

// bestSellers are the skus that sell best, best first.
func bestSellers() []string {
	return []string{"LAMP-DESK", "NOTEBOOK", "MUG-STONE", "KETTLE", "CHAIR-OAK", "PEN-FOUNTAIN", "LAMP-ARC", "TYPEWRITER"}
}

// window holds the codes of what the shop's window shows.
func window() []string {
	return []string{"2001", "1001", "2003", "1009", "1005", "2002"}
}

func euros(cents int) *graph.Money {
	return &graph.Money{Amount: cents, Currency: graph.CurrencyEur}
}
