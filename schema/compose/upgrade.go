package compose

// upgrade brings federation 1 schemas to what the later stages expect. Until
// Weft can do that, validation refuses such schemas by name.
func (c *composer) upgrade() {}
