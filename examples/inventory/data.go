package inventory

import "github.com/weft-graphql/weft/examples/inventory/graph"

func warehouses() []*graph.Warehouse {
	return []*graph.Warehouse{
		{Code: "AMS", City: "Amsterdam", Country: "NL"},
		{Code: "LIS", City: "Lisbon", Country: "PT"},
		{Code: "OSL", City: "Oslo", Country: "NO"},
	}
}

// quantities are the units of each product in each warehouse that keeps it.
func quantities() map[place]int {
	type row struct {
		sku           string
		ams, lis, osl int
	}
	all := make(map[place]int)
	for _, r := range []row{
		{"LAMP-DESK", 40, 12, 25},
		{"LAMP-ARC", 6, 2, 4},
		{"LAMP-CLIP", 80, 64, 51},
		{"BULB-WARM", 300, 210, 180},
		{"CHAIR-OAK", 14, 9, 22},
		{"DESK-OAK", 3, 1, 5},
		{"STOOL", 31, 18, 27},
		{"SHELF-WALL", 45, 0, 33},
		{"NOTEBOOK", 900, 750, 620},
		{"PEN-FOUNTAIN", 70, 55, 8},
		{"INK-BLUE", 120, 95, 77},
		{"TYPEWRITER", 0, 1, 0},
		{"MUG-STONE", 160, 140, 90},
		{"KETTLE", 0, 0, 0},
		{"TEAPOT", 28, 7, 16},
	} {
		all[place{r.sku, "AMS"}] = r.ams
		all[place{r.sku, "LIS"}] = r.lis
		all[place{r.sku, "OSL"}] = r.osl
	}
	return all
}

// supplies are all products that can be sent, by sku.
func supplies() map[string]supply {
	return map[string]supply{
		"LAMP-DESK":    {leadTimeDays: 3},
		"LAMP-ARC":     {leadTimeDays: 9, miscounted: true},
		"LAMP-CLIP":    {leadTimeDays: 2},
		"BULB-WARM":    {leadTimeDays: 2},
		"CHAIR-OAK":    {leadTimeDays: 14},
		"DESK-OAK":     {leadTimeDays: 21},
		"STOOL":        {leadTimeDays: 4},
		"SHELF-WALL":   {leadTimeDays: 4},
		"NOTEBOOK":     {leadTimeDays: 1},
		"PEN-FOUNTAIN": {leadTimeDays: 2},
		"INK-BLUE":     {leadTimeDays: 2},
		"TYPEWRITER":   {discontinued: true},
		"MUG-STONE":    {leadTimeDays: 3},
		"KETTLE":       {leadTimeDays: 12},
		"TEAPOT":       {leadTimeDays: 5},
		"GIFT-CARD":    {digital: true},
	}
}
