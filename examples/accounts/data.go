package accounts

import "github.com/weft-graphql/weft/examples/accounts/graph"

// users are the people, in the order in which they joined.
func users() []*graph.User {
	row := func(id, username, name string, tier graph.LoyaltyTier, joined string, address *graph.Address, following ...string) *graph.User {
		return &graph.User{
			ID: id, Username: username, Name: name, Email: username + "@example.com",
			Tier: tier, JoinedOn: joined, Address: address, FollowingIDs: following,
		}
	}
	at := func(street, city, country string) *graph.Address {
		return &graph.Address{Street: street, City: city, Country: country}
	}
	return []*graph.User{
		row("u1", "ada", "Ada Moreno", graph.LoyaltyTierGold, "2021-03-14", at("Calle del Olmo 4", "Madrid", "ES"), "u5", "u7", "u8"),
		row("u2", "bento", "Bento Silva", graph.LoyaltyTierSilver, "2021-06-02", at("Rua da Rosa 88", "Lisbon", "PT"), "u1"),
		row("u3", "chiara", "Chiara Rossi", graph.LoyaltyTierBronze, "2022-01-20", at("Via Palestro 12", "Turin", "IT"), "u1", "u2"),
		row("u4", "dag", "Dag Nilsen", graph.LoyaltyTierGold, "2022-02-11", at("Markveien 30", "Oslo", "NO"), "u7"),
		row("u5", "esi", "Esi Mensah", graph.LoyaltyTierSilver, "2022-09-05", at("Prinsengracht 201", "Amsterdam", "NL"), "u8"),
		row("u6", "farid", "Farid Haddad", graph.LoyaltyTierBronze, "2023-04-27", nil),
		row("u7", "greta", "Greta Vogel", graph.LoyaltyTierGold, "2023-10-18", at("Lange Gasse 7", "Vienna", "AT"), "u1", "u4"),
		row("u8", "hana", "Hana Sato", graph.LoyaltyTierSilver, "2024-05-30", at("Skippergata 3", "Bergen", "NO"), "u1", "u5", "u7"),
	}
}

// orders are all purchases, newest first.
func orders() []*graph.Order {
	line := func(quantity int, sku, warehouse string) *graph.OrderLine {
		product := &graph.Product{Sku: sku}
		return &graph.OrderLine{
			Quantity: quantity, Product: product,
			ShipsFrom: &graph.StockLevel{Product: product, Warehouse: &graph.Warehouse{Code: warehouse}},
		}
	}
	row := func(id, buyer, placed string, lines ...*graph.OrderLine) *graph.Order {
		return &graph.Order{ID: id, BuyerID: buyer, PlacedOn: placed, Lines: lines}
	}
	return []*graph.Order{
		row("o12", "u1", "2026-02-03", line(1, "KETTLE", "LIS"), line(2, "MUG-STONE", "LIS")),
		row("o11", "u4", "2026-01-29", line(1, "DESK-OAK", "OSL"), line(1, "LAMP-DESK", "OSL")),
		row("o10", "u2", "2026-01-16", line(3, "NOTEBOOK", "LIS")),
		row("o9", "u1", "2026-01-09", line(1, "LAMP-DESK", "AMS"), line(1, "BULB-WARM", "AMS"), line(4, "NOTEBOOK", "LIS")),
		row("o8", "u8", "2025-12-20", line(1, "PEN-FOUNTAIN", "OSL"), line(2, "INK-BLUE", "OSL")),
		row("o7", "u5", "2025-12-18", line(1, "TEAPOT", "AMS")),
		row("o6", "u7", "2025-12-02", line(6, "MUG-STONE", "AMS"), line(1, "TEAPOT", "AMS")),
		row("o5", "u3", "2025-11-11", line(1, "STOOL", "AMS")),
		row("o4", "u1", "2025-10-30", line(2, "CHAIR-OAK", "AMS")),
		row("o3", "u6", "2025-09-14", line(1, "LAMP-CLIP", "LIS"), line(1, "BULB-WARM", "LIS")),
		row("o2", "u2", "2025-08-08", line(1, "TYPEWRITER", "LIS")),
		row("o1", "u4", "2025-07-21", line(2, "SHELF-WALL", "OSL"), line(1, "LAMP-ARC", "OSL")),
	}
}
