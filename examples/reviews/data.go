package reviews

import (
	"strconv"

	"github.com/weft-graphql/weft/examples/reviews/graph"
)

// items are what can be reviewed, by universal product code.
func items() map[string]graph.Item {
	all := make(map[string]graph.Item)
	for n := 1001; n <= 1016; n++ {
		upc := strconv.Itoa(n)
		all[upc] = &graph.Product{Upc: upc}
	}
	for n := 2001; n <= 2003; n++ {
		upc := strconv.Itoa(n)
		all[upc] = &graph.Bundle{Upc: upc}
	}
	return all
}

// authors are who may write, by id, each with the copy of their username.
func authors() map[string]*graph.User {
	all := make(map[string]*graph.User)
	for i, username := range []string{"ada", "bento", "chiara", "dag", "esi", "farid", "greta", "hana"} {
		id := "u" + strconv.Itoa(i+1)
		all[id] = &graph.User{ID: id, Username: username}
	}
	return all
}

// row is a review as it is written down here.
type row struct {
	upc, author string
	rating      int
	postedOn    string
	body        string
}

// written are the reviews that the shop starts with, oldest first.
func written() []row {
	return []row{
		{"1008", "u4", 4, "2025-07-30", "Carries my encyclopaedia. The screws could be longer."},
		{"1002", "u4", 3, "2025-08-02", "Beautiful, and taller than the lift in our house."},
		{"1012", "u2", 5, "2025-08-15", "The bell alone is worth the money. Nobody can sleep, but I write."},
		{"1003", "u6", 5, "2025-09-21", "I read at night now, and nobody complains."},
		{"1004", "u6", 4, "2025-09-21", "Warm light, as promised."},
		{"1005", "u1", 5, "2025-11-06", "Two evenings of sitting, no complaints."},
		{"1006", "u7", 5, "2025-11-10", "I designed it, so I am not neutral. But look at the drawer."},
		{"1007", "u3", 4, "2025-11-17", "The top shelf is mine again."},
		{"1009", "u8", 5, "2025-11-20", "Lies flat. Really flat."},
		{"1009", "u1", 4, "2025-11-28", "Good paper. The ribbon is a little short."},
		{"1013", "u7", 5, "2025-12-08", "Six of them, and nobody has broken one yet."},
		{"1015", "u7", 4, "2025-12-08", "Does not drip. My old teapot could learn from it."},
		{"2003", "u7", 5, "2025-12-09", "A complete tea corner in one parcel."},
		{"1010", "u8", 5, "2025-12-27", "The nib forgives my handwriting."},
		{"1011", "u8", 4, "2025-12-27", "A calm blue. It dries slowly."},
		{"2002", "u8", 5, "2025-12-29", "Everything that a letter needs except a friend to send it to."},
		{"1015", "u5", 3, "2025-12-30", "Nice, but the lid rattles."},
		{"1001", "u1", 5, "2026-01-15", "The lamp looks where I look."},
		{"1004", "u1", 5, "2026-01-15", "Makes the desk lamp perfect."},
		{"1009", "u2", 5, "2026-01-22", "Bought three, filled one."},
		{"1001", "u4", 4, "2026-02-02", "Good light for long nights. The base is heavy, which is the point."},
		{"1006", "u4", 5, "2026-02-02", "Four of us carried it up. We would do it again."},
		{"1014", "u1", 4, "2026-02-10", "It does whistle in G. I checked on the piano."},
		{"1013", "u1", 5, "2026-02-10", "My tea survives meetings now."},
		{"1013", "u3", 3, "2026-02-12", "Heavy mug, small handle."},
		{"2001", "u5", 4, "2026-02-14", "Arrived in two parcels, a week apart, but what a corner."},
		{"1002", "u8", 5, "2026-02-16", "The lamp that visitors talk about."},
		{"1005", "u4", 4, "2026-02-19", "Solid. Needs a cushion after four hours."},
		{"1010", "u1", 3, "2026-02-20", "Leaked once on a plane. Fine on the ground."},
		{"1016", "u3", 5, "2026-02-21", "Arrived in a second. My sister chose the mug."},
		{"1001", "u8", 5, "2026-02-23", "The best lamp for drawing that I have had."},
		{"1014", "u5", 2, "2026-02-24", "Too loud for an open kitchen."},
		{"1009", "u7", 4, "2026-02-25", "The dots are faint enough to ignore."},
		{"1012", "u7", 2, "2026-02-26", "The letter e sticks, which in German is a problem."},
		{"1003", "u1", 4, "2026-02-27", "Small lamp, strong grip."},
		{"1008", "u6", 5, "2026-02-28", "Straight, strong, silent."},
		{"2002", "u2", 4, "2026-03-01", "A present that was used the same evening."},
		{"1007", "u5", 5, "2026-03-02", "Does not wobble on my crooked floor."},
		{"1001", "u6", 2, "2026-03-03", "The lamp is fine, my plug was not: check yours first."},
		{"2003", "u1", 4, "2026-03-04", "Wait for the kettle to be in stock, then buy this."},
	}
}
